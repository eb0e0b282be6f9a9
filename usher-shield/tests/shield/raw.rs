//! Raw input, which the X server sends to whoever asks for it and which no grab holds (X Input Extension 2.1): under
//! `--freeze` there is none.

use rustix::process::Signal;

use crate::attacker::Attacker;
use crate::can_run;
use crate::kill::kill_both;
use crate::server::{Desktop, Server};
use crate::usherd::{Usherd, kill, wait_until};
use crate::viewer::Viewer;
use crate::vnc::xvnc_with;

/// A display, a spy in the session, and somebody who types as people do.
struct Scene {
    server: Server,
    desktop: Desktop,
    spy: Attacker,
    viewer: Option<Viewer>,
}

impl Scene {
    fn new(server: Server, viewer: Option<Viewer>) -> Scene {
        let (desktop, mut spy) = (Desktop::new(&server), Attacker::start(&server));
        spy.tell("raw");
        Scene { server, desktop, spy, viewer }
    }

    /// What the spy learns of a key that is typed: at the viewer, where there is one, and on each of the server's own keyboards.
    fn learns(&mut self) -> usize {
        self.spy.tell("count");
        if let Some(viewer) = &mut self.viewer {
            viewer.type_key(b'a');
        }
        for keyboard in self.desktop.own_keyboards() {
            self.desktop.press_on(keyboard, 38, true);
            self.desktop.press_on(keyboard, 38, false);
        }
        self.spy.tell("count")
    }

    /// Whether keys and clicks come to the window that has the focus.
    fn works(&self) -> bool {
        self.desktop.got();
        self.desktop.type_and_click();
        self.desktop.got() == 3
    }
}

fn none_comes(mut scene: Scene) {
    let mut usherd = Usherd::start(&scene.server);
    let before = scene.desktop.devices();
    assert!(scene.learns() > 0 && scene.works());
    usherd.lock("You stay here");
    assert!(scene.learns() > 0, "no grab keeps it");
    let told = usherd.lock_frozen("You stay here, frozen").notes;
    assert_eq!((scene.learns(), told.len()), (0, 0), "{told:?}");
    usherd.unlock();
    assert_eq!(scene.desktop.devices(), before);
    assert!(scene.learns() > 0 && scene.works());
    // From the start, and then no longer.
    usherd.lock_frozen("You stay here, frozen");
    assert_eq!(scene.learns(), 0);
    usherd.lock("You stay here");
    assert!(scene.learns() > 0);
    usherd.unlock();
    assert_eq!(scene.desktop.devices(), before);
    assert!(scene.works());
    assert_eq!(usherd.incidents, []);
}

#[test]
fn under_freeze_no_raw_input_comes_from_a_server_without_viewers() {
    if can_run("raw::under_freeze_no_raw_input_comes_from_a_server_without_viewers", &["Xvfb"]) {
        none_comes(Scene::new(Server::xvfb("320x240"), None));
    }
}

#[test]
fn under_freeze_no_raw_input_comes_from_a_viewer() {
    if can_run("raw::under_freeze_no_raw_input_comes_from_a_viewer", &["Xvnc"]) {
        let server = xvnc_with(&[]);
        let viewer = Viewer::connect(&server);
        none_comes(Scene::new(server, Some(viewer)));
    }
}

#[test]
fn killed_shields_leave_the_devices_as_they_were() {
    if !can_run("raw::killed_shields_leave_the_devices_as_they_were", &["Xvfb"]) {
        return;
    }
    let mut scene = Scene::new(Server::xvfb("320x240"), None);
    let before = scene.desktop.devices();
    let mut usherd = Usherd::start(&scene.server);
    usherd.lock_frozen("You stay here");
    let leader = usherd.hello.pids[0];
    kill(leader, Signal::KILL);
    wait_until("the other has taken over", || {
        usherd.connect_again();
        usherd.hello.pids.len() == 2 && !usherd.hello.pids.contains(&leader)
    });
    usherd.await_status(|status| status.covered && status.input_held);
    assert_eq!(scene.learns(), 0);
    usherd.unlock();
    assert_eq!(scene.desktop.devices(), before);
    usherd.lock_frozen("You stay here again");
    kill_both(&usherd);
    drop(usherd);
    assert_eq!(scene.learns(), 0);
    let mut usherd = Usherd::start(&scene.server);
    usherd.unlock();
    assert_eq!(scene.desktop.devices(), before);
    assert!(scene.learns() > 0 && scene.works());
}

#[test]
fn a_device_that_is_turned_on_again_is_turned_off() {
    if !can_run("raw::a_device_that_is_turned_on_again_is_turned_off", &["Xvfb"]) {
        return;
    }
    let mut scene = Scene::new(Server::xvfb("320x240"), None);
    let mut usherd = Usherd::start(&scene.server);
    usherd.lock_frozen("You stay here");
    assert!(scene.spy.tell("enable") > 0);
    usherd.await_incident("was turned on, and off again");
    assert_eq!(scene.learns(), 0);
}
