//! `usher dial-stdio`

use std::fs::File;
use std::io::{self, Read, Write, stdout};
use std::net::Shutdown;
use std::os::fd::AsFd;

use clap::Args;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::wire::greeting;

use super::{CommandError, Context};
use crate::client::ClientError;
use crate::client::connect::{Endpoint, local};
use crate::words;

/// Connect standard input and output to the daemon of this host
///
/// `usher --server HOST` runs this command at the other end of ssh. There is no need to run it by hand.
///
/// It passes bytes on with the rights of the user who logged in, and interprets none of them.
#[derive(Debug, Args)]
pub struct DialStdio {}

impl DialStdio {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let connected = match context.hosts.only("dial-stdio")?.client.endpoint() {
            Endpoint::Local(socket) => local(socket).await,
            Endpoint::Remote(..) | Endpoint::Joined(..) => return Err(CommandError::Usage(not_here())),
        };
        let daemon = match connected {
            Ok(daemon) => daemon,
            // It is read at the other end, in the words of the caller there.
            Err(ClientError { error, exit }) => {
                greeting::write_error(&mut stdout(), &error)?;
                return Ok(exit);
            }
        };
        greeting::write_good(&mut stdout())?;
        let daemon = daemon.into_std()?;
        daemon.set_nonblocking(false)?;
        let (mut to_daemon, mut from_daemon) = (daemon.try_clone()?, daemon);
        std::thread::spawn(move || {
            let _ = copy(&mut own(io::stdin())?, &mut to_daemon);
            // The caller is gone. The daemon ends its side too, unless it is at work.
            to_daemon.shutdown(Shutdown::Write)
        });
        // The stream ends with the daemon's side: what it answers last is passed on.
        copy(&mut from_daemon, &mut own(io::stdout())?)?;
        Ok(Exit::Success)
    }
}

/// Passes bytes on as they come. Behind `dyn` the standard library does not know what it copies between, and leaves out
/// `splice(2)`: between a pipe and a Unix socket that one keeps what it has until it has more.
fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<u64> {
    io::copy(from, to)
}

/// The descriptor without Rust's buffer, which waits for the end of a line.
fn own(descriptor: impl AsFd) -> io::Result<File> {
    Ok(File::from(descriptor.as_fd().try_clone_to_owned()?))
}

fn not_here() -> Error {
    Error::new(ErrorId::InvalidRequest, words::text!("dial-not-here"))
}
