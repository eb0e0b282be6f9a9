//! `usher lock --freeze`: everything of the locked user's stands still, whatever it does not to.

use crate::harness::{Host, Screen, Suite, User, X11, covered, wait_until};
use crate::host;
use crate::who::outcome;

/// A program that writes to a file of its user's for as long as it runs. It ends when this value goes, wherever it runs: none
/// takes time from the tests that come after on the same host.
pub struct Beat {
    host: Host,
    file: String,
}

impl Drop for Beat {
    fn drop(&mut self) {
        let _ = std::fs::write(self.host.path(format!("{}.end", self.file)), "");
    }
}

impl Beat {
    pub fn of(host: &Host, user: &User, name: &str) -> Beat {
        Beat { host: host.clone(), file: format!("/home/{}/{name}", user.name) }
    }

    fn count(&self) -> String {
        self.host.content(&self.file)
    }

    /// Waits until it is seen to go on.
    #[track_caller]
    pub fn goes_on(&self) {
        let before = self.count();
        wait_until(&format!("{} goes on", self.file), || self.count() != before);
    }

    /// Sees that it stands still, for as long as a witness on the same host does a hundred things.
    #[track_caller]
    pub fn stands_still(&self) {
        assert!(self.is_still(), "{} stands still", self.file);
    }

    pub fn is_still(&self) -> bool {
        let before = self.count();
        self.host.root("for i in $(seq 100); do /bin/true; done").succeeds();
        before == self.count()
    }
}

/// A shell command that goes on and on, and shows it in this file of its user's.
pub fn beating(file: &str) -> String {
    format!("n=0; while [ ! -e $HOME/{file}.end ]; do n=$((n+1)); echo $n >>$HOME/{file}; sleep 0.05; done")
}

/// Writes a program that goes on as a chain: each process starts the next one and ends at once.
fn chain(host: &Host, user: &User, name: &str) -> String {
    let path = format!("/home/{}/{name}.py", user.name);
    let program = format!(
        "import os\nos.setsid()\nn = 0\nwhile not os.path.exists('/home/{0}/{name}.end'):\n    if os.fork():\n        \
         os._exit(0)\n    n += 1\n    with open('/home/{0}/{name}', 'w') as f:\n        f.write(str(n))\n",
        user.name
    );
    std::fs::write(host.path(&path), program).expect("a program");
    format!("python3 {path} >/dev/null 2>&1 </dev/null")
}

pub fn freeze(host: &Host, screen: &Screen) -> serde_json::Value {
    let ran = host.root_usher(&["lock", &screen.session, "--message", "Listen", "--freeze", "--output", "json"]);
    let done = outcome(&ran, 0);
    assert_eq!((done["result"].as_str(), done["observed"].as_bool()), (Some("done"), Some(true)), "{ran:?}");
    done
}

pub fn unlock(host: &Host, screen: &Screen) {
    host.root_usher(&["unlock", &screen.session]).succeeds();
}

#[test]
fn chains_of_processes_that_start_one_another_stand_still() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let beats: Vec<Beat> = (0..3).map(|n| Beat::of(&host, &screen.user, &format!("chain{n}"))).collect();
    for n in 0..3 {
        screen.start(&chain(&host, &screen.user, &format!("chain{n}")));
    }
    beats.iter().for_each(Beat::goes_on);
    freeze(&host, &screen);
    beats.iter().for_each(Beat::stands_still);
    unlock(&host, &screen);
    beats.iter().for_each(Beat::goes_on);
}

#[test]
fn processes_with_subordinate_uids_stand_still() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let beat = Beat::of(&host, &screen.user, "beat");
    screen.shell("install -m 666 /dev/null $HOME/beat && chmod 755 $HOME").succeeds();
    screen.start(
        "unshare --user --map-auto --setuid 0 --setgid 0 sh -c \
         'while [ ! -e $HOME/beat.end ]; do date +%s%N >$HOME/beat; sleep 0.05; done'",
    );
    let subordinate = || {
        let first =
            host.root(&format!("sed -n 's/^{}:\\([0-9]*\\):.*/\\1/p' /etc/subuid", screen.user.name)).succeeds();
        let found = host.root(&format!("ps -U {} -o pid= ", first.trim())).stdout;
        !found.trim().is_empty()
    };
    wait_until("a process has a subordinate uid", subordinate);
    beat.goes_on();
    freeze(&host, &screen);
    beat.stands_still();
    unlock(&host, &screen);
    beat.goes_on();
}

#[test]
fn jobs_that_cron_starts_stand_still() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let screen = host.x11(&alice, X11::Xvfb);
    let job = Beat::of(&host, &alice, "job");
    let table = format!("/home/{}/table", alice.name);
    std::fs::write(host.path(&table), format!("@reboot {}\n", beating("job"))).expect("a table");
    host.run(&alice, &format!("crontab {table}")).succeeds();
    // That is now, as cron knows it.
    host.root("rm -f /run/crond.reboot && systemctl restart cron").succeeds();
    job.goes_on();
    freeze(&host, &screen);
    job.stands_still();
    unlock(&host, &screen);
    job.goes_on();
    host.run(&alice, "crontab -r").succeeds();
}

#[test]
fn jobs_and_leftovers_of_ended_logins_stand_still_and_so_do_jobs_that_start_later() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let screen = host.x11(&alice, X11::Xvfb);
    let (left, job, later) =
        (Beat::of(&host, &alice, "left"), Beat::of(&host, &alice, "job"), Beat::of(&host, &alice, "later"));
    let mut shell = host.shell(&alice);
    shell.run(&format!("setsid sh -c '{}' >/dev/null 2>&1 </dev/null &", beating("left"))).succeeds();
    let session = shell.session.clone();
    drop(shell);
    wait_until("she has logged out", || host.logind_session(&session, "State") != "active");
    let at = |command: &str| host.run(&alice, &format!("export HOME=/home/{}; echo '{command}' | at now", alice.name));
    at(&chain(&host, &alice, "job")).succeeds();
    left.goes_on();
    job.goes_on();

    freeze(&host, &screen);
    left.stands_still();
    job.stands_still();
    at(&format!("touch $HOME/started; {}", beating("later"))).succeeds();
    let started = format!("/home/{}/started", alice.name);
    wait_until("another job has started", || host.path(&started).exists());
    wait_until("it was stopped", || {
        let before = later.count();
        host.root("for i in $(seq 100); do /bin/true; done").succeeds();
        before == later.count()
    });
    // Of the service itself nothing is stopped: somebody else's job runs.
    let bob = host.user("bob");
    host.run(&bob, &format!("cd /home/{0}; echo 'touch /home/{0}/ran' | at now", bob.name)).succeeds();
    wait_until("somebody else's job has run", || host.path(format!("/home/{}/ran", bob.name)).exists());

    unlock(&host, &screen);
    left.goes_on();
    job.goes_on();
    later.goes_on();
}

#[test]
fn of_two_frozen_sessions_the_first_unlock_thaws_nothing_also_after_a_restart() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let alice = host.user("alice");
    let (first, second) = (host.x11(&alice, X11::Xvfb), host.x11(&alice, X11::Xvfb));
    let beats = [Beat::of(&host, &alice, "first"), Beat::of(&host, &alice, "second")];
    first.start(&beating("first"));
    second.start(&beating("second"));
    beats.iter().for_each(Beat::goes_on);
    let done = freeze(&host, &first);
    assert!(
        done["notes"].to_string().contains(&format!("session {} (x11) of the same user", second.session)),
        "{done}"
    );
    beats.iter().for_each(Beat::stands_still);
    freeze(&host, &second);
    unlock(&host, &first);
    beats.iter().for_each(Beat::stands_still);

    host.root("systemctl kill --signal=KILL usherd").succeeds();
    wait_until("another daemon serves", || host.root_usher(&["list"]).code == Some(0));
    beats.iter().for_each(Beat::stands_still);
    host.root_usher(&["lock", &first.session, "--message", "Listen"]).succeeds();
    unlock(&host, &first);
    beats.iter().for_each(Beat::stands_still);
    unlock(&host, &second);
    beats.iter().for_each(Beat::goes_on);
}

#[test]
fn the_session_that_a_lock_was_set_from_goes_on() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let screen = host.x11(&alice, X11::Xvfb);
    let beat = Beat::of(&host, &alice, "beat");
    screen.start(&beating("beat"));
    beat.goes_on();
    let mut shell = host.shell(&alice);
    host.root(&format!(
        "echo '{} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{0}; chmod 440 /etc/sudoers.d/{0}",
        alice.name
    ))
    .succeeds();
    let said = shell.run(&format!("sudo usher lock {} --message Listen --freeze --output json", screen.session));
    assert!(
        said.clone().succeeds().contains(&format!("session {} (ssh) of the same user goes on", shell.session)),
        "{said:?}"
    );
    assert!(covered(&screen.pixels()));
    beat.stands_still();
    // Also while the user's processes are looked at again and again.
    for _ in 0..20 {
        assert_eq!(shell.run("echo goes on").succeeds().trim(), "goes on");
    }
    shell.run(&format!("sudo usher unlock {}", screen.session)).succeeds();
    beat.goes_on();
}

#[test]
fn an_ssh_session_of_the_same_user_stands_still_and_its_connection_does_not() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let (screen, mut shell) = (host.x11(&alice, X11::Xvfb), host.shell(&alice));
    let beat = Beat::of(&host, &alice, "beat");
    shell.run(&format!("( {} ) >/dev/null 2>&1 &", beating("beat"))).succeeds();
    beat.goes_on();
    let done = freeze(&host, &screen);
    let note = format!("session {} (ssh) of the same user stands still as well", shell.session);
    assert!(done["notes"].to_string().contains(&note), "{done}");
    beat.stands_still();
    let frozen = |pid: &str| host.content(format!("/proc/{pid}/cgroup")).contains("usher-frozen");
    let pids = host.root(&format!("pgrep -u {} -x sshd", alice.name)).succeeds();
    assert!(pids.split_whitespace().count() > 0 && !pids.split_whitespace().any(frozen), "{pids}");
    assert!(!shell.hung_up());
    unlock(&host, &screen);
    beat.goes_on();
    assert_eq!(shell.run("echo goes on").succeeds().trim(), "goes on");
}

#[test]
fn where_the_cover_fails_the_users_processes_stop_all_the_same() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let beat = Beat::of(&host, &screen.user, "beat");
    screen.start(&beating("beat"));
    beat.goes_on();
    screen.shell("pkill -STOP -u $(id -u) -x Xvfb").succeeds();
    let ran = host.root_usher(&["lock", &screen.session, "--message", "Listen", "--freeze", "--output", "json"]);
    let failed = outcome(&ran, 1);
    assert_eq!((failed["result"].as_str(), failed["observed"].as_bool()), (Some("failed"), Some(false)), "{ran:?}");
    assert_eq!(failed["error"]["id"], "Timeout", "{ran:?}");
    assert!(failed["error"]["message"].to_string().contains("were stopped all the same"), "{ran:?}");
    // usherd tries on, and lets them go on for a moment each time.
    wait_until("it stands still", || beat.is_still());
    host.root(&format!("pkill -CONT -u {} -x Xvfb", screen.user.name)).succeeds();
    wait_until("it is covered after all", || covered(&screen.pixels()));
    // This may have come in such a moment.
    wait_until("it stands still again", || beat.is_still());
    unlock(&host, &screen);
    beat.goes_on();
}

#[test]
fn a_program_that_keeps_the_server_to_itself_again_and_again_is_stopped_between_two_grabs() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let grabber = format!("/home/{}/grab.py", screen.user.name);
    let program = "import time\nfrom Xlib import display\nd = display.Display()\nwhile True:\n    d.grab_server()\n    \
                   d.sync()\n    open('grabbed', 'w').write('yes')\n    time.sleep(0.1)\n    d.ungrab_server()\n    \
                   d.sync()\n";
    std::fs::write(host.path(&grabber), program).expect("a program");
    screen.start("cd $HOME && python3 grab.py");
    wait_until("it grabs", || host.content(format!("/home/{}/grabbed", screen.user.name)) == "yes");
    let ran = host.root_usher(&["lock", &screen.session, "--message", "Listen", "--freeze", "--output", "json"]);
    // Whether the shield came in between at once or not: in the end the display is covered, and the program stands still. It
    // may do so with the server in its hands: then nobody can look, and the session is not said to be locked.
    let result = ran.array()[0]["result"].as_str().map(str::to_owned);
    assert!(matches!(result.as_deref(), Some("done" | "failed")), "{ran:?}");
    wait_until("the display is covered", || covered(&screen.pixels()));
    let pid = host.root(&format!("pgrep -u {} -f grab.py", screen.user.name)).succeeds();
    let pid = pid.split_whitespace().next_back().expect("it lives").to_owned();
    let stands_still = || host.content(format!("/proc/{pid}/cgroup")).contains("usher-frozen");
    wait_until("it stands still", stands_still);
    // With its end the server is everybody's again.
    host.root(&format!("kill -KILL {pid}")).succeeds();
    let _ = host.root_usher(&["unlock", &screen.session]);
    wait_until("the display is free", || !covered(&screen.pixels()));
}

#[test]
fn freed_without_a_daemon_everything_goes_on() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let beat = Beat::of(&host, &screen.user, "beat");
    screen.start(&beating("beat"));
    beat.goes_on();
    freeze(&host, &screen);
    host.root("systemctl stop usherd").succeeds();
    beat.stands_still();
    host.root("usherd --release-all").succeeds();
    beat.goes_on();
}

#[test]
fn with_freeze_while_locked_every_lock_stops_the_user() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    host.root("echo 'freeze_while_locked = true' >>/etc/usher/usherd.toml && systemctl restart usherd").succeeds();
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let beat = Beat::of(&host, &screen.user, "beat");
    screen.start(&beating("beat"));
    beat.goes_on();
    host.root_usher(&["lock", &screen.session, "--message", "Listen"]).succeeds();
    beat.stands_still();
    unlock(&host, &screen);
    beat.goes_on();
}
