//! No new channels: the process that carries an ssh login's connection may start no process while the session is locked.
//! sshd then refuses shells, commands and subsystems of that connection, and the client is told.

use std::os::fd::AsFd;
use std::time::Duration;

use rustix::io::Errno;
use usher_core::session::Kind;
use usher_core::sys::process::Process;
use zbus::Variant;

use super::super::HostSessionBackend;
use super::super::freezing::connection_of;
use crate::limits;
use crate::logind::Login;
use crate::logind::unit::Property;

/// How often it is looked whether a process of the user's rights has set the limit.
const LOOKS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(5);

/// Refuses them, and sees that they are.
///
/// # Errors
/// Why they cannot be refused.
pub(super) async fn refuse(backend: &HostSessionBackend, login: &Login) -> Result<(), String> {
    if login.kind != Kind::Ssh {
        return Ok(());
    }
    let Some(connection) = connection(login).await else {
        // Of root's own login sshd has one process alone, which no limit binds.
        return if login.uid == 0 { Err("it is root's".to_owned()) } else { Ok(()) };
    };
    let (soft, hard) = limits::of(connection).map_err(|error| error.to_string())?;
    if soft == Some(0) {
        return Ok(());
    }
    match limits::set(connection, (Some(0), Some(0))) {
        // Root of a container may lack the right.
        Err(error) if error.raw_os_error() == Some(Errno::PERM.raw_os_error()) => {
            let limit = (Some(0), hard);
            set_by_user(backend, login, connection, limit).await
        }
        other => other.map_err(|error| error.to_string()),
    }
}

/// Whether the connection of this leader's session starts nothing now, as far as that can be told. No limit binds root's.
pub(super) fn are_refused(leader: Process) -> bool {
    let connection = leader.lives().then(|| connection_of(leader.pid)).flatten();
    let Some(connection) = connection.and_then(|pid| Process::of(pid).ok().flatten()) else { return true };
    let is_roots = usher_core::sys::proc::uid(connection.pid).is_none_or(|uid| uid == 0);
    is_roots || limits::of(connection).map_or(true, |(soft, _)| soft == Some(0))
}

/// Lets them come again, as many as before: the leader has the limit that the login began with.
pub(super) async fn allow(backend: &HostSessionBackend, login: &Login) {
    let Some(connection) = connection(login).await else { return };
    let Ok((Some(0), hard)) = limits::of(connection) else { return };
    let Ok(before) = limits::of(login.leading()) else { return };
    let allowed = match limits::set(connection, before) {
        Err(error) if error.raw_os_error() == Some(Errno::PERM.raw_os_error()) => {
            set_by_user(backend, login, connection, (before.0, hard)).await
        }
        other => other.map_err(|error| error.to_string()),
    };
    if let Err(why) = allowed {
        tracing::warn!("session {}: its connection takes no new channels any more: {why}", login.native_id);
    }
}

/// The same without a daemon.
pub(super) fn allow_alone(leader: Process) {
    use std::os::unix::process::CommandExt;
    let Some(Ok(Some(connection))) = connection_of(leader.pid).map(Process::of) else { return };
    let (Ok((Some(0), hard)), Ok(before)) = (limits::of(connection), limits::of(leader)) else { return };
    if limits::set(connection, before).is_ok() {
        return;
    }
    let (Some(uid), Ok(program)) = (usher_core::sys::proc::uid(connection.pid), std::env::current_exe()) else {
        return;
    };
    let Ok(gid) = usher_core::sys::proc::gid(connection.pid) else { return };
    let mut command = std::process::Command::new(program);
    command.args(limits::arguments(connection, (before.0, hard))).env_clear().current_dir("/").uid(uid);
    let _ = command.gid(gid.unwrap_or(uid)).status();
}

async fn connection(login: &Login) -> Option<Process> {
    let leader = login.leading();
    let look = move || {
        leader.lives().then(|| connection_of(leader.pid)).flatten().and_then(|pid| Process::of(pid).ok().flatten())
    };
    tokio::task::spawn_blocking(look).await.ok().flatten()
}

/// Has a process with the user's rights set the limit of a process of that user's. What comes of it is seen at the process.
async fn set_by_user(
    backend: &HostSessionBackend,
    login: &Login,
    process: Process,
    limit: limits::ProcessLimit,
) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = program.to_string_lossy().into_owned();
    let words = std::iter::once(program.clone()).chain(limits::arguments(process, limit)).collect::<Vec<String>>();
    let text = |value: String| Variant::from(value);
    let properties: Vec<Property<'_>> = vec![
        ("Description", text("usher's limit of processes".to_owned())),
        ("ExecStart", Variant::from(vec![(program, words, false)])),
        ("Type", text("oneshot".to_owned())),
        ("CollectMode", text("inactive-or-failed".to_owned())),
        ("User", text(login.uid.to_string())),
        ("NoNewPrivileges", Variant::from(true)),
        ("ProtectSystem", text("strict".to_owned())),
        ("ProtectHome", text("yes".to_owned())),
        ("TimeoutStartUSec", Variant::from(2_000_000u64)),
    ];
    let nothing = std::fs::File::open("/dev/null").map_err(|error| error.to_string())?;
    let name = format!("usher-limit-{}-{}.service", login.native_id, backend.next_seq());
    backend.0.bus.start_unit(&name, nothing.as_fd(), properties).await.map_err(|error| error.message)?;
    for _ in 0..LOOKS {
        match limits::of(process) {
            Ok(now) if now == limit => return Ok(()),
            Ok(_) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error.to_string()),
        }
    }
    Err("the limit of its processes cannot be set".to_owned())
}
