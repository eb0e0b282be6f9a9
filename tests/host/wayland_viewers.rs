//! `usher disconnect` of Wayland sessions at no seat: the viewers of wayvnc go, the session lives on.

use serde_json::Value;

use crate::harness::{Compositor, Desk, Host, wait_until};
use crate::host;
use crate::wayland::{shielded, without_a_lock};
use crate::who::{listed, outcome, session, wait_state};

/// Starts a VNC server that shows the session: its port.
#[track_caller]
fn served(host: &Host, desk: &Desk) -> u32 {
    let port = 5900 + desk.number;
    desk.start(&format!("wayvnc -o HEADLESS-1 127.0.0.1 {port}"));
    wait_until("wayvnc listens", || !host.root(&format!("ss -Hltn sport = :{port}")).stdout.is_empty());
    port
}

/// The connections that the server has.
fn connections(host: &Host, port: u32) -> String {
    host.root(&format!("ss -Htn state established sport = :{port}")).succeeds()
}

#[track_caller]
fn disconnect(host: &Host, desk: &Desk) -> Value {
    outcome(&host.root_usher(&["disconnect", &desk.id(), "--output", "json"]), 0)
}

#[track_caller]
fn is_done(outcome: &Value) {
    assert_eq!((outcome["result"].as_str(), outcome["observed"].as_bool()), (Some("done"), Some(true)), "{outcome}");
}

fn a_viewer_is_dropped_and_comes_back(host: &Host, desk: &Desk, compositor: Compositor) {
    wait_state(host, desk, "seen as one of a compositor", |s| s["kind"] == "wayland");
    let port = served(host, desk);
    assert_eq!(session(host, desk)["state"], "disconnected", "a server without viewers shows it to nobody");
    let viewer = host.viewer_at(port);
    wait_state(host, desk, "remote", |s| s["state"] == "remote" && s["client"] == "127.0.0.1");
    assert_ne!(connections(host, port), "");

    is_done(&disconnect(host, desk));
    assert_eq!(connections(host, port), "");
    let after = session(host, desk);
    assert_eq!((after["state"].as_str(), after["client"].as_str()), (Some("disconnected"), None));
    assert_eq!(disconnect(host, desk)["result"], "unchanged");
    viewer.leave();
    desk.types("draft");
    wait_until("its programs go on", || desk.typed().ends_with("draft"));

    let again = host.viewer_at(port);
    wait_state(host, desk, "remote again", |s| s["state"] == "remote");
    host.shows(
        compositor.kind(),
        "disconnect",
        "wayvnc has no connection, the programs go on, and a viewer may come back",
    );
    let closed = outcome(&host.root_usher(&["close", &desk.id(), "--output", "json"]), 0);
    is_done(&closed);
    assert!(listed(host, &desk.session).is_none() && !desk.exists());
    again.leave();
    host.shows(compositor.kind(), "close", "logind has no such session");
}

#[test]
fn a_viewer_of_wayvnc_is_seen_and_dropped_and_may_come_back_on_sway() {
    let host = host!(Trixie);
    a_viewer_is_dropped_and_comes_back(&host, &shielded(&host, Compositor::Sway), Compositor::Sway);
}

#[test]
fn a_viewer_of_wayvnc_is_seen_and_dropped_and_may_come_back_on_labwc() {
    let host = host!(Trixie);
    a_viewer_is_dropped_and_comes_back(&host, &shielded(&host, Compositor::Labwc), Compositor::Labwc);
}

fn the_same_without_a_lock(host: &Host, compositor: Compositor) {
    a_viewer_is_dropped_and_comes_back(host, &without_a_lock(host, compositor), compositor);
}

#[test]
fn a_viewer_is_dropped_also_where_the_compositor_has_no_lock() {
    the_same_without_a_lock(&host!(Trixie), Compositor::Cage);
}

/// The cage of Debian 12 has no virtual keyboard, so wayvnc does not start on it.
#[test]
fn where_no_viewer_can_come_a_session_is_disconnected_already() {
    let host = host!(Bookworm);
    let desk = without_a_lock(&host, Compositor::Cage);
    wait_state(&host, &desk, "seen as nobody's", |s| s["kind"] == "wayland" && s["state"] == "disconnected");
    let programs = || host.root(&format!("pgrep --uid {} -x foot", desk.user.name)).succeeds();
    let before = programs();
    assert_eq!(disconnect(&host, &desk)["result"], "unchanged");
    assert_eq!(programs(), before);
    host.shows(
        Compositor::Cage.kind(),
        "disconnect",
        "nobody sits there: it is disconnected already, and its programs go on",
    );
}

#[test]
fn a_viewer_of_sway_of_debian_12_is_dropped() {
    the_same_without_a_lock(&host!(Bookworm), Compositor::Sway);
}

#[test]
fn a_viewer_that_comes_through_an_ssh_tunnel_is_dropped() {
    let host = host!(Trixie);
    let desk = shielded(&host, Compositor::Sway);
    let port = served(&host, &desk);
    host.lets_in_by_key(&desk.user);
    let near = port + 1000;
    let unit = format!("tunnel-{near}");
    host.root(&format!(
        "systemd-run --quiet --collect --unit={unit} ssh -N -i /root/.ssh/test -o StrictHostKeyChecking=no -o \
         UserKnownHostsFile=/dev/null -L 127.0.0.1:{near}:127.0.0.1:{port} {}@127.0.0.1",
        desk.user.name
    ))
    .succeeds();
    wait_until("the tunnel is there", || !host.root(&format!("ss -Hltn sport = :{near}")).stdout.is_empty());
    let viewer = host.viewer_at(near);
    wait_state(&host, &desk, "remote", |s| s["state"] == "remote");
    is_done(&disconnect(&host, &desk));
    assert_eq!(connections(&host, port), "");
    assert_eq!(session(&host, &desk)["state"], "disconnected");
    viewer.leave();
    host.root(&format!("systemctl stop {unit}")).succeeds();
}

#[test]
fn what_the_sessions_programs_connect_to_is_no_viewer() {
    let host = host!(Trixie);
    let desk = shielded(&host, Compositor::Sway);
    // A browser is a client of the compositor too, with connections that it made itself.
    desk.start(
        "python3 -c \"
import os, socket, time
display = socket.socket(socket.AF_UNIX)
display.connect(os.path.join(os.environ['XDG_RUNTIME_DIR'], os.environ['WAYLAND_DISPLAY']))
page = socket.create_connection(('127.0.0.1', 22))
open('connected', 'w').write('x')
time.sleep(1000)\"",
    );
    let home = format!("/home/{}/.desk-{}", desk.user.name, desk.number);
    wait_until("the page is connected", || host.path(format!("{home}/connected")).exists());
    assert_eq!(disconnect(&host, &desk)["result"], "unchanged");
    assert_eq!(session(&host, &desk)["state"], "disconnected");
}
