//! Disconnecting: the client of a virtual display is dropped, the X server and its programs live on.

use std::time::Duration;

use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId};
use usher_core::sys::diag;

use super::LoginBackend;
use crate::backend::{DEADLINE, Observation};
use crate::session::Target;
use crate::xdisplay::stations::{Client, Moment};

/// How long xrdp may take to let its client go before it is killed.
const PATIENCE: Duration = Duration::from_secs(1);

/// Drops every client of the session's displays, and sees that none is left.
pub(super) fn disconnect(backend: &LoginBackend, target: &Target) -> Observation<()> {
    if let Err(error) = backend.login(target) {
        return Box::pin(std::future::ready(Err(error)));
    }
    let (backend, id) = (backend.clone(), target.id);
    Box::pin(async move {
        let (began, mut last) = (Instant::now(), None);
        loop {
            let moment = Moment::now();
            let clients = backend.clients(id, &moment);
            if clients.is_empty() {
                backend.report(id);
                return Ok(());
            }
            if began.elapsed() > DEADLINE {
                let why = format!("session {id}: its client is still connected after 3 s");
                return Err(last.unwrap_or_else(|| Error::new(ErrorId::Timeout, why)));
            }
            for client in clients {
                last = drop_client(&moment, &client, began.elapsed() > PATIENCE).err().or(last);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
}

fn drop_client(moment: &Moment, client: &Client, hard: bool) -> Result<(), Error> {
    let failed = |what: String| Error::new(ErrorId::BackendFailed, what);
    match client {
        Client::Viewer(tcp) => diag::destroy(tcp).map_err(|error| {
            failed(format!("the connection of {} cannot be ended: {error}", tcp.remote.0))
                .hint("this takes a kernel with CONFIG_INET_DIAG_DESTROY")
        }),
        Client::Xrdp { inode } => match moment.xrdp_process(*inode) {
            Some((pid, _)) => signal(pid, hard),
            // It is gone, and its connection about to be.
            None => Ok(()),
        },
    }
}

fn signal(pid: u32, hard: bool) -> Result<(), Error> {
    let signal = if hard { rustix::process::Signal::KILL } else { rustix::process::Signal::TERM };
    let process = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    match process.map(|pid| rustix::process::kill_process(pid, signal)) {
        Some(Err(error)) if error != rustix::io::Errno::SRCH => {
            Err(Error::new(ErrorId::BackendFailed, format!("xrdp's process {pid} cannot be ended: {error}")))
        }
        _ => Ok(()),
    }
}
