//! `usher list`

use std::cell::RefCell;

use clap::Args;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::{Action, Name, SessionRef};
use usher_core::session::{Session, State};

use super::hosts::TargetHost;
use super::output::{EndedRow, Placed};
use super::{CommandError, Context, choices, output, read};
use crate::client::ClientError;
use crate::words::key;

/// Show the sessions of this host
///
/// Ordinary users see their own sessions; operators and administrators see everybody's. The table shows each
/// session's ID and user, how it is displayed (text, ssh, console, x11 or wayland), whether somebody sits at
/// it, and whether it is locked.
///
/// A session keeps its ID for as long as it lives. Wherever an ID is, the ID that `loginctl` shows, such as c2, is
/// accepted too, and so is the name of a text session: a name alone means your own session, USER/NAME another user's.
#[derive(Debug, Args)]
pub struct List {
    /// Show only the sessions with these IDs or names
    #[arg(value_name = "ID")]
    ids: Vec<SessionRef>,
    /// Show only the sessions of this user, by name or uid; can be given several times
    #[arg(short, long, value_name = "NAME", conflicts_with = "ids")]
    user: Vec<Name>,
    /// Show only locked sessions
    #[arg(long)]
    locked: bool,
    /// Show only sessions in this state: connected, remote, disconnected or closing; can be given several times
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = choices::state(), hide_possible_values = true)]
    state: Vec<State>,
    /// Show the sessions that ended in the last hour, and how
    #[arg(long, conflicts_with_all = ["ids", "locked", "state"])]
    ended: bool,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        if self.ended {
            let choose = |_: &TargetHost, all: Vec<EndedRow>| {
                (all.into_iter().filter(|EndedRow(session)| self.shows(session)).collect(), Exit::Success)
            };
            return read::rows(context, &Action::Ended, choose, Placed::ended, key!("none-sessions")).await;
        }
        if self.ids.iter().any(SessionRef::is_name) {
            return self.by_name(context).await;
        }
        let strangers: RefCell<Vec<Error>> = RefCell::new(Vec::new());
        let choose = |host: &TargetHost, all: Vec<Session>| {
            let missing: Vec<_> = self.ids.iter().filter(|id| !all.iter().any(|s| is(s, id))).collect();
            for id in &missing {
                let error = Error::new(ErrorId::SessionNotFound, not_there(id, host.label()));
                let error = error.hint("`usher list` shows the sessions that there are");
                output::print_error_about(&error, Some(&id.to_string()));
            }
            let known = missing.is_empty() && strangers.borrow().is_empty();
            let exit = if known { Exit::Success } else { Exit::Failed };
            (all.into_iter().filter(|session| self.shows(session)).collect(), exit)
        };
        let ask = async |host: &TargetHost| {
            context.trace(host, &Action::List);
            let all: Vec<Session> = host.client.call(&Action::List).await?;
            for name in self.user.iter().filter(|name| !all.iter().any(|session| is_of(session, name))) {
                let found = stranger(context, host, name).await?;
                strangers.borrow_mut().extend(found);
            }
            Ok(all)
        };
        let exit = read::rows_of(context, ask, choose, Placed::session, key!("none-sessions")).await?;
        strangers.borrow().iter().for_each(output::print_error);
        Ok(if strangers.borrow().is_empty() { exit } else { exit.max(Exit::Failed) })
    }

    /// What a name means depends on the host and the caller: each is asked for.
    async fn by_name(&self, context: &Context) -> Result<Exit, CommandError> {
        let missing = RefCell::new(Vec::new());
        let ask = async |host: &TargetHost| {
            let mut sessions: Vec<Session> = Vec::new();
            for id in &self.ids {
                let action = Action::Show(id.clone());
                context.trace(host, &action);
                match host.client.call::<Session>(&action).await {
                    Ok(found) if sessions.iter().any(|known| known.session_id == found.session_id) => {}
                    Ok(found) => sessions.push(found),
                    Err(refused) if refused.exit == Exit::Failed => missing.borrow_mut().push(refused.error),
                    Err(lost) => return Err(lost),
                }
            }
            Ok(sessions)
        };
        let chosen = |_: &TargetHost, sessions: Vec<Session>| {
            let exit = if missing.borrow().is_empty() { Exit::Success } else { Exit::Failed };
            (sessions.into_iter().filter(|session| self.is_asked_for(session)).collect(), exit)
        };
        let exit = read::rows_of(context, ask, chosen, Placed::session, key!("none-sessions")).await?;
        missing.borrow().iter().for_each(output::print_error);
        Ok(if missing.borrow().is_empty() { exit } else { exit.max(Exit::Failed) })
    }

    fn shows(&self, session: &Session) -> bool {
        (self.ids.is_empty() || self.ids.iter().any(|id| is(session, id))) && self.is_asked_for(session)
    }

    /// Whether the session, however it is named, has what is asked for.
    fn is_asked_for(&self, session: &Session) -> bool {
        (!self.locked || session.locked)
            && (self.state.is_empty() || self.state.contains(&session.state))
            && (self.user.is_empty() || self.user.iter().any(|name| is_of(session, name)))
    }
}

/// Whether a session is this user's, by name or number.
fn is_of(session: &Session, user: &Name) -> bool {
    session.user == user.as_str() || user.as_str().parse() == Ok(session.uid)
}

/// The host's word that it has no such user. A daemon of an earlier version cannot say.
async fn stranger(context: &Context, host: &TargetHost, name: &Name) -> Result<Option<Error>, ClientError> {
    let action = Action::OfUser(name.clone());
    context.trace(host, &action);
    match host.client.call::<Vec<Session>>(&action).await {
        Err(ClientError { error, .. }) if error.id == ErrorId::UserNotFound => Ok(Some(match host.label() {
            Some(label) => Error { message: format!("{label}: {}", error.message), ..error },
            None => error,
        })),
        Err(error) if error.is_lost() => Err(error),
        Ok(_) | Err(_) => Ok(None),
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
