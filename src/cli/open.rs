//! `usher open`

use std::io::Write;

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{Action, OpenRequest, SessionName};
use usher_core::session::Session;

use super::{CommandError, Context, attach};

/// Start a text session and print its ID
///
/// usherd starts the program in a terminal that nobody looks at yet; `usher attach` shows it in yours. The
/// session ends with its program.
///
/// The program starts in the current directory, with the environment of this command. Standard output is the ID
/// alone, so that scripts can use it.
#[derive(Debug, Args)]
pub struct Open {
    /// The session's name, which stands for its ID wherever one is; no other session of yours may have it
    #[arg(long, value_name = "NAME")]
    name: Option<SessionName>,
    /// The program and its arguments; without one, your login shell
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Open {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let host = context.hosts.only("open")?;
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
        match context.format {
            super::OutputFormat::Table | super::OutputFormat::List => {
                writeln!(std::io::stdout(), "{}", session.session_id)?
            }
            super::OutputFormat::Json | super::OutputFormat::Jsonl => {
                super::output::print(vec![session], context.format)?
            }
        }
        Ok(Exit::Success)
    }
}
