//! An upgrade from the package of an earlier commit: its database, its shields and its holders, with today's daemon.
//!
//! `cargo xtask upgrade [COMMIT]` builds that package and runs these tests.

use std::path::{Path, PathBuf};

#[allow(dead_code, unused_imports, reason = "the tests on hosts stand on it, and this uses a part of it")]
#[path = "../host/harness/mod.rs"]
mod harness;
#[allow(dead_code, unused_imports, reason = "the tests of the command line stand on it, and this uses a part of it")]
#[path = "../cli/harness/mod.rs"]
mod own;
#[allow(dead_code, reason = "the tests on hosts stand on it, and this uses a part of it")]
#[path = "../host/who.rs"]
mod who;

mod cases;
mod recorder;
mod skew;

use crate::harness::{DESKTOP, Host, Options, Screen, Suite, User, X11, covered, ready, skip, wait_for, wait_until};
use crate::who::{listed, locked, outcome, session, shield_pids};

/// The variable that names the directory of the earlier packages.
const EARLIER: &str = "USHER_EARLIER_PACKAGES";

/// A host of its own that runs the earlier package.
fn as_it_was(suite: Suite) -> Option<Host> {
    let Some(earlier) = std::env::var_os(EARLIER).map(PathBuf::from) else {
        skip(&format!("{EARLIER} is not set: cargo xtask upgrade sets it"));
        return None;
    };
    if let Err(reason) = ready(suite) {
        skip(&reason);
        return None;
    }
    let host = Host::boot(Options { suite, packages: false });
    let packages = std::fs::read_dir(&earlier).expect("earlier packages").flatten().map(|entry| entry.path());
    for package in packages.filter(|path| path.extension() == Some("deb".as_ref())) {
        let name = package.file_name().expect("a name").to_owned();
        std::fs::copy(&package, host.path(Path::new("/root").join(name))).expect("a package");
    }
    host.root("DEBIAN_FRONTEND=noninteractive dpkg --install /root/*.deb").succeeds();
    wait_until("the earlier usherd answers", || host.root_usher(&["list"]).code == Some(0));
    Some(host)
}

/// Somebody's own daemon with one text session, at which somebody sits.
struct Own<'a> {
    host: &'a Host,
    user: User,
    home: PathBuf,
}

impl<'a> Own<'a> {
    fn start(host: &'a Host, user: User) -> Own<'a> {
        let own = Own { host, home: Path::new("/home").join(&user.name), user };
        own.begin("before");
        assert_eq!(own.usher("open -- sh -c 'echo waiting; exec cat >typed'").trim(), "1");
        // A terminal whose keys come from a pipe and whose screen goes to a file.
        own.service("station", "mkfifo keys; exec script -qfc 'usher --socket usher.sock attach 1' seen <>keys");
        wait_until("the station shows the session", || own.has("seen", "waiting"));
        own
    }

    /// Starts the daemon that is installed now.
    fn begin(&self, unit: &str) {
        self.service(unit, "exec usherd --user --socket usher.sock --state-dir state");
        wait_until("the own daemon answers", || self.asked("list").code == Some(0));
    }

    /// Runs a shell command as a service of this user's; what it starts outlives it.
    fn service(&self, unit: &str, command: &str) {
        let (name, home) = (&self.user.name, self.home.display());
        std::fs::write(self.host.path(self.home.join(unit)), command).expect("a script");
        self.host
            .root(&format!(
                "systemd-run --quiet --unit={name}-{unit} -p User={name} -p KillMode=process -p WorkingDirectory={home} \
                 -E HOME={home} -E TERM=xterm sh {unit}"
            ))
            .succeeds();
    }

    fn asked(&self, words: &str) -> crate::harness::Ran {
        self.host.run(&self.user, &format!("cd {} && usher --socket usher.sock {words}", self.home.display()))
    }

    #[track_caller]
    fn usher(&self, words: &str) -> String {
        self.asked(words).succeeds()
    }

    fn has(&self, file: &str, text: &str) -> bool {
        self.host.content(self.home.join(file)).contains(text)
    }

    fn types(&self, text: &str) {
        self.host.root(&format!("printf '{text}\\r' >{}/keys", self.home.display())).succeeds();
    }
}

fn lock(host: &Host, screen: &Screen, message: &str) {
    let ran = host.root_usher(&["lock", &screen.session, "--message", message, "--output", "json"]);
    let done = outcome(&ran, 0);
    assert_eq!((done["result"].as_str(), done["observed"].as_bool()), (Some("done"), Some(true)), "{ran:?}");
}

fn unlock(host: &Host, screen: &Screen) {
    let ran = host.root_usher(&["unlock", &screen.session, "--output", "json"]);
    let done = outcome(&ran, 0);
    assert_eq!((done["result"].as_str(), done["observed"].as_bool()), (Some("done"), Some(true)), "{ran:?}");
    wait_until("the desktop is back", || screen.pixels().share(DESKTOP) > 0.5);
}

/// Sessions of the earlier package's: one locked by itself, one free, one under a rule, one exempt from it.
fn displays_live_on(suite: Suite) {
    let Some(host) = as_it_was(suite) else { return };
    let people = ["alice", "bob", "carol", "dave"].map(|name| host.user(name));
    let [alice, bob, carol, dave] = people.map(|user| host.x11(&user, X11::Xvfb));
    let ids = [&alice, &bob, &carol, &dave].map(Screen::id);
    lock(&host, &alice, "Upgrade under way");
    for screen in [&carol, &dave] {
        host.root_usher(&["block", "--user", &screen.user.name, "--message", "Not before ten"]).succeeds();
    }
    host.root_usher(&["unlock", &dave.session, "--exempt"]).succeeds();
    let watches = [alice.watch(covered), carol.watch(covered)];

    let running = || host.root("systemctl show usherd --property=MainPID --value").succeeds();
    let before = running();
    host.install();
    assert_ne!(running(), before, "today's usherd runs");
    wait_until("it answers", || host.root_usher(&["list"]).code == Some(0));
    for screen in [&alice, &carol] {
        screen.type_keys("secret");
    }
    watches.iter().for_each(|watch| watch.more(10));
    for watch in watches {
        watch.finish().always_right();
    }
    assert_eq!([&alice, &bob, &carol, &dave].map(Screen::id), ids, "sessions keep their IDs");
    assert_eq!([&alice, &bob, &carol, &dave].map(|screen| locked(&host, screen)), [true, false, true, false]);
    assert_eq!(session(&host, &alice)["lock"]["message"], "Upgrade under way");
    assert_eq!(session(&host, &carol)["lock"]["source"], format!("user:{}", carol.user.name));

    // Whatever shield holds it, one of the earlier package's or one of today's, obeys.
    unlock(&host, &alice);
    lock(&host, &bob, "Your turn");
    assert!(covered(&bob.pixels()));
    bob.type_keys("secret");
    unlock(&host, &bob);
    host.root_usher(&["unblock", "--user", &carol.user.name]).succeeds();
    wait_until("the rule is gone", || carol.pixels().share(DESKTOP) > 0.5 && !locked(&host, &carol));
    for screen in [&alice, &bob, &carol, &dave] {
        screen.type_keys("free\n");
        screen.wait_typed("free\r");
    }
    let record = host.root_usher(&["audit", "--action", "lock", "--output", "json"]).array();
    assert!(record.iter().any(|record| record["message"] == "Upgrade under way"), "{record:?}");
    // A shield that is lost is replaced by one of today's.
    let before =
        wait_for("the display has a shield", || Some(shield_pids(&host, &dave)).filter(|pids| !pids.is_empty()));
    host.root(&format!("kill -9 {}", before.join(" "))).succeeds();
    wait_until("there is another", || shield_pids(&host, &dave).iter().any(|pid| !before.contains(pid)));
    wait_until("it locks", || host.root_usher(&["lock", &dave.session, "--message", "Now you"]).code == Some(0));
    assert!(covered(&dave.pixels()));
    host.root_usher(&["close", &dave.session]).succeeds();
    assert!(listed(&host, &dave.session).is_none());
}

/// A text session of the earlier package's holder, under a daemon of one's own.
fn text_sessions_live_on(suite: Suite) {
    let Some(host) = as_it_was(suite) else { return };
    let own = Own::start(&host, host.user("erin"));
    own.usher("lock 1 --message 'Upgrade under way'");
    wait_until("the station shows the lock", || own.has("seen", "Upgrade under way"));

    host.install();
    host.root(&format!("systemctl kill --kill-whom=main --signal=KILL {}-before", own.user.name)).succeeds();
    own.begin("after");
    let listed = own.asked("list --output json").array();
    assert_eq!((listed.len(), &listed[0]["locked"]), (1, &true.into()), "{listed:?}");
    own.types("secret");
    own.usher("lock 1 --message 'Still under way'");
    wait_until("the station shows the new message", || own.has("seen", "Still under way"));
    own.usher("unlock 1");
    own.types("free");
    wait_until("the session's program gets keys again", || own.has("typed", "free"));
    assert!(!own.has("typed", "secret"));
    own.usher("close 1");
    assert!(own.asked("list --output json").array().is_empty());
}

#[test]
fn displays_live_on_on_debian_12() {
    displays_live_on(Suite::Bookworm);
}

#[test]
fn displays_live_on_on_debian_13() {
    displays_live_on(Suite::Trixie);
}

#[test]
fn text_sessions_live_on_on_debian_12() {
    text_sessions_live_on(Suite::Bookworm);
}

#[test]
fn text_sessions_live_on_on_debian_13() {
    text_sessions_live_on(Suite::Trixie);
}
