//! `usherd`'s command line and its beginning.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use usher_core::language::{Language, help, translated};
use usher_core::outcome::{Error, ErrorId};
use usher_core::paths::shields_of;
use usher_core::{logging, paths};

use super::{release, serve};
use crate::api::server;
use crate::host::settings::Settings;
use crate::paths::{Mode, Paths};

/// The most threads for what blocks; lookups of users take most of them.
const MOST_THREADS: usize = 48;
/// How long threads may take to end once the daemon was told to stop.
const STOP_DEADLINE: Duration = Duration::from_secs(1);

/// The host's daemon of usher: knows the sessions, decides, acts, observes, remembers
///
/// Without --user it is the system's: it runs as root and controls every session that logind knows.
///
/// With --user it takes over a socket on which the user's service manager listens (`usherd.socket`): `systemctl --user
/// enable --now usherd.socket` has it started when somebody calls.
#[derive(Debug, Parser)]
#[command(name = "usherd", version, max_term_width = 100)]
pub struct DaemonArguments {
    /// Host text sessions of the calling user, without root, systemd or D-Bus
    #[arg(long)]
    user: bool,
    /// Where to answer; the default is /run/usher/usher.sock, in --user mode $XDG_RUNTIME_DIR/usher/usher.sock, else
    /// /tmp/usher-$UID/usher.sock
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Where locks, blocks and the audit log are kept; the default is /var/lib/usher, in --user mode $XDG_STATE_HOME/usher,
    /// else ~/.local/state/usher
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// A configuration file in TOML; the default is /etc/usher/usherd.toml if it is there, in --user mode none
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Unlock every session of the daemon with this socket, without daemon or database, and exit
    #[arg(long)]
    release_all: bool,
}

/// The whole program.
pub fn main() -> ExitCode {
    #[cfg(feature = "system")]
    if let Some(code) = crate::slow::serve().or_else(crate::limits::serve) {
        return code;
    }
    let arguments: DaemonArguments = help::parse();
    logging::start();
    let socket = arguments.socket.clone().unwrap_or_else(|| match (arguments.user, arguments.release_all) {
        (true, _) => paths::user_socket(),
        // Freeing needs no mode: root frees the host's sessions if its daemon, which may be gone, ever had any;
        // else it looks where the command line would.
        (false, true) if frees_the_host() => PathBuf::from(paths::SYSTEM),
        (false, true) => paths::default_socket(),
        (false, false) => PathBuf::from(paths::SYSTEM),
    });
    if arguments.release_all {
        return release::release_all(&socket);
    }
    match run(arguments, socket) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error),
    }
}

fn run(arguments: DaemonArguments, socket: PathBuf) -> Result<(), Error> {
    let mode = if arguments.user { Mode::User } else { Mode::System };
    if mode == Mode::System && !rustix::process::geteuid().is_root() {
        let why = "the system's daemon controls every user's sessions: only root can start it";
        return Err(Error::new(ErrorId::AccessDenied, why).hint("`usherd --user` hosts text sessions of your own"));
    }
    let config = paths::configuration(arguments.config, arguments.user, paths::SYSTEM_CONFIG);
    let settings = Settings::read(config.as_deref())?;
    let socket = std::path::absolute(&socket).unwrap_or(socket);
    let (socket, handed_over) = match server::handed_over()?.filter(|_| mode == Mode::User) {
        Some((_, path)) if arguments.socket.is_some() && path != socket => {
            let why = format!("the service manager listens on {}, not on {}", path.display(), socket.display());
            return Err(Error::new(ErrorId::InvalidRequest, why).hint("leave out --socket"));
        }
        Some((listener, path)) => (path, Some(listener)),
        None => (socket, None),
    };
    paths::check_length(&socket)?;
    let state = arguments.state_dir.unwrap_or_else(|| match mode {
        Mode::User => paths::user_state(),
        Mode::System => PathBuf::from(paths::SYSTEM_STATE),
    });
    let paths = Paths { mode, socket, state };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MOST_THREADS)
        .build()
        .map_err(|e| super::failed("the runtime cannot be started", &e))?;
    let served = runtime.block_on(serve(&paths, settings, handed_over));
    // A lookup in the user database may hang; nobody waits for it any more.
    runtime.shutdown_timeout(STOP_DEADLINE);
    served
}

/// Root, who names no socket, on a host whose daemon had displays to cover.
fn frees_the_host() -> bool {
    let named = std::env::var_os("USHER_SOCKET").is_some_and(|path| !path.is_empty());
    !named && rustix::process::geteuid().is_root() && shields_of(Path::new(paths::SYSTEM)).is_dir()
}

fn complain(error: &Error) -> ExitCode {
    let language = Language::of_locale();
    eprintln!("usherd: {}", translated(language, &error.message));
    if let Some(hint) = &error.hint {
        let label = if language == Language::English { "hint: " } else { "提示：" };
        eprintln!("  {label}{}", translated(language, hint));
    }
    ExitCode::FAILURE
}
