//! `usher list`

use clap::Args;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::{Name, SessionRef};
use usher_core::session::Session;

use super::hosts::Host;
use super::output::Placed;
use super::{Context, Failure, output, read};

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
        let choose = |host: &Host, all: Vec<Session>| {
            let missing: Vec<_> = self.ids.iter().filter(|id| !all.iter().any(|s| is(s, id))).collect();
            for id in &missing {
                let error = Error::new(ErrorId::SessionNotFound, not_there(id, host.label()));
                let error = error.hint("`usher list` shows the sessions that there are");
                output::print_error_about(&error, Some(&id.to_string()));
            }
            let exit = if missing.is_empty() { Exit::Success } else { Exit::Failed };
            (all.into_iter().filter(|session| self.shows(session)).collect(), exit)
        };
        read::rows(context, "/v1/sessions", choose, Placed::session).await
    }

    fn shows(&self, session: &Session) -> bool {
        (self.ids.is_empty() || self.ids.iter().any(|id| is(session, id)))
            && (self.user.is_empty() || self.user.iter().any(|name| name.as_str() == session.user))
    }
}

fn not_there(id: &SessionRef, host: Option<&str>) -> String {
    match host {
        Some(host) => format!("there is no session {id} on {host}"),
        None => format!("there is no session {id} on this host"),
    }
}

/// Whether a session is the one that an ID names.
fn is(session: &Session, id: &SessionRef) -> bool {
    id.names(session.session_id, &session.native_id)
}
