//! Disconnecting: the client of a virtual display is dropped, the X server and its programs live on.

use std::io;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId};
use usher_core::sys::diag;

use super::HostSessionBackend;
use crate::backend::{DEADLINE, Observation};
use crate::session::Target;
use crate::xdisplay::stations::{Client, Moment};

/// How long xrdp may take to let its client go before it is killed.
const PATIENCE: Duration = Duration::from_secs(1);

/// Drops every client of the session's displays, and sees that none is left.
pub(super) fn disconnect(backend: &HostSessionBackend, target: &Target) -> Observation<()> {
    if let Err(error) = backend.login(target) {
        return Box::pin(std::future::ready(Err(error)));
    }
    let (backend, id) = (backend.clone(), target.id);
    Box::pin(async move {
        let (began, mut last) = (Instant::now(), None);
        loop {
            let looked = look(&backend, id, began.elapsed() > PATIENCE);
            match looked {
                Ok(Dropped { clients: 0, .. }) => {
                    backend.report(id);
                    return Ok(());
                }
                Ok(Dropped { failure, .. }) => last = failure.or(last),
                Err(error) => last = Some(unknown(id, &error)),
            }
            if began.elapsed() > DEADLINE {
                let why = format!("session {id}: its client is still connected after 3 s");
                return Err(last.unwrap_or_else(|| Error::new(ErrorId::Timeout, why)));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
}

/// Not to know whether somebody is connected is not to see that nobody is.
fn unknown(id: u32, error: &io::Error) -> Error {
    Error::new(ErrorId::BackendFailed, format!("session {id}: who is connected to it cannot be told: {error}"))
}

/// What came of one look.
struct Dropped {
    /// The clients that were there.
    clients: usize,
    /// Why one of them could not be dropped.
    failure: Option<Error>,
}

/// Drops every client that is there now.
fn look(backend: &HostSessionBackend, id: u32, hard: bool) -> io::Result<Dropped> {
    let moment = Moment::now();
    let clients = backend.clients(id, &moment)?;
    let mut failure = None;
    for (server_uid, client) in &clients {
        failure = drop_client(&moment, *server_uid, client, hard).err().or(failure);
    }
    Ok(Dropped { clients: clients.len(), failure })
}

fn drop_client(moment: &Moment, server_uid: u32, client: &Client, hard: bool) -> Result<(), Error> {
    let failed = |what: String| Error::new(ErrorId::BackendFailed, what);
    match client {
        Client::Viewer(tcp) => diag::destroy(tcp).map_err(|error| {
            failed(format!("the connection of {} cannot be ended: {error}", tcp.remote.0))
                .hint("this takes a kernel with CONFIG_INET_DIAG_DESTROY")
        }),
        Client::Xrdp { inode } => match moment.xrdp_process(*inode, server_uid) {
            Ok(Some((process, _))) => process
                .signal(if hard { Signal::KILL } else { Signal::TERM })
                .map_err(|error| failed(format!("xrdp's process {} cannot be ended: {error}", process.pid))),
            // It is gone, and its connection about to be.
            Ok(None) => Ok(()),
            Err(error) => Err(failed(format!("xrdp's process cannot be found: {error}"))),
        },
    }
}
