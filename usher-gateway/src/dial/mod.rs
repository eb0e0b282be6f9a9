//! The program that reaches a joined host: `usher-dial NAME` is a stream to its usherd, `usher-dial --join` joins one.

use std::io::{BufRead, Read};
use std::process::ExitCode;

use clap::Parser;
use usher_core::language::help;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::PagePerson;
use usher_core::servers::{Book, ServerName};
use usher_core::wire::greeting;
use usher_core::wire::joining::{JoinAnswer, JoinOrder};
use usher_core::wire::relay::{LONGEST, RelayOrder};

mod connect;
mod files;
mod http;
mod join;
mod renew;
mod stream;

/// Reach joined hosts over TLS
///
/// `usher --server` and `usher join` run this program. There is no need to run it by hand.
#[derive(Debug, Parser)]
#[command(name = "usher-dial", version, max_term_width = 100)]
pub struct DialArguments {
    /// Connect standard input and output to usherd on this joined host
    #[arg(value_name = "NAME", required_unless_present_any = ["join", "relay"])]
    name: Option<ServerName>,
    /// Join a host: read a JSON object from standard input, and write the result as another to standard output
    #[arg(long, conflicts_with = "name")]
    join: bool,
    /// Connect standard input and output to the host that their first line names, for a person; for usher-dial@.service
    #[arg(long, conflicts_with_all = ["name", "join"])]
    relay: bool,
}

/// The whole program.
pub fn main() -> ExitCode {
    let arguments: DialArguments = help::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return greet(&Error::new(ErrorId::BackendFailed, error.to_string())),
    };
    let dialled = |dialled: Result<(), Error>| dialled.map_or_else(|error| greet(&error), |()| ExitCode::SUCCESS);
    let exit = match arguments {
        DialArguments { relay: true, .. } => dialled(runtime.block_on(relay())),
        DialArguments { name: Some(name), .. } => dialled(runtime.block_on(dial(&name, None))),
        DialArguments { name: None, .. } => runtime.block_on(joined()),
    };
    // A thread that reads standard input, which may never end, is not waited for.
    runtime.shutdown_background();
    exit
}

/// Reads for whom which host is to be reached, and reaches it. usherd says it, and nobody else can: the socket is root's.
async fn relay() -> Result<(), Error> {
    let wrong = |why: &dyn std::fmt::Display| Error::new(ErrorId::InvalidRequest, format!("the order is none: {why}"));
    let mut line = Vec::new();
    std::io::stdin().lock().take(LONGEST).read_until(b'\n', &mut line).map_err(|e| wrong(&e))?;
    let RelayOrder { host, person } = serde_json::from_slice(&line).map_err(|e| wrong(&e))?;
    let name: ServerName = host.parse().map_err(|e: usher_core::request::InvalidValue| wrong(&e))?;
    dial(&name, Some(&person)).await
}

async fn dial(name: &ServerName, person: Option<&PagePerson>) -> Result<(), Error> {
    let files = files::Files::of(name)?;
    let mut credentials = files.read()?;
    credentials.in_time(name)?;
    if credentials.renews() && !files.fresh() {
        // The old certificate still works: a renewal that fails is tried again with the next use.
        if let Ok(fresh) = renew::renew(&files, &credentials).await {
            credentials = fresh;
        }
    }
    let reached = connect::reach(name, &credentials).await?;
    let stream = stream::checked(reached, person).await?;
    greeting::write_good(&mut std::io::stdout()).map_err(|e| Error::new(ErrorId::BackendFailed, e.to_string()))?;
    stream::copy(stream).await;
    Ok(())
}

/// The greeting that says why there is no stream.
fn greet(error: &Error) -> ExitCode {
    let _ = greeting::write_error(&mut std::io::stdout(), error);
    ExitCode::FAILURE
}

async fn joined() -> ExitCode {
    let order = serde_json::from_reader::<_, JoinOrder>(std::io::stdin().lock());
    let order = order.map_err(|e| Error::new(ErrorId::InvalidRequest, format!("the order cannot be read: {e}")));
    let joined = match (order, Book::place()) {
        (Ok(order), Some(place)) => join::join(&order, &place).await,
        (Ok(_), None) => Err(Error::new(
            ErrorId::InvalidRequest,
            "this user has no home directory, which would hold the joined hosts",
        )),
        (Err(error), _) => Err(error),
    };
    let (answer, exit) = match joined {
        Ok(joined) => (JoinAnswer::Joined(joined), ExitCode::SUCCESS),
        Err(error) => (JoinAnswer::Failed(error), ExitCode::FAILURE),
    };
    match serde_json::to_writer(std::io::stdout(), &answer) {
        Ok(()) => exit,
        Err(_) => ExitCode::FAILURE,
    }
}
