//! The covers of a session: its own lock first, then every standing rule that matches it.

use jiff::Timestamp;
use usher_core::session::{Cover, CoverSource};

use super::{Registry, Tracked};

/// Everything that covers `session` at `now`, in the order in which it is shown.
pub fn covers_of(registry: &Registry, session: &Tracked, now: Timestamp) -> Vec<Cover> {
    let own = session.own_lock.iter().map(|terms| Cover { terms: terms.clone(), source: CoverSource::Session });
    let rules = registry.rules().filter(|rule| registry.rule_covers(rule, session));
    let rules = rules.map(|rule| Cover { terms: rule.terms.clone(), source: CoverSource::Rule(rule.name.clone()) });
    own.chain(rules).filter(|cover| cover.holds(now)).collect()
}
