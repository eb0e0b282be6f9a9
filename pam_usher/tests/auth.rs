//! `usher-auth` serves nobody but the web server. What it does for it is in `tests/host/web.rs`.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

#[test]
fn a_connection_of_nobody_and_none_at_all_are_served_nothing() {
    let run = |input: Stdio| {
        let said = Command::new(env!("CARGO_BIN_EXE_usher-auth")).stdin(input).output().expect("it starts");
        assert_eq!((said.status.code(), said.stdout.as_slice()), (Some(1), &b""[..]), "{said:?}");
    };
    run(Stdio::null());
    let (mut ours, theirs) = UnixStream::pair().expect("a pair");
    // Without a name the web server too is told nothing.
    ours.shutdown(std::net::Shutdown::Write).expect("a shutdown");
    run(Stdio::from(OwnedFd::from(theirs)));
    let mut heard = Vec::new();
    ours.read_to_end(&mut heard).expect("the end");
    assert_eq!(heard, b"");
}
