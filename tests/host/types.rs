//! What a session's own user says of its type changes nothing about what can be done to it.

use crate::harness::{Client, DESKTOP, Host, Screen, Suite, X11, covered, wait_until};
use crate::host;
use crate::hostile::{disconnect, pid};
use crate::who::{outcome, wait_state};

/// Gives the session this type, as its user, for as long as the program runs that this gives the process of.
fn set_type(screen: &Screen, kind: &str) -> String {
    let script = screen.host.script("set-type", include_str!("attacks/set_type.py"));
    screen.start(&format!("echo $$ > $HOME/{kind}; exec python3 {script} {kind}"));
    wait_until("the type is another", || screen.host.logind_session(&screen.session, "Type") == kind);
    pid(screen, kind)
}

/// Everything that can be done to a session on X11 is done to this one, at which somebody sits.
fn is_on_x11(host: &Host, screen: &Screen, client: &Client) {
    wait_state(host, screen, "on X11, remote", |s| s["kind"] == "x11" && s["state"] == "remote");
    let lock = ["lock", &screen.session, "--message", "Please listen", "--output", "json"];
    let locked = outcome(&host.root_usher(&lock), 0);
    assert_eq!((locked["result"].as_str(), locked["observed"].as_bool()), (Some("done"), Some(true)), "{locked}");
    assert!(covered(&screen.pixels()));
    let of_xrdp = host.logind_session(&screen.session, "Service").starts_with("xrdp");
    assert_eq!(locked["notes"].to_string().contains("what a client of xrdp shares"), of_xrdp, "{locked}");
    let file = format!("/tmp/type-{}.png", screen.number);
    host.root_usher(&["thumbnail", &screen.id(), "-o", &file]).succeeds();
    assert!(host.content(&file).contains("PNG"), "a picture");
    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("the desktop is back", || screen.pixels().share(DESKTOP) > 0.5);
    let gone = disconnect(host, screen);
    assert_eq!((gone["result"].as_str(), gone["observed"].as_bool()), (Some("done"), Some(true)), "{gone}");
    wait_state(host, screen, "disconnected", |s| s["state"] == "disconnected");
    client.leave();
}

/// With a viewer of TigerVNC's server.
fn no_way_out_of_vnc(host: &Host) {
    let alice = host.x11(&host.user("alice"), X11::Xvnc);
    for kind in ["wayland", "tty", "unspecified", "mir"] {
        let viewer = host.viewer(&alice);
        let says = set_type(&alice, kind);
        is_on_x11(host, &alice, &viewer);
        host.root(&format!("kill -9 {says}")).succeeds();
        wait_until("the type is as it was", || host.logind_session(&alice.session, "Type") == "x11");
    }
}

#[test]
fn the_type_of_a_session_is_no_way_out_of_a_verb_on_debian_12() {
    no_way_out_of_vnc(&host!(Bookworm));
}

#[test]
fn the_type_of_a_session_is_no_way_out_of_a_verb_on_debian_13() {
    no_way_out_of_vnc(&host!(Trixie));
}

/// xrdp of this release tells PAM where the client is, so that logind calls the session a remote one. Of its two servers
/// Xorg takes control of the session itself, and with Xvnc the user may.
#[test]
fn the_type_of_a_session_of_xrdps_is_no_way_out_of_a_verb() {
    let Some(host) = Host::own(Suite::Trixie) else { return };
    host.root("sed -i 's/^autorun=.*/autorun=Xvnc/' /etc/xrdp/xrdp.ini").succeeds();
    let (screen, client) = host.xrdp(&host.user("carol"));
    let of = |property: &str| host.logind_session(&screen.session, property);
    assert_eq!((of("Remote"), of("Service")), ("yes".to_owned(), "xrdp-sesman".to_owned()));
    let (before, mut client) = (of("Type"), Some(client));
    for kind in ["tty", "unspecified"] {
        let here = client.take().unwrap_or_else(|| host.xrdp_client(&screen.user));
        let says = set_type(&screen, kind);
        is_on_x11(&host, &screen, &here);
        host.root(&format!("kill -9 {says}")).succeeds();
        wait_until("the type is as it was", || of("Type") == before);
    }
}
