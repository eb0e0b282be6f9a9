//! What lasts: one daemon per place, clean stops and crashes, a corrupt database, a full and a
//! read-only disk, and holders' sockets fed with garbage.

use std::io::Write;
use std::process::Command;

use serde_json::json;

use crate::harness::{Daemon, Station, has, http, need_root, processes, run};
use rusqlite::config::DbConfig;

#[test]
fn only_one_daemon_serves_a_place() {
    let mut daemon = Daemon::start();
    daemon.open("exec cat");
    let said = run(&mut daemon.usherd_command(), b"").exits(1);
    assert!(said.stderr.contains("another usherd runs"), "{}", said.stderr);
    assert_eq!(daemon.ids(), [1]);
    daemon.crash_and_restart();
    assert_eq!(daemon.ids(), [1], "a stale socket is taken over");
}

#[test]
fn a_directory_that_others_may_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    for name in ["state", "s.tty", "."] {
        let mut daemon = Daemon::not_started();
        std::fs::create_dir_all(daemon.path(name)).expect("a directory");
        let mode = |mode| std::fs::set_permissions(daemon.path(name), std::fs::Permissions::from_mode(mode));
        mode(0o770).expect("it is ours");
        let said = run(&mut daemon.usherd_command(), b"").exits(1);
        assert!(said.stderr.contains("others may write"), "{}", said.stderr);
        mode(0o750).expect("it is ours");
        daemon.start_again();
    }
}

#[test]
fn a_clean_stop_removes_the_socket_and_keeps_everything_else() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "stop");
    daemon.usher(&["block", "--user", "daemon", "--message", "x"]).exits(0);
    let (session, rules, audit) = everything(&daemon);
    assert!(daemon.stop().success());
    assert!(!daemon.socket().exists());
    daemon.start_again();
    assert_eq!(everything(&daemon), (session, rules, audit));
}

/// What a restart must not change.
fn everything(daemon: &Daemon) -> (serde_json::Value, serde_json::Value, serde_json::Value) {
    let read = |arguments: &[&str]| daemon.json(arguments).exits(0).json();
    let mut sessions = read(&["list"]);
    sessions.as_array_mut().expect("sessions").iter_mut().for_each(|session| session["idle_seconds"] = json!(0));
    (sessions, read(&["blocks"]), read(&["audit"]))
}

#[test]
fn a_corrupt_database_is_set_aside_loudly_and_no_session_is_lost() {
    let mut daemon = Daemon::start();
    let (locked, free) = (daemon.open("exec cat > typed"), daemon.open("exec cat"));
    let station = Station::attach(&daemon, locked, 24, 80);
    daemon.lock(locked, "stop");
    daemon.kill9();
    let garbage: Vec<u8> = (0..100_000_u32).map(|n| (n * 7 % 251) as u8).collect();
    for file in ["usher.db", "usher.db-wal"] {
        std::fs::write(daemon.path("state").join(file), &garbage).expect("a database");
    }
    daemon.start_again();
    assert!(daemon.log().contains("corrupt") && daemon.log().contains("set aside"), "{}", daemon.log());
    let kept = std::fs::read_dir(daemon.path("state")).expect("a state").flatten();
    let kept = kept.filter(|e| std::fs::read(e.path()).is_ok_and(|bytes| bytes == garbage)).count();
    assert!(kept >= 1, "the old file is kept for a person to look at");
    assert_eq!(daemon.ids(), [u64::from(locked), u64::from(free)]);
    has(&daemon.session(locked), &json!({"locked": true}));
    has(&daemon.session(free), &json!({"locked": false}));
    daemon.unlock(locked);
    station.type_keys(b"free\r");
    daemon.wait_content("typed", "free\n");
    assert_eq!(daemon.open("exec cat"), free + 1, "no number is given again");
}

/// Changes a dead daemon's database behind its back; false, and said, where there is no python3.
fn meddle(daemon: &Daemon, statement: &str) -> bool {
    let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()";
    let mut python = Command::new("python3");
    match python.arg("-c").arg(script).arg(daemon.path("state/usher.db")).arg(statement).status() {
        Ok(status) => {
            assert!(status.success(), "{statement}");
            true
        }
        Err(_) => {
            crate::harness::skip("there is no python3");
            false
        }
    }
}

#[test]
fn a_database_that_makes_no_sense_is_set_aside_too() {
    for statement in ["UPDATE rule SET since = 'rubbish'", "UPDATE session SET uid = -7", "DROP TABLE closing"] {
        let mut daemon = Daemon::start();
        let id = daemon.open("exec cat");
        daemon.usher(&["block", "--all", "--message", "stop"]).exits(0);
        daemon.kill9();
        if !meddle(&daemon, statement) {
            return;
        }
        daemon.start_again();
        assert!(daemon.log().contains("set aside"), "{statement}: {}", daemon.log());
        has(&daemon.session(id), &json!({"locked": true}));
        daemon.unlock(id);
    }
}

#[test]
fn an_unfinished_record_that_cannot_be_read_keeps_nobody_from_starting() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "stop");
    daemon.kill9();
    if !meddle(&daemon, "UPDATE audit SET outcomes = NULL, targets = 'rubbish' WHERE action = 'lock'") {
        return;
    }
    daemon.start_again();
    assert!(!daemon.log().contains("set aside"), "{}", daemon.log());
    assert_eq!(daemon.lock_message(id).as_deref(), Some("stop"));
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let mut daemon = Daemon::start();
    daemon.usher(&["block", "--all", "--message", "stop"]).exits(0);
    daemon.kill9();
    let disk = rusqlite::Connection::open(daemon.path("state/usher.db")).expect("the database");
    // As the newer usherd left it when it was killed: its last writes are in its log alone.
    disk.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("a setting");
    disk.pragma_update(None, "user_version", 99).expect("a version");
    drop(disk);
    let content = |daemon: &Daemon| ["", "-wal"].map(|end| std::fs::read(daemon.path(&format!("state/usher.db{end}"))));
    let before = content(&daemon).map(|file| file.expect("it is there"));
    assert!(!before[1].is_empty());
    daemon.try_start().expect_err("it must not touch it");
    let log = daemon.log();
    assert!(log.contains("version 99") && log.contains(env!("CARGO_PKG_VERSION")) && log.contains("upgrade"), "{log}");
    assert!(content(&daemon).map(|file| file.expect("it is there")) == before, "not a byte has changed");
}

/// A small filesystem of its own, unmounted with the test.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(options: &str) -> Option<Self> {
        if !need_root() {
            return None;
        }
        let place = tempfile::Builder::new().prefix("ud").tempdir_in("/tmp").expect("a place");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(place.path()).status();
        if !mounted.is_ok_and(|status| status.success()) {
            crate::harness::skip("nothing can be mounted here");
            return None;
        }
        Some(Disk(place))
    }

    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.path().join("filler")).expect("a file");
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn remount(&self, options: &str) -> bool {
        let options = format!("remount,{options}");
        Command::new("mount").args(["-o", &options]).arg(self.0.path()).status().is_ok_and(|status| status.success())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn on_a_full_disk_locks_are_refused_whole_and_unlock_and_close_still_work() {
    let Some(disk) = Disk::mount("size=6m") else { return };
    let mut daemon = Daemon::not_started().with_state(disk.0.path().join("state")).started();
    let (locked, free) = (daemon.open("exec cat"), daemon.open("exec cat > typed"));
    daemon.lock(locked, "before");
    disk.fill();
    let station = Station::attach_if_admitted(&daemon, free, 24, 80);
    let mut refused = false;
    // What the log has room for already may still be written.
    for round in 0..400 {
        let ran = daemon.json(&["lock", "2", "--message", &format!("{round}{}", "界".repeat(900))]);
        if ran.code() != Some(0) {
            let said = ran.said();
            assert!(
                said.stderr.contains("disk is full") && said.stderr.contains("nothing was changed"),
                "{}",
                said.stderr
            );
            refused = true;
            break;
        }
    }
    assert!(refused, "the disk is full");
    assert_eq!(daemon.json(&["status"]).exits(0).json()["degraded"][0]["id"], "StoreFull");
    let before = daemon.session(free)["lock"].clone();
    daemon.usher(&["block", "--all", "--message", &"界".repeat(900)]).exits(1);
    assert!(daemon.json(&["blocks"]).exits(0).array().is_empty());
    assert_eq!(daemon.session(free)["lock"], before, "no half state");
    for id in [locked, free] {
        daemon.usher(&["unlock", &id.to_string()]).exits(0);
        has(&daemon.session(id), &json!({"locked": false}));
    }
    if let Some(station) = station {
        station.type_keys(b"free\r");
        daemon.wait_content("typed", "free\n");
    }
    daemon.usher(&["close", "1"]).exits(0);
    daemon.crash_and_restart();
    assert_eq!(daemon.ids(), [u64::from(free)]);
    has(&daemon.session(free), &json!({"locked": false}));
    daemon.usher(&["close", "--all"]).exits(0);
    daemon.stop();
}

#[test]
fn a_lock_expires_on_a_full_disk() {
    let Some(disk) = Disk::mount("size=6m") else { return };
    let daemon = Daemon::not_started().with_state(disk.0.path().join("state")).started();
    let id = daemon.open("exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    daemon.usher(&["lock", &id.to_string(), "--message", "break", "--for", "4s"]).exits(0);
    disk.fill();
    daemon.wait_session(id, "unlocked", |session| session["locked"] == false);
    let expired = crate::harness::wait_for("the expiry is on record", || daemon.audit("expire").pop());
    assert_eq!(expired["targets"], json!([id]));
    station.type_keys(b"free\r");
    daemon.wait_content("typed", "free\n");
    daemon.usher(&["close", "--all"]).exits(0);
}

#[test]
fn a_daemon_starts_on_a_full_disk_and_frees_whoever_was_locked() {
    let Some(disk) = Disk::mount("size=6m") else { return };
    let mut daemon = Daemon::not_started().with_state(disk.0.path().join("state")).started();
    let id = daemon.open("exec cat");
    daemon.lock(id, "before");
    daemon.stop();
    disk.fill();
    daemon.start_again();
    assert_eq!(daemon.lock_message(id).as_deref(), Some("before"));
    daemon.unlock(id);
    daemon.usher(&["close", "--all"]).exits(0);
    daemon.stop();
}

#[test]
fn on_a_read_only_disk_the_refusal_is_clear() {
    let Some(disk) = Disk::mount("size=16m") else { return };
    let mut daemon = Daemon::not_started().with_state(disk.0.path().join("state")).started();
    daemon.open("exec cat");
    daemon.kill9();
    assert!(disk.remount("ro"));
    daemon.try_start().expect_err("nothing can be kept");
    assert!(daemon.log().to_lowercase().contains("read-only"), "{}", daemon.log());
    assert!(disk.remount("rw"));
    daemon.start_again();
    assert_eq!(daemon.ids(), [1], "the session went on");
    daemon.usher(&["close", "--all"]).exits(0);
    daemon.stop();
}

/// Bytes that no daemon would say to a holder.
fn garbage() -> Vec<Vec<u8>> {
    let mut frames = vec![b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![0; 4096], vec![0xff; 4096]];
    for tag in *b"cirwsdDx\0\xff" {
        frames.push([&[tag][..], &u32::MAX.to_le_bytes(), &[0; 64]].concat());
        frames.push([&[tag][..], &(1_u32 << 20).to_le_bytes()].concat());
        frames.push([&[tag][..], &4_u32.to_le_bytes(), b"null"].concat());
        frames.push([&[tag][..], &0_u32.to_le_bytes()].concat());
    }
    let deep = "[".repeat(1 << 19);
    let length = u32::try_from(deep.len()).expect("short");
    frames.push([b"c", &length.to_le_bytes()[..], deep.as_bytes()].concat());
    frames
}

#[test]
fn a_holder_whose_socket_is_fed_with_garbage_goes_on() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    daemon.lock(id, "stop");
    for bytes in garbage() {
        let _ = http::connect(&daemon.holder_socket(id)).write_all(&bytes);
    }
    let silent: Vec<_> = (0..100).map(|_| http::connect(&daemon.holder_socket(id))).collect();
    assert!(processes::alive(daemon.holder(id)));
    has(&daemon.session(id), &json!({"locked": true}));
    daemon.unlock(id);
    station.type_keys(b"alive\r");
    daemon.wait_content("typed", "alive\n");
    drop(silent);
    daemon.crash_and_restart();
    daemon.lock(id, "again");
    station.wait_for("again");
}

#[test]
fn silent_connections_to_a_holder_do_not_keep_a_new_daemon_out() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.kill9();
    let silent: Vec<_> = (0..20).map(|_| http::connect(&daemon.holder_socket(id))).collect();
    daemon.start_again();
    daemon.lock(id, "stop");
    drop(silent);
}
