//! What is copied does not pass between a locked session and the viewers of its VNC server.

use rustix::process::Signal;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, SelectionNotifyEvent,
    SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::attacker::Attacker;
use crate::can_run;
use crate::kill::kill_both;
use crate::server::Server;
use crate::usherd::{Usherd, kill, wait_until};
use crate::viewer::Viewer;
use crate::vnc::xvnc_with;

/// A program of the session's that copies and pastes (Inter-Client Communication Conventions Manual, chapter 2).
struct Copier {
    conn: RustConnection,
    window: Window,
    clipboard: Atom,
    targets: Atom,
    text: Atom,
    here: Atom,
    /// How often it was asked for anything.
    asked: usize,
}

impl Copier {
    fn new(server: &Server) -> Copier {
        let conn = server.connect();
        let (root, window) = (conn.setup().roots[0].root, conn.generate_id().expect("an ID"));
        let (class, look) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
        conn.create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &look).expect("sent");
        let atom = |name: &str| conn.intern_atom(false, name.as_bytes()).expect("sent").reply().expect("an atom").atom;
        let (clipboard, targets, text, here) = (atom("CLIPBOARD"), atom("TARGETS"), atom("UTF8_STRING"), atom("HERE"));
        Copier { conn, window, clipboard, targets, text, here, asked: 0 }
    }

    /// Copies, and answers the server until it asks for nothing more.
    fn copy(&mut self, what: &str) {
        self.asked = 0;
        self.conn.set_selection_owner(self.window, self.clipboard, x11rb::CURRENT_TIME).expect("sent");
        loop {
            self.conn.sync().expect("the server");
            let Some(event) = self.conn.poll_for_event().expect("events") else { break };
            if let Event::SelectionRequest(request) = event {
                self.asked += 1;
                self.answer(&request, what);
            }
        }
        assert!(self.asked > 0, "the server looks at what is copied");
    }

    fn answer(&self, request: &SelectionRequestEvent, what: &str) {
        let SelectionRequestEvent { requestor, property, target, .. } = *request;
        if target == self.targets {
            let kinds = [self.text, AtomEnum::STRING.into()];
            self.conn.change_property32(PropMode::REPLACE, requestor, property, AtomEnum::ATOM, &kinds).expect("sent");
        } else {
            self.conn.change_property8(PropMode::REPLACE, requestor, property, target, what.as_bytes()).expect("sent");
        }
        let event = SelectionNotifyEvent {
            response_type: x11rb::protocol::xproto::SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor,
            selection: request.selection,
            target,
            property,
        };
        self.conn.send_event(false, requestor, EventMask::NO_EVENT, event).expect("sent");
    }

    /// Pastes what viewers have copied. Such a server answers at once, or not at all.
    fn paste(&self) -> Option<String> {
        let (window, clipboard, text) = (self.window, self.clipboard, self.text);
        self.conn.convert_selection(window, clipboard, text, self.here, x11rb::CURRENT_TIME).expect("sent");
        self.conn.sync().expect("the server");
        let mut events = std::iter::from_fn(|| self.conn.poll_for_event().expect("events"));
        let found = events.any(|event| matches!(event, Event::SelectionNotify(e) if e.property == self.here));
        let asked = self.conn.get_property(true, window, self.here, AtomEnum::ANY, 0, 100).expect("sent");
        found.then(|| String::from_utf8_lossy(&asked.reply().expect("a property").value).into_owned())
    }
}

/// A server, somebody at a viewer, and a program in the session.
struct Scene {
    server: Server,
    viewer: Viewer,
    copier: Copier,
}

impl Scene {
    fn new(options: &[&str]) -> Scene {
        let server = xvnc_with(options);
        let (viewer, copier) = (Viewer::connect(&server), Copier::new(&server));
        Scene { server, viewer, copier }
    }

    /// Whether what the session copies comes to the viewer.
    fn goes_out(&mut self, what: &str) -> bool {
        self.copier.copy(what);
        self.viewer.settle();
        self.viewer.heard.iter().any(|heard| heard == what)
    }

    /// Whether what the viewer copies comes to the session.
    fn comes_in(&mut self, what: &str) -> bool {
        self.viewer.copy(what);
        self.copier.paste().as_deref() == Some(what)
    }

    fn passes(&mut self, what: &str) -> (bool, bool) {
        (self.comes_in(&format!("{what}, in")), self.goes_out(&format!("{what}, out")))
    }
}

#[test]
fn what_is_copied_passes_before_and_after_a_lock_and_not_under_it() {
    if !can_run("clipboard::what_is_copied_passes_before_and_after_a_lock_and_not_under_it", &["Xvnc"]) {
        return;
    }
    let mut scene = Scene::new(&[]);
    let mut usherd = Usherd::start(&scene.server);
    assert_eq!(scene.passes("before"), (true, true));
    usherd.lock("You stay here");
    assert_eq!(scene.passes("locked"), (false, false));
    usherd.lock("You still stay here");
    assert_eq!(scene.passes("locked again"), (false, false));
    usherd.unlock();
    assert_eq!(scene.passes("after"), (true, true));
    assert_eq!(usherd.incidents, []);
}

#[test]
fn a_way_that_was_closed_before_stays_closed_after() {
    if !can_run("clipboard::a_way_that_was_closed_before_stays_closed_after", &["Xvnc"]) {
        return;
    }
    let mut scene = Scene::new(&["-SendCutText=0"]);
    let mut usherd = Usherd::start(&scene.server);
    usherd.lock("You stay here");
    assert_eq!(scene.passes("locked"), (false, false));
    usherd.unlock();
    assert_eq!(scene.passes("after"), (true, false));
}

#[test]
fn killed_shields_leave_the_clipboard_as_it_was() {
    if !can_run("clipboard::killed_shields_leave_the_clipboard_as_it_was", &["Xvnc"]) {
        return;
    }
    let mut scene = Scene::new(&[]);
    let mut usherd = Usherd::start(&scene.server);
    usherd.lock("You stay here");
    let leader = usherd.hello.pids[0];
    kill(leader, Signal::KILL);
    wait_until("the other has taken over", || {
        usherd.connect_again();
        usherd.hello.pids.len() == 2 && !usherd.hello.pids.contains(&leader)
    });
    assert_eq!(scene.passes("locked"), (false, false));
    usherd.unlock();
    assert_eq!(scene.passes("between"), (true, true));
    usherd.lock("You stay here again");
    kill_both(&usherd);
    drop(usherd);
    assert_eq!(scene.passes("nobody is there"), (false, false));
    let mut usherd = Usherd::start(&scene.server);
    usherd.unlock();
    assert_eq!(scene.passes("after"), (true, true));
}

#[test]
fn who_turns_it_on_again_is_noticed() {
    if !can_run("clipboard::who_turns_it_on_again_is_noticed", &["Xvnc"]) {
        return;
    }
    let mut scene = Scene::new(&[]);
    let mut attacker = Attacker::start(&scene.server);
    let mut usherd = Usherd::start(&scene.server);
    usherd.lock("You stay here");
    assert_eq!(attacker.tell("clipboard"), 2, "the server obeys everybody");
    usherd.await_incident("was turned on, and off again");
    assert_eq!(scene.passes("locked"), (false, false));
    usherd.unlock();
    assert_eq!(scene.passes("after"), (true, true));
}

#[test]
fn a_server_that_lets_nobody_turn_it_off_is_told_of() {
    if !can_run("clipboard::a_server_that_lets_nobody_turn_it_off_is_told_of", &["Xvnc"]) {
        return;
    }
    let mut scene = Scene::new(&["-AllowOverride=desktop"]);
    let mut usherd = Usherd::start(&scene.server);
    let told = usherd.lock("You stay here").notes;
    assert!(told.iter().any(|note| note.contains("clipboard")), "{told:?}");
    assert_eq!(scene.passes("locked"), (true, true));
}
