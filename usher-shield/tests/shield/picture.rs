//! Pictures of a display: what its screen really shows.

use std::sync::atomic::Ordering;

use usher_core::request::ThumbnailSize;
use usher_core::wire::shield::ToShield;
use x11rb::connection::Connection as _;
use x11rb::protocol::composite::{ConnectionExt as _, Redirect};
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, WindowClass};

use crate::can_run;
use crate::server::{Desktop, Server, Watcher};
use crate::usherd::{Usherd, wait_until};

/// A decoded picture.
struct Shot {
    width: u32,
    height: u32,
    pixels: Vec<[u8; 3]>,
}

impl Shot {
    #[track_caller]
    fn of(usherd: &mut Usherd, size: ThumbnailSize) -> Shot {
        let bytes = usherd.picture(size).unwrap_or_else(|why| panic!("{why}"));
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("a whole picture");
        let pixels = pixels.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Shot { width: info.width, height: info.height, pixels }
    }

    fn at(&self, x: u32, y: u32) -> [u8; 3] {
        self.pixels[(y * self.width + x) as usize]
    }

    /// Pixels in which something of the desktop's colour is: red and blue, and hardly any green.
    fn desktop(&self) -> usize {
        let over = |value: &u8, green: &u8| *value > green.saturating_add(40);
        self.pixels.iter().filter(|[red, green, blue]| over(red, green) && over(blue, green)).count()
    }

    /// Pixels of a warm colour, which nothing has that usher draws itself.
    fn warm(&self) -> usize {
        self.pixels.iter().filter(|[red, _, blue]| *red > blue.saturating_add(80)).count()
    }
}

const DESKTOP: [u8; 3] = [0xff, 0, 0xff];
const GROUND: [u8; 3] = [0x0b, 0x1d, 0x36];

fn shows_what_is_there(test: &str, program: &str, arguments: &[&str], size: (u32, u32)) {
    if !can_run(test, &[program]) {
        return;
    }
    let server = Server::start(program, arguments);
    let desktop = Desktop::new(&server);
    let look = ChangeWindowAttributesAux::new().background_pixel(0x0020_6040);
    desktop.conn.change_window_attributes(desktop.window, &look).expect("sent");
    desktop.conn.clear_area(false, desktop.window, 0, 0, 0, 0).expect("sent");
    desktop.sync();
    let mut usherd = Usherd::start(&server);
    let shot = Shot::of(&mut usherd, ThumbnailSize::FullScreen);
    assert_eq!((shot.width, shot.height), size);
    assert_eq!((shot.at(0, 0), shot.at(20, 20)), (DESKTOP, [0x20, 0x60, 0x40]));
    assert_eq!((shot.at(9, 20), shot.at(size.0 - 1, size.1 - 1)), (DESKTOP, DESKTOP), "to the pixel");
    let small = Shot::of(&mut usherd, ThumbnailSize::Small);
    assert_eq!((small.width, small.height), ThumbnailSize::Small.of_screen(size));
    assert_eq!(
        (small.at(small.width / 4, small.height / 4), small.at(small.width - 1, 0)),
        ([0x20, 0x60, 0x40], DESKTOP)
    );
    // Nothing was changed by looking.
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
}

/// The font that has them in colours.
const EMOJI: &str = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";

fn emoji_are_coloured(test: &str, program: &str, arguments: &[&str]) {
    if !can_run(test, &[program, EMOJI]) {
        return;
    }
    let server = Server::start(program, arguments);
    let _desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    usherd.lock("Exam, 考试");
    assert_eq!(Shot::of(&mut usherd, ThumbnailSize::FullScreen).warm(), 0, "letters have usher's own colours");
    // A lock of gold and a party popper; the same again, for a picture that takes the place of one with emoji.
    for message in ["\u{1f512}\u{1f389}", "考试 \u{1f512}\u{1f389}"] {
        usherd.lock(message);
        let shot = Shot::of(&mut usherd, ThumbnailSize::FullScreen);
        assert!(shot.warm() > 300 && shot.desktop() == 0, "{message}: {} warm pixels", shot.warm());
    }
    usherd.lock("Exam");
    assert_eq!(Shot::of(&mut usherd, ThumbnailSize::FullScreen).warm(), 0);
}

#[test]
fn emoji_on_an_xvfb_screen_are_coloured() {
    let test = "picture::emoji_on_an_xvfb_screen_are_coloured";
    emoji_are_coloured(test, "Xvfb", &["-screen", "0", "800x600x24", "-noreset"]);
}

#[test]
fn emoji_are_coloured_where_a_pixel_has_two_bytes() {
    let test = "picture::emoji_are_coloured_where_a_pixel_has_two_bytes";
    emoji_are_coloured(test, "Xvfb", &["-screen", "0", "800x600x16", "-noreset"]);
}

#[test]
fn an_xvfb_screen_is_pictured_to_the_pixel() {
    let test = "picture::an_xvfb_screen_is_pictured_to_the_pixel";
    shows_what_is_there(test, "Xvfb", &["-screen", "0", "800x450x24", "-noreset"], (800, 450));
}

#[test]
fn an_xvnc_screen_is_pictured_to_the_pixel() {
    let test = "picture::an_xvnc_screen_is_pictured_to_the_pixel";
    // Debian 13's starts for nobody: viewers have to have a way, here a socket in its own directory.
    let way = ["-rfbport", "-1", "-rfbunixpath", "rfb", "-SecurityTypes", "None"];
    let arguments = [&["-geometry", "641x479", "-depth", "24"], &way[..]].concat();
    shows_what_is_there(test, "Xvnc", &arguments, (641, 479));
}

#[test]
fn screens_of_few_colours_are_pictured_too() {
    if !can_run("picture::screens_of_few_colours_are_pictured_too", &["Xvfb"]) {
        return;
    }
    for (depth, white) in [("16", 0xffff), ("8", 0), ("30", 0x3fff_ffff)] {
        let server = Server::start("Xvfb", &["-screen", "0", &format!("320x240x{depth}"), "-noreset"]);
        let conn = server.connect();
        let screen = conn.setup().roots[0].clone();
        let pixel = if white == 0 { screen.white_pixel } else { white };
        for (left, pixel) in [(0, pixel), (160, screen.black_pixel)] {
            let window = conn.generate_id().expect("an ID");
            let look = CreateWindowAux::new().background_pixel(pixel).override_redirect(1);
            let class = WindowClass::INPUT_OUTPUT;
            conn.create_window(0, window, screen.root, left, 0, 160, 240, 0, class, 0, &look).expect("sent");
            conn.map_window(window).expect("sent");
        }
        conn.get_input_focus().expect("sent").reply().expect("an answer");
        let mut usherd = Usherd::start(&server);
        let shot = Shot::of(&mut usherd, ThumbnailSize::FullScreen);
        assert_eq!((shot.at(159, 0), shot.at(160, 239)), ([255; 3], [0; 3]), "{depth} bits");
    }
}

#[test]
fn a_locked_screen_shows_its_cover_and_nothing_below_it() {
    if !can_run("picture::a_locked_screen_shows_its_cover_and_nothing_below_it", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("800x450");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    assert!(Shot::of(&mut usherd, ThumbnailSize::Medium).desktop() > 10_000);
    usherd.lock("Eyes up, 眼睛看前面");
    let watcher = Watcher::new(&server);
    for size in ThumbnailSize::ALL {
        let shot = Shot::of(&mut usherd, size);
        assert_eq!((shot.desktop(), shot.at(0, 0)), (0, GROUND), "{size}");
    }
    wait_until("the message is in the picture", || {
        Shot::of(&mut usherd, ThumbnailSize::FullScreen).pixels.contains(&[255; 3])
    });
    desktop.type_and_click();
    assert_eq!(desktop.got(), 0, "a look holds no less");
    assert_eq!(watcher.end().uncovered.load(Ordering::Relaxed), 0, "and shows no more");
    usherd.unlock();
    assert!(Shot::of(&mut usherd, ThumbnailSize::Medium).desktop() > 10_000);
}

/// As a compositing manager does: every window is redirected, and what is shown is painted into the overlay.
#[test]
fn under_a_compositor_the_picture_is_what_the_overlay_shows() {
    if !can_run("picture::under_a_compositor_the_picture_is_what_the_overlay_shows", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("640x360");
    let desktop = Desktop::new(&server);
    let conn = &desktop.conn;
    conn.composite_query_version(0, 4).expect("sent").reply().expect("the extension");
    let manager = conn.intern_atom(false, b"_NET_WM_CM_S0").expect("sent").reply().expect("an atom").atom;
    conn.set_selection_owner(desktop.window, manager, x11rb::CURRENT_TIME).expect("sent");
    conn.composite_redirect_subwindows(desktop.root, Redirect::MANUAL).expect("sent");
    let overlay =
        conn.composite_get_overlay_window(desktop.root).expect("sent").reply().expect("an overlay").overlay_win;
    let painted = conn.generate_id().expect("an ID");
    let look = CreateWindowAux::new().background_pixel(0x0020_6040);
    conn.create_window(0, painted, overlay, 0, 0, 640, 360, 0, WindowClass::INPUT_OUTPUT, 0, &look).expect("sent");
    conn.map_window(painted).expect("sent");
    desktop.sync();
    let mut usherd = Usherd::start(&server);
    let shot = Shot::of(&mut usherd, ThumbnailSize::FullScreen);
    assert!(shot.pixels.iter().all(|pixel| *pixel == [0x20, 0x60, 0x40]), "what is painted, not what is redirected");
    let answer = usherd.lock("Eyes up");
    assert!(!answer.superseded);
    let shot = Shot::of(&mut usherd, ThumbnailSize::FullScreen);
    let strangers = shot.pixels.iter().filter(|pixel| **pixel == [0x20, 0x60, 0x40]).count();
    assert_eq!((shot.at(0, 0), shot.desktop(), strangers), (GROUND, 0, 0));
}

#[test]
fn a_change_after_a_watched_picture_is_told_once() {
    if !can_run("picture::a_change_after_a_watched_picture_is_told_once", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    let paint = |colour: u32| {
        let look = ChangeWindowAttributesAux::new().background_pixel(colour);
        desktop.conn.change_window_attributes(desktop.window, &look).expect("sent");
        desktop.conn.clear_area(false, desktop.window, 0, 0, 0, 0).expect("sent");
        desktop.sync();
    };
    for colour in [0x0020_6040, 0x0040_2060] {
        let (before, watched) = usherd.picture_watched(ThumbnailSize::Small, true).expect("a picture");
        assert!(watched);
        // What is there already is no change: the next thing that is told is the answer to another picture.
        let (same, watched) = usherd.picture_watched(ThumbnailSize::Small, true).expect("a picture");
        assert!(watched && same == before && usherd.changes == 0);
        paint(colour);
        paint(colour + 1);
        usherd.await_change();
        let after = usherd.picture(ThumbnailSize::Small).expect("a picture");
        assert!(after != before && usherd.changes == 1, "{} changes were told", usherd.changes);
        paint(colour + 2);
        usherd.picture(ThumbnailSize::Small).expect("a picture");
        assert_eq!(usherd.changes, 1, "nobody asked for more");
        usherd.changes = 0;
    }
    usherd.picture_watched(ThumbnailSize::Small, true).expect("a picture");
    usherd.lock("Exam");
    usherd.await_change();
}

#[test]
fn whoever_looks_is_told_on_the_screen_until_it_is_over() {
    if !can_run("picture::whoever_looks_is_told_on_the_screen_until_it_is_over", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("800x600");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    assert_eq!(Shot::of(&mut usherd, ThumbnailSize::FullScreen).warm(), 0);
    let looked = |usherd: &mut Usherd, by: Option<&str>| {
        usherd.say(&ToShield::Looked { by: by.map(str::to_owned) });
        wait_until("the screen says so", || (Shot::of(usherd, ThumbnailSize::FullScreen).warm() > 300) == by.is_some());
    };
    looked(&mut usherd, Some("olga"));
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3, "it is in nobody's way");
    looked(&mut usherd, None);
    looked(&mut usherd, Some("olga"));
    usherd.connect_again();
    wait_until("nobody is left who would say that it is over", || {
        Shot::of(&mut usherd, ThumbnailSize::FullScreen).warm() == 0
    });
}

#[test]
fn a_server_that_is_stopped_or_gone_gives_no_picture_and_a_reason() {
    if !can_run("picture::a_server_that_is_stopped_or_gone_gives_no_picture_and_a_reason", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let mut usherd = Usherd::start(&server);
    let pid = rustix::process::Pid::from_raw(i32::try_from(server.pid()).expect("a number")).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("sent");
    let why = usherd.picture(ThumbnailSize::Small).expect_err("nobody answers");
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).expect("sent");
    assert!(why.contains("does not answer"), "{why}");
    assert_eq!(Shot::of(&mut usherd, ThumbnailSize::Small).width, 160, "and one when it answers again");
}
