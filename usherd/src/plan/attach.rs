//! Attaching: users sit down at their own text sessions, from outside of them.

use usher_core::request::{AttachRequest, SessionRef};

use super::{Error, ErrorId, Kind, Target, Tracked, View, Work};

impl View<'_> {
    pub(super) fn attach(&self, reference: &SessionRef, request: &AttachRequest) -> Work {
        let session = match self.visible(reference) {
            Ok(session) => session,
            Err(unknown) => return Work::Attach { target: None, admitted: Err(unknown) },
        };
        let refusal = self.may_not_sit_down(session);
        Work::Attach { target: Some(Target::from(session)), admitted: refusal.map_or_else(|| Ok(request.clone()), Err) }
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
