//! On a server for remote viewers, which draws the pointer itself.

use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;

use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::protocol::xtest::ConnectionExt as _;

use crate::can_run;
use crate::server::{Desktop, Server, Watcher, shows_desktop};
use crate::usherd::{Usherd, wait_until};

#[test]
fn an_idle_lock_and_a_moving_pointer_are_no_attack() {
    if !can_run("vnc::an_idle_lock_and_a_moving_pointer_are_no_attack", &["Xvnc"]) {
        return;
    }
    idle(&xvnc());
}

fn xvnc() -> Server {
    xvnc_with(&[])
}

/// A VNC server with these options; viewers find it at a socket called `vnc` in its directory.
pub fn xvnc_with(more: &[&str]) -> Server {
    let options = ["-geometry", "640x480", "-depth", "24", "-SecurityTypes", "None", "-rfbport", "-1"];
    Server::start("Xvnc", &[options.as_slice(), &["-rfbunixpath", "vnc"], more].concat())
}

#[test]
fn a_screen_that_grows_and_shrinks_stays_covered() {
    if !can_run("vnc::a_screen_that_grows_and_shrinks_stays_covered", &["Xvnc", "xrandr"]) {
        return;
    }
    let server = xvnc();
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    usherd.lock("You stay here");
    let watcher = Watcher::new(&server);
    for size in ["1024x768", "640x480", "1280x1024", "800x600"] {
        let mut xrandr = Command::new("xrandr");
        xrandr.args(["-s", size]).env("DISPLAY", format!(":{}", server.display));
        xrandr.env("XAUTHORITY", server.directory.path().join("Xauthority"));
        assert!(xrandr.status().expect("xrandr").success(), "{size}");
        let now = desktop.conn.get_geometry(desktop.root).expect("sent").reply().expect("a size");
        assert_eq!(format!("{}x{}", now.width, now.height), size);
        usherd.lock("You still stay here");
        desktop.type_and_click();
        assert_eq!(desktop.got(), 0, "{size}");
    }
    let seen = watcher.end();
    println!("samples: {}", seen.samples.load(Ordering::Relaxed));
    assert_eq!(seen.uncovered.load(Ordering::Relaxed), 0);
    usherd.unlock();
    wait_until("the desktop is back", || shows_desktop(&desktop.conn) && desktop.strangers() == 0);
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
}

#[test]
fn nor_are_they_on_a_server_without_viewers() {
    if can_run("vnc::nor_are_they_on_a_server_without_viewers", &["Xvfb"]) {
        idle(&Server::xvfb("640x480"));
    }
}

/// Locks, idles, moves the pointer: nothing of it may be taken for an attack.
fn idle(server: &Server) {
    let desktop = Desktop::new(server);
    let mut usherd = Usherd::start(server);
    usherd.lock("You stay here");
    // To be left alone for a while is what is tried here: nothing is waited for.
    std::thread::sleep(Duration::from_secs(3));
    for step in 0..400i16 {
        let place = step * 7 % 400;
        desktop.conn.xtest_fake_input(6, 0, 0, desktop.root, place, place, 0).expect("sent");
        desktop.sync();
    }
    // The first incident of a kind is told at once, so that it comes before the answer to a later order.
    usherd.lock("You still stay here");
    assert_eq!(usherd.incidents, []);
    assert!(!shows_desktop(&desktop.conn));
    assert_eq!(desktop.got(), 0);
    usherd.unlock();
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
}
