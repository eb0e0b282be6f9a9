//! The test plays usherd: starts a shield as another user, and talks to it.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use usher_core::request::ThumbnailSize;
use usher_core::session::{Cover, CoverSource, SessionKey};
use usher_core::wire::shield::{Arming, DisplayProtocol, FromShield, Hello, Status, ToShield};
use usher_core::wire::{Decoder, control};

use crate::server::{SHIELD, Server};

/// How long anything may take before a test gives up. Nothing is asserted about how long it took.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A shield and a connection to it.
pub struct Usherd {
    child: Child,
    socket: std::path::PathBuf,
    stream: UnixStream,
    decoder: Decoder,
    pub hello: Hello,
    pub status: Status,
    pub incidents: Vec<(String, Option<u64>)>,
    /// The orders to cover that were answered.
    pub answered: Vec<u64>,
    /// How often it was told that the screen changed.
    pub changes: usize,
    seq: u64,
}

/// The answer to an order.
#[derive(Debug)]
pub struct Answer {
    pub notes: Vec<String>,
    pub superseded: bool,
    pub held_micros: Option<u64>,
}

impl Usherd {
    /// Starts a shield for the server and waits until it is armed.
    pub fn start(server: &Server) -> Usherd {
        Usherd::start_speaking(server, "en")
    }

    /// The same for a user of this language.
    pub fn start_speaking(server: &Server, language: &str) -> Usherd {
        let mut usherd = Usherd::begin_with(arming(server, language), server.directory.path());
        usherd.await_hello();
        usherd
    }

    /// Starts a shield for the server; nothing is known of it yet.
    pub fn begin(server: &Server) -> Usherd {
        Usherd::begin_with(arming(server, "en"), server.directory.path())
    }

    /// The same for any display; the shield's socket is in `directory`.
    pub fn begin_with(arming: Arming, directory: &std::path::Path) -> Usherd {
        let socket = directory.join(format!("shield-{}", Timestamp::now().as_nanosecond()));
        let listener: OwnedFd = UnixListener::bind(&socket).expect("a socket").into();
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher-shield"));
        command.uid(SHIELD).gid(SHIELD).stdin(Stdio::from(listener)).env_clear().env("TZ", "UTC");
        let child = command.spawn().expect("a shield");
        let stream = UnixStream::connect(&socket).expect("a connection");
        let mut usherd = Usherd {
            child,
            socket,
            stream,
            decoder: Decoder::default(),
            hello: nobody(),
            status: Status::default(),
            incidents: Vec::new(),
            answered: Vec::new(),
            changes: 0,
            seq: 0,
        };
        usherd.say(&ToShield::Arm(Box::new(arming)));
        usherd
    }

    /// The process that was started.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    #[track_caller]
    pub fn await_hello(&mut self) {
        let hello = self.hear(|message| match message {
            FromShield::Hello(hello) => Some(*hello),
            FromShield::Failed { message, .. } => panic!("{message}"),
            _ => None,
        });
        self.status = hello.status.clone();
        self.hello = hello;
    }

    /// Connects anew, as usherd does when a process of the shield is gone.
    pub fn connect_again(&mut self) {
        self.stream = UnixStream::connect(&self.socket).expect("a connection");
        self.decoder = Decoder::default();
        self.await_hello();
    }

    pub fn say(&mut self, message: &ToShield) {
        self.stream.write_all(&control(message)).expect("a shield that hears");
    }

    /// Waits for a message; notes what else is said.
    #[track_caller]
    pub fn hear<T>(&mut self, wanted: impl FnMut(FromShield) -> Option<T>) -> T {
        self.hear_within(PATIENCE, wanted).expect("waited in vain for the shield")
    }

    /// The same, for a while.
    pub fn hear_within<T>(&mut self, time: Duration, mut wanted: impl FnMut(FromShield) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + time;
        loop {
            while let Some((_, json)) = self.decoder.next_frame().expect("frames") {
                let message: FromShield = serde_json::from_slice(json).expect("a message");
                match &message {
                    FromShield::Status(status) => self.status = status.clone(),
                    FromShield::Incident { what, uncovered_micros } => {
                        self.incidents.push((what.clone(), *uncovered_micros));
                    }
                    FromShield::Covered { seq, .. } => self.answered.push(*seq),
                    FromShield::ScreenChanged => self.changes += 1,
                    _ => {}
                }
                if let Some(found) = wanted(message) {
                    return Some(found);
                }
            }
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            if Instant::now() >= deadline {
                return None;
            }
            self.stream.set_read_timeout(Some(left)).expect("a timeout");
            let mut buffer = [0; 8192];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.decoder.push(&buffer[..count]),
                Err(_) => {}
            }
        }
    }

    pub fn order(&mut self, covers: Vec<Cover>) -> u64 {
        self.seq += 1;
        let seq = self.seq;
        self.say(&ToShield::Cover { seq, covers, frozen: false });
        seq
    }

    #[track_caller]
    pub fn answer(&mut self, wanted: u64) -> Answer {
        self.hear(|message| match message {
            FromShield::Covered { seq, superseded, notes, held_micros } if seq == wanted => {
                Some(Answer { notes, superseded, held_micros })
            }
            _ => None,
        })
    }

    /// Locks with a message and waits for the answer.
    #[track_caller]
    pub fn lock(&mut self, message: &str) -> Answer {
        let seq = self.order(vec![cover(message)]);
        self.answer(seq)
    }

    /// The same, with the user's programs standing still, as usherd says.
    #[track_caller]
    pub fn lock_frozen(&mut self, message: &str) -> Answer {
        let mut frozen = cover(message);
        frozen.terms.freeze = true;
        let seq = self.order(vec![frozen]);
        self.answer(seq)
    }

    #[track_caller]
    pub fn unlock(&mut self) -> Answer {
        let seq = self.order(Vec::new());
        self.answer(seq)
    }

    /// Has a picture taken: the file, or why there is none.
    #[track_caller]
    pub fn picture(&mut self, size: ThumbnailSize) -> Result<Vec<u8>, String> {
        self.picture_watched(size, false).map(|(bytes, _)| bytes)
    }

    /// The same, and whether the next change is told.
    #[track_caller]
    pub fn picture_watched(&mut self, size: ThumbnailSize, watch: bool) -> Result<(Vec<u8>, bool), String> {
        let (mut read, write) = std::io::pipe().expect("a pipe");
        self.seq += 1;
        let wanted = self.seq;
        let message = control(&ToShield::Picture { seq: wanted, size, watch });
        let sent = usher_core::sys::descriptors::send_with(&self.stream, &message, write.as_fd()).expect("a shield");
        assert_eq!(sent, message.len());
        drop(write);
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            read.read_to_end(&mut bytes).map(|_| bytes)
        });
        let (error, watched) = self.hear(|message| match message {
            FromShield::Pictured { seq, error, watched, .. } if seq == wanted => Some((error, watched)),
            _ => None,
        });
        let bytes = reader.join().expect("a reader").expect("a picture");
        error.map_or(Ok((bytes, watched)), Err)
    }

    /// Waits until it is told that the screen changed.
    #[track_caller]
    pub fn await_change(&mut self) {
        if self.changes == 0 {
            self.hear(|message| matches!(message, FromShield::ScreenChanged).then_some(()));
        }
    }

    /// Waits until the status is as wanted.
    #[track_caller]
    pub fn await_status(&mut self, mut wanted: impl FnMut(&Status) -> bool) {
        if wanted(&self.status) {
            return;
        }
        let heard = self.hear_within(PATIENCE, |message| match message {
            FromShield::Status(status) => wanted(&status).then_some(()),
            _ => None,
        });
        assert!(heard.is_some(), "the status stays {:?}; {:?}", self.status, self.incidents);
    }

    /// Waits until an incident was told whose sentence has these words.
    #[track_caller]
    pub fn await_incident(&mut self, words: &str) -> Option<u64> {
        if let Some((_, micros)) = self.incidents.iter().find(|(what, _)| what.contains(words)) {
            return *micros;
        }
        self.hear(|message| match message {
            FromShield::Incident { what, uncovered_micros } if what.contains(words) => Some(uncovered_micros),
            _ => None,
        })
    }
}

impl Drop for Usherd {
    fn drop(&mut self) {
        // Both at once: each would start the other again.
        let pids: Vec<u32> = shields(&self.socket);
        for signal in [rustix::process::Signal::STOP, rustix::process::Signal::KILL] {
            for pid in pids.iter().chain(&self.hello.pids) {
                kill(*pid, signal);
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processes of the shield's user that hold this socket.
fn shields(socket: &std::path::Path) -> Vec<u32> {
    let table = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let line = table.lines().find(|line| line.split_whitespace().nth(7) == socket.to_str());
    let Some(inode) = line.and_then(|line| line.split_whitespace().nth(6)) else { return Vec::new() };
    let link = format!("socket:[{inode}]");
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| *pid != std::process::id())
        .filter(|pid| std::fs::read_link(format!("/proc/{pid}/fd/0")).is_ok_and(|to| to.to_str() == Some(&link)))
        .collect()
}

/// Waits until `look` says yes.
#[track_caller]
pub fn wait_until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !look() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends a signal to a process that still is a shield.
pub fn kill(pid: u32, signal: rustix::process::Signal) {
    let is_shield =
        std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "usher-shield");
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).filter(|_| is_shield) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// A lock by an operator.
pub fn cover(message: &str) -> Cover {
    let terms = usher_core::session::Terms {
        message: message.parse().expect("a message"),
        by: "root".to_owned(),
        by_uid: 0,
        since: Timestamp::now(),
        until: None,
        freeze: false,
    };
    Cover { terms, source: CoverSource::Session }
}

fn key() -> SessionKey {
    SessionKey { boot_id: "boot".to_owned(), native_id: "3".to_owned(), leader_pid: 1, leader_start: 1 }
}

fn arming(server: &Server, language: &str) -> Arming {
    let arming = arming_for(server.pid(), server.display, server.socket());
    let authorities = vec![b"no authority file".to_vec(), server.authority.clone()];
    Arming { authorities, language: language.to_owned(), ..arming }
}

/// For the display of this process, which asks for no cookie.
pub fn arming_for(server_pid: u32, display: u32, socket: String) -> Arming {
    let server = usher_core::sys::process::Process::of(server_pid).expect("a readable process").expect("a server");
    let server_start = server.start;
    Arming {
        session_id: 3,
        key: key(),
        host: "lab1".to_owned(),
        display,
        socket,
        server_pid,
        server_start,
        protocol: DisplayProtocol::X11,
        authorities: Vec::new(),
        language: "en".to_owned(),
    }
}

fn nobody() -> Hello {
    Hello {
        protocol: 0,
        version: String::new(),
        session_id: 0,
        key: key(),
        of: DisplayProtocol::X11,
        display: 0,
        server_pid: 0,
        pids: Vec::new(),
        status: Status::default(),
    }
}
