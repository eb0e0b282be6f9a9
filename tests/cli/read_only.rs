//! A disk that becomes read-only while the daemon runs, as disks do after an error.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::harness::{Daemon, Station, USHERD, clean_command, has, need_root, run, skip, wait_until};

/// A file system that can be made to fail, unmounted with the test.
struct Disk {
    directory: tempfile::TempDir,
}

impl Disk {
    fn mounted() -> Option<Disk> {
        if !need_root() {
            return None;
        }
        let directory = tempfile::Builder::new().prefix("ud").tempdir_in("/tmp").expect("a place");
        let disk = Disk { directory };
        let file = std::fs::File::create(disk.image()).expect("a file");
        file.set_len(16 << 20).expect("room");
        std::fs::create_dir(disk.place()).expect("a place");
        let made = Command::new("mkfs.ext4").args(["-q", "-F"]).arg(disk.image()).status();
        if !made.is_ok_and(|status| status.success()) || !disk.mount(&disk.image()) {
            skip("no file system of a file can be mounted here");
            return None;
        }
        Some(disk)
    }

    fn image(&self) -> PathBuf {
        self.directory.path().join("image")
    }

    fn place(&self) -> PathBuf {
        self.directory.path().join("disk")
    }

    fn mount(&self, image: &Path) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-o", "loop,errors=remount-ro"]).arg(image).arg(self.place());
        mount.status().is_ok_and(|status| status.success())
    }

    /// What an error does to it: from now on nothing can be written, also through files that are open.
    fn fail(&self) {
        let mut remount = Command::new("mount");
        remount.args(["-o", "remount,abort"]).arg(self.place());
        assert!(remount.status().expect("mount").success());
        std::fs::write(self.place().join("new"), b"").expect_err("nothing can be written");
    }

    /// What an administrator does then. What is mended is a copy: a process that began meanwhile in a mount namespace of its
    /// own may keep the failed file system, and mounting its file again would bring that one back.
    fn mend(&self) {
        assert!(Command::new("umount").arg(self.place()).status().expect("umount").success(), "nobody uses it");
        // 1: there was something to mend.
        let copy = self.directory.path().join("mended");
        std::fs::copy(self.image(), &copy).expect("a copy");
        let checked = Command::new("e2fsck").args(["-f", "-y"]).arg(&copy).output().expect("e2fsck");
        assert!(matches!(checked.status.code(), Some(0 | 1)), "{checked:?}");
        assert!(self.mount(&copy));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.place()).status();
    }
}

/// A daemon whose state is on this disk, with a locked session and one that is not, at which a station sits.
fn with_sessions(disk: &Disk) -> (Daemon, u32, u32, Station) {
    let daemon = Daemon::not_started().with_state(disk.place().join("state")).started();
    let (locked, free) = (daemon.open("exec cat"), daemon.open("exec cat > typed"));
    daemon.lock(locked, "before");
    let station = Station::attach(&daemon, free, 24, 80);
    (daemon, locked, free, station)
}

#[test]
fn on_a_disk_that_became_read_only_every_change_is_refused_whole_and_nothing_is_lost() {
    let Some(disk) = Disk::mounted() else { return };
    let (mut daemon, locked, free, station) = with_sessions(&disk);
    disk.fail();
    let (bound, other) = (locked.to_string(), free.to_string());
    for refused in [
        &["lock", &other, "--message", "now"][..],
        &["block", "--all", "--message", "now"],
        &["unlock", &bound],
        &["disconnect", &other],
        &["close", &other],
        &["open", "--", "cat"],
    ] {
        let said = daemon.usher(refused).exits(1).stderr;
        assert!(said.contains("nothing was changed") && said.contains("read-only"), "{refused:?}: {said}");
        assert!(said.contains("--release-all"), "{refused:?} says what helps: {said}");
    }
    // What was so is so, what reads is served, and whoever sits at a session goes on.
    assert_eq!(daemon.ids(), [u64::from(locked), u64::from(free)]);
    assert_eq!(daemon.lock_message(locked).as_deref(), Some("before"));
    has(&daemon.session(free), &json!({"locked": false}));
    assert!(daemon.json(&["blocks"]).exits(0).array().is_empty());
    assert_eq!(daemon.audit("lock").len(), 1);
    station.type_keys(b"free\r");
    daemon.wait_content("typed", "free\n");

    daemon.kill9();
    disk.mend();
    daemon.start_again();
    assert_eq!(daemon.lock_message(locked).as_deref(), Some("before"));
    daemon.unlock(locked);
    daemon.lock(free, "after");
    daemon.usher(&["close", "--all"]).exits(0);
    daemon.stop();
}

#[test]
fn on_a_disk_that_became_read_only_a_release_frees_what_no_unlock_can() {
    let Some(disk) = Disk::mounted() else { return };
    let (mut daemon, locked, ..) = with_sessions(&disk);
    disk.fail();
    daemon.usher(&["unlock", &locked.to_string()]).exits(1);
    let mut release = clean_command(USHERD, daemon.directory());
    run(release.arg("--socket").arg(daemon.socket()).arg("--release-all"), b"").exits(0);
    daemon.wait_session(locked, "free", |session| session["locked"] == false);
    // What could not be written the holder remembers.
    daemon.kill9();
    disk.mend();
    daemon.start_again();
    has(&daemon.session(locked), &json!({"locked": false}));
    assert_eq!(daemon.audit("release").len(), 1);
}

#[test]
fn a_lock_expires_on_a_disk_that_became_read_only() {
    let Some(disk) = Disk::mounted() else { return };
    let (mut daemon, _, free, station) = with_sessions(&disk);
    daemon.usher(&["lock", &free.to_string(), "--message", "break", "--for", "3s"]).exits(0);
    disk.fail();
    daemon.wait_session(free, "unlocked", |session| session["locked"] == false);
    // Keys count again once the station has seen that, too.
    wait_until("keys to count again", || {
        station.type_keys(b"free\r");
        daemon.content("typed").contains("free\n")
    });
    daemon.kill9();
    disk.mend();
    daemon.start_again();
    has(&daemon.session(free), &json!({"locked": false}));
}
