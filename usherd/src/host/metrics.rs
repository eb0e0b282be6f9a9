//! Counters for Prometheus (`GET /metrics`).

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use usher_core::outcome::Outcome;
use usher_core::request::Verb;

use super::Host;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    action: &'static str,
    result: &'static str,
    error: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActionLabels {
    action: &'static str,
}

/// The daemon's counters.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    outcomes: Family<OutcomeLabels, Counter>,
    seconds: Family<ActionLabels, Histogram>,
    sessions: Gauge,
    locked: Gauge,
    rules: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let buckets = || Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0]);
        let metrics = Metrics {
            registry: Mutex::new(Registry::with_prefix("usher")),
            outcomes: Family::default(),
            seconds: Family::new_with_constructor(buckets),
            sessions: Gauge::default(),
            locked: Gauge::default(),
            rules: Gauge::default(),
        };
        {
            let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
            registry.register("outcomes", "Targets by action, result and error", metrics.outcomes.clone());
            registry.register("action_seconds", "From a request's arrival to its outcomes", metrics.seconds.clone());
            registry.register("sessions", "Sessions on this host", metrics.sessions.clone());
            registry.register("sessions_locked", "Sessions that were seen locked", metrics.locked.clone());
            registry.register("rules", "Standing rules", metrics.rules.clone());
        }
        metrics
    }
}

impl Metrics {
    /// Counts a request and its outcomes.
    pub fn count(&self, verb: Verb, outcomes: &[Outcome], took: Duration) {
        for outcome in outcomes {
            let error = outcome.error.as_ref().map_or("", |e| e.id.as_str());
            let labels = OutcomeLabels { action: verb.as_str(), result: outcome.result.as_str(), error };
            self.outcomes.get_or_create(&labels).inc();
        }
        self.seconds.get_or_create(&ActionLabels { action: verb.as_str() }).observe(took.as_secs_f64());
    }

    /// The counters in Prometheus' text format.
    pub fn text(&self, host: &Host) -> String {
        {
            let registry = host.registry();
            let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
            self.sessions.set(count(registry.sessions().count()));
            self.locked.set(count(registry.sessions().filter(|s| !s.seen.covers.is_empty()).count()));
            self.rules.set(count(registry.rules().count()));
        }
        let mut out = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        match text::encode(&mut out, &registry) {
            Ok(()) => out,
            Err(error) => format!("# {error}\n"),
        }
    }
}
