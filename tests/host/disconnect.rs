//! `usher disconnect` on virtual displays: the client goes, the session lives on.

use crate::harness::{DESKTOP, GROUND, Host, Suite, X11, covered, wait_until};
use crate::host;
use crate::thumbnail::{Shot, file, look};
use crate::who::{listed, outcome, refusal, session, wait_state};

fn a_viewer_is_dropped_and_comes_back(host: &Host) {
    let nobodys = host.x11(&host.user("bob"), X11::Xvfb);
    let none = outcome(&host.root_usher(&["disconnect", &nobodys.id(), "--output", "json"]), 0);
    assert_eq!((&none["result"], &session(host, &nobodys)["state"]), (&"unchanged".into(), &"disconnected".into()));
    nobodys.type_keys("draft\n");
    nobodys.wait_typed("draft\r");
    host.shows("x11-xvfb", "disconnect", "nobody sits there: it is disconnected already, and its programs go on");

    let screen = host.x11(&host.user("alice"), X11::Xvnc);
    assert_eq!(session(host, &screen)["state"], "disconnected");
    let viewer = host.viewer(&screen);
    wait_state(host, &screen, "remote", |s| s["state"] == "remote" && s["client"] == "127.0.0.1");
    screen.type_keys("draft\n");

    let gone = outcome(&host.root_usher(&["disconnect", &screen.id(), "--output", "json"]), 0);
    assert_eq!((gone["result"].as_str(), gone["observed"].as_bool()), (Some("done"), Some(true)), "{gone}");
    let after = session(host, &screen);
    assert_eq!((after["state"].as_str(), after["client"].as_str()), (Some("disconnected"), None));
    let again = outcome(&host.root_usher(&["disconnect", &screen.id(), "--output", "json"]), 0);
    assert_eq!(again["result"], "unchanged");
    viewer.leave();

    let again = host.viewer(&screen);
    wait_state(host, &screen, "remote again", |s| s["state"] == "remote");
    screen.type_keys("and more\n");
    screen.wait_typed("draft\rand more\r");
    again.leave();
    wait_state(host, &screen, "disconnected", |s| s["state"] == "disconnected");
    host.shows("x11-vnc", "disconnect", "the viewer has ended, the programs go on, and a viewer may come back");
}

#[test]
fn a_viewer_of_xvnc_is_seen_and_dropped_and_may_come_back_on_debian_12() {
    a_viewer_is_dropped_and_comes_back(&host!(Bookworm));
}

#[test]
fn a_viewer_of_xvnc_is_seen_and_dropped_and_may_come_back_on_debian_13() {
    a_viewer_is_dropped_and_comes_back(&host!(Trixie));
}

#[test]
fn a_viewer_that_comes_to_a_locked_session_sees_the_lock() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvnc);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    let watch = screen.watch(covered);
    let viewer = host.viewer(&screen);
    wait_state(&host, &screen, "remote and locked", |s| s["state"] == "remote" && s["locked"] == true);
    viewer.display().type_keys("secret\n");
    watch.more(20);
    watch.finish().always_right();
    // Around it is the viewer's own window.
    wait_until("the viewer shows the lock", || viewer.display().picture().share(GROUND) > 0.2);
    assert!(!viewer.display().picture().has(DESKTOP));
    assert_eq!(screen.typed(), "");
}

/// What somebody at a client of xrdp's sees, types, and finds again.
fn by_xrdp(host: &Host) {
    let carol = host.user("carol");
    let (screen, client) = host.xrdp(&carol);
    wait_state(host, &screen, "remote", |s| s["kind"] == "x11" && s["state"] == "remote" && s["client"] == "127.0.0.1");
    wait_until("she sees her desktop", || client.display().picture().share(DESKTOP) > 0.2);
    client.display().point(400, 300);
    client.display().type_keys("a draft");
    screen.wait_typed("a draft");

    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    wait_until("she sees the lock", || covered(&client.display().picture()));
    let watch = screen.watch(covered);
    client.display().type_keys("secret");
    watch.more(20);
    watch.finish().always_right();
    let own = host.user_in("olga", &["usher-operator"]);
    look(host, &own, &screen.id(), "fullscreen").succeeds();
    let shot = Shot::read(host, &file(&own));
    assert!(!shot.has(DESKTOP) && shot.at(0, 0) == GROUND, "the cover, and nothing of the desktop");
    host.root_usher(&["unlock", &screen.session]).succeeds();
    look(host, &own, &screen.id(), "fullscreen").succeeds();
    assert!(Shot::read(host, &file(&own)).has(DESKTOP), "the desktop again");
    host.shows("x11-xrdp", "thumbnail", "the pixels of the display itself, under a lock those of its cover");
    wait_until("she sees her desktop again", || client.display().picture().share(DESKTOP) > 0.2);

    let gone = outcome(&host.root_usher(&["disconnect", &screen.id(), "--output", "json"]), 0);
    assert_eq!((gone["result"].as_str(), gone["observed"].as_bool()), (Some("done"), Some(true)), "{gone}");
    client.wait_gone();
    assert_eq!(session(host, &screen)["state"], "disconnected");
    assert_eq!(screen.typed(), "a draft", "her programs live on, and got no key under the lock");

    let again = host.xrdp_client(&carol);
    wait_state(host, &screen, "remote again", |s| s["state"] == "remote");
    wait_until("she sees her desktop", || again.display().picture().share(DESKTOP) > 0.2);
    again.display().point(400, 300);
    again.display().type_keys(" and more");
    screen.wait_typed("a draft and more");

    let closed = outcome(&host.root_usher(&["close", &screen.id(), "--output", "json"]), 0);
    assert_eq!(closed["observed"], true, "{closed}");
    assert!(listed(host, &screen.session).is_none() && !screen.exists());
    again.wait_gone();
    host.shows(
        "x11-xrdp",
        "lock",
        "the client shows the lock alone, no key arrives; the desktop again after the unlock",
    );
    host.shows("x11-xrdp", "disconnect", "the client has ended, the programs go on, and the next client finds them");
    host.shows("x11-xrdp", "close", "logind has no such session, and the client has ended");
}

#[test]
fn who_comes_by_xrdp_is_locked_disconnected_resumes_and_is_closed_on_debian_12() {
    by_xrdp(&host!(Bookworm));
}

#[test]
fn who_comes_by_xrdp_is_locked_disconnected_resumes_and_is_closed_on_debian_13() {
    let host = host!(Trixie);
    assert_eq!(host.suite(), Suite::Trixie);
    by_xrdp(&host);
}

fn an_ssh_login_is_closed_and_no_more(host: &Host) {
    let bob = host.ssh(&host.user("bob"), "sleep 1000");
    let id = bob.session.clone();
    wait_until("it is listed", || listed(host, &id).is_some_and(|s| s["kind"] == "ssh" && s["state"] == "remote"));
    assert_eq!(refusal(&host.root_usher(&["disconnect", &id, "--output", "json"])), "NotSupported");
    assert_eq!(listed(host, &id).expect("the session")["locked"], false);
    assert_eq!(outcome(&host.root_usher(&["close", &id, "--output", "json"]), 0)["observed"], true);
    assert!(listed(host, &id).is_none());
    host.shows_refusal("ssh", "disconnect", "nothing would be left to return to; NotSupported");
    host.shows("ssh", "close", "logind has no such session");
}

#[test]
fn an_ssh_login_is_not_disconnected_and_it_is_said_why_but_closed_on_debian_12() {
    an_ssh_login_is_closed_and_no_more(&host!(Bookworm));
}

#[test]
fn an_ssh_login_is_not_disconnected_and_it_is_said_why_but_closed_on_debian_13() {
    an_ssh_login_is_closed_and_no_more(&host!(Trixie));
}
