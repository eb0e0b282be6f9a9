//! Closing through logind: its user is warned, its processes are asked to end, then killed, and seen gone.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId};
use usher_core::sys::cgroup::Group;
use usher_core::wire::holder::Notice;
use usher_core::wire::shield::{ToShield, WITH_WITHDRAWALS};

use super::screen::ShieldState;
use super::{HostSessionBackend, changed};
use crate::backend::{DEADLINE, Observation, stays};
use crate::logind::Login;
use crate::session::Target;

/// `SIGKILL` as `signal(7)` numbers it.
const KILL: i32 = 9;

/// Ends the session: true if killing was needed.
pub(super) fn close(backend: &HostSessionBackend, target: &Target, grace: Duration) -> Observation<bool> {
    let (backend, target) = (backend.clone(), target.clone());
    Box::pin(async move {
        let login = backend.login(&target)?;
        match backend.0.bus.login_by_id(&login.native_id).await? {
            Some(now) if now.leader == login.leader && now.uid == login.uid => {}
            // Its leader is gone and its number is still there: what is left of it is what is to end.
            Some(now) if now.uid == login.uid && (now.closing || now.leader == 0) => {}
            Some(_) => return Err(changed(&target)),
            None => return gone(&backend, &login, DEADLINE).await.then_some(false).ok_or_else(|| late(&target)),
        }
        // A stopped process cannot end.
        backend.let_end(target.id, &login).await;
        backend.0.bus.terminate(&login.native_id).await?;
        // While a login is still being opened its leader is not in its scope yet, and logind's request does not reach it.
        if !Group::of_scope(login.uid, &login.scope).populated() {
            signal_leader(&login, rustix::process::Signal::TERM);
        }
        if gone(&backend, &login, grace).await {
            return Ok(false);
        }
        // logind itself would wait for 90 s.
        let _ = backend.0.bus.kill(&login.native_id, KILL).await;
        let _ = Group::of_scope(login.uid, &login.scope).kill();
        signal_leader(&login, rustix::process::Signal::KILL);
        gone(&backend, &login, DEADLINE).await.then_some(true).ok_or_else(|| late(&target))
    })
}

/// Signals the very process that leads the session, if it is still there.
fn signal_leader(login: &Login, signal: rustix::process::Signal) {
    let _ = login.leading().signal(signal);
}

fn late(target: &Target) -> Error {
    Error::new(ErrorId::Timeout, format!("session {}: processes were still there in the end", target.id))
        .hint("usherd goes on trying; `usher list` shows whether it is gone")
}

/// Whether, within this time, no process of the session is left and logind has let it go.
async fn gone(backend: &HostSessionBackend, login: &Login, within: Duration) -> bool {
    let until = Instant::now() + within;
    let group = Group::of_scope(login.uid, &login.scope);
    loop {
        if !group.populated() && login.leading().is_gone() {
            match backend.0.bus.login_by_id(&login.native_id).await {
                Ok(None) => return true,
                // The number may have been given to the next one already.
                Ok(Some(now)) if now.leader != login.leader && !now.closing => return true,
                _ => {}
            }
        }
        if Instant::now() >= until {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Tells the session's user, on displays by their shields, on a terminal by a line.
pub(super) fn announce(backend: &HostSessionBackend, id: u32, login: &Login, notice: Notice) {
    for screen in backend.state().screens_of(id) {
        if let Some(link) = screen.link() {
            let _ = link.send(&ToShield::Announce(notice.clone()));
        }
    }
    tell_terminal(id, login, &line(&notice));
}

/// Takes the announcement away from every display; a terminal is told who called the close off.
pub(super) fn withdraw(backend: &HostSessionBackend, id: u32, login: &Login, by: Option<&str>) -> Result<(), Error> {
    let mut old = false;
    for screen in backend.state().screens_of(id) {
        match &screen.shield {
            ShieldState::Held { protocol, .. } if *protocol < WITH_WITHDRAWALS => old = true,
            ShieldState::Held { link, .. } => drop(link.send(&ToShield::Withdraw)),
            ShieldState::Absent(_) | ShieldState::Failing(_) | ShieldState::Unsupported(_) | ShieldState::Arming => {}
        }
    }
    if let Some(by) = by {
        tell_terminal(id, login, &format!("\r\n*** {by} called off the close of this session ***\r\n"));
    }
    if old { Err(stays(id, "shield")) } else { Ok(()) }
}

fn tell_terminal(id: u32, login: &Login, line: &str) {
    if let Some(tty) = &login.tty
        && let Err(error) = write_line(tty, login.uid, line)
    {
        tracing::warn!("session {id}: {tty} could not be told of the close: {error}");
    }
}

/// Messages hold no control characters, nor do names: nothing here can act on the terminal.
fn line(notice: &Notice) -> String {
    let at = notice.at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string();
    let message = notice.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("\r\n*** {} closes this session at {at}{message} ***\r\n", notice.by)
}

/// Writes to the terminal if it is the user's own, without waiting for it.
fn write_line(tty: &str, uid: u32, line: &str) -> std::io::Result<()> {
    let path = std::path::Path::new("/dev").join(tty);
    let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(&path, flags, Mode::empty())?);
    let meta = file.metadata()?;
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    if !meta.file_type().is_char_device() || meta.uid() != uid {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    file.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warning_is_one_line_of_plain_text() {
        let notice = Notice {
            at: "2026-03-02T09:41:00Z".parse().unwrap(),
            by: "root".to_owned(),
            message: Some("save your work".parse().unwrap()),
        };
        let line = line(&notice);
        assert!(line.contains("root closes this session at") && line.contains(": save your work ***"));
        assert!(!line.trim().chars().any(char::is_control));
    }
}
