//! The default paths of sockets and state.

use std::path::{Path, PathBuf};

use crate::outcome::{Error, ErrorId};

/// The socket of the system's daemon.
pub const SYSTEM: &str = "/run/usher/usher.sock";

/// The state of the system's daemon.
pub const SYSTEM_STATE: &str = "/var/lib/usher";

/// The configuration of the system's daemon, if there is one.
pub const SYSTEM_CONFIG: &str = "/etc/usher/usherd.toml";

/// The directory in which the system's gateway publishes its address and its authority.
pub const SYSTEM_GATEWAY: &str = "/run/usher-gateway";

/// The directory in which the gateway of the daemon with this socket publishes its address and its authority.
pub fn gateway_of(socket: &Path) -> PathBuf {
    if socket == Path::new(SYSTEM) {
        return PathBuf::from(SYSTEM_GATEWAY);
    }
    beside(socket, ".gateway")
}

/// The directory in which the holders of the daemon with this socket listen.
pub fn holders_of(socket: &Path) -> PathBuf {
    beside(socket, ".tty")
}

/// The directory in which the shields of the daemon with this socket listen.
pub fn shields_of(socket: &Path) -> PathBuf {
    beside(socket, ".shield")
}

/// The file in which the daemon with this socket says whom it refuses a new login.
pub fn login_rules_of(socket: &Path) -> PathBuf {
    beside(socket, ".logins")
}

/// The file in this state directory that has the settings of [`login_rules_of`]'s file alone. It outlives a restart of the
/// host.
pub fn login_settings_in(state: &Path) -> PathBuf {
    state.join("logins")
}

/// The socket at which the daemon with this socket hears of logins that were refused.
pub fn refused_logins_of(socket: &Path) -> PathBuf {
    beside(socket, ".refused")
}

/// The directory in which the guards of terminals of the daemon with this socket listen.
pub fn guards_of(socket: &Path) -> PathBuf {
    beside(socket, ".guard")
}

/// The directory in which the wardens of seats of the daemon with this socket listen.
pub fn seats_of(socket: &Path) -> PathBuf {
    beside(socket, ".seat")
}

fn beside(socket: &Path, suffix: &str) -> PathBuf {
    let mut name = socket.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// In the gateway's directory: its authority's certificate, in DER.
pub const AUTHORITY_FILE: &str = "authority.der";

/// In the gateway's directory: where it listens, as `ADDRESS:PORT`.
pub const LISTEN_FILE: &str = "listen";

/// The file that a daemon reads its configuration from: the one that was named, else the system's if it is there, and in
/// `--user` mode none.
pub fn configuration(named: Option<PathBuf>, user: bool, system: &str) -> Option<PathBuf> {
    named.or_else(|| Some(PathBuf::from(system)).filter(|path| !user && path.exists()))
}

/// The socket of this user's `--user` daemon.
pub fn user_socket() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| Path::new(dir).is_absolute()) {
        Some(runtime) => PathBuf::from(runtime).join("usher/usher.sock"),
        None => PathBuf::from(format!("/tmp/usher-{}/usher.sock", rustix::process::getuid().as_raw())),
    }
}

/// The state directory of this user's `--user` daemon.
pub fn user_state() -> PathBuf {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
    match (absolute("XDG_STATE_HOME"), absolute("HOME")) {
        (Some(state), _) => state.join("usher"),
        (None, Some(home)) => home.join(".local/state/usher"),
        (None, None) => PathBuf::from(format!("/tmp/usher-{}/state", rustix::process::getuid().as_raw())),
    }
}

/// The socket that a caller means who names none: `$USHER_SOCKET`, else the first that is there of the
/// system's, the user's, and the one in /tmp.
pub fn default_socket() -> PathBuf {
    if let Some(path) = std::env::var_os("USHER_SOCKET").filter(|path| !path.is_empty()) {
        return PathBuf::from(path);
    }
    let system = PathBuf::from(SYSTEM);
    let in_tmp = PathBuf::from(format!("/tmp/usher-{}/usher.sock", rustix::process::getuid().as_raw()));
    [system, user_socket(), in_tmp].into_iter().find(|path| path.exists()).unwrap_or_else(user_socket)
}

/// Refuses a socket path for which the kernel has no room (`unix(7)`: 108 bytes), with the names of
/// the holders' sockets beside it.
///
/// # Errors
/// The path is too long.
pub fn check_length(socket: &Path) -> Result<(), Error> {
    const ROOM: usize = 107 - ".shield/4294967295-65535".len();
    let length = socket.as_os_str().len();
    if length <= ROOM {
        return Ok(());
    }
    let message = format!("the socket path has {length} bytes; the most is {ROOM}");
    Err(Error::new(ErrorId::InvalidRequest, message).hint("give a shorter path with --socket"))
}
