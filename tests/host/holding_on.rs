//! A lock outlives the daemon, its own shield's processes, the X server and the login.

use crate::harness::{DESKTOP, Host, Options, Suite, X11, covered, ready, skip, wait_until};
use crate::who::{listed, locked, shield_pids, wait_state};

/// A host of its own, because these tests kill what all others need.
fn own(suite: Suite) -> Option<Host> {
    match ready(suite) {
        Ok(()) => Some(Host::boot(Options { suite, packages: true })),
        Err(reason) => {
            skip(&reason);
            None
        }
    }
}

fn main_pid(host: &Host) -> String {
    host.root("systemctl show usherd --property=MainPID --value").succeeds().trim().to_owned()
}

#[test]
fn a_lock_stands_while_the_daemon_is_killed_restarted_and_gone() {
    let Some(host) = own(Suite::Bookworm) else { return };
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    let watch = screen.watch(covered);
    let before = main_pid(&host);
    host.root(&format!("kill -9 {before}")).succeeds();
    screen.type_keys("secret\n");
    wait_until("another daemon serves", || main_pid(&host) != before && host.root_usher(&["list"]).code == Some(0));
    assert!(locked(&host, &screen));
    host.root("systemctl restart usherd").succeeds();
    assert!(locked(&host, &screen));
    host.root("systemctl stop usherd").succeeds();
    screen.type_keys("secret\n");
    watch.more(20);
    host.root("systemctl start usherd").succeeds();
    assert!(locked(&host, &screen));
    watch.finish().always_right();
    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("the desktop is back", || screen.pixels().share(DESKTOP) > 0.5);
    screen.type_keys("after\n");
    screen.wait_typed("after\r");
}

#[test]
fn a_lock_stands_when_logind_and_the_bus_restart_and_new_sessions_are_seen_after() {
    let Some(host) = own(Suite::Bookworm) else { return };
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    let watch = screen.watch(covered);
    host.root("systemctl restart systemd-logind").succeeds();
    wait_until("it is listed as locked", || locked(&host, &screen));
    let bob = host.x11(&host.user("bob"), X11::Xvfb);
    wait_until("a new session is listed", || listed(&host, &bob.session).is_some());
    host.root("systemctl restart dbus").succeeds();
    let carol = host.x11(&host.user("carol"), X11::Xvfb);
    wait_until("a new session is listed", || listed(&host, &carol.session).is_some());
    wait_until("it is listed as locked", || locked(&host, &screen));
    watch.finish().always_right();
}

#[test]
fn a_rule_covers_the_next_login_and_the_next_display() {
    let Some(host) = own(Suite::Bookworm) else { return };
    let alice = host.user("alice");
    let first = host.x11(&alice, X11::Xvfb);
    let rule = ["block", "--user", &alice.name, "--message", "Not now"];
    host.root_usher(&rule).succeeds();
    assert!(covered(&first.pixels()) && locked(&host, &first));
    // A second session beside the first, and after a login anew.
    let second = host.x11(&alice, X11::Xvfb);
    wait_until("the second session is locked", || locked(&host, &second) && covered(&second.pixels()));
    first.kill();
    wait_until("the first is gone", || listed(&host, &first.session).is_none());
    let third = host.x11(&alice, X11::Xvnc);
    wait_until("the third session is locked", || locked(&host, &third) && covered(&third.pixels()));
    third.type_keys("secret\n");
    host.root_usher(&["unblock", "--user", &alice.name]).succeeds();
    wait_state(&host, &third, "unlocked", |s| s["locked"] == false);
    third.type_keys("after\n");
    third.wait_typed("after\r");
}

#[test]
fn killed_shields_are_replaced_and_nothing_is_seen_meanwhile() {
    let Some(host) = own(Suite::Bookworm) else { return };
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    let watch = screen.watch(covered);
    for _ in 0..5 {
        let pids = shield_pids(&host, &screen);
        assert!(pids.len() >= 2, "{pids:?}");
        host.root(&format!("kill -9 {}", pids[0])).succeeds();
        wait_until("there are two again", || {
            let now = shield_pids(&host, &screen);
            now.len() >= 2 && !now.contains(&pids[0])
        });
    }
    screen.type_keys("secret\n");
    watch.more(20);
    watch.finish().always_right();

    // All of them at once: what they mapped stays, and another shield takes the display over.
    let pids = shield_pids(&host, &screen);
    let watch = screen.watch(covered);
    host.root(&format!("kill -9 {}", pids.join(" "))).succeeds();
    wait_until("another shield holds the lock", || {
        let now = shield_pids(&host, &screen);
        locked(&host, &screen) && now.len() >= 2 && now.iter().all(|pid| !pids.contains(pid))
    });
    watch.more(20);
    watch.finish().always_right();
    screen.type_keys("secret\n");
    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("the desktop is back", || screen.pixels().share(DESKTOP) > 0.5);
    screen.type_keys("after\n");
    wait_until("keys arrive", || screen.typed().ends_with("after\r"));
}

#[test]
fn everything_is_freed_without_daemon_and_database() {
    let Some(host) = own(Suite::Bookworm) else { return };
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    host.root("systemctl stop usherd; rm -rf /var/lib/usher/*").succeeds();
    assert!(covered(&screen.pixels()));
    assert!(host.root("usherd --release-all").succeeds().contains("1 sessions freed"));
    wait_until("the desktop is back", || screen.pixels().share(DESKTOP) > 0.5);
}

#[test]
fn a_daemon_that_hangs_is_replaced_and_one_that_runs_is_not() {
    let Some(host) = own(Suite::Bookworm) else { return };
    let drop_in = "/run/systemd/system/usherd.service.d";
    host.root(&format!("mkdir -p {drop_in} && printf '[Service]\nWatchdogSec=2s\n' >{drop_in}/test.conf")).succeeds();
    host.root("systemctl daemon-reload && systemctl restart usherd").succeeds();
    let running = main_pid(&host);
    let fed = || host.root("systemctl show usherd --property=WatchdogTimestampMonotonic --value").succeeds();
    for _ in 0..5 {
        let before = fed();
        wait_until("the watchdog is fed again", || fed() != before);
    }
    assert_eq!(main_pid(&host), running);
    host.root(&format!("kill -STOP {running}")).succeeds();
    wait_until("another daemon serves", || main_pid(&host) != running && host.root_usher(&["list"]).code == Some(0));
}
