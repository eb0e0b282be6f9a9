//! A lock outlives the daemon, its own shield's processes, the X server and the login.

use crate::harness::{DESKTOP, Display, Host, Screen, Suite, X11, covered, wait_until};
use crate::who::{listed, locked, shield_pids, wait_state};

fn main_pid(host: &Host) -> String {
    host.root("systemctl show usherd --property=MainPID --value").succeeds().trim().to_owned()
}

#[test]
fn a_lock_stands_while_the_daemon_is_killed_restarted_and_gone() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
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
    let Some(host) = Host::own(Suite::Bookworm) else { return };
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
    let Some(host) = Host::own(Suite::Bookworm) else { return };
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
    let Some(host) = Host::own(Suite::Bookworm) else { return };
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
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    host.root("systemctl stop usherd; rm -rf /var/lib/usher/*").succeeds();
    assert!(covered(&screen.pixels()));
    assert!(host.root("usherd --release-all").succeeds().contains("1 sessions freed"));
    wait_until("the desktop is back", || screen.pixels().share(DESKTOP) > 0.5);
}

#[test]
fn a_daemon_that_hangs_is_replaced_and_one_that_runs_is_not() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let drop_in = "/run/systemd/system/usherd.service.d";
    host.root(&format!(
        "mkdir -p {drop_in} && printf '[Service]\nWatchdogSec=2s\nTimeoutAbortSec=2s\n' >{drop_in}/test.conf"
    ))
    .succeeds();
    host.root("systemctl daemon-reload && systemctl restart usherd").succeeds();
    let running = main_pid(&host);
    let fed = || host.root("systemctl show usherd --property=WatchdogTimestampMonotonic --value").succeeds();
    for _ in 0..5 {
        let before = fed();
        wait_until("the watchdog is fed again", || fed() != before);
    }
    assert_eq!(main_pid(&host), running);
    let serves = || host.root_usher(&["list"]).code == Some(0);
    host.root(&format!("kill -STOP {running}")).succeeds();
    wait_until("another daemon serves", || main_pid(&host) != running && serves());
    // One of which nothing but the loop hangs, whatever its other threads do.
    let (running, stops) = (main_pid(&host), host.script("stops_thread.py", include_str!("attacks/stops_thread.py")));
    host.root(&format!("systemd-run --quiet --collect --unit=stops-loop python3 {stops} {running}")).succeeds();
    wait_until("another daemon serves", || main_pid(&host) != running && serves());
}

#[test]
fn a_server_that_is_restarted_under_a_lock_shows_the_lock_again() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let second = host.next_display();
    let home = format!("/home/{}", screen.user.name);
    screen.shell(&format!("xauth -q add :{second} . $(mcookie)")).succeeds();
    screen.start(&format!(
        "while :; do Xvfb :{second} -auth $HOME/.Xauthority -screen 0 640x360x24 -noreset & \
         echo $! >$HOME/server; wait; done"
    ));
    let shields = || {
        let unit = format!("usher-shield-{}-{second}-*.service", screen.session);
        host.root(&format!("systemctl list-units --plain --no-legend '{unit}'")).succeeds()
    };
    let cookies = std::path::PathBuf::from(format!("{home}/.Xauthority"));
    let paint = || screen.shell(&format!("DISPLAY=:{second} xsetroot -solid '#206040'")).code == Some(0);
    wait_until("the second display is there", paint);
    let pixels = || Display::connect(&host, second, &cookies).picture();
    wait_until("its desktop is seen", || pixels().has(DESKTOP));
    wait_until("it has a shield", || !shields().is_empty());
    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    assert!(covered(&pixels()) && locked(&host, &screen));

    let (before, server) = (shields(), host.content(format!("{home}/server")));
    screen.shell(&format!("kill -9 {}", server.trim())).succeeds();
    wait_until("another server runs", || {
        let now = host.content(format!("{home}/server"));
        !now.trim().is_empty() && now != server
    });
    wait_until("it has a shield of its own", || {
        let now = shields();
        !now.is_empty() && now != before
    });
    wait_until("the session is locked on all displays", || locked(&host, &screen));
    wait_until("its owner paints the desktop", paint);
    assert!(covered(&pixels()));
    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("its desktop is seen", || pixels().has(DESKTOP));
}

#[test]
fn every_shield_has_a_uid_and_bounds_of_its_own() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let screens = [host.x11(&host.user("alice"), X11::Xvfb), host.x11(&host.user("bob"), X11::Xvfb)];
    let uids = screens.each_ref().map(|screen| {
        wait_until("it has two processes", || shield_pids(&host, screen).len() >= 2);
        let pids = shield_pids(&host, screen);
        let uids = pids.iter().map(|pid| host.root(&format!("stat --format=%u /proc/{pid}")).succeeds());
        let uids: std::collections::BTreeSet<String> = uids.collect();
        assert_eq!(uids.len(), 1, "{uids:?}");
        uids.into_iter().next().expect("a uid").trim().to_owned()
    });
    assert_ne!(uids[0], uids[1]);
    assert!(uids.iter().all(|uid| uid != "0" && screens.iter().all(|s| s.user.uid.to_string() != *uid)), "{uids:?}");
    let unit = format!("usher-shield-{}-{}-*.service", screens[0].session, screens[0].number);
    let bounds = host.root(&format!("systemctl show '{unit}' -p MemoryMax -p MemorySwapMax -p TasksMax")).succeeds();
    for bound in ["MemoryMax=268435456", "MemorySwapMax=0", "TasksMax=16"] {
        assert!(bounds.contains(bound), "{bounds}");
    }
    kernel_bounds(&host, &screens[0], &[("memory.max", "268435456"), ("memory.swap.max", "0"), ("pids.max", "16")]);
    let spares = can_spare(&host);
    for screen in screens.iter().filter(|_| spares) {
        let spared = |pid: &String| host.content(format!("/proc/{pid}/oom_score_adj")).trim() == "-900";
        wait_until("once it is armed, the kernel spares it", || shield_pids(&host, screen).iter().all(spared));
    }
}

/// Whether the kernel spares any process of the host's: without CAP_SYS_RESOURCE not even the service manager can ask for it.
pub fn can_spare(host: &Host) -> bool {
    let spares = host.content(format!("/proc/{}/oom_score_adj", main_pid(host))).trim() == "-900";
    if !spares {
        println!("skipped within the test: on this machine nobody can be spared by the OOM killer");
    }
    spares
}

/// The bounds as the kernel has them, where it gives the host what they take.
fn kernel_bounds(host: &Host, screen: &Screen, bounds: &[(&str, &str)]) {
    let pid = shield_pids(host, screen).remove(0);
    let group = host.content(format!("/proc/{pid}/cgroup"));
    let group = group.lines().find_map(|line| line.strip_prefix("0::")).expect("a group");
    for (file, bound) in bounds {
        let read = host.root(&format!("cat /sys/fs/cgroup{group}/{file} /sys/fs/cgroup/unified{group}/{file}"));
        match read.stdout.trim() {
            "" => println!("skipped within the test: this kernel gives hosts no {file}"),
            found => assert_eq!(found, *bound, "{file}"),
        }
    }
}

#[test]
fn more_displays_than_a_user_may_have_shields_for_fail_the_lock_and_cost_nobody_theirs() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let (screen, bob) = (host.x11(&host.user("alice"), X11::Xvfb), host.x11(&host.user("bob"), X11::Xvfb));
    let shields = |session: &str| {
        let units =
            host.root(&format!("systemctl list-units --plain --no-legend 'usher-shield-{session}-*'")).succeeds();
        units.lines().count()
    };
    for _ in 0..11 {
        let display = host.next_display();
        screen.start(&format!("exec Xvfb :{display} -auth $HOME/.Xauthority -screen 0 64x64x24"));
    }
    wait_until("eight of them have shields", || shields(&screen.session) == 9);
    // Some of the servers refuse everybody in their first moment: until all have answered, another reason may be told.
    wait_until("the lock fails for the three that have none", || {
        let ran = host.root_usher(&["lock", &screen.session, "--message", "Please listen", "--output", "json"]);
        let failed = crate::who::outcome(&ran, 1);
        assert_eq!((failed["result"].as_str(), failed["observed"].as_bool()), (Some("failed"), Some(false)), "{ran:?}");
        failed["error"]["message"].to_string().contains("8 more displays than sessions")
    });
    assert!(covered(&screen.pixels()), "the session's own display is covered all the same");
    assert_eq!(shields(&screen.session), 9);
    host.root_usher(&["lock", &bob.session, "--message", "Please listen"]).succeeds();
    assert!(covered(&bob.pixels()));
}

/// As the user: servers whose processes began before the session's own display, and which begin to serve one after the
/// other, the youngest first. Each is the oldest that the session has when it becomes known.
const BACKWARDS: &str = r#"
import os, sys
numbers = sys.argv[1:]
for number in numbers:
    if os.fork() == 0:
        with open(f"go-{number}") as go:
            go.read()
        server = ["Xvfb", f":{number}", "-auth", os.environ["HOME"] + "/.Xauthority", "-screen", "0", "64x64x24"]
        os.execvp(server[0], server)
open("forked", "w").write("yes")
os.wait()
"#;

#[test]
fn servers_that_come_the_youngest_first_get_no_more_shields_than_others() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let alice = host.user("alice");
    let home = format!("/home/{}", alice.name);
    let numbers: Vec<String> = (0..13).map(|_| host.next_display().to_string()).collect();
    let mut shell = host.shell(&alice);
    let pipes: Vec<String> = numbers.iter().map(|number| format!("go-{number}")).collect();
    std::fs::write(host.path(format!("{home}/backwards.py")), BACKWARDS).expect("a script");
    let start = "systemd-run --quiet --user --working-directory=$HOME python3 backwards.py";
    shell.run(&format!("mkfifo {} && {start} {}", pipes.join(" "), numbers.join(" "))).succeeds();
    wait_until("they wait", || host.content(format!("{home}/forked")) == "yes");

    let screen = host.x11(&alice, X11::Xvfb);
    let shields = || {
        let unit = format!("usher-shield-{}-*", screen.session);
        host.root(&format!("systemctl list-units --plain --no-legend '{unit}'")).succeeds()
    };
    let has_shield = |number: &str| shields().contains(&format!("usher-shield-{}-{number}-", screen.session));
    let own = screen.number.to_string();
    wait_until("the session's own display has a shield", || has_shield(&own));
    for number in numbers.iter().rev() {
        shell.run(&format!("echo >go-{number}")).succeeds();
        wait_until("the server that began before all others has a shield", || has_shield(number));
        let now = shields();
        assert!(now.lines().count() <= 9, "{now}");
    }
    assert!(has_shield(&own), "none of them cost the session its own: {}", shields());

    wait_until("the lock fails for those that have none", || {
        let ran = host.root_usher(&["lock", &screen.session, "--message", "Please listen", "--output", "json"]);
        let failed = crate::who::outcome(&ran, 1);
        assert_eq!((failed["result"].as_str(), failed["observed"].as_bool()), (Some("failed"), Some(false)), "{ran:?}");
        failed["error"]["message"].to_string().contains("8 more displays than sessions")
    });
    assert!(covered(&screen.pixels()), "the session's own display is covered all the same");
    assert_eq!(shields().lines().count(), 9);
}
