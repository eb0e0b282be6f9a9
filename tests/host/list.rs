//! What `usher list` says of people who are there, held against what they are and do.

use jiff::Timestamp;

use crate::harness::{X11, wait_until};
use crate::host;
use crate::who::{listed, session};

#[test]
fn a_display_is_listed_with_its_user_its_title_and_the_moment_it_began() {
    let host = host!(Bookworm);
    let before = Timestamp::now();
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let after = Timestamp::now();
    let said = session(&host, &alice);
    assert_eq!(said["user"], alice.user.name.as_str());
    assert_eq!(said["uid"], alice.user.uid);
    assert_eq!((said["kind"].as_str(), said["native_id"].as_str()), (Some("x11"), Some(alice.session.as_str())));
    assert_eq!((said["admin"].as_bool(), said["operator"].as_bool()), (Some(false), Some(false)));
    let since: Timestamp = said["since"].as_str().expect("a time").parse().expect("a time");
    assert!(before <= since && since <= after, "{since} is between {before} and {after}");

    let title = || listed(&host, &alice.session).and_then(|s| Some(s["title"].as_str()?.to_owned()));
    wait_until("the title of the window that has the focus is listed", || title().as_deref() == Some("typed"));
    alice.shell("xdotool getactivewindow set_window --name 'Essay.odt – Writer'").succeeds();
    wait_until("another title is listed", || title().as_deref() == Some("Essay.odt – Writer"));
}

#[test]
fn who_types_is_idle_for_less_time_than_before() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let idle = || listed(&host, &alice.session).and_then(|s| s["idle_seconds"].as_u64()).unwrap_or_default();
    wait_until("she was idle for more than the step in which idle time is known", || idle() > 11);
    alice.type_keys("x");
    wait_until("she is not idle any more", || idle() <= 11);
}

#[test]
fn an_ssh_login_is_listed_with_its_user_and_where_it_comes_from() {
    let host = host!(Bookworm);
    let bob = host.shell(&host.user("bob"));
    wait_until("the login is listed", || listed(&host, &bob.session).is_some());
    let said = listed(&host, &bob.session).expect("a session");
    assert_eq!((said["kind"].as_str(), said["state"].as_str()), (Some("ssh"), Some("remote")));
    assert_eq!(
        (said["user"].as_str(), said["uid"].as_u64()),
        (Some(bob.user.name.as_str()), Some(bob.user.uid.into()))
    );
    assert_eq!(said["client"], bob.client.as_str());
}
