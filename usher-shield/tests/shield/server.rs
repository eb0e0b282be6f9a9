//! A real X server of a user of its own, with a desktop in a colour that nothing else has.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::Event;
use x11rb::protocol::composite::ConnectionExt as _;
use x11rb::protocol::xinput::{ConnectionExt as _, DeviceType};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask, ImageFormat, InputFocus,
    Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::{DefaultStream, RustConnection};

/// The user whose session it is, and the one that the shield runs as.
pub const VICTIM: u32 = 61001;
pub const SHIELD: u32 = 61002;
/// The desktop's colour.
pub const SIGNAL: u32 = 0x00ff_00ff;

/// Fights for a display are decided in milliseconds: one at a time, so that none is lost to another test.
static TURN: Mutex<()> = Mutex::new(());

/// A server, gone with this value or with the test's process.
pub struct Server {
    child: Child,
    pub display: u32,
    pub cookie: Vec<u8>,
    pub authority: Vec<u8>,
    pub directory: tempfile::TempDir,
    /// That of its socket.
    inode: Option<u64>,
    _turn: MutexGuard<'static, ()>,
}

fn inode(path: &str) -> Option<u64> {
    std::fs::symlink_metadata(path).ok().map(|meta| std::os::unix::fs::MetadataExt::ino(&meta))
}

impl Server {
    /// Starts `Xvfb` or another server with these arguments, once no other test has one.
    pub fn start(program: &str, arguments: &[&str]) -> Server {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = tempfile::tempdir().expect("a directory");
        std::os::unix::fs::chown(directory.path(), Some(VICTIM), Some(VICTIM)).expect("a directory of the victim's");
        let _ = std::fs::create_dir("/tmp/.X11-unix");
        let _ = std::fs::set_permissions("/tmp/.X11-unix", std::os::unix::fs::PermissionsExt::from_mode(0o1777));
        let cookie: Vec<u8> = std::fs::read("/proc/sys/kernel/random/uuid").expect("chance")[..16].to_vec();
        let authority = authority(&cookie);
        let file = directory.path().join("Xauthority");
        std::fs::write(&file, &authority).expect("an authority file");
        std::os::unix::fs::chown(&file, Some(VICTIM), Some(VICTIM)).expect("the victim's");
        // A test that is interrupted leaves no server behind.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--reuid", &VICTIM.to_string(), "--regid", &VICTIM.to_string()]);
        command.args(["--clear-groups", program, "-displayfd", "1", "-nolisten", "tcp", "-auth"]).arg(&file);
        command.args(arguments).env("HOME", directory.path()).current_dir(directory.path()).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("an X server");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("its display");
        let display = line.trim().parse().unwrap_or_else(|_| panic!("{program} does not start"));
        let inode = inode(&format!("/tmp/.X11-unix/X{display}"));
        Server { child, display, cookie, authority, directory, inode, _turn: turn }
    }

    pub fn xvfb(size: &str) -> Server {
        Server::start("Xvfb", &["-screen", "0", &format!("{size}x24"), "-noreset"])
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn socket(&self) -> String {
        format!("/tmp/.X11-unix/X{}", self.display)
    }

    /// The user's own connection.
    pub fn connect(&self) -> RustConnection {
        let stream = std::os::unix::net::UnixStream::connect(self.socket()).expect("the server");
        let (stream, _) = DefaultStream::from_unix_stream(stream).expect("a stream");
        let name = b"MIT-MAGIC-COOKIE-1".to_vec();
        RustConnection::connect_to_stream_with_auth_info(stream, 0, name, self.cookie.clone()).expect("a display")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Another server may have taken the number meanwhile, and with it these names.
        let lock = format!("/tmp/.X{}-lock", self.display);
        let pid = std::fs::read_to_string(&lock).unwrap_or_default();
        if inode(&self.socket()) == self.inode {
            let _ = std::fs::remove_file(self.socket());
        }
        if pid.trim() == self.child.id().to_string() {
            let _ = std::fs::remove_file(lock);
        }
    }
}

/// An authority file with one cookie for any display (`Xau(3)`).
fn authority(cookie: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xff];
    for part in [b"".as_slice(), b"", b"MIT-MAGIC-COOKIE-1", cookie] {
        let length = u16::try_from(part.len()).expect("short");
        bytes.write_all(&length.to_be_bytes()).and_then(|()| bytes.write_all(part)).expect("memory");
    }
    bytes
}

/// The user's desktop: the root and a window, both in the signal colour; the window has the focus and
/// counts what it gets.
pub struct Desktop {
    pub conn: RustConnection,
    pub root: Window,
    pub window: Window,
}

impl Desktop {
    pub fn new(server: &Server) -> Desktop {
        let conn = server.connect();
        let screen = conn.setup().roots[0].clone();
        let (root, window) = (screen.root, conn.generate_id().expect("an ID"));
        conn.change_window_attributes(root, &ChangeWindowAttributesAux::new().background_pixel(SIGNAL)).expect("sent");
        conn.clear_area(false, root, 0, 0, 0, 0).expect("sent");
        let events = EventMask::KEY_PRESS | EventMask::KEY_RELEASE | EventMask::BUTTON_PRESS;
        let look = CreateWindowAux::new().background_pixel(SIGNAL).override_redirect(1).event_mask(events);
        let (width, height) = (screen.width_in_pixels / 2, screen.height_in_pixels / 2);
        let class = WindowClass::INPUT_OUTPUT;
        conn.create_window(0, window, root, 10, 10, width, height, 0, class, 0, &look).expect("sent");
        conn.map_window(window).expect("sent");
        conn.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME).expect("sent");
        conn.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, 37, 41).expect("sent");
        let desktop = Desktop { conn, root, window };
        desktop.sync();
        desktop
    }

    /// Another window of this width and height at this place, which gets the focus.
    pub fn focus_another(&self, place: (i16, i16), size: (u16, u16)) -> Window {
        let window = self.conn.generate_id().expect("an ID");
        let (look, class) = (CreateWindowAux::new().override_redirect(1), WindowClass::INPUT_OUTPUT);
        self.conn
            .create_window(0, window, self.root, place.0, place.1, size.0, size.1, 0, class, 0, &look)
            .expect("sent");
        self.conn.map_window(window).expect("sent");
        self.conn.set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME).expect("sent");
        self.sync();
        window
    }

    /// The window that gets what is typed.
    pub fn focus(&self) -> Window {
        self.conn.get_input_focus().expect("sent").reply().expect("an answer").focus
    }

    pub fn sync(&self) {
        self.conn.get_input_focus().expect("sent").reply().expect("an answer");
    }

    /// Types a key and clicks as a program of the user's can, and as a viewer's input comes.
    pub fn type_and_click(&self) {
        for (kind, detail) in [(2, 38), (3, 38), (4, 1), (5, 1)] {
            self.conn.xtest_fake_input(kind, detail, 0, self.root, 0, 0, 0).expect("sent");
        }
        self.sync();
    }

    /// Every input device: its number, kind, what it is attached to, and whether it is on.
    pub fn devices(&self) -> Vec<(u16, u16, u16, bool)> {
        self.conn.xinput_xi_query_version(2, 2).expect("sent").reply().expect("the extension");
        let all = self.conn.xinput_xi_query_device(0u16).expect("sent").reply().expect("devices").infos;
        all.iter().map(|device| (device.deviceid, device.type_.into(), device.attachment, device.enabled)).collect()
    }

    /// The keyboards that are no masters, whatever they are attached to.
    pub fn keyboards(&self) -> Vec<u8> {
        self.keyboards_named(|_| true)
    }

    /// Those of them that a person may sit at: XTEST's are made by the server for programs.
    pub fn own_keyboards(&self) -> Vec<u8> {
        self.keyboards_named(|name| !name.ends_with(b"XTEST keyboard"))
    }

    fn keyboards_named(&self, is: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        self.conn.xinput_xi_query_version(2, 2).expect("sent").reply().expect("the extension");
        let all = self.conn.xinput_xi_query_device(0u16).expect("sent").reply().expect("devices").infos;
        let slave = |kind| !matches!(kind, DeviceType::MASTER_KEYBOARD | DeviceType::MASTER_POINTER);
        let found =
            all.iter().filter(|device| slave(device.type_) && device.name.ends_with(b"keyboard") && is(&device.name));
        found.filter_map(|device| u8::try_from(device.deviceid).ok()).collect()
    }

    /// A key of this keyboard goes down or comes up, as a real one's.
    pub fn press_on(&self, keyboard: u8, key: u8, down: bool) {
        let name = x11rb::protocol::xinput::X11_EXTENSION_NAME;
        let first = self.conn.extension_information(name).expect("asked").expect("the extension").first_event;
        // DeviceKeyPress and DeviceKeyRelease (X Input Extension 1.5).
        let kind = first + if down { 1 } else { 2 };
        self.conn.xtest_fake_input(kind, key, 0, x11rb::NONE, 0, 0, keyboard).expect("sent");
        self.sync();
    }

    /// How many windows besides ours are mapped on the root.
    pub fn strangers(&self) -> usize {
        let tree = self.conn.query_tree(self.root).expect("sent").reply().expect("a tree").children;
        let mapped = |window: &&Window| {
            let asked = self.conn.get_window_attributes(**window).expect("sent").reply();
            asked.is_ok_and(|a| a.map_state == x11rb::protocol::xproto::MapState::VIEWABLE)
        };
        tree.iter().filter(|window| **window != self.window).filter(mapped).count()
    }

    /// The covers on the root, each with the process that it says is its own.
    pub fn covers(&self) -> Vec<(Window, u32)> {
        let mark = self.conn.intern_atom(false, b"_USHER_COVER").expect("sent").reply().expect("an atom").atom;
        let tree = self.conn.query_tree(self.root).expect("sent").reply().expect("a tree").children;
        let pid = |window: Window| {
            let asked = self.conn.get_property(false, window, mark, AtomEnum::CARDINAL, 0, 1).expect("sent");
            asked.reply().ok()?.value32()?.next()
        };
        tree.into_iter().filter_map(|window| Some((window, pid(window)?))).collect()
    }

    /// How many windows there are in the composite overlay.
    pub fn in_overlay(&self) -> usize {
        self.conn.composite_query_version(0, 4).expect("sent").reply().expect("the extension");
        let overlay = self.conn.composite_get_overlay_window(self.root).expect("sent").reply().expect("an overlay");
        let tree = self.conn.query_tree(overlay.overlay_win).expect("sent").reply().expect("a tree").children;
        self.conn.composite_release_overlay_window(self.root).expect("sent");
        tree.len()
    }

    /// How many keys and clicks the window got since it was asked last.
    pub fn got(&self) -> usize {
        self.sync();
        let mut count = 0;
        while let Some(event) = self.conn.poll_for_event().expect("events") {
            count += usize::from(matches!(event, Event::KeyPress(_) | Event::KeyRelease(_) | Event::ButtonPress(_)));
        }
        count
    }
}

/// Looks at the screen as fast as it can until it is told to stop.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    seen: Arc<Seen>,
    thread: Option<JoinHandle<()>>,
}

/// What a watcher saw.
#[derive(Default)]
pub struct Seen {
    pub samples: AtomicU32,
    pub uncovered: AtomicU32,
    /// The longest time from one covered sample to the next, with uncovered ones between them.
    pub longest: Mutex<std::time::Duration>,
}

impl Watcher {
    pub fn new(server: &Server) -> Watcher {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Seen::default()));
        let (conn, stopped, saw) = (server.connect(), stop.clone(), seen.clone());
        let thread = std::thread::spawn(move || watch(&conn, &stopped, &saw));
        crate::usherd::wait_until("the screen is looked at", || seen.samples.load(Ordering::Relaxed) > 0);
        Watcher { stop, seen, thread: Some(thread) }
    }

    /// Ends the watch: how many samples there were, and how many of them showed the desktop.
    pub fn end(mut self) -> Arc<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().expect("a thread").join().expect("a watch");
        self.seen.clone()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn watch(conn: &RustConnection, stop: &AtomicBool, seen: &Seen) {
    let mut covered_at = std::time::Instant::now();
    let mut was_covered = true;
    while !stop.load(Ordering::Relaxed) {
        let covered = !shows_desktop(conn);
        seen.samples.fetch_add(1, Ordering::Relaxed);
        if covered {
            if !was_covered {
                let mut longest = seen.longest.lock().expect("a lock");
                *longest = covered_at.elapsed().max(*longest);
            }
            covered_at = std::time::Instant::now();
        } else {
            seen.uncovered.fetch_add(1, Ordering::Relaxed);
        }
        was_covered = covered;
    }
}

/// Whether any pixel of the screen has the desktop's colour.
pub fn shows_desktop(conn: &RustConnection) -> bool {
    // Blue and red full, no green: nothing of ours is near it.
    let bytes = SIGNAL.to_le_bytes();
    picture(conn).chunks_exact(4).any(|pixel| pixel[..3] == bytes[..3])
}

/// Every pixel of the screen.
pub fn picture(conn: &RustConnection) -> Vec<u8> {
    let root = conn.setup().roots[0].root;
    let size = conn.get_geometry(root).expect("sent").reply().expect("a size");
    let image = conn.get_image(ImageFormat::Z_PIXMAP, root, 0, 0, size.width, size.height, !0).expect("sent");
    image.reply().map(|image| image.data).unwrap_or_default()
}
