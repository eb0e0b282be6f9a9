//! Outcomes for a host that gave none.

use usher_core::outcome::{Error, ErrorId, Outcome, OutcomeResult};
use usher_core::request::{SessionRef, Targets, Verb};

/// The outcomes for a host that gave none: one for each session that was named if the action was sent, else one for
/// the host.
pub fn lost(host: &str, verb: Verb, targets: &Targets, error: &Error) -> Vec<Outcome> {
    let outcome = |session_id| Outcome {
        host: host.to_owned(),
        session_id,
        user: None,
        action: verb,
        result: OutcomeResult::Failed,
        observed: false,
        millis: 0.0,
        error: Some(error.clone()),
        notes: Vec::new(),
        end: None,
    };
    let of = |reference: &SessionRef| match reference {
        SessionRef::Id(id) => outcome(Some(*id)),
        // Only the host knows the number of this session.
        other => Outcome { notes: vec![format!("session {other}")], ..outcome(None) },
    };
    match targets {
        Targets::Ids(ids) if error.id == ErrorId::OutcomeUnknown => ids.iter().map(of).collect(),
        Targets::Ids(_) | Targets::All | Targets::Users(_) => vec![outcome(None)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_said_of_each_session_and_what_was_not_sent_of_the_host() {
        let ids = Targets::Ids(vec![SessionRef::Id(3), SessionRef::Id(4)]);
        let hosts = |id, targets: &Targets| {
            let outcomes = lost("lab1", Verb::Lock, targets, &Error::new(id, "gone"));
            outcomes.iter().map(|o| o.session_id).collect::<Vec<_>>()
        };
        assert_eq!(hosts(ErrorId::OutcomeUnknown, &ids), [Some(3), Some(4)]);
        assert_eq!(hosts(ErrorId::HostUnreachable, &ids), [None]);
        assert_eq!(hosts(ErrorId::OutcomeUnknown, &Targets::All), [None]);
    }
}
