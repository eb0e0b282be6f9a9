//! `usher dashboard`: hands over to the program that serves the page, so that this one's tree holds none of it.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use clap::{Args, Subcommand};
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::servers::ServerName;
use usher_core::sys::program::beside_this_program;

use super::CommandError;
use super::hosts::Manner;
use crate::client::ClientError;
use crate::words;

/// Show the sessions as a web page, with their pictures, and act on them there
///
/// The page has a tile for each session of this host, or of the hosts that --server names. It acts as you, with the
/// rights that you have on each host. It can lock, unlock, disconnect and close sessions and block everybody, but
/// not open, attach to or invite.
///
/// This command serves the page on this machine alone, to nobody but you, until you press Ctrl-C or close the terminal.
/// It prints an address that opens the page once, in one browser.
///
/// `usher dashboard enable` has the host serve the page itself, by TLS, to whoever signs in with a user name and a
/// password of the host.
///
/// Each look at somebody's screen is in the audit log of its host.
#[derive(Debug, Args)]
pub struct Dashboard {
    #[command(subcommand)]
    service: Option<DashboardService>,
    /// The port to listen on; 0 for one that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Also open the page in the desktop's browser
    #[arg(long)]
    open: bool,
}

/// What becomes of the page that the host itself serves.
#[derive(Debug, Subcommand)]
enum DashboardService {
    /// Have this host serve the page from now on, by TLS, to whoever signs in (administrators)
    Enable,
    /// Have this host serve the page no more
    Disable,
    /// Show another host's sessions too on the page that this host serves (administrators)
    ///
    /// An administrator of that host makes the token: `usher invite dashboard@THIS-HOST --role operator`. Operators and
    /// administrators who sign in here then see that host's sessions, and do there what they may do on both hosts. The
    /// other host's audit log names them, as in "olga at lab1, by the dashboard".
    Join {
        /// The token; with -, it is read from standard input, so that no list of processes shows it
        #[arg(value_name = "TOKEN")]
        token: String,
        /// The name of that host on the page [default: the name that the host gives itself]
        #[arg(long, value_name = "NAME")]
        name: Option<ServerName>,
    },
    /// Show another host's sessions no more
    Leave {
        /// The name of that host on the page
        #[arg(value_name = "NAME")]
        name: ServerName,
    },
}

impl Dashboard {
    pub(super) fn run(self, servers: &[ServerName], manner: &Manner) -> Result<Exit, CommandError> {
        let program = program();
        let mut command = Command::new(&program);
        match self.service {
            Some(DashboardService::Enable) => _ = command.arg("--enable"),
            Some(DashboardService::Disable) => _ = command.arg("--disable"),
            Some(DashboardService::Join { token, name }) => {
                command.arg("--join").args(name.iter().flat_map(|name| ["--name", name.as_str()]));
                if token != "-" {
                    command.stdin(said(&token)?);
                }
            }
            Some(DashboardService::Leave { name }) => _ = command.args(["--leave", name.as_str()]),
            None => {}
        }
        command.arg("--port").arg(self.port.to_string()).arg("--lang").arg(words::language().tag());
        if self.open {
            command.arg("--open");
        }
        if let Some(socket) = &manner.socket {
            command.arg("--socket").arg(socket);
        }
        if !servers.is_empty() {
            let names: Vec<&str> = servers.iter().map(ServerName::as_str).collect();
            command.arg("--server").arg(names.join(","));
        }
        if let Some(patience) = manner.patience {
            command.arg("--timeout").arg(format!("{}s", patience.as_secs()));
        }
        // It takes this program's place: signals and the terminal are its own.
        let error = command.exec();
        let message = words::with!("dashboard-no-program", &[("why", &error.to_string())]);
        let error = Error::new(ErrorId::BackendFailed, message);
        Err(ClientError { error, exit: Exit::Unreachable }.into())
    }
}

/// A pipe from which this text comes.
fn said(text: &str) -> std::io::Result<std::io::PipeReader> {
    let (reader, mut writer) = std::io::pipe()?;
    // No more than a pipe holds: this program is gone when it is read.
    writer.write_all(text.get(..4096).unwrap_or(text).as_bytes())?;
    Ok(reader)
}

/// `usher-dashboard`, beside this program or in the path.
fn program() -> PathBuf {
    let beside = beside_this_program("usher-dashboard");
    if beside.exists() { beside } else { PathBuf::from("usher-dashboard") }
}
