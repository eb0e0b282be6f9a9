//! Runs a station: sends keys to the holder and draws frames on the terminal until somebody ends it.
//!
//! One loop waits for all that may happen, and nothing in it waits for anything else. A terminal that takes no output (a stalled
//! network) stalls the drawing alone: keys are still heard.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, kill_process};
use usher_core::outcome::Exit;
use usher_core::wire::holder::Farewell;
use usher_core::wire::{FLUSH, LATER, StationTerminal, Tag};

use super::asking::Answers;
use super::keys::DetachKeys;
use super::line::HolderLine;
use super::signals::{SignalOrder, Signals};
use super::terminal::{self, RawTerminal};
use super::typing::{Typing, say_terminal};
use super::{Left, Size};
use crate::words;

/// Attaches the terminal to the session behind `connection` until the station ends, and restores the terminal then.
/// `begun` was read from the connection already.
pub(super) fn sit(
    connection: UnixStream,
    begun: &[u8],
    detach: &DetachKeys,
    about: StationTerminal,
) -> io::Result<Left> {
    let signals = Signals::heed()?;
    let answers = Answers::awaited(about);
    let terminal = RawTerminal::enter(answers.questions())?;
    let mut line = HolderLine::new(connection, begun)?;
    say_terminal(&mut line, answers.terminal());
    let ear = Ear { line, typing: Typing::new(detach, answers), farewell: None };
    let mut station = StationLoop { ear, terminal, signals };
    let left = loop {
        match station.turn() {
            Ok(None) => {}
            Ok(Some(left)) => break left,
            Err(error) => break lost(&error.to_string()),
        }
    };
    station.terminal.leave();
    Ok(left)
}

struct StationLoop<'k> {
    ear: Ear<'k>,
    terminal: RawTerminal,
    signals: Signals,
}

/// What came.
#[derive(Debug, Default)]
struct Came {
    signals: bool,
    keys: bool,
    frames: bool,
}

impl StationLoop<'_> {
    /// Does what is due and waits for more; how the station ended, if it did.
    fn turn(&mut self) -> io::Result<Option<Left>> {
        if let Some(left) = self.ear.hear(|bytes| self.terminal.draw(bytes))? {
            return Ok(Some(left));
        }
        let came = self.wait()?;
        if came.signals
            && let Some(left) = self.heed()?
        {
            return Ok(Some(left));
        }
        let Ear { line, typing, .. } = &mut self.ear;
        line.flush();
        if came.frames {
            line.fill()?;
        }
        if came.keys {
            return typing.read(line).or_else(|why| Ok(Some(lost(&why))));
        }
        Ok(typing.due().filter(|due| *due <= Instant::now()).and_then(|_| typing.waited(line)))
    }

    fn wait(&self) -> io::Result<Came> {
        let stdin = io::stdin();
        let Ear { line, typing, .. } = &self.ear;
        let drawing = self.terminal.has_pending();
        let mut fds = vec![PollFd::from_borrowed_fd(self.signals.fd(), PollFlags::IN)];
        // What nothing is wanted of is left out: its end would be told again and again.
        let mut wait_for = |fd, reads: bool, writes: bool| {
            let [reads, writes] = [(reads, PollFlags::IN), (writes, PollFlags::OUT)]
                .map(|(wanted, flag)| if wanted { flag } else { PollFlags::empty() });
            (!(reads | writes).is_empty()).then(|| {
                fds.push(PollFd::from_borrowed_fd(fd, reads | writes));
                fds.len() - 1
            })
        };
        let keys = wait_for(stdin.as_fd(), line.has_room(), false);
        let frames = wait_for(line.fd(), !drawing, line.has_unsent());
        wait_for(self.terminal.fd(), false, drawing);
        let time = typing.due().map(|due| due.saturating_duration_since(Instant::now()));
        let time = time.and_then(|time| Timespec::try_from(time).ok());
        match poll(&mut fds, time.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Came::default()),
            Err(error) => return Err(error.into()),
        }
        let came = |at: usize| !fds[at].revents().is_empty();
        Ok(Came { signals: came(0), keys: keys.is_some_and(came), frames: !drawing && frames.is_some_and(came) })
    }

    /// Obeys signals.
    fn heed(&mut self) -> io::Result<Option<Left>> {
        for order in self.signals.take() {
            match order {
                SignalOrder::End => return Ok(Some(lost(&words::text!("attach-signal")))),
                SignalOrder::Stop => {
                    self.terminal.give_back();
                    // SIGCONT makes it take the terminal again.
                    let _ = kill_process(getpid(), Signal::STOP);
                }
                SignalOrder::GoOn => {
                    self.terminal.enter_again()?;
                    self.ear.line.send(Tag::Redraw, &[]);
                }
                SignalOrder::Measure => self.ear.line.send(Tag::Resize, &size_bytes(terminal::size())),
            }
        }
        Ok(None)
    }
}

/// Hears the holder.
struct Ear<'k> {
    line: HolderLine,
    typing: Typing<'k>,
    farewell: Option<Farewell>,
}

impl Ear<'_> {
    /// Draws frames and confirms each, until the holder says goodbye or is gone. `show` says whether the terminal took all;
    /// what comes behind waits until it has.
    ///
    /// A holder that has ended takes no more confirmations, but its goodbye may still be unread. So only the reading half
    /// decides how the station ended.
    fn hear(&mut self, mut show: impl FnMut(&[u8]) -> io::Result<bool>) -> io::Result<Option<Left>> {
        if !show(&[])? {
            return Ok(None);
        }
        while let Some((tag, payload)) = self.line.next_frame()? {
            match tag {
                Tag::Draw => {
                    if !show(payload)? {
                        return Ok(None);
                    }
                }
                Tag::DrawEnd => {
                    let Some((&number, rest)) = payload.split_first_chunk::<8>() else { continue };
                    let flags = rest.first().copied();
                    if flags == Some(LATER) {
                        self.line.send_with_next(Tag::Shown, &number);
                        continue;
                    }
                    let question = if flags == Some(FLUSH) { self.typing.forget() } else { b"" };
                    self.line.send(Tag::Shown, &number);
                    if !question.is_empty() && !show(question)? {
                        return Ok(None);
                    }
                }
                Tag::End => self.farewell = serde_json::from_slice(payload).ok(),
                Tag::Leave => {
                    let why = String::from_utf8_lossy(payload).into_owned();
                    return Ok(Some(Left::told(why, self.farewell.take())));
                }
                Tag::Control
                | Tag::Input
                | Tag::Scroll
                | Tag::Resize
                | Tag::Redraw
                | Tag::Shown
                | Tag::Hint
                | Tag::Terminal
                | Tag::LookBack => {}
            }
        }
        let gone = || Left { lost: true, ..lost(&words::text!("attach-no-holder")) };
        Ok(self.line.has_ended().then(gone))
    }
}

fn lost(why: &str) -> Left {
    Left { why: words::with!("attach-lost", &[("why", why)]), exit: Exit::Failed, farewell: None, lost: false }
}

fn size_bytes(size: Size) -> [u8; 4] {
    let ([r0, r1], [c0, c1]) = (size.rows.to_le_bytes(), size.cols.to_le_bytes());
    [r0, r1, c0, c1]
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use usher_core::wire::put;

    use super::*;

    fn ear<'k>(keys: &'k DetachKeys, ours: UnixStream, said: &[u8]) -> Ear<'k> {
        let typing = Typing::new(keys, Answers::awaited(StationTerminal::default()));
        Ear { line: HolderLine::new(ours, said).unwrap(), typing, farewell: None }
    }

    #[test]
    fn a_goodbye_is_heard_also_when_the_holder_takes_no_confirmation_any_more() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let mut said = Vec::new();
        put(&mut said, Tag::DrawEnd, &7_u64.to_le_bytes());
        put(&mut said, Tag::End, br#"{"end":{"Signal":9},"screen":"last words"}"#);
        put(&mut said, Tag::Leave, b"its program ended");
        let keys = "^\\ d".parse().unwrap();
        let left = ear(&keys, ours, &said).hear(|_| Ok(true)).unwrap().unwrap();
        assert_eq!((left.why.as_str(), left.exit), ("its program ended", Exit::Program(137)));
        assert_eq!(left.farewell.and_then(|told| told.screen).as_deref(), Some("last words"));
    }

    #[test]
    fn a_frame_is_confirmed_once_the_terminal_took_all_of_it() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut said = Vec::new();
        put(&mut said, Tag::Draw, b"much");
        put(&mut said, Tag::DrawEnd, &7_u64.to_le_bytes());
        let keys = "^\\ d".parse().unwrap();
        let mut ear = ear(&keys, ours, &said);
        let mut buffer = [0; 64];
        assert!(ear.hear(|bytes| Ok(bytes.is_empty())).unwrap().is_none());
        assert!(theirs.read(&mut buffer).is_err(), "nothing is confirmed");
        assert!(ear.hear(|_| Ok(false)).unwrap().is_none());
        assert!(theirs.read(&mut buffer).is_err(), "the terminal still has not taken it");
        assert!(ear.hear(|_| Ok(true)).unwrap().is_none());
        let mut confirmed = Vec::new();
        put(&mut confirmed, Tag::Shown, &7_u64.to_le_bytes());
        let count = theirs.read(&mut buffer).unwrap();
        assert_eq!(&buffer[..count], confirmed);
    }

    #[test]
    fn an_echo_is_confirmed_with_what_is_said_next_and_any_other_frame_at_once() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut said = Vec::new();
        for (number, flags) in [(7_u64, LATER), (8, LATER)] {
            put(&mut said, Tag::DrawEnd, &[&number.to_le_bytes()[..], &[flags]].concat());
        }
        let keys = "^\\ d".parse().unwrap();
        let mut ear = ear(&keys, ours, &said);
        assert!(ear.hear(|_| Ok(true)).unwrap().is_none());
        let mut buffer = [0; 64];
        assert!(theirs.read(&mut buffer).is_err(), "that alone is not worth a word");
        ear.line.send(Tag::Input, b"x");
        let mut heard = Vec::new();
        put(&mut heard, Tag::Shown, &8_u64.to_le_bytes());
        put(&mut heard, Tag::Input, b"x");
        let count = theirs.read(&mut buffer).unwrap();
        assert_eq!(&buffer[..count], heard);
    }
}
