//! What a shield says of itself before anything is asked of it.

use std::path::Path;
use std::time::Duration;

use tokio::net::UnixStream;
use usher_core::outcome::{Error, ErrorId};
use usher_core::wire::shield::{FromShield, Hello};

use crate::backend::link::Connection;

/// How long a shield may take until it is armed.
pub(super) const INTRODUCTION: Duration = Duration::from_secs(5);

/// A shield that has introduced itself.
pub(super) struct IntroducedShield {
    pub(super) connection: Connection,
    pub(super) hello: Hello,
}

/// Connects to a shield's socket and lets it introduce itself.
pub(super) async fn look(path: &Path) -> Option<IntroducedShield> {
    let stream = tokio::time::timeout(INTRODUCTION, UnixStream::connect(path)).await.ok()?.ok()?;
    tokio::time::timeout(Duration::from_secs(2), introduced(Connection::new(stream))).await.ok()?.ok()
}

async fn introduced(mut connection: Connection) -> Result<IntroducedShield, Error> {
    hear_of(&mut connection).await.done(connection)
}

pub(super) fn late() -> Error {
    Error::new(ErrorId::Timeout, "the display's shield did not get ready in 5 s")
}

/// What a shield says first.
pub(super) enum Introduction {
    Hello(Box<Hello>),
    /// The X server has no room for it, as this sentence says: it waits.
    Waits(String),
    Failed(String),
    /// The display is of a kind that no shield covers.
    Unsupported(String),
}

impl Introduction {
    pub(super) fn done(self, connection: Connection) -> Result<IntroducedShield, Error> {
        match self {
            Introduction::Hello(hello) => Ok(IntroducedShield { connection, hello: *hello }),
            Introduction::Waits(why) | Introduction::Failed(why) => Err(Error::new(ErrorId::BackendFailed, why)),
            Introduction::Unsupported(why) => Err(Error::new(ErrorId::NotSupported, why)),
        }
    }
}

pub(super) async fn hear_of(connection: &mut Connection) -> Introduction {
    match connection.receive().await {
        Some(FromShield::Hello(hello)) => Introduction::Hello(hello),
        Some(FromShield::Failed { message, trying, unsupported, .. }) => {
            let message = message.chars().filter(|c| !c.is_control()).take(1000).collect::<String>();
            match (trying, unsupported) {
                (true, _) => Introduction::Waits(message),
                (false, true) => Introduction::Unsupported(message),
                (false, false) => Introduction::Failed(message),
            }
        }
        _ => Introduction::Failed("the display's shield does not introduce itself".to_owned()),
    }
}
