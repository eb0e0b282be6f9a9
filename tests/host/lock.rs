//! `usher lock` and `usher unlock` on displays.

use crate::freezing::{Beat, beating};
use crate::harness::{DESKTOP, Host, Screen, Suite, X11, covered, wait_until};
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
    host.shows(
        server.kind(),
        "lock",
        "no sample of the desktop on the screen, no key arrives; as before after the unlock",
    );
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
    let host = host!(Trixie);
    lock_holds_on(&host, X11::Xvnc);
    lock_holds_on(&host, X11::Xvfb);
}

#[test]
fn an_operator_locks_ten_users_at_once_and_the_administrator_is_left_out() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
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
    let beat = Beat::of(&host, &screen.user, "beat");
    screen.start(&beating("beat"));
    beat.goes_on();
    host.root_usher(&["lock", &screen.session, "--message", "Please listen", "--freeze"]).succeeds();
    assert!(covered(&screen.pixels()));
    beat.stands_still();
    host.root_usher(&["unlock", &screen.session]).succeeds();
    beat.goes_on();
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

#[test]
fn a_display_that_does_not_answer_is_told_and_nobody_elses_waits_for_it() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    // Of the ten it has the lowest number.
    let hung = host.x11_of_size(&host.user("hung"), X11::Xvfb, "640x360");
    let pupils: Vec<Screen> = (0..9).map(|_| host.x11_of_size(&host.user("pupil"), X11::Xvfb, "640x360")).collect();
    wait_until("usher knows them all", || host.root_usher(&["list", "--output", "json"]).array().len() == 10);
    let server = format!("-u {} -x Xvfb", hung.user.name);
    hung.shell("pkill -STOP -u $(id -u) -x Xvfb").succeeds();
    host.root("usher watch >/tmp/watched 2>/dev/null & echo $! >/tmp/watcher").succeeds();
    host.root("timeout 30 sh -c 'until usher block --user nobody --message x; do :; done'").succeeds();
    wait_until("the watch has begun", || host.content("/tmp/watched").contains("blocked"));

    let ran = host.root("usher lock --all --message Listen --output json; date --utc +%FT%T.%NZ >/tmp/answered");
    let outcomes = ran.array();
    assert_eq!((ran.code, outcomes.len()), (Some(0), 10), "{ran:?}");
    let hung_id = outcomes.iter().find(|o| o["user"] == hung.user.name.as_str()).expect("an outcome");
    assert_eq!((hung_id["result"].as_str(), hung_id["observed"].as_bool()), (Some("failed"), Some(false)), "{ran:?}");
    assert_eq!(hung_id["error"]["id"], "Timeout", "{ran:?}");
    for one in outcomes.iter().filter(|o| o["user"] != hung.user.name.as_str()) {
        assert_eq!((one["result"].as_str(), one["observed"].as_bool()), (Some("done"), Some(true)), "{one}");
    }
    assert!(pupils.iter().all(|pupil| covered(&pupil.pixels())));
    // Those who watch heard of the nine, and not of the tenth, which holds only once its server answers again.
    let locked_of = |name: &str| {
        let watched = host.content("/tmp/watched");
        let events = watched.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        events.filter(|e| e["event"] == "locked" && e["session"]["user"] == name).count()
    };
    assert!(pupils.iter().all(|pupil| locked_of(&pupil.user.name) == 1));
    assert_eq!(locked_of(&hung.user.name), 0);
    host.root(&format!("pkill -CONT {server}")).succeeds();
    wait_until("it is locked after all", || locked(&host, &hung) && covered(&hung.pixels()));
    host.root("kill $(cat /tmp/watcher)").succeeds();
}

#[test]
fn a_display_whose_keyboard_somebody_holds_is_covered_and_that_is_told() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let home = format!("/home/{}", screen.user.name);
    let program = "import time\nfrom Xlib import X, display\nd = display.Display()\nr = d.screen().root\n\
                   assert r.grab_keyboard(True, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime) == 0\n\
                   open('held', 'w').write('yes')\nwhile True:\n    time.sleep(1)\n";
    std::fs::write(host.path(format!("{home}/hold.py")), program).expect("a program");
    screen.start("cd $HOME && exec python3 hold.py");
    wait_until("the keyboard is held", || host.content(format!("{home}/held")) == "yes");
    let ran = host.root_usher(&["lock", &screen.session, "--message", "Listen", "--output", "json"]);
    let failed = outcome(&ran, 1);
    assert_eq!(failed["error"]["id"], "CoveredInputNotHeld", "{ran:?}");
    assert_eq!((failed["result"].as_str(), failed["observed"].as_bool()), (Some("failed"), Some(false)), "{ran:?}");
    assert!(covered(&screen.pixels()), "it is covered all the same");
    assert!(!locked(&host, &screen));
    screen.shell("pkill -f hold.py").succeeds();
    wait_until("the lock holds", || locked(&host, &screen));
    screen.type_keys("secret\n");
    host.root_usher(&["unlock", &screen.session]).succeeds();
    assert_eq!(screen.typed(), "");
}

#[test]
fn windows_are_where_they_were_after_a_lock_above_the_users_own_locker() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let before = screen.pixels();
    let windows = || screen.shell("xwininfo -root -tree; xprop -root _NET_CLIENT_LIST _NET_ACTIVE_WINDOW").succeeds();
    let (desk, terminal) = (windows(), screen.shell("xwininfo -name typed").succeeds());
    screen.start("exec i3lock -n");
    wait_until("their own locker covers it", || !screen.pixels().has(DESKTOP));
    // It holds keyboard and pointer by the root window, and nothing takes them from it.
    let ran = host.root_usher(&["lock", &screen.session, "--message", "Listen", "--output", "json"]);
    assert_eq!(outcome(&ran, 1)["error"]["id"], "CoveredInputNotHeld", "{ran:?}");
    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("the cover is gone", || !covered(&screen.pixels()));
    screen.shell("pkill -x i3lock").succeeds();
    wait_until("the desktop is back", || screen.pixels().share(DESKTOP) > 0.5);
    assert_eq!(screen.shell("xwininfo -name typed").stdout, terminal, "before: {desk}\nafter: {}", windows());
    wait_until("it looks as before", || screen.pixels().same(&before));
    screen.type_keys("after\n");
    screen.wait_typed("after\r");
}
