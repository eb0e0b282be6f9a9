//! `usher lock` and `usher unlock` on displays.

use crate::harness::{DESKTOP, Host, Options, Screen, Suite, X11, covered, ready, skip, wait_until};
use crate::host;
use crate::who::{locked, outcome, session, wait_state};

fn lock_holds_on(host: &Host, server: X11) {
    let screen = host.x11(&host.user("alice"), server);
    let before = screen.pixels();
    assert!(before.share(DESKTOP) > 0.5, "the desktop is seen");
    screen.type_keys("before\n");
    screen.wait_typed("before\r");

    let ran = host.root_usher(&["lock", &screen.session, "--message", "Eyes up, 眼睛看前面", "--output", "json"]);
    let done = outcome(&ran, 0);
    assert_eq!((done["result"].as_str(), done["observed"].as_bool()), (Some("done"), Some(true)), "{ran:?}");
    let watch = screen.watch(covered);
    screen.type_keys("secret\n");
    screen.press(&["Alt_L", "Tab"]);
    screen.press(&["Control_L", "Alt_L", "BackSpace"]);
    screen.type_keys("more\n");
    watch.more(20);
    assert_eq!(session(host, &screen)["lock"]["message"], "Eyes up, 眼睛看前面");
    watch.finish().always_right();

    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("the desktop is as it was", || screen.pixels().share(DESKTOP) > 0.5);
    screen.type_keys("after\n");
    screen.wait_typed("before\rafter\r");
}

#[test]
fn under_a_lock_nothing_of_the_desktop_is_seen_and_no_key_arrives_on_xvfb() {
    lock_holds_on(&host!(Bookworm), X11::Xvfb);
}

#[test]
fn under_a_lock_nothing_of_the_desktop_is_seen_and_no_key_arrives_on_xvnc() {
    lock_holds_on(&host!(Bookworm), X11::Xvnc);
}

#[test]
fn under_a_lock_nothing_of_the_desktop_is_seen_and_no_key_arrives_on_debian_13() {
    lock_holds_on(&host!(Trixie), X11::Xvnc);
}

#[test]
fn an_operator_locks_ten_users_at_once_and_the_administrator_is_left_out() {
    if let Err(reason) = ready(Suite::Bookworm) {
        return skip(&reason);
    }
    let host = Host::boot(Options { suite: Suite::Bookworm, packages: true });
    let olga = host.user_in("olga", &["usher-operator"]);
    let pupils: Vec<Screen> = (0..10).map(|_| host.x11_of_size(&host.user("pupil"), X11::Xvfb, "640x360")).collect();
    let teacher = host.x11(&host.user_in("adam", &["usher-admin"]), X11::Xvfb);
    wait_until("usher knows them all", || host.root_usher(&["list", "--output", "json"]).array().len() == 11);

    let ran = host.usher(&olga, &["lock", "--all", "--message", "Please listen", "--output", "json"]);
    let outcomes = ran.array();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let of = |screen: &Screen| outcomes.iter().find(|o| o["session_id"].to_string().as_str() == screen.id().as_str());
    for pupil in &pupils {
        let one = of(pupil).expect("an outcome");
        assert_eq!((one["result"].as_str(), one["observed"].as_bool()), (Some("done"), Some(true)), "{one}");
    }
    let skipped = of(&teacher).expect("an outcome");
    assert_eq!(
        (skipped["result"].as_str(), skipped["error"]["id"].as_str()),
        (Some("skipped"), Some("NotOrchestratable"))
    );
    assert!(teacher.pixels().share(DESKTOP) > 0.5, "the administrator's desktop is seen");

    let watches: Vec<_> = pupils.iter().map(|pupil| pupil.watch(covered)).collect();
    pupils.iter().for_each(|pupil| pupil.type_keys("secret\n"));
    for watch in watches {
        watch.more(5);
        watch.finish().always_right();
    }
    host.usher(&olga, &["unlock", "--all"]).succeeds();
    for pupil in &pupils {
        wait_until("the desktop is back", || pupil.pixels().has(DESKTOP));
        pupil.type_keys("free\n");
        pupil.wait_typed("free\r");
    }
}

#[test]
fn a_lock_with_an_end_uncovers_the_display_by_itself() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "One moment", "--for", "2s"]).succeeds();
    assert!(covered(&screen.pixels()));
    wait_state(&host, &screen, "unlocked", |s| s["locked"] == false);
    wait_until("the desktop is back", || screen.pixels().share(DESKTOP) > 0.5);
}

#[test]
fn a_second_lock_replaces_the_message_without_a_gap() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "First"]).succeeds();
    let first = screen.pixels();
    let watch = screen.watch(covered);
    host.root_usher(&["lock", &screen.session, "--message", "Second, and longer than the first"]).succeeds();
    watch.more(10);
    watch.finish().always_right();
    assert!(!screen.pixels().same(&first), "another message is shown");
    assert_eq!(session(&host, &screen)["lock"]["message"], "Second, and longer than the first");
}

#[test]
fn a_display_that_appears_in_a_locked_session_is_covered_too() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    let second = host.next_display();
    screen.start(&format!("exec Xvfb :{second} -auth $HOME/.Xauthority -screen 0 640x360x24"));
    // It is one more of the session's displays: only when all show the lock is the session locked.
    wait_until("there is a shield for it", || {
        host.root("systemctl list-units --plain --no-legend 'usher-shield-*'").stdout.contains(&format!("-{second}-"))
    });
    wait_until("the session is locked again", || locked(&host, &screen));
}

#[test]
fn freezing_stops_the_users_other_programs_until_the_unlock() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    screen.start("while :; do date +%s%N > $HOME/beat; sleep 0.02; done");
    let beat = || host.content(format!("/home/{}/beat", screen.user.name));
    let beats = || {
        let before = beat();
        std::thread::sleep(std::time::Duration::from_millis(300));
        beat() != before
    };
    wait_until("it beats", beats);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen", "--freeze"]).succeeds();
    assert!(covered(&screen.pixels()) && !beats(), "it stands still");
    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("it beats again", beats);
    screen.type_keys("after\n");
    screen.wait_typed("after\r");
}

#[test]
fn a_frozen_session_can_be_closed() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen", "--freeze"]).succeeds();
    let closed = host.root_usher(&["close", &screen.session, "--output", "json"]);
    assert_eq!(outcome(&closed, 0)["observed"], true, "{closed:?}");
    assert!(!screen.exists());
}
