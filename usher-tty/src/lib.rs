//! `usher-tty`: one small process per text session that owns its terminal and its screen.
//!
//! The holder outlives usherd: it keeps the lock, the screen and the program while the daemon is
//! down, is killed, or is replaced by a later version. It is born with a connection to the daemon on
//! standard input, and listens on a socket of its own for the daemons and the `--release-all` after. In system mode it is a
//! service with a uid of its own, and its standard input is that socket.
//!
//! `usher-tty guard` is another small process: it covers terminals that usher does not hold, those of an ssh login.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::process::ExitCode;

mod birth;
mod cells;
mod daemon;
pub mod emulator;
mod ending;
mod frame;
mod guard;
mod holder;
mod leader;
mod lockscreen;
mod lookback;
mod paint;
mod parting;
pub mod pty;
mod run;
mod sandbox;
mod settle;
mod station;
mod terminals;

/// The whole program.
pub fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(word) if word == "lead" => leader::lead(),
        Some(word) if word == "login" => leader::login(arguments),
        Some(word) if word == "hold" => ended(born_with().and_then(birth::of).and_then(run::hold)),
        Some(word) if word == "guard" => {
            ended(born_with().and_then(|listener| terminals::guard(UnixListener::from(listener))))
        }
        _ => {
            eprintln!(
                "usher-tty {}: holds one text session; usherd starts it, and nothing else needs to",
                env!("CARGO_PKG_VERSION")
            );
            ExitCode::from(2)
        }
    }
}

/// The socket that the process was started with, as its standard input.
fn born_with() -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(std::io::stdin().as_fd(), 3)?)
}

fn ended(how: io::Result<()>) -> ExitCode {
    match how {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("usher-tty: {error}");
            ExitCode::FAILURE
        }
    }
}
