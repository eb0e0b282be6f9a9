//! How a process of the shield begins and ends.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use usher_core::sys::peer;
use usher_core::wire::shield::{Arming, FromShield, ToShield};

use crate::conn::Conn;
use crate::life::{self, End};
use crate::mate::{FromTwin, Mate, ToTwin};
use crate::shield::{Control, Shield};
use crate::x::NoDisplay;

/// The first process, a twin, one that draws, or one that takes a picture.
pub fn main() -> ExitCode {
    harden();
    let result = match std::env::args().nth(1).as_deref() {
        None => lead(),
        Some("twin") => follow(),
        Some("draw") => crate::drawing::main(),
        Some("picture") => crate::thumbnail::screen(std::env::args().nth(2).as_deref()),
        Some("still") => crate::thumbnail::still(std::env::args().nth(2).as_deref()),
        Some("--version") => {
            println!("usher-shield {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        Some(other) => Err(io::Error::other(format!("unknown argument {other:?}; usherd starts this program"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("usher-shield: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What a process of another user could get at: its memory by a debugger, or by making it dump core.
/// It holds the display's cookie.
fn harden() {
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = rustix::process::setsid();
    // Started by `/proc/self/exe`, it would be called `exe`.
    let _ = rustix::thread::set_name(c"usher-shield");
}

fn lead() -> io::Result<()> {
    let listener = UnixListener::from(duplicate(io::stdin().as_fd())?);
    let Some((control, arming)) = await_arming(&listener)? else { return Ok(()) };
    listener.set_nonblocking(true)?;
    let mut control = Control { id: 0, conn: control, greeted: false };
    match life::arm(&arming) {
        Ok(stage) => {
            let mut shield = Shield::new(arming, stage, listener, true);
            shield.controls.push(control);
            life::start_twin(&mut shield);
            finish(&mut shield)
        }
        Err(NoDisplay::Closed(message) | NoDisplay::Later(message)) => {
            control.conn.say(&FromShield::Failed { message });
            Ok(())
        }
        Err(NoDisplay::ServerGone) => {
            control.conn.say(&FromShield::Failed { message: "the X server is gone".to_owned() });
            Ok(())
        }
    }
}

fn finish(shield: &mut Shield) -> io::Result<()> {
    match life::run(shield, 1)? {
        // The twin sees that we are gone and is not to take our place: it was told to uncover, and is told
        // so again by the end of the server or by its own end here.
        End::Retired | End::ServerGone => {
            if let Some(mate) = shield.mate.as_mut().filter(|_| shield.leader) {
                mate.bury();
            }
            Ok(())
        }
    }
}

/// Serves connections until one arms the shield. Only root's are listened to.
fn await_arming(listener: &UnixListener) -> io::Result<Option<(Conn, Arming)>> {
    loop {
        let (stream, _) = listener.accept()?;
        if peer::of(&stream)?.uid != 0 {
            continue;
        }
        let mut conn = Conn::new(stream)?;
        while !conn.closed {
            poll(&mut [PollFd::from_borrowed_fd(conn.fd(), PollFlags::IN)], None)?;
            for message in conn.receive() {
                match message {
                    ToShield::Arm(arming) => return Ok(Some((conn, *arming))),
                    ToShield::Retire => return Ok(None),
                    ToShield::Cover { .. }
                    | ToShield::Announce(_)
                    | ToShield::Picture { .. }
                    | ToShield::Release { .. } => {}
                }
            }
        }
    }
}

fn follow() -> io::Result<()> {
    let listener = UnixListener::from(duplicate(io::stdin().as_fd())?);
    let mut leader = Mate::leader(UnixStream::from(duplicate(io::stdout().as_fd())?))?;
    // Standard output is the connection's other copy: with it open, its end would not be seen by the leader.
    let null = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty())?;
    rustix::stdio::dup2_stdout(&null)?;
    let mut early = Vec::new();
    let arming = loop {
        poll(&mut [PollFd::from_borrowed_fd(leader.conn.fd(), PollFlags::IN)], None)?;
        let mut messages = leader.conn.receive().into_iter();
        if let Some(ToTwin::Arm(arming)) = messages.next() {
            early.extend(messages);
            break arming;
        }
        if leader.conn.closed {
            return Ok(());
        }
    };
    let Ok(stage) = life::arm(&arming) else { return Ok(()) };
    leader.conn.say(&FromTwin::Report {
        windows: stage.windows(),
        shown: false,
        held: crate::x::Grabs::default(),
        serial: 0,
    });
    let mut shield = Shield::new(*arming, stage, listener, false);
    shield.mate = Some(leader);
    early.into_iter().for_each(|message| crate::takeover::learn(&mut shield, message));
    finish(&mut shield)
}

fn duplicate(fd: impl AsFd) -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(fd, 3)?)
}
