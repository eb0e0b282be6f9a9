//! The bounds of one record: a request for ten thousand sessions that do not exist must not write megabytes.

use usher_core::audit::AuditTarget;
use usher_core::outcome::{Error, Outcome};

/// How many targets that do not exist or were refused a record names.
const MOST_REFUSED: usize = 16;
/// How many characters a sentence in a record may have.
const MOST_CHARS: usize = 500;

/// Keeps the first targets that are refused, and how many more there were.
pub(super) fn bounded_targets(targets: Vec<AuditTarget>) -> (Vec<AuditTarget>, usize) {
    let left_out = targets.len().saturating_sub(MOST_REFUSED);
    (targets.into_iter().take(MOST_REFUSED).collect(), left_out)
}

/// The outcomes as they are recorded: every target that exists and was not refused, the first that do not or were, and
/// no text longer than a few sentences.
pub(super) fn bounded_outcomes(outcomes: &[Outcome]) -> Vec<Outcome> {
    let mut refused = 0;
    let kept = outcomes.iter().filter(|outcome| {
        refused += usize::from(outcome.is_refusal());
        !outcome.is_refusal() || refused <= MOST_REFUSED
    });
    kept.map(|outcome| Outcome {
        error: outcome.error.as_ref().map(bounded_error),
        notes: outcome.notes.iter().map(|note| bounded_text(note)).collect(),
        ..outcome.clone()
    })
    .collect()
}

fn bounded_error(error: &Error) -> Error {
    Error { id: error.id, message: bounded_text(&error.message), hint: error.hint.as_deref().map(bounded_text) }
}

/// The text, or its beginning and an ellipsis.
pub(super) fn bounded_text(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use usher_core::outcome::{ErrorId, OutcomeResult};
    use usher_core::request::Verb;

    use super::*;

    #[test]
    fn a_record_names_every_session_that_was_hit_and_some_that_were_refused() {
        let hit = (0..100).map(|id| Outcome::new("lab1", Verb::Lock, OutcomeResult::Done).of(Some(id), None));
        let missing = (1000..9000).map(|id| {
            let error = Error::new(ErrorId::SessionNotFound, "界".repeat(5000));
            Outcome::new("lab1", Verb::Lock, OutcomeResult::Failed).of(Some(id), None).because(Some(error))
        });
        let kept = bounded_outcomes(&hit.chain(missing).collect::<Vec<_>>());
        assert_eq!(kept.len(), 116);
        assert!(serde_json::to_string(&kept).unwrap().len() < 64 << 10);
    }

    #[test]
    fn targets_are_counted_where_they_are_not_named() {
        let targets = |count: u32| (0..count).map(AuditTarget::Session).collect::<Vec<_>>();
        assert_eq!(bounded_targets(targets(16)), (targets(16), 0));
        assert_eq!(bounded_targets(targets(10_000)), (targets(16), 9984));
    }
}
