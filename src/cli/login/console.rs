//! Logins at consoles by `usher login`: the user database names a link to this program as login shell, and a file keeps the
//! shell that it named before.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

use nix::unistd::User;
use usher_core::login_shells::{self, LOGIN_SHELL, LoginShells, RECORD};
use usher_core::outcome::{ErrorId, Exit};
use usher_core::request::{Action, Name};
use usher_core::session::{Kind, Session};

use super::shell::LoginShell;
use super::{failed, log_in, refused, require_root, said};
use crate::cli::hosts::{AT_ONCE, Hosts, Manner};
use crate::cli::output::OutputFormat;
use crate::cli::{CommandError, Context, attach};
use crate::words;

/// Has these users log in at consoles by `usher login`. Nobody is changed where one of them cannot be.
pub(super) fn enable(users: &[Name]) -> Result<Exit, CommandError> {
    require_root()?;
    // A login shell that is not there lets nobody in.
    if !Path::new(LOGIN_SHELL).exists() {
        return Err(failed(words::with!("login-console-no-program", &[("program", LOGIN_SHELL)])));
    }
    let mut record = read()?;
    let mut new = Vec::new();
    for name in users {
        let user = look_up(name)?;
        if user.uid.is_root() {
            return Err(refused(ErrorId::InvalidRequest, words::text!("login-console-root")));
        }
        if user.shell == Path::new(LOGIN_SHELL) {
            continue;
        }
        if is_none(&user.shell) {
            let values = [("user", user.name.as_str()), ("shell", &user.shell.to_string_lossy())];
            return Err(refused(ErrorId::InvalidRequest, words::with!("login-console-no-shell", &values)));
        }
        record.set(&user.name, Some(&user.shell));
        new.push(user);
    }
    // Written first: whoever has the new shell needs the old one.
    write(&record)?;
    for (at, user) in new.iter().enumerate() {
        if let Err(error) = change(&user.name, Path::new(LOGIN_SHELL)) {
            // They keep their shells, and so do those whose turn did not come.
            new[at..].iter().for_each(|user| record.set(&user.name, None));
            write(&record)?;
            return Err(error);
        }
    }
    Ok(Exit::Success)
}

/// Gives these users their login shells back.
pub(super) fn undo(users: &[Name]) -> Result<Exit, CommandError> {
    require_root()?;
    let names: Result<Vec<String>, _> = users.iter().map(|name| look_up(name).map(|user| user.name)).collect();
    give_back(&names?)
}

/// Gives everyone the login shell back.
pub(super) fn disable() -> Result<Exit, CommandError> {
    require_root()?;
    let everyone: Vec<String> = read()?.iter().map(|(user, _)| user.to_owned()).collect();
    give_back(&everyone)
}

/// One user's trouble keeps no other from their shell.
fn give_back(users: &[String]) -> Result<Exit, CommandError> {
    let mut record = read()?;
    let mut trouble = None;
    for name in users {
        let Some(shell) = record.shell_of(name).map(Path::to_path_buf) else { continue };
        // An account that is gone, or whose shell somebody changed since, needs nothing of us.
        let has_ours = User::from_name(name).ok().flatten().is_some_and(|user| user.shell == Path::new(LOGIN_SHELL));
        match if has_ours { change(name, &shell) } else { Ok(()) } {
            Ok(()) => record.set(name, None),
            Err(error) => trouble = Some(error),
        }
    }
    write(&record)?;
    trouble.map_or(Ok(Exit::Success), Err)
}

fn look_up(name: &Name) -> Result<User, CommandError> {
    let found = User::from_name(name.as_str()).ok().flatten();
    found.ok_or_else(|| refused(ErrorId::InvalidRequest, words::with!("login-no-user", &[("user", name.as_str())])))
}

/// Whether it is the shell of an account that nobody logs in to.
fn is_none(shell: &Path) -> bool {
    shell.file_name().is_some_and(|name| name == "nologin" || name == "false")
}

/// Changes a user's login shell, and sees that it is so.
fn change(user: &str, shell: &Path) -> Result<(), CommandError> {
    let told = Command::new("/usr/sbin/usermod").arg("--shell").arg(shell).args(["--", user]).output()?;
    let now = User::from_name(user).ok().flatten().map(|user| user.shell);
    if told.status.success() && now.as_deref() == Some(shell) {
        return Ok(());
    }
    let values = [("user", user), ("shell", &shell.to_string_lossy()), ("why", &said(&told.stderr))];
    Err(failed(words::with!("login-console-not-changed", &values)))
}

fn read() -> Result<LoginShells, CommandError> {
    login_shells::read(Path::new(RECORD)).map_err(|error| unkept(&error))
}

fn write(record: &LoginShells) -> Result<(), CommandError> {
    record.write(Path::new(RECORD)).map_err(|error| unkept(&error))
}

fn unkept(error: &io::Error) -> CommandError {
    failed(words::with!("login-console-record", &[("file", RECORD), ("why", &error.to_string())]))
}

/// This program, started as somebody's login shell.
pub(in crate::cli) struct ShellCall {
    /// It logs somebody in: its name begins with a dash (`login(1)`).
    logs_in: bool,
    arguments: Vec<OsString>,
}

impl ShellCall {
    /// The call, if the program was started by the name of the login shell.
    pub(in crate::cli) fn of(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let zeroth = arguments.next()?.into_string().ok()?;
        let own = Path::new(LOGIN_SHELL).file_name()?.to_str()?;
        let (logs_in, name) = zeroth.strip_prefix('-').map_or((false, zeroth.as_str()), |name| (true, name));
        let is_own = Path::new(name).file_name().is_some_and(|name| name == own);
        is_own.then(|| ShellCall { logs_in, arguments: arguments.collect() })
    }

    /// The whole program. Whatever is no login at a console goes on in the shell that the user had before: `su`, cron, a
    /// command, a login by ssh.
    ///
    /// It takes much room on the stack, which the program's first frame would have for every command.
    #[inline(never)]
    pub(in crate::cli) fn main(self) -> ExitCode {
        let shell = LoginShell::own();
        if !self.logs_in || !self.arguments.is_empty() || attach::require_terminal().is_err() {
            return crate::cli::complain(&shell.instead(self.logs_in, &self.arguments)).into();
        }
        crate::cli::to_its_end(async {
            let manner = Manner { socket: None, patience: None, at_once: usize::from(AT_ONCE) };
            let hosts = Hosts::choose(&[], &manner).map_err(CommandError::Usage)?;
            let context = Context { hosts, format: OutputFormat::Table, format_named: false, verbose: false };
            let host = context.hosts.only("login")?;
            match host.client.call::<Vec<Session>>(&Action::List).await {
                Ok(sessions) if !sessions.iter().any(at_console) => Err(shell.log_in()),
                // Where usherd does not answer, that is said.
                _ => log_in(&context).await,
            }
        })
    }
}

/// Whether this is the caller's own login at a console.
fn at_console(session: &Session) -> bool {
    session.own && session.kind == Kind::Console && session.uid == rustix::process::getuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_program_tells_a_login_shell() {
        let call = |words: &[&str]| {
            let call = ShellCall::of(words.iter().map(OsString::from));
            call.map(|call| (call.logs_in, call.arguments.len()))
        };
        assert_eq!(call(&["-usher-login"]), Some((true, 0)));
        assert_eq!(call(&["/usr/lib/usher/usher-login", "-c", "id"]), Some((false, 2)));
        assert_eq!(call(&["usher-login", "-l"]), Some((false, 1)));
        assert_eq!(call(&["usher", "login"]), None);
        assert_eq!(call(&["-bash"]), None);
    }

    #[test]
    fn accounts_that_nobody_logs_in_to_stay_so() {
        assert!(is_none(Path::new("/usr/sbin/nologin")) && is_none(Path::new("/bin/false")));
        assert!(!is_none(Path::new("/bin/bash")));
    }
}
