//! What goes between usherd and the warden of a seat, and between the warden and its painter: control frames only.
//!
//! A warden is born with a listening socket as its standard input, which root alone can reach, and outlives every connection on
//! it. It holds the seat's terminal and graphics cards; the painter, which has no rights, draws on them. Unknown fields are
//! ignored, unknown messages too.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::session::Cover;

/// The version of this protocol that a warden speaks.
pub const PROTOCOL: u32 = 1;

/// The seat that a warden is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeatDuty {
    /// logind's name of it.
    pub seat: String,
    /// What the host is called on the lock screen.
    pub host: String,
    /// The tag of the language that the lock screen speaks.
    #[serde(default)]
    pub language: String,
    /// The file in which everything is recorded that is taken.
    pub record: String,
}

/// What usherd says to a warden.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToSeat {
    /// What it is the warden of; first, and again before a cover, whose message may be in another language.
    Arm(Box<SeatDuty>),
    /// This cover most likely comes next: its message may be drawn while whatever comes first is still done. Nothing is shown of it.
    Prepare {
        /// As [`ToSeat::Cover`] will have it first.
        cover: Box<Cover>,
    },
    /// These are the covers now; with none, everything is given back.
    Cover {
        /// Comes back in the answer.
        seq: u64,
        /// All of them, in the order in which they are shown.
        covers: Vec<Cover>,
    },
    /// `usherd --release-all`: give everything back, and remember that it was so until the next [`ToSeat::Cover`].
    Release {
        /// Comes back in the answer.
        seq: u64,
        /// Who says so.
        by: String,
    },
    /// Nobody needs this warden any more: give everything back and end.
    Retire,
}

/// What a warden says to usherd.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromSeat {
    /// Who the warden is; first on every connection, once it is armed.
    Hello(Box<SeatHello>),
    /// The kernel says that the seat shows these covers and nothing else; after an order with none: that it is given back.
    Covered {
        /// Of the request.
        seq: u64,
        /// Another order took it back before it could be seen.
        #[serde(default)]
        superseded: bool,
        /// Sentences for the outcome.
        #[serde(default)]
        notes: Vec<String>,
    },
    /// It was not seen in time, or cannot be done.
    Failed {
        /// Of the request.
        seq: u64,
        /// Why.
        message: String,
    },
    /// Something about the seat changed.
    Status(SeatStatus),
}

/// A warden's introduction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SeatHello {
    /// The version of the protocol that the warden speaks.
    pub protocol: u32,
    /// The version of the program.
    pub version: String,
    /// The seat.
    pub seat: String,
    /// The seat as it is now.
    pub status: SeatStatus,
}

/// A seat as its warden sees it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SeatStatus {
    /// The covers under which the kernel says that the seat shows nothing but ours.
    pub covers: Vec<Cover>,
    /// `usherd --release-all` freed it, and no daemon covered it since: who and when.
    pub released: Option<(String, Timestamp)>,
}

/// What a warden says to its painter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToPainter {
    /// Whom it paints for; first, and again where that changes.
    Begin {
        /// What the host is called.
        host: String,
        /// The tag of the language.
        language: String,
    },
    /// What it most likely paints next, and how large the screens are: it may be drawn before there are cards.
    Prepare {
        /// What is to stand there.
        cover: Box<Cover>,
        /// Width and height of each screen.
        sizes: Vec<(u16, u16)>,
    },
    /// A graphics card, of which the warden is master; its descriptor comes with this message.
    Card,
    /// What to paint on every connector.
    Paint {
        /// Later ones have higher numbers, from 1.
        number: u64,
        /// What stands there.
        cover: Box<Cover>,
    },
}

/// What a painter says to its warden, which looks for itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromPainter {
    /// Every connector shows what was to be painted.
    Painted {
        /// Of the order.
        number: u64,
        /// Sentences for the outcome.
        #[serde(default)]
        notes: Vec<String>,
    },
    /// It cannot be painted; every connector is covered without it.
    NotPainted {
        /// Of the order.
        number: u64,
        /// Why.
        message: String,
    },
}
