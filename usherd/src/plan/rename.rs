//! Renaming: users name their own text sessions, operators standard users', administrators all.

use usher_core::outcome::OutcomeResult;
use usher_core::request::{SessionName, SessionRef};

use super::naming::require_free;
use super::session_verbs::not_supported;
use super::{Effect, Error, Kind, Step, Todo, Tracked, View, Work, act};
use crate::session::Change;

impl View<'_> {
    pub(super) fn rename(&self, reference: &SessionRef, name: &SessionName) -> Work {
        let step = match self.visible(reference) {
            Ok(session) => Step::on(session, self.renamed(session, name).unwrap_or_else(failed)),
            Err(unknown) => Step { target: None, named: Some(reference.clone()), user: None, todo: failed(unknown) },
        };
        Work::Sessions(vec![step])
    }

    fn renamed(&self, session: &Tracked, name: &SessionName) -> Result<Todo, Error> {
        if let Some(refusal) = self.may_not_touch(session, "rename") {
            return Err(refusal);
        }
        if session.kind != Kind::Text {
            let kind = session.kind.as_str();
            return Err(not_supported(&format!(
                "session {} is shown by {kind}: only text sessions have names",
                session.id
            )));
        }
        if session.is_called(name) {
            return Ok(act(Effect::Booked, OutcomeResult::Unchanged));
        }
        require_free(self.registry, session.uid, name)?;
        Ok(Todo::Act {
            changes: vec![Change::Renamed(session.id, name.clone())],
            effect: Effect::Booked,
            result: OutcomeResult::Done,
            refusal: None,
            notes: Vec::new(),
        })
    }
}

fn failed(error: Error) -> Todo {
    Todo::Answer(OutcomeResult::Failed, Some(error))
}
