//! A connection to the compositor, and what is known by it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wayland_client::backend::WaylandError;
use wayland_client::{Connection, EventQueue};

use super::desk::{CallbackFor, Desk};

/// How long a compositor may take until it has said what it offers.
const PATIENCE: Duration = Duration::from_secs(3);
/// Readings before others get their turn.
const TURN: usize = 16;

/// A connection.
pub struct CompositorLink {
    conn: Connection,
    queue: EventQueue<Desk>,
    pub desk: Desk,
    /// The same connection once more, to be handed on.
    stream: UnixStream,
    unsent: bool,
}

impl CompositorLink {
    /// Begins to talk on a new connection, and learns what the compositor offers.
    pub fn open(stream: UnixStream) -> io::Result<CompositorLink> {
        let conn = Connection::from_socket(stream.try_clone()?).map_err(io::Error::other)?;
        let queue = conn.new_event_queue();
        let mut link = CompositorLink { conn, queue, desk: Desk::default(), stream, unsent: false };
        link.conn.display().get_registry(&link.queue.handle(), ());
        // First what there is, then what each of it says of itself.
        link.settle_down(PATIENCE)?;
        link.settle_down(PATIENCE)?;
        Ok(link)
    }

    fn settle_down(&mut self, patience: Duration) -> io::Result<()> {
        self.desk.unconfirmed += 1;
        self.conn.display().sync(&self.queue.handle(), CallbackFor::Sync);
        let until = Instant::now() + patience;
        while self.desk.unconfirmed > 0 {
            self.pump()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if self.desk.unconfirmed > 0 {
                let timeout = Timespec::try_from(left.min(Duration::from_millis(50))).ok();
                poll(&mut [PollFd::from_borrowed_fd(self.conn.as_fd(), self.wants())], timeout.as_ref())?;
            }
        }
        Ok(())
    }

    /// Takes what the compositor said, and sends what is to be said.
    ///
    /// # Errors
    /// The connection is over.
    pub fn pump(&mut self) -> io::Result<()> {
        for _ in 0..TURN {
            self.queue.dispatch_pending(&mut self.desk).map_err(io::Error::other)?;
            self.send()?;
            // There is more in the queue: it is taken first.
            let Some(reading) = self.conn.prepare_read() else { continue };
            match reading.read() {
                Ok(_) => {}
                Err(WaylandError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        self.queue.dispatch_pending(&mut self.desk).map_err(io::Error::other)?;
        self.send()
    }

    /// Sends what is to be said, as far as the compositor takes it now.
    ///
    /// # Errors
    /// The connection is over.
    pub fn send(&mut self) -> io::Result<()> {
        match self.conn.flush() {
            Ok(()) => self.unsent = false,
            Err(WaylandError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => self.unsent = true,
            Err(error) => return Err(io::Error::other(error)),
        }
        Ok(())
    }

    /// What to wait for.
    pub fn wants(&self) -> PollFlags {
        if self.unsent { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN }
    }

    /// Asks for the lock.
    pub fn lock(&mut self) {
        self.desk.ask(&self.queue.handle());
    }

    /// Opens the session.
    pub fn unlock(&mut self) {
        self.desk.unlock(&self.conn.display(), &self.queue.handle());
    }

    /// Has every output show this message, or the ground.
    pub fn paint(&mut self, message: Option<(u64, &super::desk::Pictures)>) {
        let queue = self.queue.handle();
        self.desk.furnish(&queue);
        self.desk.paint(message, &queue);
    }

    /// The connection itself, for the other process.
    pub fn stream(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl AsFd for CompositorLink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// An event in the protocol's form: the object, the length and the number of the event, its arguments.
    fn event(object: u32, number: u32, arguments: &[u8]) -> Vec<u8> {
        let length = u32::try_from(8 + arguments.len()).unwrap();
        [&object.to_ne_bytes()[..], &(length << 16 | number).to_ne_bytes(), arguments].concat()
    }

    fn global(registry: u32, name: u32, interface: &str) -> Vec<u8> {
        let text = format!("{interface}\0");
        let length = u32::try_from(text.len()).unwrap();
        let mut arguments = [&name.to_ne_bytes()[..], &length.to_ne_bytes(), text.as_bytes()].concat();
        arguments.resize(arguments.len().next_multiple_of(4), 0);
        arguments.extend(4u32.to_ne_bytes());
        event(registry, 0, &arguments)
    }

    /// A compositor that offers these, and answers nothing but what a client asks first.
    fn offering(interfaces: Vec<&'static str>) -> UnixStream {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        std::thread::spawn(move || {
            let mut header = [0; 12];
            // get_registry and sync have one argument each, the number of what they make.
            while theirs.read_exact(&mut header).is_ok() {
                let word = |at: usize| u32::from_ne_bytes(header[at..at + 4].try_into().unwrap());
                let answer = match (word(0), word(4) & 0xffff) {
                    (1, 0) => event(word(8), 0, &[0; 4]),
                    (1, 1) => interfaces.iter().zip(1..).flat_map(|(i, name)| global(word(8), name, i)).collect(),
                    // What else is asked is for objects that were offered.
                    _ => Vec::new(),
                };
                let more = usize::try_from(word(4) >> 16).unwrap().saturating_sub(12);
                let mut past = vec![0; more];
                if theirs.read_exact(&mut past).is_err() || theirs.write_all(&answer).is_err() {
                    break;
                }
            }
        });
        ours
    }

    #[test]
    fn a_compositor_can_lock_that_offers_what_it_takes() {
        let all = ["wl_compositor", "wl_shm", "ext_session_lock_manager_v1", "wl_output"];
        assert!(CompositorLink::open(offering(all.to_vec())).unwrap().desk.can_lock());
        for without in &all[..3] {
            let others = all.into_iter().filter(|interface| interface != without).collect();
            assert!(!CompositorLink::open(offering(others)).unwrap().desk.can_lock(), "{without}");
        }
    }

    #[test]
    fn of_very_many_outputs_some_are_used() {
        assert_eq!(CompositorLink::open(offering(vec!["wl_output"; 1000])).unwrap().desk.outputs.len(), 64);
    }

    #[test]
    fn whatever_a_compositor_says_is_an_error_at_worst() {
        let strange = [
            vec![0xff; 4096],
            vec![0; 4096],
            event(2, 0, &[0xff; 64]),
            event(4711, 0, &[]),
            event(1, 0, &[1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0]),
            event(3, 9, &[]),
        ];
        for said in strange {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            theirs.write_all(&said).unwrap();
            // It says no more.
            theirs.shutdown(std::net::Shutdown::Write).unwrap();
            assert!(CompositorLink::open(ours).is_err(), "{said:?}");
        }
    }
}
