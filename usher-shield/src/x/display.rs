//! A connection to the session's X server, and to no other.

use std::io;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use usher_core::sys::peer;
use usher_core::sys::process::Process;
use usher_core::wire::shield::Arming;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::cookie::Cookie;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::{composite, damage, randr, res, shape, sync, xfixes, xinput, xkb, xproto, xtest};
use x11rb::rust_connection::RustConnection;

use super::link::{Link, Terms};
use super::{vnc, xauth};

/// How long the server may take to greet us.
pub const GREETING: Duration = Duration::from_secs(2);
/// How a server begins to say that it has no room (the reference server, `ErrorConnMax`). It says so before it looks at any cookie.
const FULL: &[u8] = b"Maximum number of clients";

/// Why the server did not do what it was asked.
#[derive(Debug)]
pub enum Trouble {
    /// It does not answer now; it may later.
    Hung,
    /// The connection is over.
    Gone(String),
    /// It answered with an error.
    Refused,
}

impl From<ConnectionError> for Trouble {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::IoError(error) if error.kind() == io::ErrorKind::TimedOut => Trouble::Hung,
            // Too long to be let in, or a lie.
            ConnectionError::ParseError(_) => Trouble::Refused,
            other => Trouble::Gone(other.to_string()),
        }
    }
}

impl From<ReplyError> for Trouble {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::ConnectionError(error) => error.into(),
            ReplyError::X11Error(_) => Trouble::Refused,
        }
    }
}

impl From<ReplyOrIdError> for Trouble {
    fn from(error: ReplyOrIdError) -> Self {
        match error {
            ReplyOrIdError::ConnectionError(error) => error.into(),
            ReplyOrIdError::X11Error(_) => Trouble::Refused,
            ReplyOrIdError::IdsExhausted => Trouble::Gone("no more resource IDs".to_owned()),
        }
    }
}

/// What comes of asking the server.
pub type Asked<T = ()> = Result<T, Trouble>;

/// Why there is no connection.
#[derive(Debug)]
pub enum NoDisplay {
    /// The server that the shield was armed for is gone; another may listen in its place.
    ServerGone,
    /// It may work later.
    Later(String),
    /// It has no room for another client now.
    Full,
    /// No cookie opens it.
    Closed(String),
}

/// The cookie that opened the display before; within, none for a server that asks for none.
pub type Known = Option<Option<Vec<u8>>>;

/// What the server offers besides the core protocol.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a server has an extension or not")]
pub struct Extensions {
    pub composite: bool,
    pub damage: bool,
    pub randr: bool,
    pub res: bool,
    pub shape: bool,
    pub sync: bool,
    /// The name of a VNC server's extension.
    pub vnc: Option<&'static str>,
    pub xinput: bool,
    pub xkb: bool,
    pub xtest: bool,
}

/// A connection to the session's X server.
pub struct Display {
    pub conn: RustConnection<Link>,
    terms: Rc<Terms>,
    pub root: xproto::Window,
    pub screen: xproto::Screen,
    pub has: Extensions,
}

impl Display {
    /// Connects to the server that `arming` names. Nothing of ours is made there: until something is, no other
    /// client can name this one, and so cut it off (X Window System Protocol, KillClient).
    pub fn connect(arming: &Arming, known: &mut Known, patience: Duration) -> Result<Self, NoDisplay> {
        let found = || xauth::cookies(&arming.authorities, arming.display).into_iter().map(Some).chain([None]);
        let cookies: Vec<_> = known.clone().map_or_else(|| found().collect(), |cookie| vec![cookie]);
        let mut refusal = String::new();
        for cookie in cookies {
            let terms = Terms::new(patience);
            let link = Link::new(open(arming)?, terms.clone()).map_err(later)?;
            let (name, data) = cookie.clone().map_or_else(Default::default, |data| (xauth::PROTOCOL.to_vec(), data));
            match RustConnection::connect_to_stream_with_auth_info(link, 0, name, data) {
                Ok(conn) => {
                    *known = Some(cookie);
                    terms.allow(patience);
                    return Display::greeted(conn, terms).map_err(|e| NoDisplay::Later(format!("{e:?}")));
                }
                Err(ConnectError::SetupFailed(failed)) if failed.reason.starts_with(FULL) => {
                    return Err(NoDisplay::Full);
                }
                Err(ConnectError::SetupFailed(failed)) => {
                    refusal = String::from_utf8_lossy(&failed.reason).chars().filter(|c| !c.is_control()).collect();
                }
                Err(ConnectError::SetupAuthenticate(_)) => {}
                Err(ConnectError::InvalidScreen) => {
                    return Err(NoDisplay::Closed("the X server has no screen".to_owned()));
                }
                Err(error) => return Err(NoDisplay::Later(error.to_string())),
            }
        }
        Err(NoDisplay::Closed(format!("the X server accepts no cookie that was found: {refusal}")))
    }

    fn greeted(conn: RustConnection<Link>, terms: Rc<Terms>) -> Asked<Self> {
        let screen = conn.setup().roots[0].clone();
        let mut display = Display { root: screen.root, screen, conn, terms, has: Extensions::default() };
        display.has = display.ask_for_extensions()?;
        Ok(display)
    }

    /// Says which versions we speak; some extensions answer nothing before that.
    fn ask_for_extensions(&self) -> Asked<Extensions> {
        let conn = &self.conn;
        let names = [
            composite::X11_EXTENSION_NAME,
            damage::X11_EXTENSION_NAME,
            randr::X11_EXTENSION_NAME,
            res::X11_EXTENSION_NAME,
            shape::X11_EXTENSION_NAME,
            sync::X11_EXTENSION_NAME,
            xfixes::X11_EXTENSION_NAME,
            xinput::X11_EXTENSION_NAME,
            xkb::X11_EXTENSION_NAME,
            xtest::X11_EXTENSION_NAME,
        ];
        for name in names.into_iter().chain(vnc::NAMES) {
            conn.prefetch_extension_information(name)?;
        }
        let mut there = [false; 10];
        for (there, name) in there.iter_mut().zip(names) {
            *there = conn.extension_information(name)?.is_some();
        }
        let mut vnc = None;
        for name in vnc::NAMES {
            vnc = conn.extension_information(name)?.map(|_| name).or(vnc);
        }
        let [composite, damage, randr, res, shape, sync, xfixes, xinput, xkb, xtest] = there;
        // All are asked before any answer is awaited: another client may hold the server between any two of them.
        let composite = composite.then(|| composite::query_version(conn, 0, 4)).transpose()?;
        let xfixes = xfixes.then(|| xfixes::query_version(conn, 5, 0)).transpose()?;
        let damage = damage.then(|| damage::query_version(conn, 1, 1)).transpose()?;
        let randr = randr.then(|| randr::query_version(conn, 1, 5)).transpose()?;
        let res = res.then(|| res::query_version(conn, 1, 2)).transpose()?;
        let xinput = xinput.then(|| xinput::xi_query_version(conn, 2, 2)).transpose()?;
        let sync = sync.then(|| sync::initialize(conn, 3, 1)).transpose()?;
        let xkb = xkb.then(|| xkb::use_extension(conn, 1, 0)).transpose()?;
        let composite = composite.is_some_and(|asked| asked.reply().is_ok_and(|v| v.minor_version >= 3));
        let xfixes = xfixes.is_some_and(|asked| asked.reply().is_ok());
        let damage = damage.is_some_and(|asked| asked.reply().is_ok()) && xfixes;
        let since = |v: &randr::QueryVersionReply| (v.major_version, v.minor_version) >= (1, 5);
        let randr = randr.is_some_and(|asked| asked.reply().is_ok_and(|v| since(&v)));
        let res = res.is_some_and(|asked| asked.reply().is_ok_and(|v| v.server_minor >= 2));
        let xinput = xinput.is_some_and(|asked| asked.reply().is_ok_and(|v| v.major_version >= 2));
        let sync = sync.is_some_and(|asked| asked.reply().is_ok());
        let xkb = xkb.is_some_and(|asked| asked.reply().is_ok_and(|r| r.supported));
        Ok(Extensions { composite, damage, randr, res, shape, sync, vnc, xinput, xkb, xtest })
    }

    /// How long answers are awaited from now on.
    pub fn patience(&self, patience: Duration) {
        self.terms.allow(patience);
    }

    /// All events that were read are dealt with.
    pub fn seen(&self) {
        self.terms.seen();
    }

    /// Whether the server said anything since this was asked last.
    pub fn heard(&self) -> bool {
        self.terms.heard()
    }

    /// Sends what was asked for.
    pub fn flush(&self) -> Asked {
        Ok(self.conn.flush()?)
    }

    /// Waits until the server takes more. A large request that it takes in part alone is of no further use, and neither is
    /// the connection; after this there is room for three quarters of the socket's buffer (Linux, `unix_writable`).
    pub fn await_room(&self) -> Asked {
        self.flush()?;
        Ok(self.conn.stream().await_room().map_err(ConnectionError::from)?)
    }

    /// The use of a screen's composite overlay. Where its answer does not come in time, it is given back at once: the server
    /// would show it whenever it gets to the question, and nobody would know of it.
    pub fn overlay(&self, root: xproto::Window) -> Asked<xproto::Window> {
        let asked = composite::get_overlay_window(&self.conn, root)?;
        match asked.reply() {
            Ok(overlay) => Ok(overlay.overlay_win),
            Err(error) => {
                composite::release_overlay_window(&self.conn, root)?;
                Err(error.into())
            }
        }
    }

    /// Asks for an answer that nobody waits for: its arrival tells that the server answers again.
    pub fn ask_for_a_sign(&self) -> Asked {
        drop(xproto::get_input_focus(&self.conn)?);
        self.flush()
    }

    /// Waits until everything that was asked is done.
    pub fn sync(&self) -> Asked {
        xproto::get_input_focus(&self.conn)?.reply()?;
        Ok(())
    }

    /// The first and the last keycode.
    pub fn keycodes(&self) -> (u8, u8) {
        let setup = self.conn.setup();
        (setup.min_keycode, setup.max_keycode)
    }

    /// The answer to a question whose answer has a list in it, with a 32-bit count at `at`. x11rb makes room for as many before it
    /// looks whether they are there: so that is looked at first.
    pub fn listed<R>(&self, asked: Cookie<'_, RustConnection<Link>, R>, at: usize, each: usize) -> Asked<R>
    where
        R: x11rb::x11_utils::TryParse,
    {
        let answer = asked.raw_reply()?;
        let count = answer.get(at..at + 4).and_then(|bytes| Some(u32::from_ne_bytes(bytes.try_into().ok()?)));
        let fits = count.is_some_and(|count| usize::try_from(count).is_ok_and(|count| count <= answer.len() / each));
        if !fits {
            return Err(Trouble::Refused);
        }
        Ok(R::try_parse(&answer).map_err(ConnectionError::from)?.0)
    }

    /// A name's number.
    pub fn atom(&self, name: &str) -> Asked<xproto::Atom> {
        Ok(xproto::intern_atom(&self.conn, false, name.as_bytes())?.reply()?.atom)
    }
}

fn later(error: impl std::fmt::Display) -> NoDisplay {
    NoDisplay::Later(error.to_string())
}

/// A stream to the socket, with the armed server at its other end.
///
/// The session's user can end the server and listen in its place, and would get a shield that covers
/// nothing: so the kernel says who is there (`unix(7)`, SO_PEERCRED), and the start time that it is
/// still the same process.
fn open(arming: &Arming) -> Result<UnixStream, NoDisplay> {
    let server = Process { pid: arming.server_pid, start: arming.server_start };
    if !server.lives() {
        return Err(NoDisplay::ServerGone);
    }
    let stream = connect(&arming.socket).map_err(later)?;
    match peer::of(&stream) {
        Ok(peer) if peer.pid == arming.server_pid => Ok(stream),
        Ok(_) => Err(NoDisplay::ServerGone),
        Err(error) => Err(later(error)),
    }
}

/// Connects without waiting: a stopped server's full queue must not stop the shield.
fn connect(socket: &str) -> io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let stream = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddrUnix::new_abstract_name(name.as_bytes())?,
        None => SocketAddrUnix::new(socket)?,
    };
    rustix::net::connect(&stream, &address)?;
    Ok(stream.into())
}
