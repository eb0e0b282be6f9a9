//! `usher open`

use std::io::Write;

use clap::Args;
use hyper::Method;
use usher_core::outcome::Exit;
use usher_core::request::{Name, OpenRequest, Size};
use usher_core::session::Session;

use super::{Context, Failure};

/// Start a text session and print its ID
#[derive(Debug, Args)]
pub struct Open {
    /// The session's title in `usher list`
    #[arg(long, value_name = "NAME")]
    name: Option<Name>,
    /// The program and its arguments; without one, your login shell
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Open {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let host = context.hosts.only("open")?;
        context.trace(host, "POST /v1/sessions/open");
        // A variable that is no text cannot be said in JSON, and no program that we start needs it.
        let text =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let request = OpenRequest {
            name: self.name,
            command: self.command,
            directory: std::env::current_dir().ok(),
            environment: text.map(|(name, value)| format!("{name}={value}")).collect(),
            size: terminal_size(),
        };
        let session: Session = host.client.send_json(Method::POST, "/v1/sessions/open", &request).await?;
        match context.format {
            super::Format::Table | super::Format::List => writeln!(std::io::stdout(), "{}", session.session_id)?,
            super::Format::Json | super::Format::Jsonl => super::output::print(vec![session], context.format)?,
        }
        Ok(Exit::Success)
    }
}

/// The size of the caller's terminal, so that the session begins as large as it will be shown.
fn terminal_size() -> Size {
    let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok().filter(|size| size.ws_row > 0 && size.ws_col > 0);
    size.map_or_else(Size::default, |size| Size { rows: size.ws_row, cols: size.ws_col })
}
