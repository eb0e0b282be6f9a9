//! `usher show`: the text on a session's screen.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use usher_core::outcome::Exit;
use usher_core::request::{Action, SessionRef};

use super::output::{self, OutputFormat, TableRow, printable};
use super::{CommandError, Context};

/// Print the text on the screen of a text session
///
/// The text has no colours and no control characters, so that it can be searched and kept. A locked session shows its
/// lock screen. A session that ended in the last hour shows what it showed at last, so that the output of a short
/// command can still be read.
///
/// Administrators may look at all sessions, operators at standard users' sessions, and everybody at their own. The
/// audit log records each look before it is taken.
#[derive(Debug, Args)]
pub struct Show {
    /// The session's ID, as `usher list` shows it, or its name
    #[arg(value_name = "ID")]
    id: SessionRef,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let host = context.hosts.only("show")?;
        let action = Action::Screen(self.id.clone());
        context.trace(host, &action);
        let bytes = host.client.call_bytes(&action).await?;
        let text = String::from_utf8_lossy(&bytes);
        match context.format {
            OutputFormat::Table | OutputFormat::List => write_lines(&mut io::stdout(), &text)?,
            OutputFormat::Json | OutputFormat::Jsonl => {
                output::print(vec![ShownText { session: self.id, text: text.into_owned() }], context.format)?;
            }
        }
        Ok(Exit::Success)
    }
}

/// Prints text that came from a session, line by line.
pub(super) fn write_lines(out: &mut impl Write, text: &str) -> io::Result<()> {
    for line in text.lines() {
        writeln!(out, "{}", printable(line))?;
    }
    out.flush()
}

/// A session's text, for programs.
#[derive(Debug, Serialize)]
struct ShownText {
    /// As the caller named it.
    session: SessionRef,
    text: String,
}

impl TableRow for ShownText {
    fn heads() -> Vec<&'static str> {
        vec!["ID", "TEXT"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.session.to_string(), self.text.clone()]
    }
}
