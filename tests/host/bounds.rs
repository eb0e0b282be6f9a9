//! What one user takes of a host's socket, connections, watchers and pictures, the others still have.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::harness::{Host, Suite, User, X11, wait_until};

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

/// Asks for this so often at once, reads no more than how it is answered, says how often it is given, and keeps everything
/// until its input ends.
const ASKS: &str = r#"
import socket, sys
held = []
for _ in range(int(sys.argv[2])):
    s = socket.socket(socket.AF_UNIX)
    s.connect("/run/usher/usher.sock")
    s.sendall(f"GET {sys.argv[1]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    held.append(s)
print(sum(b" 200" in s.recv(13) for s in held), flush=True)
sys.stdin.read()
"#;

/// Covers its display with what no picture format makes smaller, and says so.
const NOISE: &str = r#"
from Xlib import X, display
import os, time
d = display.Display()
root = d.screen().root
w = root.create_window(0, 0, 1280, 720, 0, d.screen().root_depth, override_redirect=1)
w.map()
d.sync()
gc = w.create_gc()
for y in range(0, 720, 20):
    w.put_image(gc, 0, y, 1280, 20, X.ZPixmap, d.screen().root_depth, 0, os.urandom(1280 * 20 * 4))
d.sync()
open(os.environ["HOME"] + "/noise", "w").write("drawn")
time.sleep(1000)
"#;

/// A user's program that holds on to what it got.
struct Greed {
    child: Child,
    /// How much it got.
    got: u32,
}

impl Greed {
    #[track_caller]
    fn of(host: &Host, user: &User, arguments: &[&str]) -> Greed {
        let mut child = host.command_as(&user.name);
        child.args(["python3", "-c"]).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = child.spawn().expect("python3 runs");
        let mut said = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut said).expect("it says how much");
        Greed { child, got: said.trim().parse().expect("a number") }
    }
}

impl Drop for Greed {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn a_user_has_64_connections_and_takes_no_place_of_anybody_else() {
    let host = crate::host!(Bookworm);
    let (greedy, other) = (host.user("greedy"), host.user("other"));
    let filling = Greed::of(&host, &greedy, &[FILLS]);
    assert_eq!(filling.got, 64);
    assert_ne!(host.usher(&greedy, &["list"]).code, Some(0), "there is no place for one more of theirs");
    host.usher(&other, &["list"]).succeeds();
    host.root_usher(&["list"]).succeeds();
    drop(filling);
    wait_until("there is room again", || host.usher(&greedy, &["list"]).code == Some(0));
}

#[test]
fn users_who_take_every_place_to_watch_keep_no_operator_from_it() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let olga = host.user_in("olga", &["usher-operator"]);
    let watches = |times: &str| Greed::of(&host, &host.user("greedy"), &[ASKS, "/v1/events", times]);
    let most = watches("10");
    assert_eq!(most.got, 8, "one user's share");
    let _others: Vec<Greed> = (0..11).map(|_| watches("8")).collect();
    assert_eq!(watches("1").got, 0, "no place is left for ordinary users");

    let mut watching = host.command_as(&olga.name);
    let mut watching = watching.args(["usher", "watch"]).stdout(Stdio::piped()).spawn().expect("usher watch");
    let mut events = BufReader::new(watching.stdout.take().expect("a pipe")).lines();
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let told = events.find(|line| line.as_ref().is_ok_and(|line| line.contains(&screen.user.name)));
    assert!(told.is_some(), "an operator is told of what happens");
    watching.kill().and_then(|()| watching.wait()).expect("it ends");
}

#[test]
fn pictures_that_nobody_reads_take_no_room_of_operators_and_of_the_host() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let olga = host.user_in("olga", &["usher-operator"]);
    let mallory = host.x11(&host.user("mallory"), X11::Xvfb);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    mallory.start(&format!("exec python3 -c '{NOISE}'"));
    wait_until("it is drawn", || host.content(format!("/home/{}/noise", mallory.user.name)) == "drawn");
    let look = |id: &str| host.usher(&olga, &["thumbnail", id, "--size", "fullscreen", "-o", "/dev/null"]).code;
    for screen in [&mallory, &alice] {
        wait_until("there is a shield for it", || look(&screen.id()) == Some(0));
    }
    let main = || host.root("systemctl show usherd --property=MainPID --value").succeeds();
    let before = main();

    let asked = format!("/v1/sessions/{}/thumbnail?size=fullscreen", mallory.id());
    let hoard = Greed::of(&host, &mallory.user, &[ASKS, &asked, "60"]);
    assert!((1..60).contains(&hoard.got), "there is room for some of 60, of 3 MiB each: {}", hoard.got);
    assert_eq!(look(&alice.id()), Some(0), "an operator's picture has its room");
    assert_eq!(look(&mallory.id()), Some(0));
    assert_eq!(main(), before, "the daemon lives on");
    drop(hoard);
    let own = |size: &str| host.usher(&alice.user, &["thumbnail", &alice.id(), "--size", size, "-o", "/dev/null"]).code;
    wait_until("there is room for ordinary users again", || own("fullscreen") == Some(0));
}
