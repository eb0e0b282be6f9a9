//! `usher lock`: the station shows the message, and what is typed meanwhile reaches nobody, ever.

use crate::harness::{Daemon, Station, wait_until};

const MESSAGE: &str = "Eyes up, 眼睛看前面";

/// A session that writes what is typed to a file, and a station at it that has typed a line.
fn typing(daemon: &Daemon) -> (u32, Station) {
    let id = daemon.open("exec cat > typed");
    let station = Station::attach(daemon, id, 24, 80);
    station.type_keys(b"before\r");
    daemon.wait_content("typed", "before\n");
    // The line may be in the file before the last of it is on the station.
    station
        .wait("the line and the cursor below it", |shot| shot.text().contains("before") && shot.cursor == Some((1, 0)));
    (id, station)
}

/// Types one more line, which must be the only thing that arrived since.
fn nothing_arrived_meanwhile(daemon: &Daemon, station: &Station) {
    station.type_keys(b"after\r");
    daemon.wait_content("typed", "before\nafter\n");
}

#[test]
fn a_lock_is_done_only_when_it_was_observed() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let said = daemon.json(&["lock", &id.to_string(), "--message", MESSAGE]).exits(0);
    let outcome = said.only();
    let keys = ["host", "session_id", "user", "action", "result", "observed", "millis", "error"];
    let places: Vec<_> = keys.map(|key| said.stdout.find(&format!("\"{key}\":")).expect(key)).into();
    assert!(places.is_sorted(), "{}", said.stdout);
    assert_eq!(outcome["session_id"], id);
    assert_eq!(outcome["user"], daemon.session(id)["user"]);
    assert_eq!((&outcome["action"], &outcome["result"]), (&"lock".into(), &"done".into()));
    assert_eq!(outcome["observed"], true);
    assert!(outcome["millis"].as_f64().is_some_and(|millis| millis > 0.0));
    assert!(outcome["error"].is_null());
}

#[test]
fn keys_typed_at_a_locked_station_reach_nobody_now_or_after_unlock() {
    let daemon = Daemon::start();
    let (id, station) = typing(&daemon);
    let before = station.shot();
    daemon.lock(id, MESSAGE);
    // The station had written it when the outcome was told; the terminal's reader may be a moment behind.
    let locked = station.wait_for(MESSAGE);
    assert!(locked.text().contains("Locked by"), "{locked:?}");

    for _ in 0..100 {
        station.type_keys(b"secret\r\x03\x04\x1c\x1b[A");
    }
    wait_until("the station has read what was typed", || station.unread() == 0);
    assert_eq!(daemon.content("typed"), "before\n");
    daemon.unlock(id);
    station.wait_same(&before);
    nothing_arrived_meanwhile(&daemon, &station);
}

#[test]
fn the_first_detach_key_typed_at_a_locked_station_does_not_arrive_after_unlock() {
    let daemon = Daemon::start();
    let (id, station) = typing(&daemon);
    daemon.lock(id, MESSAGE);
    station.type_keys(b"\x1c");
    wait_until("the key was read", || station.unread() == 0);
    daemon.unlock(id);
    nothing_arrived_meanwhile(&daemon, &station);
}

#[test]
fn keys_typed_while_the_station_itself_stands_still_never_arrive_after_unlock() {
    let daemon = Daemon::start();
    let (id, station) = typing(&daemon);
    station.freeze();
    station.type_keys(b"early\r");
    let outcome = daemon.lock(id, MESSAGE);
    assert!(!outcome["notes"].as_array().expect("notes").is_empty(), "the stuck station is told of: {outcome}");
    station.type_keys(b"late\r");
    daemon.unlock(id);
    station.thaw();
    let again = Station::attach(&daemon, id, 24, 80);
    nothing_arrived_meanwhile(&daemon, &again);
}

#[test]
fn keys_that_a_slow_station_sends_only_after_the_unlock_were_still_typed_under_the_lock() {
    let daemon = Daemon::start();
    // The station goes on while the unlock is being asked for, and once the session is listed as unlocked.
    for (name, unlocked) in [("typed0", false), ("typed1", true), ("typed2", false), ("typed3", true)] {
        let id = daemon.open(&format!("exec cat > {name}"));
        let station = Station::attach(&daemon, id, 24, 80);
        daemon.lock(id, MESSAGE);
        station.freeze();
        station.type_keys(b"late\r");
        std::thread::scope(|scope| {
            scope.spawn(|| daemon.unlock(id));
            if unlocked {
                daemon.wait_session(id, "unlocked", |s| s["locked"] == false);
            }
            station.thaw();
        });
        let again = Station::attach(&daemon, id, 24, 80);
        again.type_keys(b"after\r");
        daemon.wait_content(name, "after\n");
    }
}

#[test]
fn a_station_that_stands_still_is_dropped_and_delays_no_other() {
    let daemon = Daemon::start();
    let (id, stuck) = typing(&daemon);
    let other = Station::attach(&daemon, id, 24, 80);
    stuck.freeze();
    other.type_keys(b"on\r");
    daemon.wait_content("typed", "before\non\n");
    daemon.lock(id, MESSAGE);
    other.wait_for(MESSAGE);
    daemon.unlock(id);
    stuck.thaw();
    let mut stuck = stuck;
    assert!(!stuck.wait_gone().success(), "it was made to leave");
    other.type_keys(b"still\r");
    daemon.wait_content("typed", "before\non\nstill\n");
}

#[test]
fn output_goes_on_under_the_lock_and_is_there_on_unlock() {
    let daemon = Daemon::start();
    let id = daemon.open("while [ ! -e go ]; do sleep 0.02; done; echo written-meanwhile; touch wrote; exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    daemon.lock(id, MESSAGE);
    std::fs::write(daemon.path("go"), "").expect("a file");
    wait_until("the program went on", || daemon.path("wrote").exists());
    assert!(!station.shot().text().contains("written-meanwhile"), "the screen stays covered");
    daemon.unlock(id);
    station.wait_for("written-meanwhile");
}

#[test]
fn a_station_that_attaches_while_locked_sees_the_lock_and_never_the_screen() {
    let daemon = Daemon::start();
    let id = daemon.open("echo private-things; exec cat > typed");
    Station::attach(&daemon, id, 24, 80).wait_for("private-things");
    daemon.lock(id, MESSAGE);
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for(MESSAGE);
    station.type_keys(b"secret\r");
    assert!(!station.raw().has(b"private"), "not for a moment");
    daemon.unlock(id);
    station.wait_for("private-things");
    station.type_keys(b"open\r");
    daemon.wait_content("typed", "open\n");
}

#[test]
fn locking_again_replaces_the_message_and_the_same_again_changes_nothing() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    daemon.lock(id, "first");
    daemon.lock(id, "second");
    let shot = station.wait_for("second");
    assert!(!shot.text().contains("first"), "{shot:?}");
    let outcome = daemon.json(&["lock", &id.to_string(), "--message", "second"]).exits(0).only();
    assert_eq!((&outcome["result"], &outcome["observed"]), (&"unchanged".into(), &true.into()));
}

#[test]
fn an_unknown_id_fails_and_the_others_go_on() {
    let daemon = Daemon::start();
    let (first, second) = (daemon.open("exec cat"), daemon.open("exec cat"));
    let outcomes = daemon.json(&["lock", "4711", &second.to_string(), "--message", "x"]).exits(1).array();
    assert_eq!(outcomes.len(), 2);
    assert_eq!((&outcomes[0]["session_id"], &outcomes[0]["result"]), (&4711.into(), &"failed".into()));
    assert_eq!(outcomes[0]["error"]["id"], "SessionNotFound");
    assert_eq!((&outcomes[1]["session_id"], &outcomes[1]["result"]), (&second.into(), &"done".into()));
    assert_eq!(daemon.session(second)["locked"], true);
    assert_eq!(daemon.session(first)["locked"], false);
}

#[test]
fn all_means_every_session() {
    let daemon = Daemon::start();
    let ids = [(); 3].map(|()| u64::from(daemon.open("exec cat")));
    let outcomes = daemon.json(&["lock", "--all", "--message", "x"]).exits(0).array();
    assert_eq!(outcomes.iter().map(|o| o["session_id"].as_u64().unwrap()).collect::<Vec<_>>(), ids);
    assert!(daemon.sessions().iter().all(|s| s["locked"] == true));
}

#[test]
fn a_user_without_a_session_is_not_found() {
    let daemon = Daemon::start();
    let outcome = daemon.json(&["lock", "--user", "daemon", "--message", "x"]).exits(1).only();
    assert_eq!(outcome["error"]["id"], "SessionNotFound");
}

#[test]
fn a_long_message_is_wrapped_by_display_width() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let station = Station::attach(&daemon, id, 24, 40);
    daemon.lock(id, &"眼睛".repeat(30));
    let shot = station.wait_for("眼睛");
    let widest = shot.text().lines().filter(|l| l.contains('眼')).map(|l| l.trim().chars().count()).max();
    assert!(widest.is_some_and(|chars| chars <= 20), "{shot:?}");
    assert_eq!(shot.text().matches("眼睛").count(), 30, "{shot:?}");
}

#[test]
fn a_lock_holds_while_the_daemon_is_dead_and_after_it_is_back() {
    let mut daemon = Daemon::start();
    let (id, station) = typing(&daemon);
    let before = station.shot();
    daemon.lock(id, MESSAGE);
    daemon.kill9();
    station.type_keys(b"secret\r");
    station.wait_for(MESSAGE);
    daemon.start_again();
    assert_eq!(daemon.lock_message(id).as_deref(), Some(MESSAGE));
    station.type_keys(b"secret\r");
    daemon.unlock(id);
    station.wait_same(&before);
    nothing_arrived_meanwhile(&daemon, &station);
}

#[test]
fn a_lock_is_observed_also_under_a_flood_and_the_daemon_answers() {
    let daemon = Daemon::start();
    let id = daemon.open("exec yes flood");
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("flood");
    daemon.lock(id, MESSAGE);
    station.wait_for(MESSAGE);
    assert_eq!(daemon.sessions().len(), 1);
    daemon.unlock(id);
    station.wait_for("flood");
}

#[test]
fn nobody_can_look_back_at_what_scrolled_off_while_it_is_locked() {
    let daemon = Daemon::start();
    let id = daemon.open("seq -f 'private-%g' 200; exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("private-200");
    daemon.lock(id, MESSAGE);
    let from = station.raw().0.len();
    for keys in [&b"\x1b[5~"[..], b"\x1b[5;2~", b"\x1c[", b"\x1c\x1b[5~", b"\x1b[<64;1;1M"] {
        station.type_keys(keys);
    }
    let again = Station::attach(&daemon, id, 24, 80);
    again.type_keys(b"\x1b[5;2~\x1c\x1b[5~");
    again.wait_for(MESSAGE);
    assert!(!crate::harness::processes::contains(&station.raw().0[from..], b"private"));
    assert!(!again.raw().has(b"private"));
}
