//! `usher attach` makes the caller's terminal a station of a text session.

use std::io::IsTerminal;
use std::net::IpAddr;

use clap::Args;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::{AttachTo, Colours, SessionRef, Size};

use super::hosts::TargetHost;
use super::{CommandError, Context, login};
use crate::words;

mod asking;
mod keys;
mod line;
mod screen;
mod seat;
mod settings;
mod signals;
mod station;
mod terminal;
mod terminfo;
mod typing;

pub(super) use keys::DetachKeys;
use seat::Left;
pub(super) use seat::Seat;
pub(super) use terminal::{GUARD, guard};

/// Attach this terminal to a text session; Ctrl-\ d detaches it
///
/// Your terminal shows the session's screen, and what you type goes to its program. Several terminals can be
/// attached at once. Ctrl-\ d detaches this one, and the session lives on; Ctrl-\ b and the wheel look back, and
/// Ctrl-\ ? shows every key. While the session is locked, you see its lock screen and your keys go nowhere. You can
/// attach to your own sessions only; this holds for root as well.
///
/// The exit code is 0 when you detach or are disconnected. When the session's program ends, it is that of the program, or
/// 128 and the number of the signal that ended it; 129 is a session that was closed. An exit code of usher's own comes
/// with an error on standard error.
#[derive(Debug, Args)]
pub struct Attach {
    /// The session's ID, as `usher list` shows it, or its name [default: your only session, or the one used last]
    #[arg(value_name = "ID")]
    id: Option<SessionRef>,
    /// The keys that detach, such as '^P ^Q'; press the first key twice to send it to the session [default: $USHER_DETACH_KEYS, else detach_keys in ~/.config/usher/usher.toml, else '^\ d']
    #[arg(long, value_name = "KEYS")]
    detach_keys: Option<DetachKeys>,
    /// Only look on: what you type goes nowhere, and the size of your terminal changes nothing
    #[arg(long)]
    read_only: bool,
}

impl Attach {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        require_terminal()?;
        if ssh_client().is_some() {
            login::agent::point();
        }
        let to = self.id.map_or(AttachTo::Last, AttachTo::Session);
        let host = here(context, "attach", &to)?;
        Seat { to, keys: self.detach_keys, read_only: self.read_only, opened: false }.take(context, host).await
    }
}

/// A station shows and types.
///
/// # Errors
/// Standard input or output is no terminal, or none that can place characters.
pub(super) fn require_terminal() -> Result<(), CommandError> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return check_terminal();
    }
    let error = Error::new(ErrorId::InvalidRequest, words::text!("attach-needs-terminal"));
    Err(CommandError::Usage(error.hint(words::text!("attach-needs-terminal-hint"))))
}

/// The one host of a verb that sits down, which is this one.
///
/// # Errors
/// The caller named another.
pub(super) fn here<'c>(context: &'c Context, verb: &str, to: &AttachTo) -> Result<&'c TargetHost, CommandError> {
    let host = context.hosts.only(verb)?;
    let Some(name) = host.client.name() else { return Ok(host) };
    let (error, host) = (Error::new(ErrorId::NotSupported, words::text!("attach-far")), ("host", name.as_str()));
    let hint = match to {
        AttachTo::Session(reference) => {
            words::with!("attach-far-hint", &[host, ("id", &reference.to_string())])
        }
        AttachTo::Last => words::with!("attach-far-hint-alone", &[host]),
    };
    Err(CommandError::Usage(error.hint(hint)))
}

/// Refuses a terminal that cannot place characters: it would show control sequences instead of a session.
fn check_terminal() -> Result<(), CommandError> {
    let term = std::env::var("TERM").unwrap_or_default();
    let why = match term.as_str() {
        "" => words::text!("attach-no-term"),
        "dumb" | "unknown" => words::with!("attach-dumb", &[("term", term.as_str())]),
        _ => return Ok(()),
    };
    Err(CommandError::Usage(Error::new(ErrorId::NotSupported, why).hint(words::text!("attach-dumb-hint"))))
}

/// What the terminal can show, by the variable that terminals set, else by the host's description of it, else by its name.
fn colours() -> Colours {
    let value = |name| std::env::var(name).unwrap_or_default();
    let (term, depth) = (value("TERM"), value("COLORTERM"));
    match (term.as_str(), terminfo::colours(&term)) {
        _ if depth == "truecolor" || depth == "24bit" => return Colours::True,
        (_, Some(colours)) => return colours,
        (_, None) => {}
    }
    match term.as_str() {
        "linux" => Colours::Sixteen,
        _ if term.starts_with("vt") => Colours::Mono,
        _ => Colours::Palette,
    }
}

/// The caller's own address, where they came by ssh (`ssh(1)`, SSH_CONNECTION).
fn ssh_client() -> Option<IpAddr> {
    std::env::var("SSH_CONNECTION").ok()?.split(' ').next()?.parse().ok()
}

/// The terminal's size. Some terminals, such as serial lines, say 0, which counts as unknown.
pub(super) fn window_size(fd: impl std::os::fd::AsFd) -> Size {
    let size = rustix::termios::tcgetwinsize(fd).ok().filter(|size| size.ws_row > 0 && size.ws_col > 0);
    size.map_or_else(Size::default, |size| Size { rows: size.ws_row, cols: size.ws_col })
}
