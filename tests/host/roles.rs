//! Who may do what, by the groups of the host's group database.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Host, PATIENCE, Screen, Suite, User, X11, wait_until};
use crate::host;
use crate::who::{listed, outcome, refusal, session};

/// The audit records of this actor.
fn audit(host: &Host, actor: &str) -> Vec<Value> {
    let records = host.root_usher(&["audit", "--output", "json"]).array();
    records.into_iter().filter(|record| record["actor"] == actor).collect()
}

#[test]
fn an_ordinary_user_sees_the_own_sessions_and_may_touch_no_other() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let bob = host.user("bob");
    let seen = host.usher(&alice.user, &["list", "--output", "json"]).array();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0]["user"], alice.user.name.as_str());
    assert!(host.usher(&bob, &["list", "--output", "json"]).array().is_empty());

    let id = alice.id();
    for verb in [
        &["lock", &id, "--message", "hello", "--output", "json"][..],
        &["unlock", &id, "--output", "json"],
        &["disconnect", &id, "--output", "json"],
        &["close", &id, "--output", "json"],
    ] {
        assert_eq!(refusal(&host.usher(&bob, verb)), "AccessDenied", "{verb:?}");
    }
    assert!(alice.exists() && session(&host, &alice)["locked"] == false);
    let mut tried: Vec<_> = audit(&host, &bob.name).iter().map(|r| r["action"].as_str().unwrap().to_owned()).collect();
    tried.sort();
    assert_eq!(tried, ["close", "disconnect", "lock", "unlock"]);
}

#[test]
fn an_operator_may_not_close_an_administrators_session() {
    let host = host!(Bookworm);
    let olga = host.user_in("olga", &["usher-operator"]);
    let adam = host.x11(&host.user_in("adam", &["usher-admin"]), X11::Xvfb);
    let id = adam.id();
    assert_eq!(refusal(&host.usher(&olga, &["close", &id, "--output", "json"])), "AccessDenied");
    assert_eq!(refusal(&host.usher(&olga, &["disconnect", &id, "--output", "json"])), "AccessDenied");
    let lock = host.usher(&olga, &["lock", &id, "--message", "x", "--output", "json"]);
    assert_eq!(refusal(&lock), "NotOrchestratable", "{lock:?}");
    assert!(adam.exists());
    let refused = audit(&host, &olga.name);
    let close = refused.iter().find(|r| r["action"] == "close").expect("a record of the close");
    assert_eq!(close["outcomes"][0]["error"]["id"], "AccessDenied");
    assert_eq!(session(&host, &adam)["admin"], true);
}

#[test]
fn a_group_counts_from_the_next_request_on() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let olga = host.user("olga");
    let id = alice.id();
    let lock = ["lock", &id, "--message", "Please listen", "--output", "json"];
    assert_eq!(refusal(&host.usher(&olga, &lock)), "AccessDenied");
    host.root(&format!("gpasswd --add {} usher-operator", olga.name)).succeeds();
    assert_eq!(outcome(&host.usher(&olga, &lock), 0)["result"], "done");
    host.root(&format!("gpasswd --delete {} usher-operator", olga.name)).succeeds();
    assert_eq!(refusal(&host.usher(&olga, &["unlock", &id, "--output", "json"])), "AccessDenied");
    host.root_usher(&["unlock", &id]).succeeds();

    // The same goes for who is locked.
    host.root(&format!("gpasswd --add {} usher-admin", alice.user.name)).succeeds();
    assert_eq!(refusal(&host.root_usher(&lock)), "NotOrchestratable");
}

#[test]
fn the_session_one_calls_from_is_never_touched() {
    let host = host!(Bookworm);
    let olga = host.x11(&host.user_in("olga", &["usher-operator"]), X11::Xvfb);
    let id = olga.id();
    for verb in ["lock --message x", "disconnect", "close"] {
        let said = olga.shell(&format!("usher {verb} {id} --output json; true")).succeeds();
        let outcomes: Vec<Value> = serde_json::from_str(&said).expect("JSON");
        assert_eq!(outcomes[0]["error"]["id"], "OwnSession", "{verb}: {said}");
    }
    // Not even through another user's identity: where one sits is not a matter of who one says one is.
    host.root("echo 'ALL ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/test; chmod 440 /etc/sudoers.d/test").succeeds();
    let said = olga.shell(&format!("sudo -n usher close {id} --output json; true")).succeeds();
    assert!(said.contains("OwnSession"), "{said}");
    wait_until("it is there", || olga.exists());
}

#[test]
fn who_watches_as_an_operator_sees_nothing_more_once_that_is_over() {
    let host = host!(Bookworm);
    let olga = host.user_in("olga", &["usher-operator"]);
    let mut watching = host.command_as(&olga.name);
    let mut watching = watching.args(["usher", "watch"]).stdout(Stdio::piped()).spawn().expect("usher watch");
    let mut events = BufReader::new(watching.stdout.take().expect("a pipe")).lines();
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let opened = events.find(|line| line.as_ref().is_ok_and(|line| line.contains(&screen.user.name)));
    assert!(opened.is_some(), "an operator sees what others do");
    host.root(&format!("gpasswd --delete {} usher-operator", olga.name)).succeeds();
    wait_until("the watch ends", || watching.try_wait().is_ok_and(|ended| ended.is_some()));
}

#[test]
fn an_ordinary_user_watches_their_own_sessions_and_nothing_else() {
    let host = host!(Bookworm);
    let (alice, bob) = (host.user("alice"), host.user("bob"));
    let mine = host.x11(&alice, X11::Xvfb);
    let mut watching = host.command_as(&alice.name);
    let mut watching = watching.args(["usher", "watch"]).stdout(Stdio::piped()).spawn().expect("usher watch");
    let (say, events) = std::sync::mpsc::channel::<Value>();
    let lines = BufReader::new(watching.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    std::thread::spawn(move || {
        lines.map(|line| serde_json::from_str(&line).expect("JSON")).all(|e| say.send(e).is_ok())
    });
    let lock = |screen: &Screen, message: &str| {
        host.root_usher(&["lock", &screen.session, "--message", message]).succeeds();
        host.root_usher(&["unlock", &screen.session]).succeeds();
    };
    // When the watch has begun nobody says: her session is locked until she sees it.
    wait_until("she sees what happens to her own session", || {
        lock(&mine, "first");
        events.try_recv().is_ok()
    });

    let other = host.x11(&bob, X11::Xvfb);
    lock(&other, "not hers");
    host.root_usher(&["block", "--user", &bob.name, "--message", "not hers either"]).succeeds();
    host.root_usher(&["unblock", "--user", &bob.name]).succeeds();
    other.kill();
    wait_until("usher has seen his end", || listed(&host, &other.session).is_none());
    lock(&mine, "last");
    let last = |event: &Value| event["event"] == "locked" && event["session"]["lock"]["message"] == "last";
    let mut seen: Vec<Value> = Vec::new();
    while !seen.last().is_some_and(last) {
        seen.push(events.recv_timeout(PATIENCE).expect("she sees what happens to her own session"));
    }
    assert!(seen.iter().all(|event| event["session"]["user"] == alice.name.as_str()), "{seen:?}");
    watching.kill().and_then(|()| watching.wait()).expect("it ends");
}

#[test]
fn users_who_fill_every_place_keep_neither_root_nor_operators_out() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let olga = host.user_in("olga", &["usher-operator"]);
    fs::write(host.path("/usr/local/bin/connections.py"), include_str!("attacks/connections.py")).expect("a script");
    let strangers: Vec<_> = (0..18).map(|_| host.user("stranger")).collect();
    for stranger in &strangers[1..] {
        let name = &stranger.name;
        let hold = "python3 /usr/local/bin/connections.py";
        host.root(&format!("systemd-run --quiet --collect --unit=hold-{name} -p User={name} {hold}")).succeeds();
    }
    let list = |user: &User| host.run(user, "timeout 5 usher list").code;
    wait_until("an ordinary user finds no place", || list(&strangers[0]) != Some(0));
    assert_eq!(list(&olga), Some(0));
    host.root_usher(&["list"]).succeeds();
    let said = host.journal("usherd").lines().filter(|line| line.contains("found no place")).count();
    assert!(said <= 2 * strangers.len(), "the journal has {said} lines of those who were refused");
}
