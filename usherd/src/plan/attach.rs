//! Attaching: users sit down at their own text sessions, from outside of them.

use usher_core::request::{AttachRequest, AttachTo, SessionRef};

use super::naming::resolve_ended;
use super::{Error, ErrorId, Kind, Target, Tracked, View, Work};

impl View<'_> {
    pub(super) fn attach(&self, to: &AttachTo, request: &AttachRequest) -> Work {
        let found = match to {
            AttachTo::Session(reference) => {
                self.visible(reference).map_err(|unknown| self.or_ended(reference, unknown))
            }
            AttachTo::Last => self.last_used(),
        };
        let session = match found {
            Ok(session) => session,
            Err(unknown) => return Work::Attach { target: None, admitted: Err(unknown) },
        };
        let refusal = self.may_not_sit_down(session);
        Work::Attach { target: Some(Target::from(session)), admitted: refusal.map_or_else(|| Ok(request.clone()), Err) }
    }

    /// Of the caller's text sessions that can be sat down at the one that was typed at last, or opened last.
    fn last_used(&self) -> Result<&Tracked, Error> {
        let own = self.registry.sessions().filter(|s| Some(s.uid) == self.actor.uid() && s.kind == Kind::Text);
        let others = own.filter(|s| !self.actor.sits_in(s.id));
        others.max_by_key(|s| (s.seen.last_input.unwrap_or(s.since), s.id)).ok_or_else(|| {
            let message = "you have no text session on this host that you could attach to";
            Error::new(ErrorId::SessionNotFound, message).hint("`usher open --attach` starts one")
        })
    }

    /// Says of a session that is not there how it ended, if that was a while ago at most.
    fn or_ended(&self, reference: &SessionRef, unknown: Error) -> Error {
        let Some(ended) = resolve_ended(self, reference) else { return unknown };
        let id = ended.session.id;
        unknown.hint(format!("session {id} has ended: `usher show {id}` shows what it showed at last"))
    }

    fn may_not_sit_down(&self, session: &Tracked) -> Option<Error> {
        if self.actor.sits_in(session.id) {
            let message = format!("you sit in session {} already", session.id);
            let hint = "run `usher attach` from a terminal outside the session";
            return Some(Error::new(ErrorId::OwnSession, message).hint(hint));
        }
        if self.actor.uid() != Some(session.uid) {
            let message = format!("session {} belongs to {}: only they can sit down at it", session.id, session.user);
            return Some(Error::new(ErrorId::AccessDenied, message));
        }
        let kind = session.kind.as_str();
        let message = || format!("session {} is shown by {kind}: only text sessions can be attached to", session.id);
        (session.kind != Kind::Text).then(|| Error::new(ErrorId::NotSupported, message()))
    }
}
