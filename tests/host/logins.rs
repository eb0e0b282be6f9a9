//! What users do to logind and to the group database keeps no login from being covered.

use std::fs;

use crate::harness::{Host, Ran, Screen, Suite, User, X11, covered, wait_until};
use crate::who::{locked, refusal};

/// Runs `usher` as this user where names of groups cannot be looked up.
fn usher_by_number(host: &Host, user: &User, arguments: &str) -> Ran {
    let User { uid, .. } = user;
    host.root(&format!("setpriv --reuid {uid} --regid {uid} --clear-groups usher {arguments}"))
}

#[test]
fn a_user_who_tells_logind_a_thousand_things_keeps_no_login_from_being_covered() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let (mallory, bob) = (host.user("mallory"), host.user("bob"));
    fs::write(host.path("/usr/local/bin/idle_hints.py"), include_str!("attacks/idle_hints.py")).expect("a script");
    host.root_usher(&["block", "--user", &bob.name, "--message", "Not now"]).succeeds();
    let screen = host.x11(&mallory, X11::Xvfb);
    let hints = format!("/home/{}/hints", mallory.name);
    // logind does all of it at once, however quick it is: what it says of a thousand changes lies before its next answer.
    host.root("systemctl kill --signal=STOP systemd-logind").succeeds();
    screen.start("exec python3 /usr/local/bin/idle_hints.py $HOME/hints");
    wait_until("a thousand things wait for logind", || host.content(format!("{hints}.sent")) == "yes");
    host.root("systemctl kill --signal=CONT systemd-logind").succeeds();
    let told = || host.content(&hints).parse::<u32>().unwrap_or(0);
    let bob = host.x11(&bob, X11::Xvfb);
    wait_until("the new login is covered", || locked(&host, &bob) && covered(&bob.pixels()));
    // All that while, and on.
    let before = told();
    wait_until("logind is told more", || told() > before);
    bob.type_keys("secret\n");
    assert_eq!(bob.typed(), "");
}

/// A locked session of a group under a rule, and one of somebody else.
fn pupil_and_guest(host: &Host) -> (Screen, Screen) {
    host.root("groupadd pupils").succeeds();
    let alice = host.x11(&host.user_in("alice", &["pupils"]), X11::Xvfb);
    let bob = host.x11(&host.user("bob"), X11::Xvfb);
    host.root_usher(&["block", "--group", "pupils", "--message", "Not now"]).succeeds();
    assert!(locked(host, &alice) && !locked(host, &bob));
    (alice, bob)
}

/// Starts a daemon that never knew the groups: it covers everybody whom the rule may be about.
fn restarted_without_groups(host: &Host, alice: &Screen, bob: &Screen) {
    host.root("systemctl restart usherd").succeeds();
    wait_until("the new daemon serves root", || host.root_usher(&["list"]).code == Some(0));
    assert!(locked(host, alice));
    wait_until("the rule covers whose groups nobody knows", || locked(host, bob));
}

#[test]
fn a_group_database_that_fails_uncovers_nobody_and_gives_nobody_a_role() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let (alice, bob) = pupil_and_guest(&host);
    let olga = host.user_in("olga", &["usher-operator"]);
    let (alice_id, bob_id) = (alice.id(), bob.id());
    let watch = alice.watch(covered);

    host.root("mv /etc/group /etc/group.away").succeeds();
    // What the groups were counts for those who are looked at, and not for those who ask.
    assert_eq!(refusal(&usher_by_number(&host, &olga, &format!("close {bob_id} --output json"))), "AccessDenied");
    assert_eq!(refusal(&usher_by_number(&host, &olga, &format!("unlock {alice_id} --output json"))), "AccessDenied");
    host.root_usher(&["unlock", &bob_id]).succeeds();
    assert!(locked(&host, &alice) && !locked(&host, &bob));

    restarted_without_groups(&host, &alice, &bob);
    watch.more(20);
    watch.finish().always_right();

    host.root("mv /etc/group.away /etc/group").succeeds();
    wait_until("it covers no longer who is not in the group", || !locked(&host, &bob));
    assert!(locked(&host, &alice));
    host.usher(&olga, &["close", &bob_id]).succeeds();
}

#[test]
fn a_group_database_that_never_answers_a_new_daemon_uncovers_nobody() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let (alice, bob) = pupil_and_guest(&host);
    let watch = alice.watch(covered);

    // Who opens a pipe that nobody writes to waits.
    host.root("mv /etc/group /etc/group.away && mkfifo -m 644 /etc/group").succeeds();
    restarted_without_groups(&host, &alice, &bob);
    watch.more(20);
    watch.finish().always_right();

    host.root("mv /etc/group /etc/group.pipe && mv /etc/group.away /etc/group && : 1<>/etc/group.pipe").succeeds();
    wait_until("it covers no longer who is not in the group", || !locked(&host, &bob));
    assert!(locked(&host, &alice));
}
