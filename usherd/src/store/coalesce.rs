//! Records that stand for several: failures that repeat within a minute are counted, not written.

use std::collections::{BTreeMap, BTreeSet};

use usher_core::outcome::{Outcome, OutcomeResult};
use usher_core::request::Verb;

use super::{Attempt, Share};

/// The attempts that one record stands for. Each kind stays visible.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FailureKind {
    share: Share,
    minute: i64,
    action: &'static str,
    errors: BTreeSet<&'static str>,
    /// Of a refused login: without it, a refusal at the greeter would hide behind one by ssh in the same minute.
    login_program: Option<String>,
}

impl FailureKind {
    /// The kind that an attempt with these outcomes is counted by; none if it stays a record of its own: it changed
    /// something, or failed for somebody whose failures matter one by one.
    pub(super) fn of(attempt: &Attempt, outcomes: &[Outcome]) -> Option<Self> {
        let failed = |outcome: &Outcome| outcome.result == OutcomeResult::Failed;
        let counted = |outcome: &Outcome| outcome.is_refusal() || !attempt.share.privileged && failed(outcome);
        if outcomes.is_empty() || !outcomes.iter().all(counted) {
            return None;
        }
        let errors = outcomes.iter().filter_map(|outcome| outcome.error.as_ref());
        Some(FailureKind {
            share: attempt.share.clone(),
            minute: minute_of(attempt.time),
            action: attempt.action.as_str(),
            errors: errors.map(|error| error.id.as_str()).collect(),
            login_program: (attempt.action == Verb::Login).then(|| login_program(&attempt.from).to_owned()),
        })
    }
}

/// The program of a refused login, as in `sshd from 10.0.0.7`. Addresses do not count: their user has too many.
fn login_program(from: &str) -> &str {
    from.split_once(" from ").map_or(from, |(program, _)| program)
}

/// The minute of a moment.
pub(super) fn minute_of(time: jiff::Timestamp) -> i64 {
    time.as_second().div_euclid(60)
}

/// The records that stand for several, and how many more each does not count yet.
#[derive(Debug, Default)]
pub(super) struct Failures(BTreeMap<FailureKind, (i64, u64)>);

impl Failures {
    /// Counts one more, if there is a record that stands for its kind.
    pub(super) fn count(&mut self, kind: &FailureKind) -> bool {
        let known = self.0.get_mut(kind);
        known.map(|(_, uncounted)| *uncounted += 1).is_some()
    }

    /// This record stands for its kind from now on.
    pub(super) fn begin(&mut self, kind: FailureKind, id: i64) {
        self.0.insert(kind, (id, 0));
    }

    /// The counts that are not written yet. Kinds of minutes before this one are over.
    pub(super) fn take_uncounted(&mut self, minute: i64) -> Vec<(i64, u64)> {
        let uncounted = self.0.values().filter(|(_, more)| *more > 0).copied().collect();
        self.0.retain(|kind, _| kind.minute >= minute);
        self.0.values_mut().for_each(|(_, more)| *more = 0);
        uncounted
    }
}

#[cfg(test)]
mod tests {
    use usher_core::outcome::{Error, ErrorId};

    use super::*;

    fn attempt(privileged: bool) -> Attempt {
        Attempt {
            time: "2026-03-02T09:41:30Z".parse().unwrap(),
            actor: "alice".to_owned(),
            share: Share { privileged, owner: "uid 1000".to_owned() },
            from: "process 1".to_owned(),
            action: Verb::Open,
            targets: Vec::new(),
            left_out: 0,
            message: None,
        }
    }

    fn outcome(error: Option<ErrorId>) -> Outcome {
        let result = if error.is_some() { OutcomeResult::Failed } else { OutcomeResult::Done };
        Outcome::new("lab1", Verb::Open, result).because(error.map(|id| Error::new(id, "why")))
    }

    #[test]
    fn an_ordinary_users_failures_are_counted_and_an_administrators_are_not() {
        let counted = |privileged, error| FailureKind::of(&attempt(privileged), &[outcome(error)]).is_some();
        assert!(counted(false, Some(ErrorId::BackendFailed)) && counted(false, Some(ErrorId::AccessDenied)));
        assert!(!counted(true, Some(ErrorId::BackendFailed)) && counted(true, Some(ErrorId::AccessDenied)));
        assert!(!counted(false, None), "what was done has a record of its own");
        let mixed = [outcome(None), outcome(Some(ErrorId::SessionNotFound))];
        assert!(FailureKind::of(&attempt(false), &mixed).is_none());
        assert!(FailureKind::of(&attempt(false), &[]).is_none(), "nobody knows what became of it");
    }

    #[test]
    fn another_minute_error_or_actor_is_another_kind() {
        let of = |attempt: &Attempt, error| FailureKind::of(attempt, &[outcome(Some(error))]).unwrap();
        let first = of(&attempt(false), ErrorId::BackendFailed);
        assert_eq!(of(&attempt(false), ErrorId::BackendFailed), first);
        assert_ne!(of(&attempt(false), ErrorId::Timeout), first);
        let later = Attempt { time: "2026-03-02T09:42:00Z".parse().unwrap(), ..attempt(false) };
        assert_ne!(of(&later, ErrorId::BackendFailed), first);
        let bob = Share { privileged: false, owner: "uid 1001".to_owned() };
        assert_ne!(of(&Attempt { share: bob, ..attempt(false) }, ErrorId::BackendFailed), first);
        let elsewhere = Attempt { actor: "alice via ssh from 10.0.0.7".to_owned(), ..attempt(false) };
        assert_eq!(of(&elsewhere, ErrorId::BackendFailed), first, "the address does not matter");
    }

    #[test]
    fn another_login_program_is_another_kind_and_another_address_is_not() {
        let refused = |from: &str| {
            let attempt = Attempt { action: Verb::Login, from: from.to_owned(), ..attempt(false) };
            FailureKind::of(&attempt, &[outcome(Some(ErrorId::AccessDenied))]).unwrap()
        };
        assert_eq!(refused("sshd from 10.0.0.7"), refused("sshd from 10.0.0.8"));
        assert_ne!(refused("sshd from 10.0.0.7"), refused("lightdm"));
        assert_ne!(refused("lightdm-autologin"), refused("lightdm"));
    }

    #[test]
    fn what_was_counted_is_taken_once_and_a_minute_ends() {
        let kind = FailureKind::of(&attempt(false), &[outcome(Some(ErrorId::Timeout))]).unwrap();
        let mut failures = Failures::default();
        assert!(!failures.count(&kind));
        failures.begin(kind.clone(), 7);
        assert!(failures.count(&kind) && failures.count(&kind));
        assert_eq!(failures.take_uncounted(kind.minute), [(7, 2)]);
        assert_eq!(failures.take_uncounted(kind.minute), [], "they were taken");
        assert!(failures.count(&kind));
        assert_eq!(failures.take_uncounted(kind.minute + 1), [(7, 1)]);
        assert!(!failures.count(&kind));
        assert_eq!(minute_of("1970-01-01T00:01:59Z".parse().unwrap()), 1);
    }
}
