//! Thumbnails: users may look at their own screens, operators at standard users', administrators at all.

use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{SessionRef, ThumbnailSize};
use usher_core::session::Kind;

use super::select::privileged_session;
use super::{View, Work};
use crate::actor::Role;
use crate::session::{Target, Tracked};

impl View<'_> {
    pub(super) fn thumbnail(&self, reference: &SessionRef, size: ThumbnailSize) -> Work {
        let session = match self.visible(reference) {
            Ok(session) => session,
            Err(unknown) => return Work::Thumbnail { target: None, admitted: Err(unknown) },
        };
        let refusal = self.may_not_touch(session, "look at").or_else(|| cannot_be_pictured(session));
        Work::Thumbnail { target: Some(Target::from(session)), admitted: refusal.map_or(Ok(size), Err) }
    }

    /// Everybody may do this to their own sessions; else it is as with the verbs that lock and close.
    pub(super) fn may_not_touch(&self, session: &Tracked, what: &str) -> Option<Error> {
        if Some(session.uid) == self.actor.uid() || self.actor.role == Role::Administrator {
            return None;
        }
        session.is_privileged().then(|| privileged_session(session, what))
    }
}

/// Kinds whose screen usher does not see.
fn cannot_be_pictured(session: &Tracked) -> Option<Error> {
    let (why, hint) = match session.kind {
        Kind::Text | Kind::X11 => return None,
        Kind::Ssh => (
            "its terminal is at the other end of the connection",
            "a text session (`usher open`) in the ssh login can be pictured",
        ),
        Kind::Console => ("usher does not read virtual terminals", "a text session (`usher open`) can be pictured"),
        Kind::Wayland => {
            ("its compositor lets no program of another user see its screen", "an X11 session can be pictured")
        }
    };
    let message = format!("session {} is shown by {} and cannot be pictured: {why}", session.id, session.kind.as_str());
    Some(Error::new(ErrorId::NotSupported, message).hint(hint))
}
