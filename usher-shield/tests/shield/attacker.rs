//! A program of the user's: a process of its own with the user's rights and the display's cookie. It does what the test tells it, line by line.

use std::io::{BufRead, BufReader, IoSlice, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, DeviceType, EventMask, GrabOwner, HierarchyChange, HierarchyChangeData,
    HierarchyChangeDataAddMaster, HierarchyChangeDataAttachSlave, HierarchyChangeDataDetachSlave, XIChangePropertyAux,
    XIDeviceInfo, XIEventMask,
};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateWindowAux, GetInputFocusReply, GrabMode, GrabStatus, PropMode, Window,
    WindowClass,
};
use x11rb::rust_connection::{DefaultStream, RustConnection};

use crate::server::{Server, VICTIM};

const SOCKET: &str = "USHER_ATTACK";
const COOKIE: &str = "USHER_ATTACK_COOKIE";

/// The test's end of it.
pub struct Attacker {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Attacker {
    pub fn start(server: &Server) -> Attacker {
        let cookie: String = server.cookie.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut command = Command::new("/proc/self/exe");
        command.args(["--exact", "attacker::does_what_it_is_told", "--nocapture", "--test-threads=1"]);
        command.env(SOCKET, server.socket()).env(COOKIE, cookie).uid(VICTIM).gid(VICTIM).current_dir("/");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("an attacker");
        let (orders, answers) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        Attacker { child, orders, answers: BufReader::new(answers) }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Has it do this, and waits until it did: a number that says how it went.
    #[track_caller]
    pub fn tell(&mut self, order: &str) -> usize {
        writeln!(self.orders, "{order}").expect("an attacker");
        for line in (&mut self.answers).lines() {
            if let Some(answer) = line.expect("an answer").strip_prefix("= ") {
                return answer.parse().expect("a number");
            }
        }
        panic!("the attacker ended at {order:?}");
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program itself; without an order to be it, there is nothing to test here.
#[test]
fn does_what_it_is_told() {
    let (Ok(socket), Ok(cookie)) = (std::env::var(SOCKET), std::env::var(COOKIE)) else { return };
    let byte = |at: usize| u8::from_str_radix(&cookie[at..at + 2], 16).expect("a cookie");
    let cookie = (0..cookie.len()).step_by(2).map(byte).collect();
    let mut program = Program::new(socket, cookie);
    for order in std::io::stdin().lines() {
        let answer = program.obey(&order.expect("an order"));
        // The test program's own words may stand on the line.
        println!("\n= {answer}");
    }
    std::process::exit(0);
}

struct Program {
    socket: String,
    cookie: Vec<u8>,
    conn: RustConnection,
    root: Window,
    more: Vec<RustConnection>,
}

fn connect(socket: &str, cookie: &[u8]) -> Option<RustConnection> {
    let (stream, _) = DefaultStream::from_unix_stream(UnixStream::connect(socket).ok()?).ok()?;
    let name = b"MIT-MAGIC-COOKIE-1".to_vec();
    RustConnection::connect_to_stream_with_auth_info(stream, 0, name, cookie.to_vec()).ok()
}

fn keys_and_buttons() -> XIEventMask {
    XIEventMask::KEY_PRESS | XIEventMask::KEY_RELEASE | XIEventMask::BUTTON_PRESS | XIEventMask::BUTTON_RELEASE
}

impl Program {
    fn new(socket: String, cookie: Vec<u8>) -> Program {
        let conn = connect(&socket, &cookie).expect("a display");
        conn.xinput_xi_query_version(2, 2).expect("sent").reply().expect("the extension");
        let root = conn.setup().roots[0].root;
        Program { socket, cookie, conn, root, more: Vec::new() }
    }

    fn obey(&mut self, order: &str) -> usize {
        let (verb, object) = order.split_once(' ').unwrap_or((order, ""));
        match verb {
            "fill" => self.fill(),
            "free" => {
                self.more.clear();
                0
            }
            "kill" => {
                self.conn.kill_client(object.parse::<u32>().expect("a window")).expect("sent");
                self.sync();
                0
            }
            "raw" => {
                self.select(0, XIEventMask::RAW_KEY_PRESS | XIEventMask::RAW_KEY_RELEASE);
                0
            }
            "grab" => self.grab(if object == "window" { self.window() } else { self.root }),
            "ungrab" => {
                for device in self.devices() {
                    self.conn.xinput_xi_ungrab_device(0u32, device.deviceid).expect("sent");
                }
                self.sync();
                0
            }
            "float" => self.float(),
            "master" => self.master(),
            "clipboard" => self.open_clipboard(),
            "enable" => self.enable(),
            "count" => self.count(),
            _ => panic!("{order}"),
        }
    }

    fn sync(&self) {
        self.conn.get_input_focus().expect("sent").reply().expect("an answer");
    }

    /// Takes every place that there is.
    fn fill(&mut self) -> usize {
        self.more.extend(std::iter::from_fn(|| connect(&self.socket, &self.cookie)));
        self.more.len()
    }

    /// Every device that is not one of the two that core clients know.
    fn devices(&self) -> Vec<XIDeviceInfo> {
        let all = self.conn.xinput_xi_query_device(0u16).expect("sent").reply().expect("devices").infos;
        all.into_iter().filter(|device| device.deviceid > 3).collect()
    }

    fn window(&self) -> Window {
        let window = self.conn.generate_id().expect("an ID");
        let look = CreateWindowAux::new().override_redirect(1);
        let class = WindowClass::INPUT_OUTPUT;
        self.conn.create_window(0, window, self.root, 0, 0, 9, 9, 0, class, 0, &look).expect("sent");
        self.conn.map_window(window).expect("sent");
        window
    }

    fn grab(&self, window: Window) -> usize {
        let (mode, mask) = (GrabMode::ASYNC, [u32::from(keys_and_buttons())]);
        let owner = GrabOwner::NO_OWNER;
        let grab = |device: XIDeviceInfo| {
            let id = device.deviceid;
            let asked = self.conn.xinput_xi_grab_device(window, 0u32, 0, id, mode, mode, owner, &mask);
            asked.expect("sent").reply().is_ok_and(|reply| reply.status == GrabStatus::SUCCESS)
        };
        self.devices().into_iter().map(grab).filter(|held| *held).count()
    }

    fn select(&self, device: u16, mask: XIEventMask) {
        let mask = EventMask { deviceid: device, mask: vec![mask] };
        self.conn.xinput_xi_select_events(self.root, &[mask]).expect("sent");
        self.sync();
    }

    fn change(&self, len: u16, data: HierarchyChangeData) -> bool {
        self.conn.xinput_xi_change_hierarchy(&[HierarchyChange { len, data }]).expect("sent").check().is_ok()
    }

    /// Takes each keyboard and pointer from its master, and listens to it.
    fn float(&self) -> usize {
        let float = |device: &XIDeviceInfo| {
            let deviceid = device.deviceid;
            self.change(2, HierarchyChangeData::DetachSlave(HierarchyChangeDataDetachSlave { deviceid }))
        };
        let floating = self.devices().iter().filter(|device| float(device)).count();
        self.select(0, keys_and_buttons());
        floating
    }

    /// Makes a master of its own, gives it every keyboard, and listens to it.
    fn master(&self) -> usize {
        let name = b"spy".to_vec();
        let data = HierarchyChangeDataAddMaster { send_core: true, enable: true, name };
        assert!(self.change(3, HierarchyChangeData::AddMaster(data)), "a master");
        self.select(0, keys_and_buttons());
        let all = self.devices();
        let master = all.iter().find(|device| device.name == b"spy keyboard").expect("a keyboard").deviceid;
        let keyboard = |device: &&XIDeviceInfo| {
            let others = ![b"spy".as_slice(), b"Virt"].contains(&device.name.get(..3).unwrap_or_default());
            let slave = !matches!(device.type_, DeviceType::MASTER_KEYBOARD | DeviceType::MASTER_POINTER);
            others && slave && device.name.ends_with(b"keyboard")
        };
        let attach = |device: &XIDeviceInfo| {
            let data = HierarchyChangeDataAttachSlave { deviceid: device.deviceid, master };
            self.change(2, HierarchyChangeData::AttachSlave(data))
        };
        all.iter().filter(keyboard).filter(|device| attach(device)).count()
    }

    /// Turns on what a VNC server copies to viewers and from them, as `vncconfig(1)` does: how many ways the server opened.
    fn open_clipboard(&self) -> usize {
        let older = self.conn.extension_information("VNC-EXTENSION").expect("asked").is_some();
        let extension = if older { "VNC-EXTENSION" } else { "TIGERVNC" };
        let opcode = self.conn.extension_information(extension).expect("asked").expect("a VNC server").major_opcode;
        let set = |name: &str| {
            let text = if older { format!("{name}=1") } else { name.to_owned() };
            let head = if older { vec![text.len() as u8, 0, 0, 0] } else { vec![text.len() as u8, 0, 1, 0] };
            let mut body = [vec![opcode, 0, 0, 0], head, text.into_bytes()].concat();
            body.resize(body.len().next_multiple_of(4), 0);
            if !older {
                body.extend(b"1\0\0\0");
            }
            let length = (body.len() / 4) as u16;
            body[2..4].copy_from_slice(&length.to_ne_bytes());
            let asked = self.conn.send_request_with_reply::<GetInputFocusReply>(&[IoSlice::new(&body)], Vec::new());
            // Whether the server did it is where that reply has another byte.
            asked.expect("sent").reply().is_ok_and(|reply| u8::from(reply.revert_to) == 1)
        };
        ["SendCutText", "AcceptCutText"].into_iter().filter(|name| set(name)).count()
    }

    /// Turns every device on.
    fn enable(&self) -> usize {
        let enabled = self.conn.intern_atom(false, b"Device Enabled").expect("sent").reply().expect("an atom").atom;
        let on = |device: &XIDeviceInfo| {
            let (mode, kind) = (PropMode::REPLACE, AtomEnum::INTEGER.into());
            let value = XIChangePropertyAux::Data8(vec![1]);
            let asked = self.conn.xinput_xi_change_property(device.deviceid, mode, enabled, kind, 1, &value);
            !device.enabled && asked.expect("sent").check().is_ok()
        };
        self.devices().iter().filter(|device| on(device)).count()
    }

    /// Keys and buttons that it got since it was asked last.
    fn count(&self) -> usize {
        self.sync();
        let is_input = |event: &Event| {
            matches!(
                event,
                Event::XinputKeyPress(_)
                    | Event::XinputKeyRelease(_)
                    | Event::XinputButtonPress(_)
                    | Event::XinputButtonRelease(_)
                    | Event::XinputRawKeyPress(_)
                    | Event::XinputRawKeyRelease(_)
            )
        };
        let events = std::iter::from_fn(|| self.conn.poll_for_event().expect("events"));
        events.filter(is_input).count()
    }
}
