//! A host that went down and came up again: what stands over that, and what must not.

use crate::harness::{Host, Options, Suite, X11, covered, wait_until};
use crate::who::{locked, outcome, session};

/// Takes what usherd remembers from a host that goes down to one that comes up, which has a boot ID of its own.
fn reboot(host: Host, users: &[&str]) -> Host {
    host.root("systemctl stop usherd").succeeds();
    let kept = tempfile::tempdir().expect("a directory");
    let state = kept.path().join("usher");
    host.root("cp -a /var/lib/usher /opt/usher-kept").succeeds();
    let copied = std::process::Command::new("cp").arg("-a").arg(host.path("/opt/usher-kept")).arg(&state).status();
    assert!(copied.is_ok_and(|status| status.success()), "the state is kept");
    let before = host.content("/proc/sys/kernel/random/boot_id");
    let suite = host.suite();
    drop(host);

    let host = Host::boot(Options { suite, packages: false });
    assert_ne!(host.content("/proc/sys/kernel/random/boot_id"), before, "another boot");
    for user in users {
        host.user(user);
    }
    let copied = std::process::Command::new("cp").arg("-a").arg(&state).arg(host.path("/var/lib/usher")).status();
    assert!(copied.is_ok_and(|status| status.success()), "the state is back");
    host.install();
    host
}

#[test]
fn a_block_stands_over_a_reboot_and_a_lock_of_a_session_number_hits_no_stranger() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let (alice, bob) = (host.user("alice"), host.user("bob"));
    let screen = host.x11(&bob, X11::Xvfb);
    let (number, native) = (screen.id(), screen.session.clone());
    let ran = host.root_usher(&["lock", &native, "--message", "You alone", "--output", "json"]);
    assert_eq!(outcome(&ran, 0)["observed"], true);
    host.root_usher(&["block", "--user", &alice.name, "--message", "Not before ten"]).succeeds();
    drop(screen);

    let host = reboot(host, &["alice", "bob"]);
    // Somebody else has the number now, if the numbers are given anew.
    let stranger = host.x11(&host.user("carol"), X11::Xvfb);
    assert_eq!(session(&host, &stranger)["locked"], false, "session {number} ({native}) was bob's");
    assert!(!covered(&stranger.pixels()));
    let alice = host.x11(&alice, X11::Xvfb);
    wait_until("alice is locked by the rule", || locked(&host, &alice) && covered(&alice.pixels()));
    assert_eq!(session(&host, &alice)["lock"]["source"], "user:alice");
    assert_eq!(session(&host, &alice)["lock"]["message"], "Not before ten");
    alice.type_keys("secret\n");
    host.root_usher(&["unblock", "--user", "alice"]).succeeds();
    wait_until("the desktop is back", || !covered(&alice.pixels()));
    assert_eq!(alice.typed(), "");
}
