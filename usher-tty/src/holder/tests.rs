//! The holder through its own interfaces: a daemon's messages, stations' frames, the program's terminal.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::AsFd;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use usher_core::language::Language;
use usher_core::request::Colours;
use usher_core::session::{CoverSource, Terms};
use usher_core::sys::descriptors::send_with;
use usher_core::wire::cells::TerminalCells;
use usher_core::wire::{Conn, FLUSH, Tag, control, put};

use super::*;

const SIZE: Size = Size { rows: 6, cols: 40 };

/// A holder with a daemon at one end and the program's terminal at the other.
struct Held {
    holder: Holder,
    daemon: UnixStream,
    answers: Conn,
    program: File,
    stations: u32,
}

impl Held {
    fn new() -> Self {
        let (pty, slave) = Pty::open(SIZE).unwrap();
        let mut raw = rustix::termios::tcgetattr(&slave).unwrap();
        raw.make_raw();
        rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &raw).unwrap();
        let key = SessionKey { boot_id: "b".into(), native_id: "1".into(), leader_pid: 1, leader_start: 1 };
        let locale = Locale { language: Language::English, zone: TimeZone::UTC };
        let mut holder = Holder::new(1, key, pty, SIZE, locale);
        let (daemon, theirs) = UnixStream::pair().unwrap();
        holder.daemons.push(DaemonConn::new(theirs, 0).unwrap());
        let answers = Conn::with_descriptors(daemon.try_clone().unwrap()).unwrap();
        Held { holder, daemon, answers, program: File::from(slave), stations: 0 }
    }

    /// One turn of the holder's loop.
    fn turn(&mut self) {
        for message in self.holder.daemons[0].receive() {
            self.holder.obey(0, message);
        }
        for index in 0..self.holder.stations.len() {
            self.holder.receive_from_station(index);
        }
        self.holder.settle();
        while self.holder.next_deadline() == Some(Duration::ZERO) {
            self.holder.settle();
        }
    }

    /// The turn that comes when so much time has passed.
    fn turn_after(&mut self, time: Duration) {
        self.turn();
        self.holder.settle_at(clock::now() + SignedDuration::try_from(time).unwrap(), Instant::now() + time);
    }

    fn order(&mut self, message: &ToHolder) {
        self.daemon.write_all(&control(message)).unwrap();
        self.turn();
    }

    fn order_with(&mut self, message: &ToHolder, descriptor: impl AsFd) {
        send_with(&self.daemon, &control(message), descriptor.as_fd()).unwrap();
        self.turn();
    }

    fn cover(&mut self, seq: u64, message: &str) {
        self.order(&ToHolder::Cover { seq, covers: vec![cover(message)] });
    }

    fn uncover(&mut self, seq: u64) {
        self.order(&ToHolder::Cover { seq, covers: Vec::new() });
    }

    fn attach(&mut self) -> Sitter {
        self.stations += 1;
        let (ours, theirs) = UnixStream::pair().unwrap();
        let spec = StationSpec { id: self.stations, size: SIZE, colours: Colours::True, client: None };
        self.order_with(&ToHolder::Station(spec), theirs);
        Sitter { stream: ours.try_clone().unwrap(), conn: Conn::without_descriptors(ours).unwrap() }
    }

    /// What the holder has said since the last time.
    fn said(&mut self) -> Vec<FromHolder> {
        self.answers.receive_messages()
    }

    /// The lock's or unlock's answer with this number: the stations that were dropped, and whether it was superseded.
    fn covered(&mut self, wanted: u64) -> Option<(Vec<u32>, bool)> {
        self.said().into_iter().find_map(|said| match said {
            FromHolder::Covered { seq, dropped, superseded } if seq == wanted => Some((dropped, superseded)),
            _ => None,
        })
    }

    /// What the program can read now.
    fn typed(&mut self) -> Vec<u8> {
        let mut typed = Vec::new();
        let at_once = Timespec::default();
        while poll(&mut [PollFd::new(&self.program, PollFlags::IN)], Some(&at_once)).unwrap() > 0 {
            let mut buffer = [0; 256];
            let count = self.program.read(&mut buffer).unwrap();
            typed.extend_from_slice(&buffer[..count]);
        }
        typed
    }
}

/// A person at a station.
struct Sitter {
    stream: UnixStream,
    conn: Conn,
}

impl Sitter {
    fn send(&mut self, frames: &[(Tag, &[u8])]) {
        let mut bytes = Vec::new();
        frames.iter().for_each(|(tag, payload)| put(&mut bytes, *tag, payload));
        self.stream.write_all(&bytes).unwrap();
    }

    fn types(&mut self, keys: &[u8]) {
        self.send(&[(Tag::Input, keys)]);
    }

    /// What was drawn since the last time, and the number and flags of the last frame.
    fn drawn(&mut self) -> (String, Option<([u8; 8], u8)>) {
        while self.conn.fill() {}
        let (mut text, mut end) = (String::new(), None);
        while let Some((tag, payload)) = self.conn.next_frame() {
            match tag {
                Tag::Draw => text += &String::from_utf8_lossy(payload),
                Tag::DrawEnd => end = Some((payload[..8].try_into().unwrap(), payload[8])),
                _ => text += &format!("<{tag:?} {}>", String::from_utf8_lossy(payload)),
            }
        }
        (text, end)
    }

    /// Confirms frames until there are no more, and gives what was drawn.
    fn confirms(&mut self, held: &mut Held) -> String {
        let mut all = String::new();
        loop {
            let (text, end) = self.drawn();
            all += &text;
            let Some((number, _)) = end else { return all };
            self.send(&[(Tag::Shown, &number)]);
            held.turn();
        }
    }
}

fn cover(message: &str) -> Cover {
    cover_until(message, None)
}

fn cover_until(message: &str, until: Option<Timestamp>) -> Cover {
    let (message, since) = (message.parse().unwrap(), clock::now());
    let terms = Terms { message, by: "root".into(), by_uid: 0, since, until, freeze: false };
    Cover { terms, source: CoverSource::Session }
}

#[test]
fn keys_count_only_after_the_unlock_was_seen() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    alice.types(b"before ");
    held.turn();
    held.cover(1, "stop");
    assert!(alice.confirms(&mut held).contains("stop"));
    alice.types(b"under the lock ");
    held.turn();
    held.uncover(2);
    alice.types(b"not seen yet ");
    held.turn();
    let (_, end) = alice.drawn();
    let (number, flags) = end.expect("the unlocked screen");
    assert_eq!(flags, FLUSH, "the station forgets what was typed, too");
    assert_eq!(held.covered(2), None, "not seen, not answered");
    alice.send(&[(Tag::Input, b"still not "), (Tag::Shown, &number), (Tag::Input, b"after")]);
    held.turn();
    assert_eq!(held.typed(), b"before after");
    assert_eq!(held.covered(2), Some((vec![], false)));
}

#[test]
fn keys_that_waited_while_the_lock_stood_are_dropped_at_the_unlock() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    held.cover(1, "stop");
    alice.confirms(&mut held);
    // The holder does not look before the unlock arrives.
    alice.types(b"late");
    held.uncover(2);
    alice.confirms(&mut held);
    assert_eq!(held.typed(), b"");
}

#[test]
fn another_confirmation_than_that_of_the_frame_under_way_counts_for_nothing() {
    let mut held = Held::new();
    held.cover(1, "stop");
    let mut alice = held.attach();
    held.uncover(2);
    for number in [0, 2, 3, u64::MAX] {
        alice.send(&[(Tag::Shown, &number.to_le_bytes()), (Tag::Input, b"late")]);
    }
    held.turn();
    assert_eq!(held.typed(), b"");
}

#[test]
fn a_lock_is_answered_when_every_station_shows_it() {
    let mut held = Held::new();
    held.cover(1, "nobody looks");
    assert_eq!(held.covered(1), Some((vec![], false)), "with no station at once");
    held.uncover(2);
    let (mut alice, mut bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    held.said();
    held.cover(3, "stop");
    alice.confirms(&mut held);
    assert_eq!(held.covered(3), None);
    assert!(bob.confirms(&mut held).contains("stop"));
    assert_eq!(held.covered(3), Some((vec![], false)));
}

#[test]
fn a_station_that_never_confirms_a_lock_is_dropped_and_named() {
    let mut held = Held::new();
    let (mut alice, _bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    held.cover(1, "stop");
    alice.confirms(&mut held);
    held.turn_after(CONFIRM / 2);
    assert_eq!(held.covered(1), None);
    held.turn_after(CONFIRM);
    assert_eq!(held.covered(1), Some((vec![2], false)));
    assert_eq!(held.holder.stations.len(), 1);
}

#[test]
fn the_report_of_a_change_comes_before_its_answer() {
    let mut held = Held::new();
    held.cover(1, "stop");
    let said = held.said();
    let reported = said.iter().position(|said| matches!(said, FromHolder::Status(status) if !status.covers.is_empty()));
    let answered = said.iter().position(|said| matches!(said, FromHolder::Covered { .. }));
    assert!(reported.is_some() && reported < answered, "{said:?}");
}

#[test]
fn an_unlock_waits_until_the_lock_before_it_was_seen() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    held.cover(1, "stop");
    held.uncover(2);
    assert!(held.holder.locked(), "the lock that was asked for is shown first");
    assert!(alice.confirms(&mut held).contains("stop"));
    assert!(!held.holder.locked());
    let answers: Vec<u64> = held
        .said()
        .iter()
        .filter_map(|said| if let FromHolder::Covered { seq, .. } = said { Some(*seq) } else { None })
        .collect();
    assert_eq!(answers, [1, 2]);
}

#[test]
fn an_unlock_that_a_lock_overtakes_is_superseded() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    held.cover(1, "stop");
    alice.confirms(&mut held);
    held.uncover(2);
    held.cover(3, "stop again");
    let mut shown = String::new();
    while held.holder.awaits_cover() {
        shown += &alice.confirms(&mut held);
    }
    assert!(shown.contains("again"));
    let answers: Vec<(u64, bool)> = held
        .said()
        .into_iter()
        .filter_map(
            |said| if let FromHolder::Covered { seq, superseded, .. } = said { Some((seq, superseded)) } else { None },
        )
        .filter(|(seq, _)| *seq > 1)
        .collect();
    assert_eq!(answers, [(2, true), (3, false)]);
}

#[test]
fn each_change_of_what_covers_is_an_epoch_and_the_same_again_is_none() {
    let mut held = Held::new();
    let first = held.holder.epoch;
    let same = cover("stop");
    held.order(&ToHolder::Cover { seq: 1, covers: vec![same.clone()] });
    held.order(&ToHolder::Cover { seq: 2, covers: vec![same.clone()] });
    assert_eq!(held.holder.epoch, first + 1);
    held.order(&ToHolder::Cover { seq: 3, covers: vec![same, cover("behind it")] });
    assert_eq!(held.holder.epoch, first + 1, "what is shown did not change");
    held.cover(4, "another");
    assert_eq!((held.holder.epoch, held.holder.unlocked_in), (first + 2, first));
    held.uncover(5);
    assert_eq!((held.holder.epoch, held.holder.unlocked_in), (first + 3, first + 3));
}

#[test]
fn a_lock_ends_when_its_time_is_over() {
    let mut held = Held::new();
    let hour = SignedDuration::from_hours(1);
    let short = cover_until("for an hour", Some(clock::now() + hour));
    let long = cover_until("for two", Some(clock::now() + hour * 2));
    held.order(&ToHolder::Cover { seq: 1, covers: vec![short, long] });
    assert!(held.holder.next_deadline().is_some_and(|due| due <= Duration::from_secs(3601)));
    held.turn_after(Duration::from_secs(3602));
    assert_eq!(held.holder.cover().map(|cover| cover.terms.message.as_str()), Some("for two"));
    held.turn_after(Duration::from_secs(7202));
    assert!(!held.holder.locked());
}

#[test]
fn a_release_unlocks_without_waiting_and_is_remembered_until_the_next_cover() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    held.cover(1, "stop");
    held.order(&ToHolder::Release { seq: 2, by: "olga".into() });
    assert!(!held.holder.locked());
    assert_eq!(held.holder.status().released.map(|(by, _)| by).as_deref(), Some("olga"));
    alice.confirms(&mut held);
    held.cover(3, "stop");
    assert_eq!(held.holder.status().released, None);
}

#[test]
fn a_paste_that_a_lock_cuts_is_ended_for_the_program() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    alice.types(b"\x1b[200~half");
    held.turn();
    assert_eq!(held.typed(), b"\x1b[200~half");
    held.cover(1, "stop");
    assert_eq!(held.typed(), b"\x1b[201~");
}

#[test]
fn stations_that_are_disconnected_hear_by_whom_and_are_waited_for() {
    let mut held = Held::new();
    let (mut alice, mut bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    held.order(&ToHolder::Disconnect { seq: 1, by: "olga".into() });
    assert!(alice.drawn().0.contains("olga"));
    alice.types(b"too late");
    held.turn();
    assert_eq!(held.typed(), b"", "who was told to leave types no more");
    let answered = |held: &mut Held| held.said().iter().any(|said| matches!(said, FromHolder::Disconnected { seq: 1 }));
    drop(alice);
    held.turn();
    assert!(!answered(&mut held), "bob is still there");
    assert!(held.holder.status().stations.is_empty(), "who leaves is listed no more");
    held.turn_after(LEAVE);
    assert!(answered(&mut held), "who does not leave is dropped");
    drop(bob);
}

#[test]
fn the_station_typed_at_last_sets_the_size_and_a_lock_keeps_it() {
    let mut held = Held::new();
    let (mut alice, mut bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    let wide = [10, 0, 100, 0];
    bob.send(&[(Tag::Resize, &wide)]);
    held.turn();
    assert_eq!(held.holder.emulator.size(), SIZE, "alice sat down first");
    bob.types(b"x");
    held.turn();
    assert_eq!(held.holder.emulator.size(), Size { rows: 10, cols: 100 });
    held.cover(1, "stop");
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    bob.send(&[(Tag::Resize, &[12, 0, 90, 0])]);
    held.turn();
    assert_eq!(held.holder.emulator.size(), Size { rows: 10, cols: 100 });
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    held.uncover(2);
    assert_eq!(held.holder.emulator.size(), Size { rows: 12, cols: 90 });
}

#[test]
fn a_station_scrolls_as_far_as_there_is_something_and_a_key_comes_back() {
    let mut held = Held::new();
    let mut alice = held.attach();
    (0..20).for_each(|line| held.holder.show(format!("line {line}\r\n").as_bytes()));
    alice.confirms(&mut held);
    let scrolled = |held: &Held| held.holder.stations[0].scrolled;
    let scroll = |held: &mut Held, alice: &mut Sitter, pages: i16| {
        alice.send(&[(Tag::Scroll, &pages.to_le_bytes())]);
        held.turn();
    };
    scroll(&mut held, &mut alice, 1);
    assert_eq!(scrolled(&held), usize::from(SIZE.rows) - 1);
    scroll(&mut held, &mut alice, i16::MAX);
    assert_eq!(scrolled(&held), 15, "20 lines and the cursor's, of which 6 are on the screen");
    alice.confirms(&mut held);
    alice.send(&[(Tag::Redraw, &[])]);
    held.turn();
    assert!(alice.confirms(&mut held).contains("line 0"));
    scroll(&mut held, &mut alice, i16::MIN);
    assert_eq!(scrolled(&held), 0);
    scroll(&mut held, &mut alice, 1);
    alice.types(b"x");
    held.turn();
    assert_eq!(scrolled(&held), 0);
}

#[test]
fn a_stations_own_line_stands_until_its_next_key_and_never_on_a_lock() {
    let mut held = Held::new();
    let (mut alice, mut bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    alice.send(&[(Tag::Hint, b"\x1b[31mthe keys")]);
    held.turn();
    let shown = alice.confirms(&mut held);
    assert!(shown.contains("[31mthe keys") && !shown.contains("\x1b[31m"), "no control sequence of its own: {shown:?}");
    assert_eq!(bob.confirms(&mut held), "", "the others see nothing of it");
    held.cover(1, "stop");
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    alice.send(&[(Tag::Hint, b"the keys"), (Tag::Redraw, &[])]);
    held.turn();
    assert!(!alice.confirms(&mut held).contains("keys"));
    held.uncover(2);
    alice.confirms(&mut held);
    alice.types(b"x");
    held.turn();
    alice.confirms(&mut held);
    assert_eq!(held.holder.stations[0].hint, None);
}

#[test]
fn a_lock_covers_a_station_that_looks_back() {
    let mut held = Held::new();
    let mut alice = held.attach();
    (0..20).for_each(|line| held.holder.show(format!("private {line}\r\n").as_bytes()));
    alice.confirms(&mut held);
    alice.send(&[(Tag::Scroll, &2i16.to_le_bytes())]);
    held.turn();
    alice.confirms(&mut held);
    held.cover(1, "stop");
    let shown = alice.confirms(&mut held);
    assert!(shown.contains("stop") && !shown.contains("private"), "{shown}");
    alice.send(&[(Tag::Scroll, &1i16.to_le_bytes()), (Tag::Redraw, &[])]);
    held.turn();
    let shown = alice.confirms(&mut held);
    assert!(shown.contains("stop") && !shown.contains("private"), "{shown}");
}

#[test]
fn no_more_stations_are_seated_than_there_are_places() {
    let mut held = Held::new();
    let seated: Vec<Sitter> = (0..MAX_STATIONS).map(|_| held.attach()).collect();
    let mut crowded = held.attach();
    assert!(crowded.drawn().0.contains("Leave"));
    assert_eq!(held.holder.stations.len(), seated.len());
}

#[test]
fn a_program_rings_at_an_unlocked_station_alone() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    held.holder.show(b"\x07");
    held.turn();
    assert!(alice.confirms(&mut held).contains('\x07'));
    held.cover(1, "stop");
    alice.confirms(&mut held);
    held.holder.show(b"\x07");
    held.turn();
    assert!(!alice.confirms(&mut held).contains('\x07'));
}

#[test]
fn a_thumbnail_shows_the_lock_and_goes_into_files_alone() {
    let mut held = Held::new();
    held.holder.show(b"private");
    held.cover(1, "stop");
    let mut file = tempfile::tempfile().unwrap();
    held.order_with(&ToHolder::Still { seq: 2 }, &file);
    file.rewind().unwrap();
    let cells: TerminalCells = serde_json::from_reader(&file).unwrap();
    let text: String = cells.runs.iter().map(|run| run.text.as_str()).collect();
    assert!(text.contains("stop") && !text.contains("private"), "{text}");
    let (_reader, writer) = io::pipe().unwrap();
    held.order_with(&ToHolder::Still { seq: 3 }, writer);
    held.order(&ToHolder::Still { seq: 4 });
    let errors: Vec<(u64, bool)> = held
        .said()
        .into_iter()
        .filter_map(
            |said| if let FromHolder::Written { seq, error } = said { Some((seq, error.is_some())) } else { None },
        )
        .collect();
    assert_eq!(errors, [(2, false), (3, true), (4, true)]);
}

#[test]
fn a_program_that_asks_without_end_and_reads_nothing_gets_no_endless_answers() {
    let mut held = Held::new();
    (0..200_000).for_each(|_| held.holder.show(b"\x1b[c"));
    let answer = b"\x1b[?6c".len();
    assert!(held.holder.pty.has_pending());
    assert!(!held.holder.pty.has_room_for_answers() && held.holder.pty.has_room(), "keys still find room");
    assert!(held.typed().len() < 200_000 * answer);
}
