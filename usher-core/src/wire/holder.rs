//! The messages between usherd and the holder of a text session, in control frames.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::request::{Colours, Message, Size};
use crate::session::{Cover, ProgramEnd, SeenStation, SessionKey};

/// The version of this protocol that a holder speaks. A daemon adopts holders of its own version and older ones.
pub const PROTOCOL: u32 = 5;

/// The version from which on a holder knows [`ToHolder::Still`].
pub const WITH_STILLS: u32 = 2;

/// The version from which on a holder knows [`ToHolder::Withdraw`].
pub const WITH_WITHDRAWALS: u32 = 3;

/// The version from which on a holder knows [`ToHolder::Text`].
pub const WITH_TEXT: u32 = 4;

/// The version from which on a holder tells that its screen changed after a [`ToHolder::Still`].
pub const WITH_CHANGES: u32 = 5;

/// The version from which on it tells its user that somebody looks.
pub const WITH_LOOKS: u32 = 5;

/// A session's beginning. Sent once, first, over the connection the holder is born with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenSpec {
    /// The session ID.
    pub session_id: u32,
    /// The kernel's boot ID.
    pub boot_id: String,
    /// The native ID.
    pub native_id: String,
    /// Where the holder listens.
    pub socket: std::path::PathBuf,
    /// Whose session it is: besides root and the holder's own uid, this uid may control it.
    pub owner: u32,
    /// The program and its arguments; the first argument may differ from the program's name (login shells).
    pub program: std::path::PathBuf,
    /// The arguments, the zeroth included.
    pub arguments: Vec<String>,
    /// The directory to start in.
    pub directory: std::path::PathBuf,
    /// The whole environment.
    pub environment: Vec<(String, String)>,
    /// The first size.
    pub size: Size,
    /// The soft limit of open descriptors that the session begins with.
    pub open_files: Option<u64>,
    /// How many lines above the screen are kept; the holder's own number where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scrollback: Option<u32>,
    /// The daemon says [`ToHolder::Heard`] once the end of the session's program is on record.
    #[serde(default)]
    pub records_ends: bool,
    /// The session's first process is another's child: the holder says its [`FromHolder::Terminal`] and awaits
    /// [`ToHolder::Lead`].
    #[serde(default)]
    pub hosted: bool,
}

/// A message from usherd to a holder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToHolder {
    /// Be this session, but do not run its program yet.
    Open(Box<OpenSpec>),
    /// The first process of a session that is [`hosted`](OpenSpec::hosted). The channel to it comes with this message.
    Lead {
        /// The ID that the login manager gave the session.
        native_id: String,
        /// The process.
        leader_pid: u32,
        /// Its start time in clock ticks since boot.
        leader_start: u64,
    },
    /// The session is on the books: run its program.
    Start,
    /// The program of a session that is [`hosted`](OpenSpec::hosted) has ended.
    ProgramEnded {
        /// How.
        end: ProgramEnd,
    },
    /// These are the covers now; with none, the session is unlocked.
    Cover {
        /// Comes back in the answer.
        seq: u64,
        /// All of them, in the order in which they are shown.
        covers: Vec<Cover>,
    },
    /// The connection that comes with this message is a new station.
    Station(StationSpec),
    /// Every station is to leave.
    Disconnect {
        /// Comes back in the answer.
        seq: u64,
        /// Who says so.
        by: String,
    },
    /// Announce that the session will close.
    Announce(Notice),
    /// Take the announcement away: the session will not close.
    Withdraw,
    /// Tell the session's user who looks at the screen; with nobody, that it is over. It is over, too, when this connection is.
    Looked {
        /// Who.
        by: Option<String>,
    },
    /// Write the contents of a station of the session's size into the file that comes with this message, as a
    /// [`TerminalCells`](super::cells::TerminalCells).
    Still {
        /// Comes back in the answer.
        seq: u64,
        /// Say [`FromHolder::ScreenChanged`] once the screen may show something else.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        watch: bool,
    },
    /// Say the text that a station of the session's size would show.
    Text {
        /// Comes back in the answer.
        seq: u64,
    },
    /// End the session: SIGHUP, and SIGKILL after the grace.
    Close {
        /// Comes back in the answer.
        seq: u64,
        /// Milliseconds between the two.
        grace_ms: u64,
        /// Who says so.
        by: String,
    },
    /// `usherd --release-all`: uncover, and remember that it was so.
    Release {
        /// Comes back in the answer.
        seq: u64,
        /// Who says so.
        by: String,
    },
    /// The end of the session's program is on record: the holder may go.
    Heard,
}

/// A new station.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StationSpec {
    /// Its number on this host.
    pub id: u32,
    /// Its size.
    pub size: Size,
    /// How many colours it can show.
    pub colours: Colours,
    /// The remote client's address.
    pub client: Option<std::net::IpAddr>,
    /// It only looks on: its keys are dropped, and its size changes nothing.
    #[serde(default)]
    pub read_only: bool,
}

/// The session will close.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// Who says so.
    pub by: String,
    /// What else they say.
    pub message: Option<Message>,
}

/// A message from a holder to usherd.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromHolder {
    /// The holder's introduction; first on every connection, once there is a session.
    Hello(Box<HolderHello>),
    /// The terminal of a session that is [`hosted`](OpenSpec::hosted), below `/dev/pts`.
    Terminal {
        /// Its number.
        number: u32,
    },
    /// The session could not be opened or its program not be run.
    Failed {
        /// Why.
        message: String,
    },
    /// The program runs.
    Started,
    /// The covers hold, and every station that is still there shows them.
    Covered {
        /// Of the request.
        seq: u64,
        /// Stations that did not confirm in time and were made to leave.
        dropped: Vec<u32>,
        /// It was an unlock, and the session was locked again before the stations showed it.
        #[serde(default)]
        superseded: bool,
    },
    /// No station is left.
    Disconnected {
        /// Of the request.
        seq: u64,
    },
    /// The file has it.
    Written {
        /// Of the request.
        seq: u64,
        /// Why it has not, in a sentence.
        error: Option<String>,
    },
    /// The screen may show something else than what was written last for an order that asked to `watch`.
    ScreenChanged,
    /// The text on the screen: lines without blanks at their ends.
    Text {
        /// Of the request.
        seq: u64,
        /// The last lines, if there are very many.
        text: String,
    },
    /// No process of the session is left.
    Closed {
        /// Of the request.
        seq: u64,
        /// SIGKILL was needed.
        killed: bool,
    },
    /// Something about the session changed.
    Status(HolderStatus),
    /// The session's program ended by itself; the holder ends now.
    Ended {
        /// How, in words.
        how: String,
        /// The same for programs, and the screen's last text.
        #[serde(default)]
        farewell: Option<Farewell>,
    },
}

/// The end of a session's program, and what it left on the screen. Stations get it too, in a [`Tag::End`](super::Tag::End).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// How the program ended.
    pub end: ProgramEnd,
    /// The last lines of text on its screen; none where the session was locked.
    #[serde(default)]
    pub screen: Option<String>,
}

/// A holder's introduction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HolderHello {
    /// The version of the protocol that the holder speaks.
    pub protocol: u32,
    /// The session ID.
    pub session_id: u32,
    /// What makes it the same session.
    pub key: SessionKey,
    /// The holder's own process.
    pub holder_pid: u32,
    /// The session as it is now.
    pub status: HolderStatus,
    /// The session's program has ended; how comes in [`FromHolder::Ended`].
    #[serde(default)]
    pub has_ended: bool,
}

/// A session as its holder sees it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HolderStatus {
    /// The covers that hold.
    pub covers: Vec<Cover>,
    /// The stations, the one typed at last first.
    pub stations: Vec<SeenStation>,
    /// The title that the program set.
    pub title: Option<String>,
    /// When somebody typed last.
    pub last_input: Option<Timestamp>,
    /// `usherd --release-all` freed the session, and no daemon covered it since: who and when.
    #[serde(default)]
    pub released: Option<(String, Timestamp)>,
}
