//! How a warden begins, and what is done without one.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::ExitCode;

use nix::sys::signal::{SigSet, Signal};

use crate::{hold, terminal, warden};

/// The warden of a seat, its painter, `release RECORD`, or `front NUMBER`.
pub fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["paint"] => usher_shield::paint_seat(),
        [] => listening().and_then(warden::serve),
        ["release", record] => hold::release(Path::new(record)),
        ["front", number] => number.parse().map_err(io::Error::other).and_then(terminal::put_in_front),
        ["--version"] => {
            println!("usher-seat {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        other => Err(io::Error::other(format!("unknown arguments {other:?}; usherd starts this program"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("usher-seat: {error}");
            ExitCode::FAILURE
        }
    }
}

fn listening() -> io::Result<UnixListener> {
    // The kernel sends it at Ctrl-Alt-Del (`switches`).
    let mut restart = SigSet::empty();
    restart.add(Signal::SIGINT);
    restart.thread_block()?;
    // Started as a unit, it would end with whoever started it otherwise.
    let _ = rustix::process::setsid();
    Ok(UnixListener::from(io::stdin().as_fd().try_clone_to_owned()?))
}
