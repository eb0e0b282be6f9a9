//! `usherd --release-all` on a host: a shield's word that it was freed counts where root has freed it, and nowhere else.

use crate::harness::{DESKTOP, Host, Screen, Suite, X11, covered, wait_until};
use crate::who::{locked, wait_state};

fn releases(host: &Host) -> usize {
    host.root_usher(&["audit", "--action", "release", "--output", "json"]).array().len()
}

fn locked_screen(host: &Host) -> Screen {
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    assert!(covered(&screen.pixels()));
    screen
}

#[test]
fn what_root_frees_beside_a_living_daemon_stays_free_and_is_on_record() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let screen = locked_screen(&host);
    host.root("usherd --release-all").succeeds();
    wait_until("the desktop is back", || screen.pixels().share(DESKTOP) > 0.5);
    wait_state(&host, &screen, "unlocked", |s| s["locked"] == false);
    wait_until("it is on record", || releases(&host) == 1);
    host.root("systemctl restart usherd").succeeds();
    assert!(!locked(&host, &screen) && screen.pixels().share(DESKTOP) > 0.5, "also for the next daemon");
    assert_eq!(releases(&host), 1);
}

/// Tells every shield that it is freed, as `usherd --release-all` does, and leaves no word of that.
const RELEASES: &str = r#"
import glob, json, socket, struct
for path in glob.glob("/run/usher/usher.sock.shield/*"):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    body = json.dumps({"Release": {"seq": 1, "by": "uid 0"}}).encode()
    s.sendall(b"c" + struct.pack("<I", len(body)) + body)
    s.settimeout(3)
    print(len(s.recv(4096)))
"#;

#[test]
fn a_shield_that_says_it_was_freed_when_nobody_freed_it_is_not_believed() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let screen = locked_screen(&host);
    let script = host.script("releases.py", RELEASES);
    host.root(&format!("python3 {script}")).succeeds();
    wait_until("the daemon does not believe it", || host.journal("usherd").contains("which did not happen"));
    wait_until("it is covered again", || covered(&screen.pixels()) && locked(&host, &screen));
    assert_eq!(releases(&host), 0);
}
