//! Looking at screens, as pictures or text: users may look at their own, operators at standard users', administrators at
//! all.

use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{SessionRef, ThumbnailQuery};
use usher_core::session::Kind;

use super::select::privileged_session;
use super::{Look, View, Work, naming};
use crate::actor::Role;
use crate::session::{EndedSession, Target, Tracked};

impl View<'_> {
    pub(super) fn thumbnail(&self, reference: &SessionRef, query: &ThumbnailQuery) -> Work {
        let session = match self.visible(reference) {
            Ok(session) => session,
            Err(unknown) => return Work::Look { target: None, admitted: Err(unknown) },
        };
        let refusal = self.may_not_touch(session, "look at").or_else(|| cannot_be_pictured(session));
        let admitted = refusal.map_or(Ok(Look::Picture(query.clone())), Err);
        Work::Look { target: Some(Target::from(session)), admitted }
    }

    /// The text on a text session's screen; for a while also the last of one that has ended.
    pub(super) fn screen(&self, reference: &SessionRef) -> Work {
        let unknown = match self.visible(reference) {
            Ok(session) => {
                let refusal = self.may_not_touch(session, "look at").or_else(|| has_no_text(session));
                let admitted = refusal.map_or(Ok(Look::Text), Err);
                return Work::Look { target: Some(Target::from(session)), admitted };
            }
            Err(unknown) => unknown,
        };
        let Some(EndedSession { session, screen, .. }) = naming::resolve_ended(self, reference) else {
            return Work::Look { target: None, admitted: Err(unknown) };
        };
        let nothing = || {
            let message = format!("session {} has ended, and nothing of its screen is kept", session.id);
            Error::new(ErrorId::SessionNotFound, message).hint("`usher list --ended` shows how it ended")
        };
        let admitted = match self.may_not_touch(session, "look at") {
            Some(refusal) => Err(refusal),
            None => screen.clone().map(Look::Last).ok_or_else(nothing),
        };
        Work::Look { target: Some(Target::from(session)), admitted }
    }

    /// Everybody may do this to their own sessions; else it is as with the verbs that lock and close.
    pub(super) fn may_not_touch(&self, session: &Tracked, what: &str) -> Option<Error> {
        if Some(session.uid) == self.actor.uid() || self.actor.role == Role::Administrator {
            return None;
        }
        session.is_privileged().then(|| privileged_session(session, what))
    }
}

/// Kinds whose screen is no text that usher has.
fn has_no_text(session: &Tracked) -> Option<Error> {
    if session.kind == Kind::Text {
        return None;
    }
    let kind = session.kind.as_str();
    let message = format!("session {} is shown by {kind}: only text sessions can be shown as text", session.id);
    Some(
        Error::new(ErrorId::NotSupported, message).hint("`usher thumbnail` makes pictures of X11 and Wayland sessions"),
    )
}

/// Kinds whose screen usher does not see.
fn cannot_be_pictured(session: &Tracked) -> Option<Error> {
    let (why, hint) = match session.kind {
        // Its shield knows whether a compositor can be pictured.
        Kind::Text | Kind::X11 | Kind::Wayland => return None,
        Kind::Ssh => (
            "its terminal is at the other end of the connection",
            "a text session (`usher open`) in the ssh login can be pictured",
        ),
        Kind::Console => ("usher does not read consoles", "a text session (`usher open`) can be pictured"),
    };
    let message = format!("session {} is shown by {} and cannot be pictured: {why}", session.id, session.kind.as_str());
    Some(Error::new(ErrorId::NotSupported, message).hint(hint))
}
