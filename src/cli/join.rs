//! `usher join`

use std::io::{self, BufRead, BufReader, Read};
use std::process::Stdio;

use clap::Args;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::IdentityName;
use usher_core::servers::ServerName;
use usher_core::wire::joining::{JoinAnswer, JoinOrder, Joined};

use super::output::{self, Format};
use super::{Context, Failure};
use crate::client::{ClientError, remote};
use crate::words;

/// Join a host with a token that `usher invite` printed there: it is in `usher servers` from then on
#[derive(Debug, Args)]
pub struct Join {
    /// The token, in one piece; - to read it from standard input, where no list of processes shows it
    #[arg(value_name = "TOKEN")]
    token: String,
    /// What this host is called here; the name that it gives itself if left out
    #[arg(long, value_name = "NAME")]
    name: Option<ServerName>,
    /// Who you are there, such as olga@laptop; your user name at this machine's name if left out
    #[arg(long = "as", value_name = "IDENTITY")]
    identity: Option<IdentityName>,
}

impl Join {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let order = JoinOrder { token: token(self.token)?, name: self.name, identity: self.identity };
        let joined = match ask(&order).await.map_err(unreachable)? {
            JoinAnswer::Joined(joined) => joined,
            JoinAnswer::Failed(error) => {
                let exit = match error.id {
                    ErrorId::HostUnreachable | ErrorId::OutcomeUnknown => Exit::Unreachable,
                    ErrorId::InvalidRequest => Exit::Usage,
                    _ => Exit::Failed,
                };
                return Err(ClientError { error, exit }.into());
            }
        };
        match context.format {
            Format::Table | Format::List => say(&joined),
            Format::Json | Format::Jsonl => output::print(vec![joined], context.format)?,
        }
        Ok(Exit::Success)
    }
}

/// The token as it was given, or the first line of standard input.
fn token(given: String) -> io::Result<String> {
    if given != "-" {
        return Ok(given);
    }
    // No token is near this long.
    let mut line = String::new();
    BufReader::new(io::stdin().lock().take(16 << 10)).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn say(joined: &Joined) {
    let until = joined.expires.strftime("%Y-%m-%d").to_string();
    let values = [
        ("host", joined.name.as_str()),
        ("identity", joined.identity.as_str()),
        ("role", joined.role.as_str()),
        ("address", joined.address.as_str()),
        ("until", until.as_str()),
        ("directory", joined.directory.as_str()),
    ];
    for key in ["join-done", "join-certificate", "join-what-next"] {
        println!("{}", output::printable(&words::with(key, &values)));
    }
}

/// Has usher-dial do it: what speaks TLS is no part of this program.
async fn ask(order: &JoinOrder) -> Result<JoinAnswer, String> {
    let program = remote::dial_program();
    let cannot = |why: &dyn std::fmt::Display| format!("{}: {why}", program.display());
    let mut child = Command::new(&program)
        .arg("--join")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| cannot(&e))?;
    let order = serde_json::to_vec(order).map_err(|e| cannot(&e))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read says why in its answer.
        let _ = stdin.write_all(&order).await;
    }
    let output = child.wait_with_output().await.map_err(|e| cannot(&e))?;
    serde_json::from_slice(&output.stdout).map_err(|e| cannot(&e))
}

fn unreachable(why: String) -> Failure {
    let text = words::with("join-no-program", &[("why", &why)]);
    let error = Error::new(ErrorId::HostUnreachable, text).hint(words::text("far-no-program-hint"));
    ClientError { error, exit: Exit::Unreachable }.into()
}
