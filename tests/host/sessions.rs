//! People log in, type and see, as they would anywhere.

use crate::harness::{DESKTOP, Host, X11, wait_until};
use crate::host;

fn is_on_x11(host: &Host, server: X11) {
    let alice = host.user("alice");
    let screen = host.x11(&alice, server);
    let told = |property| host.logind_session(&screen.session, property);
    assert_eq!([told("Type"), told("Class"), told("Name")], ["x11", "user", &alice.name]);

    assert!(screen.pixels().share(DESKTOP) > 0.5, "the desktop is seen");
    screen.type_keys("Hello, World\n");
    screen.wait_typed("Hello, World\r");

    let said = screen.shell("echo $DISPLAY; id -un; sed s/.*://p -n /proc/self/cgroup").succeeds();
    assert!(said.starts_with(&format!(":{}\n{}\n", screen.number, alice.name)), "{said}");
    assert!(said.contains(&format!("session-{}.scope", screen.session)), "{said}");

    screen.kill();
    wait_until("the session is gone", || !screen.exists());
}

#[test]
fn alice_is_on_xvfb_on_debian_12() {
    is_on_x11(&host!(Bookworm), X11::Xvfb);
}

#[test]
fn alice_is_on_xvnc_on_debian_12() {
    is_on_x11(&host!(Bookworm), X11::Xvnc);
}

#[test]
fn alice_is_on_xvfb_on_debian_13() {
    is_on_x11(&host!(Trixie), X11::Xvfb);
}

#[test]
fn alice_is_on_xvnc_on_debian_13() {
    is_on_x11(&host!(Trixie), X11::Xvnc);
}

#[test]
fn a_watch_sees_what_was_there_for_a_moment() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let watch = screen.watch_part((1000, 600, 16, 16), |picture| picture.share(DESKTOP) == 1.0);
    watch.more(10);
    screen.shell("xsetroot -solid red").succeeds();
    watch.more(10);
    screen.shell("xsetroot -solid '#206040'").succeeds();
    watch.more(10);
    let seen = watch.finish();
    assert!(!seen.wrong.is_empty() && seen.wrong.len() < seen.samples, "{} of {}", seen.wrong.len(), seen.samples);
    assert_eq!(seen.first_wrong.expect("a picture").pixel(3, 3), [255, 0, 0]);
}

fn is_there_by_ssh(host: &Host) {
    let mut bob = host.shell(&host.user("bob"));
    let told = |property| host.logind_session(&bob.session, property);
    assert_eq!([told("Service"), told("Class"), told("Remote")], ["sshd", "user", "yes"]);
    assert_eq!([told("Name"), told("RemoteHost")], [bob.user.name.clone(), bob.client.clone()]);
    assert!(bob.run("ps -o tty= -p $$").succeeds().contains("pts/"));
    assert_eq!(bob.run("exit 3").code, Some(3));

    host.root(&format!("loginctl terminate-session {}", bob.session)).succeeds();
    wait_until("the connection has ended", || bob.hung_up());
}

#[test]
fn bob_is_there_by_ssh_on_debian_12() {
    is_there_by_ssh(&host!(Bookworm));
}

#[test]
fn bob_is_there_by_ssh_on_debian_13() {
    is_there_by_ssh(&host!(Trixie));
}
