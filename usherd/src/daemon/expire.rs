//! What changes although nobody asks for it now: locks and rules that reach their end.

use jiff::Timestamp;
use usher_core::audit::AuditTarget;
use usher_core::clock;
use usher_core::event::EventKind;
use usher_core::outcome::{Error, Outcome, OutcomeResult};
use usher_core::request::Verb;
use usher_core::session::Terms;

use super::reconcile::cover_if_needed;
use crate::host::Host;
use crate::session::{Change, RuleRecord};
use crate::store::{Attempt, Share, Urgency};

/// Removes the locks and rules whose end has come, and shows what holds without them. What could not
/// be written is neither gone nor told; its cover has ended all the same, by its holder's clock.
///
/// # Errors
/// Something could not be written: try again, not at once.
pub(super) async fn expire(host: &Host) -> Result<(), Error> {
    let now = clock::now();
    let (locks, rules) = over(host, now);
    if locks.is_empty() && rules.is_empty() {
        return Ok(());
    }
    let order = host.order.lock().await;
    // Meanwhile somebody else may have removed them, or set them anew.
    let (locks, rules) = over(host, now);
    for (id, user, lock) in locks {
        let target = vec![(AuditTarget::Session(id), user, OutcomeResult::Done)];
        record(host, vec![Change::LockRemoved(id)], Verb::Expire, &lock.by, now, target).await?;
        cover_if_needed(host, id);
    }
    for rule in rules {
        let covered: Vec<u32> = {
            let registry = host.registry();
            registry.sessions().filter(|s| registry.rule_covers(&rule, s)).map(|s| s.id).collect()
        };
        let target = vec![(AuditTarget::Name(rule.name.to_string()), String::new(), OutcomeResult::Done)];
        record(host, vec![Change::RuleRemoved(rule.name.clone())], Verb::Expire, &rule.terms.by, now, target).await?;
        let shown = host.registry().present_rule(&rule);
        host.announce(EventKind::Unblocked, None, Some(shown));
        covered.into_iter().for_each(|id| cover_if_needed(host, id));
    }
    drop(order);
    Ok(())
}

/// The locks, with their sessions and users, and the rules whose end has come.
fn over(host: &Host, now: Timestamp) -> (Vec<(u32, String, Terms)>, Vec<RuleRecord>) {
    let over = |until: Option<Timestamp>| until.is_some_and(|until| until <= now);
    let registry = host.registry();
    let locks = registry.sessions().filter_map(|s| Some((s.id, s.user.clone(), s.own_lock.clone()?)));
    let rules = registry.rules().filter(|rule| over(rule.terms.until)).cloned();
    (locks.filter(|(_, _, lock)| over(lock.until)).collect(), rules.collect())
}

/// Writes changes that no caller asked for now, with their audit record.
///
/// # Errors
/// Nothing was changed.
pub(super) async fn record(
    host: &Host,
    changes: Vec<Change>,
    action: Verb,
    by: &str,
    time: Timestamp,
    targets: Vec<(AuditTarget, String, OutcomeResult)>,
) -> Result<(), Error> {
    let outcomes = targets.iter().map(|(target, user, result)| {
        let session = match target {
            AuditTarget::Session(id) => Some(*id),
            AuditTarget::Name(_) => None,
        };
        Outcome::new(&host.name, action, *result).of(session, Some(user.clone()).filter(|user| !user.is_empty()))
    });
    let outcomes: Vec<_> = outcomes.collect();
    let attempt = Attempt {
        time,
        actor: by.to_owned(),
        share: Share::of_host(),
        from: "usherd".to_owned(),
        action,
        targets: targets.into_iter().map(|(target, ..)| target).collect(),
        left_out: 0,
        message: None,
    };
    let failed = |error: &Error| tracing::error!("{action} could not be recorded: {error}");
    if let Some(record) = host.commit(changes, Some(attempt), Urgency::Freeing).await.inspect_err(failed)? {
        // The change stands; its record says that it was tried.
        let _ = host.store.conclude(record, outcomes).await.inspect_err(failed);
    }
    Ok(())
}
