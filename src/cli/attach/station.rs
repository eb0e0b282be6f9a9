//! Runs a station: sends keys to the holder and draws frames on the terminal until somebody ends it.
//!
//! One thread reads keys, one draws, and one waits for signals, because each blocks on something else. A terminal that
//! takes no output (a stalled network) then stalls the drawing alone.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use usher_core::outcome::Exit;
use usher_core::wire::{Decoder, FLUSH, StationTerminal, Tag, put};

use super::asking::Answers;
use super::keys::{DetachKeys, Typed, Watcher};
use super::terminal::{self, RawTerminal};
use super::{Left, Size};
use crate::words;

/// A prefix that stands alone for this long is shown.
const PREFIX_SHOWS: Duration = Duration::from_millis(400);

/// The sending half of the connection. The lock keeps frames of different threads apart.
#[derive(Clone)]
struct Speaker(Arc<Mutex<Sending>>);

struct Sending {
    stream: UnixStream,
    /// Counts how often an unlock made the station forget its input. Keys that a thread read before the last time were
    /// typed at a locked screen, and must not be sent after it.
    forgotten: u64,
}

impl Speaker {
    fn new(stream: UnixStream) -> Self {
        Speaker(Arc::new(Mutex::new(Sending { stream, forgotten: 0 })))
    }

    fn sending(&self) -> MutexGuard<'_, Sending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send_frame(&self, tag: Tag, payload: &[u8]) -> io::Result<()> {
        self.sending().send_frame(tag, payload)
    }

    /// Tells the holder what the terminal is. If that fails, the drawing thread sees the end too.
    fn say_terminal(&self, terminal: &StationTerminal) {
        let _ = self.send_frame(Tag::Terminal, &serde_json::to_vec(terminal).unwrap_or_default());
    }

    /// Sends keys, unless the station forgot its input since the counter was `forgotten`.
    fn say_keys(&self, keys: &[u8], forgotten: u64) -> io::Result<()> {
        let mut sending = self.sending();
        if sending.forgotten == forgotten { sending.send_frame(Tag::Input, keys) } else { Ok(()) }
    }

    /// Forgets the input and confirms the frame. The lock lets no key come between the two.
    fn confirm_forgotten(&self, number: &[u8]) -> io::Result<()> {
        let mut sending = self.sending();
        sending.forgotten += 1;
        terminal::forget_typed();
        sending.send_frame(Tag::Shown, number)
    }
}

impl Sending {
    fn send_frame(&mut self, tag: Tag, payload: &[u8]) -> io::Result<()> {
        let mut frame = Vec::with_capacity(payload.len() + 5);
        put(&mut frame, tag, payload);
        self.stream.write_all(&frame)
    }
}

/// Attaches the terminal to the session behind `connection` until the station ends, and restores the terminal then.
/// `begun` was read from the connection already.
pub(super) fn sit(
    connection: UnixStream,
    begun: &[u8],
    detach: &DetachKeys,
    about: StationTerminal,
) -> io::Result<Left> {
    connection.set_nonblocking(false)?;
    let speaker = Speaker::new(connection.try_clone()?);
    let mut signals = Signals::new([SIGWINCH, SIGCONT, SIGTSTP, SIGTERM, SIGHUP, SIGINT, SIGQUIT])?;
    let answers = Answers::awaited(about);
    let terminal = Arc::new(RawTerminal::enter(answers.questions())?);
    speaker.say_terminal(answers.terminal());
    let (ended, end) = channel();

    let drawing = {
        let (connection, speaker, ended) = (connection.try_clone()?, speaker.clone(), ended.clone());
        let screen = Arc::clone(&terminal);
        let mut decoder = Decoder::default();
        decoder.push(begun);
        std::thread::spawn(move || {
            let left = draw(connection, decoder, &speaker, |bytes| screen.draw(bytes))
                .unwrap_or_else(|error| lost(&error.to_string()));
            let _ = ended.send(left);
        })
    };
    let typing = (speaker.clone(), ended.clone(), detach.clone(), answers);
    std::thread::spawn(move || {
        let (speaker, ended, detach, answers) = typing;
        type_keys(&speaker, &detach, answers, &ended);
    });
    let watched = Arc::clone(&terminal);
    std::thread::spawn(move || heed(&mut signals, &watched, &speaker, &ended));

    let left = end.recv().unwrap_or_else(|_| lost(&words::text!("attach-threads")));
    let _ = connection.shutdown(Shutdown::Both);
    // The holder's last frame should be seen whole, unless the terminal takes nothing.
    for _ in 0..50 {
        if drawing.is_finished() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    // The other threads hold the terminal too, so its destructor would come too late.
    terminal.leave();
    Ok(left)
}

/// Obeys signals. A second signal that ends the station ends the process at once, and the guard restores the terminal.
fn heed(signals: &mut Signals, terminal: &RawTerminal, speaker: &Speaker, ended: &Sender<Left>) {
    let mut ending = false;
    for signal in signals {
        match signal {
            // If this cannot be sent, the drawing thread sees the connection end too, and knows why.
            SIGWINCH => drop(speaker.send_frame(Tag::Resize, &size_bytes(terminal::size()))),
            SIGTSTP if ending => {}
            SIGTSTP => suspend(terminal),
            SIGCONT if ending => {}
            SIGCONT => match terminal.enter_again() {
                Ok(()) => drop(speaker.send_frame(Tag::Redraw, &[])),
                Err(error) => drop(ended.send(lost(&error.to_string()))),
            },
            _ if ending => std::process::exit(Exit::Failed.code().into()),
            _ => {
                ending = true;
                if ended.send(lost(&words::text!("attach-signal"))).is_err() {
                    // The main thread has restored the terminal already, and something else holds it up.
                    std::process::exit(Exit::Failed.code().into());
                }
            }
        }
    }
}

/// Stops this process after it has restored the terminal. SIGCONT makes it take the terminal again.
fn suspend(terminal: &RawTerminal) {
    terminal.give_back();
    let _ = kill_process(getpid(), Signal::STOP);
}

fn lost(why: &str) -> Left {
    Left { why: words::with!("attach-lost", &[("why", why)]), exit: Exit::Failed, farewell: None, lost: false }
}

fn size_bytes(size: Size) -> [u8; 4] {
    let ([r0, r1], [c0, c1]) = (size.rows.to_le_bytes(), size.cols.to_le_bytes());
    [r0, r1, c0, c1]
}

fn type_keys(speaker: &Speaker, detach: &DetachKeys, mut answers: Answers, ended: &Sender<Left>) {
    let mut watcher = Watcher::new(detach);
    let mut known = 0;
    let mut prefix_shown = false;
    let mut buffer = [0; 4096];
    loop {
        let stdin = io::stdin();
        let patience = answers.patience().or((watcher.waits() && !prefix_shown).then_some(PREFIX_SHOWS));
        let patience = patience.and_then(|time| Timespec::try_from(time).ok());
        // The counter must be read after keys have arrived and before they are read: it says when they were typed.
        let ready = poll(&mut [PollFd::new(&stdin, PollFlags::IN)], patience.as_ref());
        match ready {
            Err(rustix::io::Errno::INTR) => continue,
            Ok(0) if answers.patience().is_none() => {
                prefix_shown = true;
                let said = prefix_line(detach);
                if speaker.send_frame(Tag::Hint, said.as_bytes()).is_err() {
                    return;
                }
                continue;
            }
            Ok(_) | Err(_) => {}
        }
        let nothing_came = ready == Ok(0);
        let forgotten = speaker.sending().forgotten;
        if forgotten != known {
            // A prefix that the watcher held back was typed at the locked screen: forget it with the rest.
            (watcher, known) = (Watcher::new(detach), forgotten);
            drop(answers.given_up());
        }
        let read = if nothing_came { Ok(None) } else { rustix::io::read(&stdin, &mut buffer).map(Some) };
        let typed = match read {
            // What looked like the beginning of an answer was keys.
            Ok(None) => Ok(answers.given_up()),
            Ok(Some(0)) => Err(words::text!("attach-no-terminal")),
            Ok(Some(count)) => Ok(answers.without(&buffer[..count])),
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => Err(error.to_string()),
        };
        let typed = match typed {
            Ok(typed) => typed,
            Err(why) => {
                let _ = ended.send(lost(&why));
                return;
            }
        };
        if answers.take_news() {
            speaker.say_terminal(answers.terminal());
        }
        let told = watcher.tell_apart(&typed);
        // Scrolling by nothing takes the line away also where the key was dropped.
        if std::mem::take(&mut prefix_shown) && told.is_empty() {
            let _ = speaker.send_frame(Tag::Scroll, &0i16.to_le_bytes());
        }
        for told in told {
            let said = match told {
                Typed::Keys(keys) => speaker.say_keys(&keys, forgotten),
                Typed::Scroll(pages) => speaker.send_frame(Tag::Scroll, &pages.to_le_bytes()),
                Typed::LookBack(keys) => speaker.send_frame(Tag::LookBack, keys),
                Typed::Help => speaker.send_frame(Tag::Hint, help(detach).as_bytes()),
                Typed::Leave => {
                    let why = words::text!("attach-detached");
                    let _ = ended.send(Left::told(why, None));
                    return;
                }
            };
            if said.is_err() {
                // The drawing thread sees the connection end too, and knows why.
                return;
            }
        }
    }
}

fn prefix_line(detach: &DetachKeys) -> String {
    words::with!("attach-prefix", &[("leave", &detach.spelled()), ("prefix", &detach.prefix())])
}

fn help(detach: &DetachKeys) -> String {
    words::with!("attach-keys", &[("leave", &detach.spelled()), ("prefix", &detach.prefix())])
}

/// Draws frames and confirms each, until the holder says goodbye or is gone.
///
/// A holder that has ended takes no more confirmations, but its goodbye may still be unread. So only the reading half
/// decides how the station ended.
fn draw(
    mut connection: UnixStream,
    mut decoder: Decoder,
    speaker: &Speaker,
    show: impl Fn(&[u8]) -> io::Result<()>,
) -> io::Result<Left> {
    // This takes the screen before the first frame comes.
    show(&[])?;
    let mut buffer = vec![0; 32 << 10];
    let mut farewell = None;
    loop {
        while let Some((tag, payload)) = decoder.next_frame().map_err(io::Error::other)? {
            match tag {
                Tag::Draw => show(payload)?,
                Tag::DrawEnd => {
                    let Some((number, rest)) = payload.split_first_chunk::<8>() else { continue };
                    let _ = match rest.first() {
                        Some(&FLUSH) => speaker.confirm_forgotten(number),
                        _ => speaker.send_frame(Tag::Shown, number),
                    };
                }
                Tag::End => farewell = serde_json::from_slice(payload).ok(),
                Tag::Leave => {
                    return Ok(Left::told(String::from_utf8_lossy(payload).into_owned(), farewell));
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
        await_frame(&connection);
        match connection.read(&mut buffer)? {
            0 => return Ok(Left { lost: true, ..lost(&words::text!("attach-no-holder")) }),
            count => decoder.push(&buffer[..count]),
        }
    }
}

/// Waits until the holder says something. One that waits in `read` is also woken, for nothing, whenever the holder takes a key.
fn await_frame(connection: &UnixStream) {
    while poll(&mut [PollFd::new(connection, PollFlags::IN)], None) == Err(rustix::io::Errno::INTR) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goodbye_is_heard_also_when_the_holder_takes_no_confirmation_any_more() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let mut said = Vec::new();
        put(&mut said, Tag::DrawEnd, &7_u64.to_le_bytes());
        put(&mut said, Tag::End, br#"{"end":{"Signal":9},"screen":"last words"}"#);
        put(&mut said, Tag::Leave, b"its program ended");
        let mut decoder = Decoder::default();
        decoder.push(&said);
        let left = draw(ours.try_clone().unwrap(), decoder, &Speaker::new(ours), |_| Ok(())).unwrap();
        assert_eq!((left.why.as_str(), left.exit), ("its program ended", Exit::Program(137)));
        assert_eq!(left.farewell.and_then(|told| told.screen).as_deref(), Some("last words"));
    }
}
