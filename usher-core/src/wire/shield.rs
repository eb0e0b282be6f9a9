//! What goes between usherd and a shield: the frames of [`crate::wire::holder`], control frames only.
//!
//! A shield is born with a listening socket as its standard input, which root alone can reach. It
//! serves the daemon's connections on it, greets each with [`FromShield::Hello`] once it is armed, and
//! outlives every one of them. Unknown fields are ignored, unknown messages too, so that a shield of
//! last month's version and today's usherd understand each other.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::request::ThumbnailSize;
use crate::session::{Cover, SessionKey};
use crate::wire::holder::Notice;

/// The version of this protocol that a shield speaks.
pub const PROTOCOL: u32 = 6;

/// The version from which on a shield knows [`ToShield::Picture`].
pub const WITH_PICTURES: u32 = 2;

/// The version from which on a shield knows [`ToShield::Withdraw`].
pub const WITH_WITHDRAWALS: u32 = 3;

/// The version from which on a Wayland session's shield takes pictures.
pub const WITH_WAYLAND_PICTURES: u32 = 5;

/// The version from which on an X11 display's shield tells that a screen changed after a picture of it.
pub const WITH_CHANGES: u32 = 6;

/// The version from which on it tells its user that somebody looks.
pub const WITH_LOOKS: u32 = 6;

/// The most bytes of one authority file that usherd hands on (`Xsecurity(7)`).
pub const MAX_AUTHORITY: u64 = 64 << 10;

/// The note of a lock under which programs run on: what no grab keeps from them.
pub const RAW_INPUT: &str =
    "programs that ask the X server for raw input still learn of keys and buttons; --freeze stops them";

/// The note of a lock of a Wayland session under which programs run on: what a compositor leaves open.
pub const SUCCESSION: &str = "key bindings that the compositor allows under a lock work on, and a lock client of the user's may follow ours if the latter is killed; --freeze stops the user's programs";

/// The variable by which usherd tells the C library of a shield's processes how to keep memory (`mallopt(3)`).
pub const ALLOCATOR: &str = "GLIBC_TUNABLES";

/// What a display speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DisplayProtocol {
    /// The X Window System.
    #[default]
    X11,
    /// Wayland, with `ext-session-lock-v1`.
    Wayland,
}

/// The display that a shield is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arming {
    /// The session ID.
    pub session_id: u32,
    /// What makes it the same session.
    pub key: SessionKey,
    /// The host's name, as the lock screen shows it.
    pub host: String,
    /// What the display speaks. A Wayland compositor listens where its user alone gets to: usherd hands over connections to it.
    #[serde(default)]
    pub protocol: DisplayProtocol,
    /// The display's number: 10 for `:10`.
    pub display: u32,
    /// Where the X server listens: a path, or with `@` in front a name of the abstract namespace (`unix(7)`).
    pub socket: String,
    /// The X server's process, as the kernel names it to who connects. A shield talks to no other.
    pub server_pid: u32,
    /// That process's start time in clock ticks since boot (`proc_pid_stat(5)`, field 22).
    pub server_start: u64,
    /// The contents of authority files that may hold the display's cookie, the likeliest first.
    /// usherd does not look into them.
    pub authorities: Vec<Vec<u8>>,
    /// The tag of the language that the lock screen speaks; English for one that the shield does not know.
    #[serde(default)]
    pub language: String,
}

impl Arming {
    /// How the shield that was armed so greets usherd.
    pub fn greeting(&self, pids: Vec<u32>, status: Status) -> Hello {
        Hello {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            session_id: self.session_id,
            key: self.key.clone(),
            of: self.protocol,
            display: self.display,
            server_pid: self.server_pid,
            pids,
            status,
        }
    }
}

/// What usherd says to a shield.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToShield {
    /// Connect to this display and be ready to cover it. Sent once.
    Arm(Box<Arming>),
    /// A connection to the Wayland compositor, which nothing was said on yet, is the descriptor that comes with this message.
    Connection,
    /// These are the covers now; with none, the display is uncovered.
    Cover {
        /// Comes back in the answer.
        seq: u64,
        /// All of them, in the order in which they are shown. The shield drops each by itself when its end comes.
        covers: Vec<Cover>,
        /// The user's programs stand still under them, or soon will: input devices may be turned off.
        #[serde(default)]
        frozen: bool,
    },
    /// Show, without taking input, that the session will close.
    Announce(Notice),
    /// Take the announcement away: the session will not close.
    Withdraw,
    /// Tell the session's user who looks at the screen; with nobody, that it is over. It is over, too, when this connection is.
    Looked {
        /// Who.
        by: Option<String>,
    },
    /// Write what the screen shows, whatever that is, as PNG into the descriptor that comes with this message. For a Wayland compositor
    /// a [`ToShield::Connection`] comes before it.
    Picture {
        /// Comes back in the answer.
        seq: u64,
        /// How large.
        size: ThumbnailSize,
        /// Say [`FromShield::ScreenChanged`] once the screen shows something else.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        watch: bool,
    },
    /// `usherd --release-all`: uncover, and remember that it was so until the next [`ToShield::Cover`].
    Release {
        /// Comes back in the answer.
        seq: u64,
        /// Who says so.
        by: String,
    },
    /// Nobody needs this shield any more: uncover and end.
    Retire,
}

/// What a shield says to usherd.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromShield {
    /// Who the shield is; first on every connection, once it is armed.
    Hello(Box<Hello>),
    /// The display cannot be covered.
    Failed {
        /// Why, in a sentence.
        message: String,
        /// The shield goes on trying for as long as this connection lasts, and says [`FromShield::Hello`] once it is armed. Else it
        /// ends now.
        #[serde(default)]
        trying: bool,
        /// The X server has no room for another client: whose it has.
        #[serde(default)]
        crowd: Option<Crowd>,
        /// The display is of a kind that nothing covers, however often it is tried.
        #[serde(default)]
        unsupported: bool,
    },
    /// The shield needs another [`ToShield::Connection`].
    WantsConnection,
    /// The covers hold: mapped, on top, keyboard and pointer held, and the message is painted. After a
    /// [`ToShield::Cover`] with no covers: nothing of ours is mapped or held any more.
    Covered {
        /// Of the request.
        seq: u64,
        /// Another order took it back before it could be seen.
        #[serde(default)]
        superseded: bool,
        /// Sentences for the outcome: a script that no font has, input held only at a later try.
        #[serde(default)]
        notes: Vec<String>,
        /// From the order's arrival until cover and input were held, in microseconds; the message is
        /// painted after that.
        #[serde(default)]
        held_micros: Option<u64>,
    },
    /// The picture is written.
    Pictured {
        /// Of the request.
        seq: u64,
        /// Why it is not, in a sentence.
        error: Option<String>,
        /// There is none of such a display, however often it is asked for.
        #[serde(default)]
        unsupported: bool,
        /// [`FromShield::ScreenChanged`] comes, or came, after the first change since.
        #[serde(default)]
        watched: bool,
    },
    /// The screen shows something else than in the last picture whose order asked to `watch`.
    ScreenChanged,
    /// Something about the display changed.
    Status(Status),
    /// Somebody fought the cover, and what came of it; usherd logs it.
    Incident {
        /// What was seen and done, in a sentence.
        what: String,
        /// For how long the display may have been uncovered, in microseconds; none where it never was.
        uncovered_micros: Option<u64>,
    },
}

/// The clients that fill an X server, so that a shield gets no connection that it needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Crowd {
    /// How many connections there are beside the shield's; 0 where that is not known.
    #[serde(default)]
    pub clients: u32,
    /// The processes that have most of them, as the server knows them, the greediest first. At most four.
    #[serde(default)]
    pub members: Vec<Member>,
}

/// A process that has connections to an X server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The process.
    pub pid: u32,
    /// Whose it is, where it still lives.
    pub uid: Option<u32>,
    /// How many connections it has.
    pub clients: u32,
}

impl fmt::Display for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the X server has no room for another client")?;
        for (place, member) in self.members.iter().enumerate() {
            let before = if place == 0 { ": " } else { ", " };
            write!(f, "{before}process {} ", member.pid)?;
            match member.uid {
                Some(uid) => write!(f, "of uid {uid} has {}", member.clients)?,
                None => write!(f, "has {}", member.clients)?,
            }
        }
        if self.clients > 0 {
            write!(f, " of {} connections", self.clients)?;
        }
        Ok(())
    }
}

/// A shield's introduction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol that the shield speaks.
    pub protocol: u32,
    /// The version of the program.
    pub version: String,
    /// The session ID.
    pub session_id: u32,
    /// What makes it the same session.
    pub key: SessionKey,
    /// What the display speaks.
    #[serde(default)]
    pub of: DisplayProtocol,
    /// The display's number.
    pub display: u32,
    /// The X server's process, or the compositor's.
    pub server_pid: u32,
    /// The shield's own processes.
    pub pids: Vec<u32>,
    /// The display as it is now.
    pub status: Status,
}

/// A display as its shield sees it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Status {
    /// The covers that hold with everything that belongs to it: mapped, on top, input held.
    pub covers: Vec<Cover>,
    /// Something of ours is mapped on top of everything.
    pub covered: bool,
    /// Keyboard and pointer are held.
    pub input_held: bool,
    /// The title of the window that has the focus (`_NET_ACTIVE_WINDOW`, `_NET_WM_NAME`); while
    /// covered, the one that had it.
    pub title: Option<String>,
    /// When the user's last input was, known to 10 s (X Synchronization Extension, IDLETIME).
    pub last_input: Option<Timestamp>,
    /// `usherd --release-all` freed the display, and no daemon covered it since: who and when.
    #[serde(default)]
    pub released: Option<(String, Timestamp)>,
    /// The X server has no room for a connection that the shield needs. Cover and input are as they are said to be; the message may
    /// be missing.
    #[serde(default)]
    pub crowd: Option<Crowd>,
    /// Why the covers do not hold, in a sentence, where the shield knows.
    #[serde(default)]
    pub hindrance: Option<String>,
}
