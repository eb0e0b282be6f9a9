//! `usher list`

use clap::Args;

use super::{Context, Failure, output};
use crate::outcome::{Error, ErrorId, Exit};
use crate::request::{Name, SessionRef};
use crate::session::Session;

/// Show the sessions of this host
#[derive(Debug, Args)]
pub struct List {
    /// Only these sessions
    #[arg(value_name = "ID")]
    ids: Vec<SessionRef>,
    /// Only this user's sessions; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "ids")]
    user: Vec<Name>,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        context.trace("GET /v1/sessions");
        let all: Vec<Session> = context.client.get("/v1/sessions").await?;
        let missing: Vec<_> = self.ids.iter().filter(|id| !all.iter().any(|s| is(s, id))).collect();
        let named = |s: &Session| {
            (self.ids.is_empty() || self.ids.iter().any(|id| is(s, id)))
                && (self.user.is_empty() || self.user.iter().any(|name| name.as_str() == s.user))
        };
        let shown: Vec<Session> = all.iter().filter(|s| named(s)).cloned().collect();
        output::print(&shown, context.format)?;
        for id in &missing {
            let error = Error::new(ErrorId::SessionNotFound, format!("there is no session {id} on this host"));
            let error = error.hint("`usher list` shows the sessions that there are");
            output::print_error_about(&error, Some(&id.to_string()));
        }
        Ok(if missing.is_empty() { Exit::Success } else { Exit::Failed })
    }
}

/// Whether a session is the one that an ID names.
fn is(session: &Session, id: &SessionRef) -> bool {
    match id {
        SessionRef::Id(id) => session.session_id == *id,
        SessionRef::Native(native) => session.native_id == native.as_str(),
    }
}
