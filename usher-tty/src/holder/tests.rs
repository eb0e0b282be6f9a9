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
use usher_core::wire::{Conn, FLUSH, LATER, StationTerminal, Tag, control, put};

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
        let spec =
            StationSpec { id: self.stations, size: SIZE, colours: Colours::True, client: None, read_only: false };
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

    /// Says what its terminal is.
    fn tells(&mut self, terminal: &StationTerminal) {
        self.send(&[(Tag::Terminal, &serde_json::to_vec(terminal).unwrap())]);
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

mod drawing;
mod locks;
mod looking;
mod settling;
mod stations;
