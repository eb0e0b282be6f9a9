//! Logins at consoles that go on when the person leaves: `usher login console` makes it a user's login shell.

use serde_json::Value;

use crate::console::{Console, person};
use crate::harness::{Host, Suite, User, wait_for, wait_until};
use crate::host;
use crate::ssh::{SEEN, became, lock, unlock};
use crate::who::outcome;

/// What the user database names for such a user.
const LOGIN_SHELL: &str = "/usr/lib/usher/usher-login";

fn shell_of(host: &Host, user: &str) -> String {
    host.root(&format!("getent passwd {user} | cut -d: -f7")).succeeds().trim().to_owned()
}

fn listed(host: &Host, user: &User) -> Vec<Value> {
    let all = host.root_usher(&["list", "--output", "json"]).array();
    all.into_iter().filter(|session| session["user"] == user.name.as_str()).collect()
}

#[track_caller]
fn wait_state(host: &Host, user: &User, state: &str) -> Value {
    wait_for(&format!("the only session is a text session, {state}"), || {
        let mut all = listed(host, user);
        let alone = all.len() == 1;
        all.pop().filter(|one| alone && one["kind"] == "text" && one["state"] == state)
    })
}

fn goes_on(host: &Host) {
    let alice = person(host);
    assert_eq!(shell_of(host, &alice.name), "/bin/bash");
    host.root_usher(&["login", "console", &alice.name]).succeeds();
    assert_eq!(shell_of(host, &alice.name), LOGIN_SHELL);

    let console = Console::of(host);
    console.enter(&alice);
    console.wait("at-the-prompt>");
    // The login at the console is a station of the one session, and no session beside it.
    let id = wait_state(host, &alice, "connected")["session_id"].to_string();
    console.type_keys("kept=here; echo $0 $SHELL\n");
    console.wait("-bash /bin/bash");

    assert_eq!(became(&lock(host, &id, "Pens down")), SEEN);
    console.wait("Pens down");
    console.type_keys("touch $HOME/typed\n");
    assert_eq!(became(&unlock(host, &id)), SEEN);
    console.wait("-bash /bin/bash");
    assert!(!host.path(format!("/home/{}/typed", alice.name)).exists(), "what was typed reached nobody");
    host.shows("hosted-serial", "lock", "the line shows the message, no key arrives; the screen as before");

    host.root_usher(&["disconnect", &id]).succeeds();
    console.wait("the session lives on");
    wait_state(host, &alice, "disconnected");
    // At another line.
    let console = Console::of(host);
    console.enter(&alice);
    console.wait("-bash /bin/bash");
    console.type_keys("echo still $kept\n");
    console.wait("still here");
    assert_eq!(wait_state(host, &alice, "connected")["session_id"].to_string(), id);

    host.shows("hosted-serial", "disconnect", "the line asks for the next name, and a login at another one goes on");

    console.type_keys("exit\n");
    wait_until("it is over", || listed(host, &alice).is_empty());
    is_pictured_and_closed(host, &alice);
    host.root_usher(&["login", "console", &alice.name, "--undo"]).succeeds();
    assert_eq!(shell_of(host, &alice.name), "/bin/bash");
    assert!(!host.path("/etc/usher/login-shells").exists() || !record(host).contains(&format!("{}:", alice.name)));
}

fn is_pictured_and_closed(host: &Host, alice: &User) {
    let console = Console::of(host);
    console.enter(alice);
    console.wait("at-the-prompt>");
    let id = wait_state(host, alice, "connected")["session_id"].to_string();
    host.root_usher(&["thumbnail", &id, "-o", "/tmp/console.png"]).succeeds();
    assert!(host.content("/tmp/console.png").contains("PNG"));
    host.shows("hosted-serial", "thumbnail", "a picture is drawn");
    let closed = outcome(&host.root_usher(&["close", &id, "--output", "json"]), 0);
    assert_eq!(became(&closed), SEEN, "{closed}");
    console.wait("closed by root");
    wait_until("it is over", || listed(host, alice).is_empty());
    host.shows("hosted-serial", "close", "logind has no such session, and the line is told");
}

fn record(host: &Host) -> String {
    host.content("/etc/usher/login-shells")
}

#[test]
fn a_login_at_a_console_goes_on_when_the_person_leaves_on_debian_12() {
    goes_on(&host!(Bookworm));
}

#[test]
fn a_login_at_a_console_goes_on_when_the_person_leaves_on_debian_13() {
    goes_on(&host!(Trixie));
}

#[test]
fn whatever_is_no_login_at_a_console_runs_in_the_shell_of_before() {
    let host = host!(Trixie);
    let alice = host.user("alice");
    host.root_usher(&["login", "console", &alice.name]).succeeds();
    let name = &alice.name;
    let told = "echo $0 $SHELL";
    assert_eq!(host.root(&format!("su {name} -c '{told}'")).succeeds(), "bash /bin/bash\n");
    assert_eq!(host.root(&format!("su - {name} -c '{told}'")).succeeds(), "-bash /bin/bash\n");
    host.root(&format!("systemd-run --quiet --pipe --wait -p User={name} -p PAMName=cron {LOGIN_SHELL} -c 'exit 7'"))
        .exits(7);
    // At a terminal, from another machine: an ssh login as any other.
    let mut shell = host.shell(&alice);
    assert_eq!(shell.run("echo $SHELL").succeeds().trim(), "/bin/bash");
    assert_eq!(listed(&host, &alice)[0]["kind"], "ssh");
}

#[test]
fn nobody_is_changed_where_somebody_cannot_be() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let refused = |users: &[&str], why: &str| {
        let ran = host.root_usher(&[&["login", "console"], users].concat());
        assert!(ran.code == Some(2) && ran.stderr.contains(why), "{ran:?}");
        assert_eq!(shell_of(&host, &alice.name), "/bin/bash");
    };
    refused(&[&alice.name, "nosuch"], "there is no user nosuch");
    refused(&[&alice.name, "root"], "root's login shell stays as it is");
    refused(&[&alice.name, "daemon"], "daemon does not log in");
    let denied = host.usher(&alice, &["login", "console", &alice.name]);
    assert!(denied.stderr.contains("only root"), "{denied:?}");
    assert_eq!(shell_of(&host, "root"), "/bin/bash");
}

/// What the package does when it goes, with this done to the program before.
fn goes_with_the_package(spoil: &str) {
    let Some(host) = Host::own(Suite::Trixie) else { return };
    let alice = person(&host);
    host.root_usher(&["login", "console", &alice.name]).succeeds();
    assert!(host.content("/etc/shells").contains(LOGIN_SHELL));
    host.root(spoil).succeeds();
    host.root("dpkg --remove usher").succeeds();
    assert_eq!(shell_of(&host, &alice.name), "/bin/bash");
    assert!(!host.content("/etc/shells").contains(LOGIN_SHELL));
    let console = Console::of(&host);
    console.enter(&alice);
    console.wait("at-the-prompt>");
}

#[test]
fn login_shells_are_given_back_when_the_package_goes() {
    goes_with_the_package("true");
}

#[test]
fn login_shells_are_given_back_also_by_a_package_whose_program_is_broken() {
    goes_with_the_package("cp /bin/false /usr/bin/usher");
}

#[test]
fn a_console_lets_everybody_in_where_usherd_does_not_run() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let alice = person(&host);
    host.root_usher(&["login", "console", &alice.name]).succeeds();
    host.root("systemctl stop usherd.service").succeeds();
    let console = Console::of(&host);
    console.enter(&alice);
    console.wait("this is your plain login shell");
    console.wait("at-the-prompt>");
}

#[test]
fn nobody_gets_a_login_shell_that_is_not_there() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let alice = host.user("alice");
    host.root(&format!("rm {LOGIN_SHELL}")).succeeds();
    let ran = host.root_usher(&["login", "console", &alice.name]);
    assert!(ran.code == Some(1) && ran.stderr.contains("it comes with the package"), "{ran:?}");
    assert_eq!(shell_of(&host, &alice.name), "/bin/bash");
}
