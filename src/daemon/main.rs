//! `usherd`'s command line and its beginning.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use super::config::{Paths, Settings};
use super::{logging, release, serve};
use crate::outcome::Error;
use crate::transport::paths;

/// The host's daemon of usher: knows the sessions, decides, acts, observes, remembers
#[derive(Debug, Parser)]
#[command(name = "usherd", version, max_term_width = 100)]
pub struct Arguments {
    /// Host text sessions of the calling user, without root, systemd or D-Bus
    #[arg(long)]
    user: bool,
    /// Where to answer; the default in --user mode is $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Where locks, blocks and the audit log are kept; the default in --user mode is $XDG_STATE_HOME/usher, else ~/.local/state/usher
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// A configuration file in TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Unlock every session of the daemon with this socket, without daemon or database, and exit
    #[arg(long)]
    release_all: bool,
}

/// The whole program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::start();
    let Some(socket) = arguments.socket.clone().or_else(|| arguments.user.then(paths::user_socket)).or_else(|| {
        // Freeing the own sessions needs no mode: it looks where the command line would.
        arguments.release_all.then(paths::default_socket)
    }) else {
        return complain(
            &Error::new(
                crate::outcome::ErrorId::NotSupported,
                "this version hosts text sessions in --user mode only; system mode is not built yet",
            )
            .hint("start `usherd --user`"),
        );
    };
    if arguments.release_all {
        return release::release_all(&socket);
    }
    if !arguments.user {
        return complain(
            &Error::new(
                crate::outcome::ErrorId::NotSupported,
                "this version hosts text sessions in --user mode only; system mode is not built yet",
            )
            .hint("add --user"),
        );
    }
    match run(arguments, socket) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error),
    }
}

fn run(arguments: Arguments, socket: PathBuf) -> Result<(), Error> {
    let settings = Settings::read(arguments.config.as_deref())?;
    let socket = std::path::absolute(&socket).unwrap_or(socket);
    paths::check_length(&socket)?;
    let paths = Paths { socket, state: arguments.state_dir.unwrap_or_else(paths::user_state) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| super::failed("the runtime cannot be started", &e))?;
    runtime.block_on(serve(&paths, settings))
}

/// Resolves at SIGTERM or SIGINT, also at one that comes before anybody waits.
pub(super) fn told_to_stop() -> impl Future<Output = ()> {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async {
        match signals {
            (Ok(mut terminate), Ok(mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            // Without signal handlers the default action ends the process.
            _ => std::future::pending().await,
        }
    }
}

fn complain(error: &Error) -> ExitCode {
    eprintln!("usherd: {error}");
    if let Some(hint) = &error.hint {
        eprintln!("  hint: {hint}");
    }
    ExitCode::FAILURE
}
