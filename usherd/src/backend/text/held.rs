//! The daemon's hold on one session's holder.

use usher_core::outcome::{Error, ErrorId};
use usher_core::session::SessionKey;
use usher_core::sys::process::Process;
use usher_core::wire::holder::{FromHolder, HolderHello};

use crate::backend::link::{Connection, Incoming, PeerLink};

/// A holder that is connected.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) key: SessionKey,
    pub(super) holder: Process,
    /// The version of the protocol that it speaks.
    pub(super) protocol: u32,
    pub(super) link: PeerLink<FromHolder>,
}

/// A connection to a holder that has introduced itself.
pub(super) struct IntroducedHolder {
    pub(super) connection: Connection,
    pub(super) hello: HolderHello,
    pub(super) holder: Process,
}

/// Waits for the holder's introduction.
pub(super) async fn introduce(mut connection: Connection) -> Result<IntroducedHolder, Error> {
    match connection.receive().await {
        Some(FromHolder::Hello(hello)) => {
            let gone = || Error::new(ErrorId::BackendFailed, "the session's holder ended or cannot be looked at");
            let holder = Process::of(hello.holder_pid).ok().flatten().ok_or_else(gone)?;
            Ok(IntroducedHolder { connection, hello: *hello, holder })
        }
        Some(FromHolder::Failed { message }) => Err(Error::new(ErrorId::BackendFailed, message)),
        _ => Err(Error::new(ErrorId::BackendFailed, "the session's holder does not introduce itself")),
    }
}

impl Incoming for FromHolder {
    const SENDER: &'static str = "holder";
    const REMEDY: &'static str = "`usher close` ends a session whose holder hangs";

    fn answers(&self) -> Option<u64> {
        match self {
            FromHolder::Covered { seq, .. }
            | FromHolder::Disconnected { seq }
            | FromHolder::Written { seq, .. }
            | FromHolder::Text { seq, .. }
            | FromHolder::Closed { seq, .. } => Some(*seq),
            FromHolder::Hello(_)
            | FromHolder::Terminal { .. }
            | FromHolder::Failed { .. }
            | FromHolder::Started
            | FromHolder::ScreenChanged
            | FromHolder::Status(_)
            | FromHolder::Ended { .. } => None,
        }
    }
}
