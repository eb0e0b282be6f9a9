//! `usher login`: what sshd runs in the place of the login shell of a group's members, and consoles for users.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::{Action, AttachTo, Name, OpenRequest, SessionRef};
use usher_core::session::{Kind, Session, State};

use super::attach::{self, Seat};
use super::hosts::TargetHost;
use super::output::printable;
use super::{CommandError, Context};
use crate::client::ClientError;
use crate::words;

pub(super) mod agent;
pub(super) mod console;
mod shell;
mod sshd;

use shell::LoginShell;

/// Log in to a text session that outlives the connection, in the place of a login shell
///
/// sshd runs this for the members of a group, after `usher login enable GROUP`, and consoles for users, after
/// `usher login console USER`. At a terminal it resumes your text session
/// that nobody sits at, or opens a new one; where several wait, it asks which. When the line is cut, the session is
/// disconnected and lives on. A command (`ssh HOST COMMAND`, scp, sftp, rsync, git) runs in your shell as without usher.
///
/// Programs in the session find the ssh agent of the connection that came last. Where usherd cannot be reached, or cannot open
/// a session, you get your plain login shell.
#[derive(Debug, Args)]
pub struct Login {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Have sshd run `usher login` for every member of a group
    ///
    /// The command writes /etc/ssh/sshd_config.d/50-usher-login.conf, has sshd check it, and reloads sshd. If sshd refuses the
    /// file, or does not do what it says, the command takes it back. Connections that are there stay as they are.
    Enable {
        /// The group; those that were enabled before stay so
        #[arg(value_name = "GROUP")]
        group: String,
    },
    /// Have these users log in by `usher login` at consoles and serial lines
    ///
    /// Their login shell becomes /usr/lib/usher/usher-login, and /etc/usher/login-shells keeps the one that they had. Their
    /// sessions, their commands, `su`, cron and logins by ssh run in that shell as before. The account has to be one of this
    /// host's own, and root's stays as it is.
    Console {
        /// The users
        #[arg(value_name = "USER", required = true)]
        users: Vec<Name>,
        /// Give them the login shell back that they had
        #[arg(long)]
        undo: bool,
    },
    /// Have sshd and consoles run the login shell again for everybody
    ///
    /// The command removes the file that `usher login enable` wrote, reloads sshd, and gives everyone the login shell back that
    /// `usher login console` replaced. Sessions live on.
    Disable,
}

impl Login {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        match self.what {
            Some(What::Enable { group }) => sshd::enable(&group),
            Some(What::Console { users, undo: false }) => console::enable(&users),
            Some(What::Console { users, undo: true }) => console::undo(&users),
            // What cannot be done of the one keeps nobody from the other.
            Some(What::Disable) => sshd::disable().and(console::disable()),
            None => log_in(context).await,
        }
    }
}

async fn log_in(context: &Context) -> Result<Exit, CommandError> {
    let shell = LoginShell::own();
    if let Some(command) = std::env::var_os("SSH_ORIGINAL_COMMAND").filter(|command| !command.is_empty()) {
        return Err(shell.run(&command));
    }
    if attach::require_terminal().is_err() {
        return Err(shell.log_in());
    }
    let host = context.hosts.only("login")?;
    match seat(context, host).await {
        Ok(Some(seat)) => seat.take(context, host).await,
        // The line was cut at the question.
        Ok(None) => Ok(Exit::Failed),
        // Nobody is locked out because a part of usher does not work.
        Err(CommandError::Client(failed)) if failed.error.id != ErrorId::AccessDenied => {
            let why = printable(&failed.error.message);
            writeln!(io::stderr(), "usher: {}", words::with!("login-plain", &[("why", &why)]))?;
            Err(shell.log_in())
        }
        Err(error) => Err(error),
    }
}

/// Where to sit down: none if the person is gone.
async fn seat(context: &Context, host: &TargetHost) -> Result<Option<Seat>, CommandError> {
    let agent = agent::point();
    let own = own_sessions(context, host).await?;
    let waiting: Vec<&Session> = own.iter().filter(|session| session.state == State::Disconnected).collect();
    let resumed = match waiting.as_slice() {
        [] => None,
        [one] => Some(one.session_id),
        several => match ask(several)? {
            Some(chosen) => chosen,
            None => return Ok(None),
        },
    };
    let (id, opened) = match resumed {
        Some(id) => (id, false),
        None => match open(context, host, agent).await {
            Ok(session) => (session.session_id, true),
            // They may have no more: the one that was used last has room for another station.
            Err(full) if full.error.id == ErrorId::AccessDenied && !own.is_empty() => {
                return Ok(Some(Seat { to: AttachTo::Last, keys: None, read_only: false, opened: false }));
            }
            Err(error) => return Err(error.into()),
        },
    };
    Ok(Some(Seat { to: AttachTo::Session(SessionRef::Id(id)), keys: None, read_only: false, opened }))
}

/// The caller's own text sessions, the one used last first.
async fn own_sessions(context: &Context, host: &TargetHost) -> Result<Vec<Session>, ClientError> {
    context.trace(host, &Action::List);
    let all: Vec<Session> = host.client.call(&Action::List).await?;
    let uid = rustix::process::getuid().as_raw();
    let mut own: Vec<Session> = all.into_iter().filter(|s| s.uid == uid && s.kind == Kind::Text && !s.own).collect();
    own.sort_by_key(|session| session.idle_seconds);
    Ok(own)
}

async fn open(context: &Context, host: &TargetHost, agent: Option<String>) -> Result<Session, ClientError> {
    let request = OpenRequest {
        name: None,
        command: Vec::new(),
        directory: None,
        environment: carried(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
        .chain(agent.map(|path| format!("SSH_AUTH_SOCK={path}")))
        .collect(),
        size: attach::window_size(std::io::stderr()),
    };
    let action = Action::Open(Box::new(request));
    context.trace(host, &action);
    host.client.call(&action).await
}

/// What a session takes over from the connection that it is opened by. PAM gives it the rest.
fn carried(variables: impl Iterator<Item = (String, String)>) -> impl Iterator<Item = String> {
    const CARRIED: [&str; 6] = ["LANG", "LANGUAGE", "TZ", "SSH_CONNECTION", "SSH_CLIENT", "KRB5CCNAME"];
    let is_carried = |name: &str| CARRIED.contains(&name) || name.starts_with("LC_");
    variables.filter(move |(name, _)| is_carried(name)).map(|(name, value)| format!("{name}={value}"))
}

/// Asks which session to resume: `Some(None)` for a new one, none where nobody answers.
fn ask(sessions: &[&Session]) -> Result<Option<Option<u32>>, CommandError> {
    let mut out = io::stderr();
    writeln!(out, "{}", words::with!("login-several", &[("count", &sessions.len().to_string())]))?;
    for (number, session) in (1..).zip(sessions) {
        let (id, title) = (session.session_id.to_string(), printable(&session.title));
        let since = session.since.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string();
        let values = [("number", number.to_string()), ("id", id), ("title", title), ("since", since)];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        writeln!(out, "  {}", words::with!("login-one", &values))?;
    }
    loop {
        write!(out, "{} ", words::text!("login-which"))?;
        out.flush()?;
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if let Some(chosen) = chosen(line.trim(), sessions) {
            return Ok(Some(chosen));
        }
    }
}

/// The answer to the question: nothing is the first, `n` a new one. None where it is no answer.
fn chosen(answer: &str, sessions: &[&Session]) -> Option<Option<u32>> {
    let of_place = |place: usize| sessions.get(place.checked_sub(1)?).map(|session| Some(session.session_id));
    match answer {
        "" => of_place(1),
        "n" | "N" => Some(None),
        number => of_place(number.parse().ok()?),
    }
}

/// The first line of what another program said.
fn said(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    printable(text.lines().next().unwrap_or_default())
}

fn require_root() -> Result<(), CommandError> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    Err(refused(ErrorId::AccessDenied, words::text!("login-needs-root")))
}

fn refused(id: ErrorId, message: String) -> CommandError {
    CommandError::Usage(Error::new(id, message))
}

fn failed(message: String) -> CommandError {
    ClientError { error: Error::new(ErrorId::BackendFailed, message), exit: Exit::Failed }.into()
}

/// A program that should have taken this one's place did not.
fn not_executed(what: &str, error: &io::Error) -> CommandError {
    let message = words::with!("login-not-executed", &[("program", what), ("why", &error.to_string())]);
    ClientError { error: Error::new(ErrorId::BackendFailed, message), exit: Exit::Failed }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_takes_over_what_belongs_to_the_person_and_not_to_the_line() {
        let all =
            ["LANG=C", "LC_TIME=de", "TZ=UTC", "SSH_TTY=/dev/pts/1", "XDG_SESSION_ID=3", "KRB5CCNAME=FILE:x", "A=b"];
        let pairs = all.iter().filter_map(|one| one.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(carried(pairs).collect::<Vec<_>>(), ["LANG=C", "LC_TIME=de", "TZ=UTC", "KRB5CCNAME=FILE:x"]);
    }
}
