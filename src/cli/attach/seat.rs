//! Sitting down at a session, and how the command ends with it.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;

use usher_core::outcome::{ErrorId, Exit};
use usher_core::request::{Action, AttachRequest, AttachTo, SessionRef};
use usher_core::session::ProgramEnd;
use usher_core::wire::StationTerminal;
use usher_core::wire::holder::Farewell;

use super::settings::StationSettings;
use super::{DetachKeys, colours, screen, ssh_client, station, terminal};
use crate::cli::hosts::TargetHost;
use crate::cli::{CommandError, Context, ending, output, show};
use crate::words;

/// Where and how somebody sits down.
pub(in crate::cli) struct Seat {
    /// The session.
    pub(in crate::cli) to: AttachTo,
    /// The keys that leave it, where the caller named any.
    pub(in crate::cli) keys: Option<DetachKeys>,
    /// Nothing is typed.
    pub(in crate::cli) read_only: bool,
    /// It was opened for this: it may have ended already, and the last text of its program is printed after its end.
    pub(in crate::cli) opened: bool,
}

/// How a station's time ended.
pub(super) struct Left {
    /// In words.
    pub(super) why: String,
    /// How the command ends.
    pub(super) exit: Exit,
    /// The end of the session's program, where the holder told it.
    pub(super) farewell: Option<Farewell>,
    /// The holder is gone without a word.
    pub(super) lost: bool,
}

impl Left {
    /// The holder said why; with the end of the session's program the command ends as that did.
    pub(super) fn told(why: String, farewell: Option<Farewell>) -> Self {
        let exit = farewell.as_ref().map_or(Exit::Success, |told| ending::exit_of(told.end));
        Left { why, exit, farewell, lost: false }
    }
}

impl Seat {
    /// Sits there until the end.
    pub(in crate::cli) async fn take(self, context: &Context, host: &TargetHost) -> Result<Exit, CommandError> {
        let settings = StationSettings::load().map_err(CommandError::Usage)?;
        let detach = settings.detach_keys(self.keys).map_err(CommandError::Usage)?;
        let (mouse, clipboard) = settings.mouse_and_clipboard().map_err(CommandError::Usage)?;
        let about = StationTerminal { mouse, clipboard, prefix: Some(detach.prefix()), ..StationTerminal::default() };
        let (size, client, read_only) = (terminal::size(), ssh_client(), self.read_only);
        let action = Action::Attach(self.to.clone(), AttachRequest { size, colours: colours(), client, read_only });
        context.trace(host, &action);
        let (to, mut left) = match host.client.attach(&action).await {
            Ok(attached) => {
                let to = attached.session.map_or(self.to, |id| AttachTo::Session(SessionRef::Id(id)));
                let connection = UnixStream::from(attached.connection);
                (to, station::sit(connection, &attached.begun, &detach, about)?)
            }
            // Its program was faster.
            Err(refused) if self.opened && refused.error.id == ErrorId::SessionNotFound => {
                (self.to, ended_before(refused.error.message))
            }
            Err(error) => return Err(error.into()),
        };
        if let (true, AttachTo::Session(reference)) = (left.lost, &to) {
            left = asked(host, reference, left, self.opened).await;
        }
        if let (true, Some(text)) = (self.opened, left.farewell.as_ref().and_then(|told| told.screen.as_ref())) {
            let mut out = io::stdout();
            if screen::takes_output(&out) {
                show::write_lines(&mut out, text)?;
            }
        }
        let mut err = io::stderr();
        if screen::takes_output(&err) {
            let values = [("id", to.to_string()), ("why", output::printable(&left.why))];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            writeln!(err, "usher: {}", words::with!("attach-left", &values))?;
        }
        Ok(left.exit)
    }
}

fn ended_before(why: String) -> Left {
    Left { why, exit: Exit::Failed, farewell: None, lost: true }
}

/// Asks the daemon how a session ended whose holder said nothing; with its last text, if that is wanted.
async fn asked(host: &TargetHost, reference: &SessionRef, left: Left, with_text: bool) -> Left {
    // The daemon may learn of it later than the station.
    const SECONDS: u32 = 3;
    let known = host.client.call(&ending::question(reference, SECONDS)).await;
    let end = known.ok().and_then(ending::of).filter(|end| end.program() != ProgramEnd::Gone);
    let Some(end) = end else { return left };
    let looks = with_text && end.program() != ProgramEnd::HUNG_UP;
    let text = if looks { host.client.call_bytes(&Action::Screen(reference.clone())).await.ok() } else { None };
    let screen = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Left::told(ending::in_words(&end), Some(Farewell { end: end.program(), screen }))
}
