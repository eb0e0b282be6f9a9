//! `usher open`

use std::io::Write;

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{Action, AttachTo, OpenRequest, SessionName, SessionRef};
use usher_core::session::Session;

use super::attach::{self, Seat};
use super::{CommandError, Context, ending};

/// Start a text session and print its ID
///
/// usherd starts the program in a terminal that nobody looks at yet; `usher attach` shows it in yours, and --attach does
/// that at once. The session ends with its program. The program starts in the current directory, with the environment of
/// this command.
///
/// Standard output is the ID alone, so that scripts can use it; with --attach it is the last screen of the program, once that
/// has ended. With --attach and --wait the exit code is that of the program, or 128 and the number of the signal that ended
/// it; 129 is a session that was closed. `usher show` prints what the program showed at last.
#[derive(Debug, Args)]
pub struct Open {
    /// The session's name, which stands for its ID wherever one is; no other session of yours may have it
    #[arg(long, value_name = "NAME")]
    name: Option<SessionName>,
    /// Attach this terminal to the session at once
    #[arg(long, conflicts_with = "wait")]
    attach: bool,
    /// Wait until the session ends
    #[arg(long)]
    wait: bool,
    /// The program and its arguments; without one, your login shell
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Open {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let host = if self.attach {
            attach::require_terminal()?;
            attach::here(context, "open --attach", &AttachTo::Last)?
        } else {
            context.hosts.only("open")?
        };
        // A variable that is no text cannot be said in JSON, and no program that we start needs it.
        let text =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let request = OpenRequest {
            name: self.name,
            command: self.command,
            directory: std::env::current_dir().ok(),
            environment: text.map(|(name, value)| format!("{name}={value}")).collect(),
            // The session begins as large as it will be shown.
            size: attach::window_size(std::io::stderr()),
        };
        let action = Action::Open(Box::new(request));
        context.trace(host, &action);
        let session: Session = host.client.call(&action).await?;
        let id = session.session_id;
        if self.attach {
            let to = AttachTo::Session(SessionRef::Id(id));
            return Seat { to, keys: None, read_only: false, opened: true }.take(context, host).await;
        }
        match context.format {
            super::OutputFormat::Table | super::OutputFormat::List => writeln!(std::io::stdout(), "{id}")?,
            super::OutputFormat::Json | super::OutputFormat::Jsonl => {
                super::output::print(vec![session], context.format)?
            }
        }
        if self.wait { ending::awaited(host, id).await } else { Ok(Exit::Success) }
    }
}
