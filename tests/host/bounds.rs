//! Places on a host's socket: what one user takes, the others still have.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::harness::wait_until;

/// Opens connections until one more is ended unserved, says how many were served, and keeps them until its input ends.
const FILLS: &str = r#"
import socket, sys
held = []
while True:
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect("/run/usher/usher.sock")
    try:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        served = s.recv(4096)
    except OSError:
        served = b""
    if not served:
        break
    held.append(s)
print(len(held), flush=True)
sys.stdin.read()
"#;

#[test]
fn a_user_has_64_connections_and_takes_no_place_of_anybody_else() {
    let host = crate::host!(Bookworm);
    let (greedy, other) = (host.user("greedy"), host.user("other"));
    let mut filling = host.command_as(&greedy.name);
    filling.args(["python3", "-c", FILLS]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut filling = filling.spawn().expect("python3 runs");
    let mut served = String::new();
    BufReader::new(filling.stdout.take().expect("a pipe")).read_line(&mut served).expect("it says how many");
    assert_eq!(served.trim(), "64");
    assert_ne!(host.usher(&greedy, &["list"]).code, Some(0), "there is no place for one more of theirs");
    host.usher(&other, &["list"]).succeeds();
    host.root_usher(&["list"]).succeeds();
    drop(filling.stdin.take());
    filling.wait().expect("it ends");
    wait_until("there is room again", || host.usher(&greedy, &["list"]).code == Some(0));
}
