//! A display, seen and used from outside of its session: no process is started for a sample or a key.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{self, ConnectionExt as _, ImageFormat, KEY_PRESS_EVENT, KEY_RELEASE_EVENT};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::{DefaultStream, RustConnection};
use x11rb::wrapper::ConnectionExt as _;

use super::{Host, Picture, wait_for};

/// A part of a screen: x, y, width, height.
pub type Part = (i16, i16, u16, u16);

/// A connection to a display.
pub struct Display {
    connection: RustConnection,
    root: xproto::Window,
    whole: Part,
}

impl Display {
    /// Connects to a display of a host with a cookie from this file.
    #[track_caller]
    pub fn connect(host: &Host, number: u32, cookies: &Path) -> Display {
        wait_for(&format!("display {number} lets us in"), || Display::try_connect(host, number, cookies))
    }

    /// Connects, if the display is there and the cookie is right.
    pub fn try_connect(host: &Host, number: u32, cookies: &Path) -> Option<Display> {
        let cookie = cookie(&fs::read(host.path(cookies)).ok()?, number)?;
        let stream = UnixStream::connect(host.path(format!("/tmp/.X11-unix/X{number}"))).ok()?;
        let (stream, _) = DefaultStream::from_unix_stream(stream).ok()?;
        let name = b"MIT-MAGIC-COOKIE-1".to_vec();
        let connection = RustConnection::connect_to_stream_with_auth_info(stream, 0, name, cookie).ok()?;
        let root = connection.setup().roots[0].root;
        let screen = &connection.setup().roots[0];
        let whole = (0, 0, screen.width_in_pixels, screen.height_in_pixels);
        Some(Display { connection, root, whole })
    }

    /// The connection itself, for what has no word here.
    pub fn connection(&self) -> &RustConnection {
        &self.connection
    }

    /// The root window.
    pub fn root(&self) -> xproto::Window {
        self.root
    }

    /// What the display shows now.
    #[track_caller]
    pub fn picture(&self) -> Picture {
        self.try_picture(None).expect("the display answers")
    }

    /// What a part of the display shows now; nothing if the server is gone.
    pub fn try_picture(&self, part: Option<Part>) -> Option<Picture> {
        let (x, y, width, height) = part.unwrap_or_else(|| self.size_now());
        let cookie = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, !0).ok()?;
        Some(Picture { width: width.into(), height: height.into(), data: cookie.reply().ok()?.data })
    }

    fn size_now(&self) -> Part {
        let geometry = self.connection.get_geometry(self.root).ok().and_then(|cookie| cookie.reply().ok());
        geometry.map_or(self.whole, |geometry| (0, 0, geometry.width, geometry.height))
    }

    /// Types text on the display's keyboard, by XTEST.
    #[track_caller]
    pub fn type_keys(&self, text: &str) {
        for character in text.chars() {
            let keysym = if character == '\n' { 0xff0d } else { u32::from(character) };
            let (code, shifted) = self.code(keysym).unwrap_or_else(|| panic!("no key has {character:?}"));
            let shift = shifted.then(|| self.code(0xffe1).expect("a Shift key").0);
            self.chord(&shift.into_iter().chain([code]).collect::<Vec<_>>());
        }
    }

    /// Presses keys together and lets them go.
    #[track_caller]
    pub fn press(&self, keys: &[&str]) {
        let code = |name: &&str| self.code(keysym(name)).unwrap_or_else(|| panic!("there is no key {name}")).0;
        self.chord(&keys.iter().map(code).collect::<Vec<_>>());
    }

    /// Moves the pointer there.
    pub fn point(&self, x: i16, y: i16) {
        self.fake(xproto::MOTION_NOTIFY_EVENT, 0, x, y);
    }

    /// Clicks with this button.
    pub fn click(&self, button: u8) {
        self.fake(xproto::BUTTON_PRESS_EVENT, button, 0, 0);
        self.fake(xproto::BUTTON_RELEASE_EVENT, button, 0, 0);
    }

    fn chord(&self, codes: &[u8]) {
        codes.iter().for_each(|code| self.fake(KEY_PRESS_EVENT, *code, 0, 0));
        codes.iter().rev().for_each(|code| self.fake(KEY_RELEASE_EVENT, *code, 0, 0));
    }

    fn fake(&self, event: u8, detail: u8, x: i16, y: i16) {
        self.connection.xtest_fake_input(event, detail, 0, self.root, x, y, 0).expect("XTEST");
        self.connection.sync().expect("the display answers");
    }

    /// The key that has this keysym, and whether Shift must be held with it.
    fn code(&self, keysym: u32) -> Option<(u8, bool)> {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = self.connection.get_keyboard_mapping(first, last - first + 1).ok()?.reply().ok()?;
        let each = usize::from(map.keysyms_per_keycode);
        let place = |column: usize| map.keysyms.chunks(each).position(|keys| keys.get(column) == Some(&keysym));
        let found = [0, 1].into_iter().find_map(|column| place(column).map(|key| (key, column == 1)));
        found.and_then(|(key, shifted)| Some((first + u8::try_from(key).ok()?, shifted)))
    }
}

fn keysym(name: &str) -> u32 {
    match name {
        "BackSpace" => 0xff08,
        "Tab" => 0xff09,
        "Return" => 0xff0d,
        "Escape" => 0xff1b,
        "Delete" => 0xffff,
        "Shift_L" => 0xffe1,
        "Control_L" => 0xffe3,
        "Caps_Lock" => 0xffe5,
        "Alt_L" => 0xffe9,
        "Super_L" => 0xffeb,
        "Num_Lock" => 0xff7f,
        _ => match name.strip_prefix('F').and_then(|number| number.parse::<u32>().ok()) {
            Some(number) => 0xffbd + number,
            None => u32::from(name.chars().next().expect("a name")),
        },
    }
}

/// The cookie for a display in an Xauthority file: entries of family, address, display, kind and cookie.
fn cookie(mut file: &[u8], number: u32) -> Option<Vec<u8>> {
    let number = number.to_string();
    loop {
        file = file.get(2..)?;
        let mut fields = [&[][..]; 4];
        for field in &mut fields {
            let (length, rest) = file.split_first_chunk::<2>()?;
            (*field, file) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        }
        if fields[1] == number.as_bytes() {
            return Some(fields[3].to_vec());
        }
    }
}

#[test]
fn a_cookie_is_found_among_others() {
    let entry = |number: &str, cookie: &[u8]| {
        let field = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat();
        [&[1, 0][..], &field(b"host"), &field(number.as_bytes()), &field(b"KIND"), &field(cookie)].concat()
    };
    let file = [entry("1", b"one"), entry("12", b"two")].concat();
    assert_eq!(cookie(&file, 12).as_deref(), Some(&b"two"[..]));
    assert_eq!(cookie(&file, 2), None);
}
