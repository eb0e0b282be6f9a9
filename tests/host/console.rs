//! Serial consoles: a getty of systemd's at a terminal, without a seat. Locked as an ssh login is, and freed as it was.

use std::ops::Deref;

use crate::freezing::{Beat, beating};
use crate::harness::{Host, Terminal, User, wait_for, wait_until};
use crate::host;
use crate::ssh::{SEEN, became, lock, unlock};
use crate::who::{listed, outcome, refusal};

/// A console with a getty, as a serial line has one: another process has the other end.
pub struct Console {
    host: Host,
    line: String,
    terminal: Terminal,
}

impl Deref for Console {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.terminal
    }
}

impl Console {
    /// Asks for a user's name.
    #[track_caller]
    pub fn of(host: &Host) -> Console {
        // The getty hangs up whoever was at the line before.
        let terminal = host.terminal("root", "trap '' HUP; tty; exec sleep infinity");
        let line = wait_for("it has a name", || {
            let text = terminal.text();
            text.lines().find_map(|line| line.strip_prefix("/dev/")).map(|line| line.trim().to_owned())
        });
        let number = line.trim_start_matches("pts/");
        host.root(&format!("systemctl start container-getty@{number}")).succeeds();
        terminal.wait("login:");
        Console { host: host.clone(), line, terminal }
    }

    /// Logs in with name and password.
    pub fn enter(&self, user: &User) {
        self.type_keys(&format!("{}\n", user.name));
        self.wait("assword:");
        self.type_keys(&format!("{}\n", user.password));
    }

    /// logind's ID of the login.
    #[track_caller]
    fn session(&self, user: &User) -> String {
        wait_for("logind knows the login", || self.host.logins_by("login", user).pop())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let number = self.line.trim_start_matches("pts/");
        let _ = self.host.root(&format!("systemctl stop --no-block container-getty@{number}"));
    }
}

/// Somebody with a plain prompt.
#[track_caller]
pub fn person(host: &Host) -> User {
    let alice = host.user("alice");
    host.root(&format!("echo 'PS1=\"at-the-prompt> \"' >>/home/{}/.bashrc", alice.name)).succeeds();
    alice
}

fn a_serial_console_is_locked_and_comes_back(host: &Host) {
    let alice = person(host);
    let console = Console::of(host);
    console.enter(&alice);
    console.wait("at-the-prompt>");
    let id = console.session(&alice);
    assert_eq!(listed(host, &id).expect("it is listed")["kind"], "console");
    let beat = Beat::of(host, &alice, "beat");
    console.type_keys(&format!("clear; echo be''fore; ({}) &\n", beating("beat")));
    console.wait("before");
    beat.goes_on();

    let done = lock(host, &id, "Please listen");
    assert_eq!(became(&done), SEEN, "{done}");
    assert!(!done["notes"].to_string().contains("connection"), "{done}");
    console.wait("Please listen");
    assert!(!console.text().contains("before"), "{}", console.text());
    beat.stands_still();
    assert_eq!(host.root(&format!("stat -c '%U %a' /dev/{}", console.line)).succeeds(), "root 600\n");
    console.type_keys("touch $HOME/typed\n\x03\x04\x1a\x1c");
    assert_eq!(became(&lock(host, &id, "Look here")), SEEN);
    console.wait("Look here");
    assert_eq!(listed(host, &id).expect("it is there")["locked"], true);

    assert_eq!(became(&unlock(host, &id)), SEEN);
    console.wait_without("Look here");
    beat.goes_on();
    wait_until("its screen is there again", || console.text().contains("before") && !console.is_alternate());
    assert_eq!(host.root(&format!("stat -c %U /dev/{}", console.line)).succeeds().trim(), alice.name);
    console.type_keys("echo af''ter\n");
    console.wait("after");
    assert!(!host.path(format!("/home/{}/typed", alice.name)).exists(), "what was typed reached nobody");
    host.shows(
        "serial",
        "lock",
        "the terminal answered that it shows the message, programs stand still, no key arrives",
    );

    assert_eq!(refusal(&host.root_usher(&["disconnect", &id, "--output", "json"])), "NotSupported");
    host.shows_refusal("serial", "disconnect", "nothing would be left to return to; NotSupported");
    let looked = host.root_usher(&["thumbnail", &id, "--file", "/tmp/picture"]);
    assert!(looked.code == Some(1) && looked.stderr.contains("NotSupported"), "{looked:?}");
    host.shows_refusal("serial", "thumbnail", "usher does not read consoles; NotSupported");

    // Locked again: what stands still is ended all the same.
    assert_eq!(became(&lock(host, &id, "Please listen")), SEEN);
    let closed = outcome(&host.root_usher(&["close", &id, "--output", "json"]), 0);
    assert_eq!(became(&closed), SEEN, "{closed}");
    console.wait("login:");
    assert!(listed(host, &id).is_none());
    host.shows("serial", "close", "logind has no such session, and the line asks for the next name");
}

#[test]
fn a_serial_console_is_locked_and_comes_back_on_debian_12() {
    a_serial_console_is_locked_and_comes_back(&host!(Bookworm));
}

#[test]
fn a_serial_console_is_locked_and_comes_back_on_debian_13() {
    a_serial_console_is_locked_and_comes_back(&host!(Trixie));
}

#[test]
fn who_logs_in_at_a_console_under_a_block_meets_the_message() {
    let host = host!(Trixie);
    let alice = person(&host);
    let console = Console::of(&host);
    host.root_usher(&["block", "--user", &alice.name, "--message", "Please listen"]).succeeds();
    console.enter(&alice);
    console.wait("Please listen");
    let id = console.session(&alice);
    wait_until("the lock holds", || listed(&host, &id).is_some_and(|session| session["locked"] == true));
    // login(1) gives the terminal to its user when the session is on the books already.
    let owner = || host.root(&format!("stat -c %U /dev/{}", console.line)).succeeds();
    wait_until("the terminal is root's", || owner().trim() == "root");
    console.type_keys("touch $HOME/typed\n");
    host.root_usher(&["unblock", "--user", &alice.name]).succeeds();
    // What is typed before the lock has ended is dropped. A prompt that came under the message is gone with it.
    wait_until("its lock has ended", || listed(&host, &id).is_some_and(|session| session["locked"] == false));
    console.type_keys("echo af''ter\n");
    console.wait("after");
    assert!(!host.path(format!("/home/{}/typed", alice.name)).exists(), "what was typed reached nobody");
    // Programs of a shell that was only just begun have a terminal as usual, and none as it is under a lock.
    console.type_keys("stty -a >$HOME/modes; sync $HOME/modes; touch $HOME/told\n");
    wait_until("its settings are told", || host.path(format!("/home/{}/told", alice.name)).exists());
    let modes = host.content(format!("/home/{}/modes", alice.name));
    let on = |mode: &str| modes.split([' ', ';', '\n']).any(|word| word == mode);
    assert!(["opost", "isig", "icanon", "echo"].into_iter().all(on), "{modes}");
}
