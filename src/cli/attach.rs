//! `usher attach` makes the caller's terminal a station of a text session.

use std::io::{IsTerminal, Write};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;

use clap::Args;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::{Action, AttachRequest, Colours, SessionRef, Size};
use usher_core::wire::StationTerminal;

use super::{CommandError, Context};
use crate::words;

mod asking;
mod keys;
mod screen;
mod settings;
mod station;
mod terminal;
mod terminfo;

use keys::DetachKeys;
use settings::StationSettings;
pub(super) use terminal::{GUARD, guard};

/// Attach this terminal to a text session; Ctrl-\ d detaches it
///
/// Your terminal shows the session's screen, and what you type goes to its program. Several terminals can be
/// attached at once. Ctrl-\ d detaches this one, and the session lives on; Ctrl-\ b and the wheel look back, and
/// Ctrl-\ ? shows every key.
///
/// While the session is locked, you see its lock screen and your keys go nowhere. You can attach to your own
/// sessions only; this holds for root as well.
#[derive(Debug, Args)]
pub struct Attach {
    /// The session's ID, as `usher list` shows it, or its name
    #[arg(value_name = "ID")]
    id: SessionRef,
    /// The keys that detach, such as '^P ^Q'; press the first key twice to send it to the session [default: $USHER_DETACH_KEYS, else detach_keys in ~/.config/usher/usher.toml, else '^\ d']
    #[arg(long, value_name = "KEYS")]
    detach_keys: Option<DetachKeys>,
}

impl Attach {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            let error = Error::new(ErrorId::InvalidRequest, words::text!("attach-needs-terminal"));
            return Err(CommandError::Usage(error.hint(words::text!("attach-needs-terminal-hint"))));
        }
        check_terminal()?;
        let settings = StationSettings::load().map_err(CommandError::Usage)?;
        let detach = settings.detach_keys(self.detach_keys.clone()).map_err(CommandError::Usage)?;
        let (mouse, clipboard) = settings.mouse_and_clipboard().map_err(CommandError::Usage)?;
        let about = StationTerminal { mouse, clipboard, prefix: Some(detach.prefix()), ..StationTerminal::default() };
        let request = AttachRequest { size: terminal::size(), colours: colours(), client: ssh_client() };
        let host = context.hosts.only("attach")?;
        if let Some(name) = host.client.name() {
            let values = [("host", name.as_str()), ("id", &self.id.to_string())];
            let error = Error::new(ErrorId::NotSupported, words::text!("attach-far"));
            return Err(CommandError::Usage(error.hint(words::with!("attach-far-hint", &values))));
        }
        let action = Action::Attach(self.id.clone(), request);
        context.trace(host, &action);
        let (connection, begun) = host.client.attach(&action).await?;
        let left = station::sit(UnixStream::from(connection), &begun, &detach, about)?;
        let mut err = std::io::stderr();
        if !screen::takes_output(&err) {
            return Ok(left.exit);
        }
        let said = [("id", self.id.to_string()), ("why", super::output::printable(&left.why))];
        let said = said.each_ref().map(|(name, value)| (*name, value.as_str()));
        writeln!(err, "usher: {}", words::with!("attach-left", &said))?;
        Ok(left.exit)
    }
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

/// Why the station ended.
struct Left {
    why: String,
    exit: Exit,
}

/// The terminal's size. Some terminals, such as serial lines, say 0, which counts as unknown.
pub(super) fn window_size(fd: impl std::os::fd::AsFd) -> Size {
    let size = rustix::termios::tcgetwinsize(fd).ok().filter(|size| size.ws_row > 0 && size.ws_col > 0);
    size.map_or_else(Size::default, |size| Size { rows: size.ws_row, cols: size.ws_col })
}
