//! A look that goes on: one process takes its pictures and reads what changed, whatever other clients do about that.

use std::fs;

use usher_core::request::ThumbnailSize;
use x11rb::connection::Connection as _;
use x11rb::protocol::damage::ConnectionExt as _;
use x11rb::protocol::res::ConnectionExt as _;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, CreateGCAux, Rectangle};
use x11rb::rust_connection::RustConnection;

use crate::can_run;
use crate::server::{Desktop, Server, picture};
use crate::usherd::{Usherd, wait_until};

/// The processes of this shield's that take pictures.
fn captures(usherd: &Usherd) -> Vec<u32> {
    let pid = usherd.pid();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let takes_pictures = |pid: &u32| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| line.split(|byte| *byte == 0).nth(1) == Some(b"picture"))
    };
    children.split_whitespace().filter_map(|pid| pid.parse().ok()).filter(takes_pictures).collect()
}

/// Fills a rectangle of the screen.
fn paint(desktop: &Desktop, colour: u32, (left, top): (i16, i16), (width, height): (u16, u16)) {
    let conn = &desktop.conn;
    let gc = conn.generate_id().expect("an ID");
    conn.create_gc(
        gc,
        desktop.root,
        &CreateGCAux::new()
            .foreground(colour)
            .subwindow_mode(x11rb::protocol::xproto::SubwindowMode::INCLUDE_INFERIORS),
    )
    .expect("sent");
    let area = Rectangle { x: left, y: top, width, height };
    conn.poly_fill_rectangle(desktop.root, gc, &[area]).expect("sent");
    conn.free_gc(gc).expect("sent");
    desktop.sync();
}

/// The pixels of a picture, three bytes each.
fn pixels(png: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut pixels).expect("a whole picture");
    pixels
}

/// What the screen shows, by the test's own look.
fn shown(conn: &RustConnection) -> Vec<u8> {
    picture(conn).chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect()
}

fn look(usherd: &mut Usherd, size: ThumbnailSize) -> Vec<u8> {
    let (png, watched) = usherd.picture_watched(size, true).expect("a picture");
    assert!(watched, "the look goes on");
    pixels(&png)
}

#[test]
fn one_process_takes_the_pictures_of_a_look_that_goes_on() {
    if !can_run("watched::one_process_takes_the_pictures_of_a_look_that_goes_on", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    usherd.picture(ThumbnailSize::Small).expect("a picture");
    wait_until("a single picture's process has ended", || captures(&usherd).is_empty());
    look(&mut usherd, ThumbnailSize::Small);
    let first = captures(&usherd);
    assert_eq!(first.len(), 1);
    for colour in 1..4 {
        paint(&desktop, colour, (0, 0), (50, 50));
        look(&mut usherd, ThumbnailSize::Small);
        look(&mut usherd, ThumbnailSize::FullScreen);
        assert_eq!(captures(&usherd), first);
    }
    wait_until("nobody looks any more, and it has ended", || captures(&usherd).is_empty());
}

#[test]
fn what_changes_in_parts_is_pictured_as_it_is() {
    if !can_run("watched::what_changes_in_parts_is_pictured_as_it_is", &["Xvfb"]) {
        return;
    }
    // The last is too large to be kept.
    for (size, rounds) in [("643x481", 12_u16), ("2400x1800", 2)] {
        changes_in_parts(&Server::xvfb(size), rounds);
    }
}

fn changes_in_parts(server: &Server, rounds: u16) {
    let desktop = Desktop::new(server);
    let (mut usherd, mut another) = (Usherd::start(server), Usherd::start(server));
    for round in 0..rounds {
        let place =
            (i16::try_from(round * 53 % 600).expect("small") - 20, i16::try_from(round * 37 % 470).expect("small"));
        paint(&desktop, 0x0001_0203 * u32::from(round + 1), place, (1 + round * 11, 1 + round * 5));
        let small = look(&mut usherd, ThumbnailSize::Small);
        assert!(look(&mut usherd, ThumbnailSize::FullScreen) == shown(&desktop.conn), "round {round}");
        // By another process each time, which knows nothing from before.
        let anew = pixels(&another.picture(ThumbnailSize::Small).expect("a picture"));
        assert!(small == anew, "round {round}, made smaller");
    }
    assert_eq!(captures(&usherd).len(), 1);
}

/// Does something to all that other clients may have made, as whoever has the display's cookie can.
fn to_all_of_others(server: &Server, attack: impl Fn(&RustConnection, u32)) {
    let conn = server.connect();
    let own = conn.setup().resource_id_base;
    let clients = conn.res_query_clients().expect("sent").reply().expect("the clients").clients;
    for client in clients.into_iter().filter(|client| client.resource_base != own) {
        (0..64).for_each(|number| attack(&conn, client.resource_base + number));
    }
    conn.get_input_focus().expect("sent").reply().expect("an answer");
}

type Attack = fn(&RustConnection, u32);

#[test]
fn other_clients_keep_no_change_from_a_picture() {
    if !can_run("watched::other_clients_keep_no_change_from_a_picture", &["Xvfb"]) {
        return;
    }
    let attacks: [(&str, Attack); 3] = [
        ("subtracts", |conn, damage| drop(conn.damage_subtract(damage, x11rb::NONE, x11rb::NONE))),
        ("destroys", |conn, damage| drop(conn.damage_destroy(damage))),
        ("cuts", |conn, resource| drop(conn.kill_client(resource))),
    ];
    for (name, attack) in attacks {
        let server = Server::xvfb("320x240");
        let desktop = Desktop::new(&server);
        let mut usherd = Usherd::start(&server);
        look(&mut usherd, ThumbnailSize::FullScreen);
        if name == "destroys" {
            to_all_of_others(&server, attack);
        }
        paint(&desktop, 0x0040_8020, (100, 50), (60, 40));
        to_all_of_others(&server, attack);
        let (png, _) = usherd.picture_watched(ThumbnailSize::FullScreen, true).expect("a picture");
        // What is cut comes back, and the desktop that was cut with it is repainted by nobody.
        let conn = server.connect();
        assert!(pixels(&png) == shown(&conn), "{name}");
    }
}

#[test]
fn a_change_is_told_whatever_another_client_does_about_it() {
    if !can_run("watched::a_change_is_told_whatever_another_client_does_about_it", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    look(&mut usherd, ThumbnailSize::Small);
    to_all_of_others(&server, |conn, damage| drop(conn.damage_subtract(damage, x11rb::NONE, x11rb::NONE)));
    assert_eq!(usherd.changes, 0, "nothing changed");
    paint(&desktop, 1, (0, 0), (9, 9));
    usherd.await_change();
    look(&mut usherd, ThumbnailSize::Small);
    usherd.changes = 0;
    to_all_of_others(&server, |conn, damage| drop(conn.damage_destroy(damage)));
    let look_of_root = ChangeWindowAttributesAux::new().background_pixel(2);
    desktop.conn.change_window_attributes(desktop.root, &look_of_root).expect("sent");
    desktop.conn.clear_area(false, desktop.root, 0, 0, 0, 0).expect("sent");
    desktop.sync();
    usherd.await_change();
}
