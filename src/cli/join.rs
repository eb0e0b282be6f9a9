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

use super::output::{self, OutputFormat};
use super::{CommandError, Context};
use crate::client::{ClientError, remote};
use crate::words;

/// Join a host with a token that `usher invite` printed there
///
/// The token says where the host is and how to recognise it. Nothing is sent to a machine that cannot prove to
/// be that host. From then on, --server reaches it by its name.
///
/// The certificate and its key are kept in ~/.config/usher/servers/NAME, for you alone. The certificate renews
/// itself when it is used.
#[derive(Debug, Args)]
pub struct Join {
    /// The token; with -, it is read from standard input, so that no list of processes shows it
    #[arg(value_name = "TOKEN")]
    token: String,
    /// The name of the host on this machine [default: the name that the host gives itself]
    #[arg(long, value_name = "NAME")]
    name: Option<ServerName>,
    /// Your name on the host, such as olga@laptop [default: your user name, @, and this machine's name]
    #[arg(long = "as", value_name = "IDENTITY")]
    identity: Option<IdentityName>,
}

impl Join {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let order = JoinOrder { token: token(self.token)?, name: self.name, identity: self.identity };
        let joined = match run_dial(&order).await.map_err(unreachable)? {
            JoinAnswer::Joined(joined) => joined,
            JoinAnswer::Failed(error) => {
                let exit = match error.id {
                    ErrorId::HostUnreachable => Exit::Unreachable,
                    ErrorId::InvalidRequest => Exit::Usage,
                    _ => Exit::Failed,
                };
                return Err(ClientError { error, exit }.into());
            }
        };
        match context.format {
            OutputFormat::Table | OutputFormat::List => print_joined(&joined),
            OutputFormat::Json | OutputFormat::Jsonl => output::print(vec![joined], context.format)?,
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

fn print_joined(joined: &Joined) {
    let until = joined.expires.strftime("%Y-%m-%d").to_string();
    let values = [
        ("host", joined.name.as_str()),
        ("identity", joined.identity.as_str()),
        ("role", joined.role.as_str()),
        ("address", joined.address.as_str()),
        ("until", until.as_str()),
        ("directory", joined.directory.as_str()),
    ];
    for key in [words::key!("join-done"), words::key!("join-certificate"), words::key!("join-what-next")] {
        println!("{}", output::printable(&key.text(&values)));
    }
}

/// Has usher-dial do it: what speaks TLS is no part of this program.
async fn run_dial(order: &JoinOrder) -> Result<JoinAnswer, String> {
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

fn unreachable(why: String) -> CommandError {
    let text = words::with!("join-no-program", &[("why", &why)]);
    let error = Error::new(ErrorId::HostUnreachable, text).hint(words::text!("far-no-program-hint"));
    ClientError { error, exit: Exit::Unreachable }.into()
}
