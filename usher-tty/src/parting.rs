//! After the session's program has ended by itself: the holder stays until a daemon has on record how.
//!
//! A daemon that is killed or restarted at that moment has heard nothing, or has written nothing down. The next one finds
//! the holder still there, and is told.

use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use usher_core::wire::holder::{FromHolder, HolderHello, ToHolder};
use usher_core::wire::{Tag, put};

use super::daemon::{self, DaemonConn};
use super::ending::left_over;
use super::holder::Holder;

/// How long the holder stays at most: longer than a daemon takes to be started again.
const STAYS: Duration = Duration::from_secs(60);

/// What is left of a holder.
pub(super) struct Parting {
    listener: UnixListener,
    daemons: Vec<DaemonConn>,
    hello: FromHolder,
    ended: FromHolder,
    /// What a station is told that comes too late.
    goodbye: Vec<u8>,
}

impl Parting {
    /// Lets everything go that belonged to the session, its terminal before all. The daemons that are connected have been
    /// told that it `ended`.
    pub(super) fn of(holder: Holder, listener: UnixListener, ended: FromHolder) -> Self {
        let mut hello = holder.hello();
        if let FromHolder::Hello(hello) = &mut hello {
            **hello = HolderHello { has_ended: true, ..(**hello).clone() };
        }
        let goodbye = goodbye(&holder, &ended);
        Parting { listener, daemons: holder.daemons, hello, ended, goodbye }
    }

    /// Tells every daemon that comes, until one has heard it.
    pub(super) fn until_heard(mut self, owner: u32) {
        let deadline = Instant::now() + STAYS;
        while !self.is_heard() && Instant::now() < deadline {
            self.wait(deadline);
            while let Some(mut daemon) = DaemonConn::accept(&self.listener, owner, 0) {
                daemon.send(&self.hello);
                daemon.send(&self.ended);
                daemon::add(&mut self.daemons, daemon);
            }
        }
    }

    fn is_heard(&mut self) -> bool {
        let mut heard = false;
        for daemon in &mut self.daemons {
            for message in daemon.receive() {
                match message {
                    ToHolder::Heard => heard = true,
                    // No process of the session is left that this holder could end.
                    ToHolder::Close { seq, .. } => {
                        daemon.send(&FromHolder::Closed { seq, killed: false });
                        heard = true;
                    }
                    // No station is left, so that nothing is covered.
                    ToHolder::Release { seq, .. } | ToHolder::Cover { seq, .. } => {
                        daemon.send(&FromHolder::Covered { seq, dropped: Vec::new(), superseded: false });
                    }
                    ToHolder::Disconnect { seq, .. } => daemon.send(&FromHolder::Disconnected { seq }),
                    ToHolder::Station(_) => {
                        if let Some(station) = daemon.conn.next_descriptor() {
                            // Its socket's queue is empty, and takes far more than this.
                            let _ = UnixStream::from(station).write(&self.goodbye);
                        }
                    }
                    ToHolder::Open(_)
                    | ToHolder::Lead { .. }
                    | ToHolder::Start
                    | ToHolder::ProgramEnded { .. }
                    | ToHolder::Announce(_)
                    | ToHolder::Withdraw
                    | ToHolder::Looked { .. }
                    | ToHolder::Still { .. }
                    | ToHolder::Text { .. } => {}
                }
            }
            daemon.conn.flush();
        }
        self.daemons.retain(|daemon| !daemon.conn.is_closed());
        heard
    }

    fn wait(&self, deadline: Instant) {
        let wants = |unsent: bool| if unsent { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let mut fds = vec![PollFd::from_borrowed_fd(self.listener.as_fd(), PollFlags::IN)];
        fds.extend(self.daemons.iter().map(|d| PollFd::from_borrowed_fd(d.conn.fd(), wants(d.conn.has_unsent()))));
        let timeout = Timespec::try_from(deadline.saturating_duration_since(Instant::now())).ok();
        // An error is looked at when the descriptors are read.
        let _ = poll(&mut fds, timeout.as_ref());
    }
}

/// How the program ended and what it left, as every station is told.
fn goodbye(holder: &Holder, ended: &FromHolder) -> Vec<u8> {
    let mut frames = Vec::new();
    if let FromHolder::Ended { farewell: Some(farewell), .. } = ended {
        put(&mut frames, Tag::End, &serde_json::to_vec(farewell).unwrap_or_default());
        put(&mut frames, Tag::Leave, left_over(farewell.end, holder.locale.language).as_bytes());
    }
    frames
}
