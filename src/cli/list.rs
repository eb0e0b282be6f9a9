//! `usher list`

use clap::Args;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::{Action, Name, SessionRef};
use usher_core::session::Session;

use super::hosts::TargetHost;
use super::output::Placed;
use super::{CommandError, Context, output, read};

/// Show the sessions of this host
///
/// Ordinary users see their own sessions; operators and administrators see everybody's. The table shows each
/// session's ID and user, how it is displayed (text, ssh, console, x11 or wayland), whether somebody sits at
/// it, and whether it is locked.
///
/// A session keeps its ID for as long as it lives. The ID that `loginctl` shows, such as c2, is accepted
/// wherever an ID is.
#[derive(Debug, Args)]
pub struct List {
    /// Show only these sessions
    #[arg(value_name = "ID")]
    ids: Vec<SessionRef>,
    /// Show only this user's sessions; can be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "ids")]
    user: Vec<Name>,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let choose = |host: &TargetHost, all: Vec<Session>| {
            let missing: Vec<_> = self.ids.iter().filter(|id| !all.iter().any(|s| is(s, id))).collect();
            for id in &missing {
                let error = Error::new(ErrorId::SessionNotFound, not_there(id, host.label()));
                let error = error.hint("`usher list` shows the sessions that there are");
                output::print_error_about(&error, Some(&id.to_string()));
            }
            let exit = if missing.is_empty() { Exit::Success } else { Exit::Failed };
            (all.into_iter().filter(|session| self.shows(session)).collect(), exit)
        };
        read::rows(context, &Action::List, choose, Placed::session).await
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
