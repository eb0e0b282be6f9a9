//! What a user with a cookie does to the covers, and what comes of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use x11rb::connection::Connection as _;
use x11rb::protocol::composite::ConnectionExt as _;
use x11rb::protocol::res::{Client, ConnectionExt as _};
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, GrabMode,
    Rectangle, StackMode, Window, WindowClass,
};

use crate::can_run;
use crate::server::{Desktop, SIGNAL, Server, Watcher, shows_desktop};
use crate::usherd::{Usherd, cover, wait_until};

/// A locked display and its user.
struct Locked {
    server: Server,
    desktop: Desktop,
    usherd: Usherd,
    /// The composite overlay, which no query of the tree shows.
    overlay: Window,
}

fn locked() -> Locked {
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    usherd.lock("You stay here");
    desktop.conn.composite_query_version(0, 4).expect("sent").reply().expect("the extension");
    let overlay = desktop.conn.composite_get_overlay_window(desktop.root).expect("sent").reply().expect("an overlay");
    Locked { server, desktop, usherd, overlay: overlay.overlay_win }
}

impl Locked {
    /// Every window that is not the user's own, with those inside.
    fn theirs(&self) -> Vec<Window> {
        let (mut found, mut unseen) = (Vec::new(), vec![self.desktop.root, self.overlay]);
        while let Some(window) = unseen.pop() {
            let Ok(tree) = self.desktop.conn.query_tree(window).expect("sent").reply() else { continue };
            let strangers = tree.children.into_iter().filter(|child| *child != self.desktop.window);
            for child in strangers {
                found.push(child);
                unseen.push(child);
            }
        }
        found
    }

    /// Does something to every window of the covers, twenty times, while the screen is watched. In
    /// the end it is covered again and input is held; `never` where no sample may show the desktop.
    fn attacked(mut self, never: bool, incident: &str, attack: impl Fn(&Desktop, Window)) {
        let watcher = Watcher::new(&self.server);
        for _ in 0..20 {
            for window in self.theirs() {
                attack(&self.desktop, window);
            }
            self.desktop.sync();
            self.desktop.type_and_click();
        }
        self.usherd.await_incident(incident);
        wait_until("the desktop is covered again", || !shows_desktop(&self.desktop.conn));
        self.usherd.await_status(|status| status.covered && status.input_held);
        let seen = watcher.end();
        let uncovered = seen.uncovered.load(Ordering::Relaxed);
        let (samples, longest) = (seen.samples.load(Ordering::Relaxed), *seen.longest.lock().expect("a lock"));
        println!("{incident}: {uncovered} of {samples} samples uncovered, longest {longest:?}");
        assert!(!never || uncovered == 0, "{uncovered} of {samples}");
        let leaked = self.desktop.got();
        println!("{incident}: {leaked} keys and clicks got through");
        // Nothing ends a grab but the end of its holder's connection, and that cannot be named.
        assert_eq!(leaked, 0);
        // What was said before may have been overtaken: the answer to another order is not.
        self.usherd.lock("You stay here");
        self.desktop.got();
        self.desktop.type_and_click();
        assert_eq!(self.desktop.got(), 0);
        self.desktop.conn.composite_release_overlay_window(self.desktop.root).expect("sent");
        self.usherd.unlock();
        wait_until("the desktop is back", || self.desktop.strangers() == 0);
        self.desktop.type_and_click();
        assert_eq!(self.desktop.got(), 3);
    }
}

#[test]
fn unmapped_windows_come_back() {
    if can_run("attack::unmapped_windows_come_back", &["Xvfb"]) {
        locked().attacked(false, "changed", |desktop, window| {
            desktop.conn.unmap_window(window).expect("sent");
        });
    }
}

#[test]
fn destroyed_windows_come_back() {
    if can_run("attack::destroyed_windows_come_back", &["Xvfb"]) {
        locked().attacked(false, "destroyed", |desktop, window| {
            desktop.conn.destroy_window(window).expect("sent");
        });
    }
}

#[test]
fn moved_shrunk_and_lowered_windows_come_back() {
    if can_run("attack::moved_shrunk_and_lowered_windows_come_back", &["Xvfb"]) {
        locked().attacked(false, "changed", |desktop, window| {
            let away = ConfigureWindowAux::new().x(3000).width(10).height(10).stack_mode(StackMode::BELOW);
            desktop.conn.configure_window(window, &away).expect("sent");
        });
    }
}

#[test]
fn reparented_windows_come_back() {
    if can_run("attack::reparented_windows_come_back", &["Xvfb"]) {
        locked().attacked(false, "destroyed", |desktop, window| {
            desktop.conn.reparent_window(window, desktop.window, 2000, 2000).expect("sent");
        });
    }
}

#[test]
fn shapes_are_undone() {
    if can_run("attack::shapes_are_undone", &["Xvfb"]) {
        locked().attacked(false, "changed", |desktop, window| {
            let nothing: [Rectangle; 0] = [];
            let order = x11rb::protocol::xproto::ClipOrdering::UNSORTED;
            desktop.conn.shape_rectangles(SO::SET, SK::BOUNDING, order, window, 0, 0, &nothing).expect("sent");
        });
    }
}

#[test]
fn drawings_are_painted_over() {
    if can_run("attack::drawings_are_painted_over", &["Xvfb"]) {
        locked().attacked(false, "drew", |desktop, window| {
            let look = ChangeWindowAttributesAux::new().background_pixel(SIGNAL);
            desktop.conn.change_window_attributes(window, &look).expect("sent");
            let gc = desktop.conn.generate_id().expect("an ID");
            desktop.conn.create_gc(gc, window, &CreateGCAux::new().foreground(SIGNAL)).expect("sent");
            let all = Rectangle { x: 0, y: 0, width: 400, height: 300 };
            desktop.conn.poly_fill_rectangle(window, gc, &[all]).expect("sent");
        });
    }
}

#[test]
fn killed_clients_come_back() {
    if can_run("attack::killed_clients_come_back", &["Xvfb"]) {
        locked().attacked(false, "cut", |desktop, window| {
            desktop.conn.kill_client(window).expect("sent");
        });
    }
}

/// Maps a window in the desktop's colour in `parent`, and takes it away a moment later.
fn intrude(desktop: &Desktop, parent: Window) {
    let window = desktop.conn.generate_id().expect("an ID");
    let look = CreateWindowAux::new().background_pixel(SIGNAL).override_redirect(1);
    let class = WindowClass::INPUT_OUTPUT;
    desktop.conn.create_window(0, window, parent, 0, 0, 99, 99, 0, class, 0, &look).expect("sent");
    desktop.conn.map_window(window).expect("sent");
    desktop.sync();
    // To come and go between two looks is the attack: nothing is waited for.
    std::thread::sleep(std::time::Duration::from_millis(5));
    desktop.conn.destroy_window(window).expect("sent");
}

#[test]
fn a_window_above_goes_below() {
    if can_run("attack::a_window_above_goes_below", &["Xvfb"]) {
        locked().attacked(false, "above", |desktop, window| {
            // Beside the cover: above a window of the root it would not be seen where there is an overlay.
            let tree = desktop.conn.query_tree(window).expect("sent").reply();
            intrude(desktop, tree.map_or(desktop.root, |tree| tree.parent));
        });
    }
}

#[test]
fn a_window_inside_the_cover_is_destroyed() {
    if can_run("attack::a_window_inside_the_cover_is_destroyed", &["Xvfb"]) {
        locked().attacked(false, "put into", intrude);
    }
}

#[test]
fn an_open_menu_does_not_keep_the_input() {
    if !can_run("attack::an_open_menu_does_not_keep_the_input", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    let (grab, conn) = (GrabMode::ASYNC, &desktop.conn);
    conn.grab_keyboard(false, desktop.window, 0u32, grab, grab).expect("sent").reply().expect("a grab");
    let events = x11rb::protocol::xproto::EventMask::BUTTON_PRESS;
    conn.grab_pointer(true, desktop.window, events, grab, grab, 0u32, 0u32, 0u32)
        .expect("sent")
        .reply()
        .expect("a grab");
    let answer = usherd.lock("You stay here");
    assert!(answer.notes.iter().any(|note| note.contains("later try")), "{:?}", answer.notes);
    desktop.got();
    desktop.type_and_click();
    assert_eq!(desktop.got(), 0);
}

#[test]
fn a_server_held_by_the_user_delays_the_lock_and_nothing_else() {
    if !can_run("attack::a_server_held_by_the_user_delays_the_lock_and_nothing_else", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    desktop.conn.grab_server().expect("sent");
    desktop.sync();
    let seq = usherd.order(vec![cover("You stay here")]);
    // Another connection is greeted meanwhile, and told how it is.
    usherd.connect_again();
    assert!(!usherd.status.covered && !usherd.status.input_held);
    desktop.conn.ungrab_server().expect("sent");
    desktop.sync();
    usherd.await_status(|status| status.covered && status.input_held);
    let again = usherd.order(vec![cover("You stay here")]);
    assert!(again >= seq);
    usherd.answer(again);
}

#[test]
fn a_lock_that_was_taken_back_while_the_server_was_held_leaves_nothing_on_the_screen() {
    if !can_run("attack::a_lock_that_was_taken_back_while_the_server_was_held_leaves_nothing_on_the_screen", &["Xvfb"])
    {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    // Where the shield is when it gives the server up differs from time to time.
    for _ in 0..3 {
        let held = AtomicBool::new(true);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let conn = server.connect();
                while held.load(Ordering::Relaxed) {
                    conn.grab_server().expect("sent");
                    conn.get_input_focus().expect("sent").reply().expect("an answer");
                    std::thread::sleep(Duration::from_millis(250));
                    conn.ungrab_server().expect("sent");
                    conn.get_input_focus().expect("sent").reply().expect("an answer");
                }
            });
            usherd.order(vec![cover("You stay here")]);
            usherd.order(Vec::new());
            // Both were heard when another connection is greeted.
            usherd.connect_again();
            held.store(false, Ordering::Relaxed);
        });
        let free = usherd.order(Vec::new());
        usherd.answer(free);
        wait_until("the desktop is seen", || shows_desktop(&desktop.conn) && desktop.strangers() == 0);
    }
}

/// How much memory the server keeps in pixmaps for all of its clients (X-Resource extension 1.2).
fn pixmap_bytes(conn: &impl x11rb::connection::Connection) -> u64 {
    let clients = conn.res_query_clients().expect("sent").reply().expect("the clients").clients;
    let kept = |client: Client| {
        let bytes = conn.res_query_client_pixmap_bytes(client.resource_base).expect("sent").reply().expect("bytes");
        u64::from(bytes.bytes)
    };
    clients.into_iter().map(kept).sum()
}

#[test]
fn a_server_held_while_the_message_is_on_its_way_cuts_no_connection() {
    if !can_run("attack::a_server_held_while_the_message_is_on_its_way_cuts_no_connection", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("1280x1024");
    let mut usherd = Usherd::start(&server);
    usherd.lock("You stay here");
    let desktop = Desktop::new(&server);
    let before = pixmap_bytes(&desktop.conn);
    let seq = usherd.order(vec![cover("You stay here still")]);
    wait_until("the next message is on its way", || {
        desktop.conn.grab_server().expect("sent");
        desktop.sync();
        let on_its_way = pixmap_bytes(&desktop.conn) > before;
        // Longer than half a request may wait for its rest.
        std::thread::sleep(Duration::from_millis(if on_its_way { 3500 } else { 5 }));
        desktop.conn.ungrab_server().expect("sent");
        desktop.sync();
        on_its_way
    });
    usherd.answer(seq);
    assert!(!usherd.incidents.iter().any(|(what, _)| what.contains("was cut")), "{:?}", usherd.incidents);
}
