//! What covers a session: its own lock first, then every standing rule that matches it.

use jiff::Timestamp;
use usher_core::session::{Cover, CoverSource};

use super::{Registry, Tracked};

/// Everything that covers `session` at `now`, in the order in which it is shown.
pub fn covers_of(registry: &Registry, session: &Tracked, now: Timestamp) -> Vec<Cover> {
    let own = session.own_lock.iter().map(|lock| Cover {
        message: lock.message.clone(),
        by: lock.by.clone(),
        by_uid: lock.by_uid,
        since: lock.since,
        until: lock.until,
        source: CoverSource::Session,
        freeze: lock.freeze,
    });
    let rules = registry.rules().filter(|rule| registry.rule_covers(rule, session)).map(|rule| Cover {
        message: rule.message.clone(),
        by: rule.by.clone(),
        by_uid: rule.by_uid,
        since: rule.since,
        until: rule.until,
        source: CoverSource::Rule(rule.name.clone()),
        freeze: rule.freeze,
    });
    own.chain(rules).filter(|cover| cover.holds(now)).collect()
}
