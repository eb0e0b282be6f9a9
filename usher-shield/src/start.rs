//! How a process of the shield begins and ends.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use usher_core::sys::peer;
use usher_core::wire::Conn;
use usher_core::wire::shield::{Arming, DisplayProtocol, FromShield, ToShield};

use crate::life::{self, End};
use crate::mate::{FromTwin, Mate, ToTwin, TwinReport};
use crate::shield::{Control, Shield};
use crate::takeover;
use crate::wayland;
use crate::x::{Display, NoDisplay, crowd};

/// The most processor time of a process that draws or takes a picture, in seconds.
const WORK: u64 = 20;

/// The first process, a twin, one that draws, or one that takes a picture.
pub fn main() -> ExitCode {
    harden(c"usher-shield");
    let result = match std::env::args().nth(1).as_deref() {
        None => lead(),
        Some("twin") => follow(),
        Some("successor") => follow_wayland(),
        Some(work @ ("draw" | "outputs" | "picture" | "stills")) => do_work(work),
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

/// Paints for the warden of a seat at the other end of standard input, until it is gone. It is the warden's program that runs: the two
/// share its pages, and a lock is to be small.
///
/// # Errors
/// The connection cannot be used.
pub fn paint_seat() -> io::Result<()> {
    harden(c"usher-painter");
    crate::confine::painter();
    crate::seat::paint()
}

/// What a process of another user could get at: its memory by a debugger, or by making it dump core.
/// It holds the display's cookie.
fn harden(name: &CStr) {
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = rustix::process::setsid();
    // Started by `/proc/self/exe`, it would be called `exe`.
    let _ = rustix::thread::set_name(name);
}

/// What a process that ends with it does. Nobody ends it from outside, so it does so by itself.
fn do_work(work: &str) -> io::Result<()> {
    let most = Some(WORK);
    let _ = rustix::process::setrlimit(Resource::Cpu, Rlimit { current: most, maximum: most });
    crate::confine::worker();
    let how = std::env::args().nth(2);
    match work {
        "draw" => crate::drawing::main(how.as_deref().unwrap_or_default()),
        "outputs" => wayland::pictures(),
        "picture" => crate::thumbnail::screens(),
        _ => crate::thumbnail::stills(how.as_deref()),
    }
}

fn lead() -> io::Result<()> {
    crate::confine::holder();
    let listener = UnixListener::from(duplicate(io::stdin().as_fd())?);
    let Some((conn, arming, connections)) = await_arming(&listener)? else { return Ok(()) };
    listener.set_nonblocking(true)?;
    let mut control = Control { id: 0, conn, greeted: false };
    if arming.protocol == DisplayProtocol::Wayland {
        return wayland::lead(listener, control, arming, connections);
    }
    let mut said = false;
    let armed = life::arm(&arming, |why, x| {
        let end = control.conn.receive_messages().iter().any(|message| matches!(message, ToShield::Retire));
        if matches!(why, NoDisplay::Full) && !std::mem::replace(&mut said, true) {
            control.conn.send_message(&failed(why, true, x, &arming));
        }
        !end && !control.conn.is_closed() && !matches!(why, NoDisplay::Closed(_))
    });
    match armed {
        Ok(armed) => {
            let mut shield = Shield::new(arming, armed, listener, true);
            shield.controls.push(control);
            takeover::start_twin(&mut shield);
            finish(&mut shield)
        }
        Err(why) => {
            control.conn.send_message(&failed(&why, false, None, &arming));
            Ok(())
        }
    }
}

/// What usherd is told of a display that cannot be covered, `x` being a connection to it that there is.
fn failed(why: &NoDisplay, trying: bool, x: Option<&Display>, arming: &Arming) -> FromShield {
    let crowd = matches!(why, NoDisplay::Full).then(|| {
        let ours = [std::process::id(), arming.server_pid];
        x.and_then(|x| crowd(x, &ours).ok()).unwrap_or_default()
    });
    let message = match (why, &crowd) {
        (_, Some(crowd)) => crowd.to_string(),
        (NoDisplay::Closed(message) | NoDisplay::Later(message), _) => message.clone(),
        (NoDisplay::ServerGone | NoDisplay::Full, _) => "the X server is gone".to_owned(),
    };
    FromShield::Failed { message, trying, crowd, unsupported: false }
}

fn finish(shield: &mut Shield) -> io::Result<()> {
    match life::run(shield, 1)? {
        // The twin sees that we are gone and is not to take our place.
        End::Retired | End::ServerGone => {
            if let Some(mate) = shield.mate.as_mut().filter(|_| shield.leader) {
                mate.conn.send_message(&ToTwin::End);
            }
            Ok(())
        }
    }
}

/// Serves connections until one arms the shield, and gives the connections to a compositor that came before that. Only root's are
/// listened to.
fn await_arming(listener: &UnixListener) -> io::Result<Option<(Conn, Arming, Vec<UnixStream>)>> {
    loop {
        let (stream, _) = listener.accept()?;
        if peer::of(&stream)?.uid != 0 {
            continue;
        }
        let mut conn = Conn::with_descriptors(stream)?;
        let mut connections = Vec::new();
        while !conn.is_closed() {
            poll(&mut [PollFd::from_borrowed_fd(conn.fd(), PollFlags::IN)], None)?;
            for message in conn.receive_messages() {
                match message {
                    ToShield::Arm(arming) => return Ok(Some((conn, *arming, connections))),
                    ToShield::Connection => connections.extend(conn.next_descriptor().map(UnixStream::from)),
                    ToShield::Retire => return Ok(None),
                    ToShield::Cover { .. }
                    | ToShield::Announce(_)
                    | ToShield::Looked { .. }
                    | ToShield::Picture { .. }
                    | ToShield::Withdraw
                    | ToShield::Release { .. } => {}
                }
            }
        }
    }
}

/// A second process's listening socket, and its connection to the first.
fn inherited() -> io::Result<(UnixListener, UnixStream)> {
    let listener = UnixListener::from(duplicate(io::stdin().as_fd())?);
    let leader = UnixStream::from(duplicate(io::stdout().as_fd())?);
    // Standard output is the connection's other copy: with it open, its end would not be seen by the leader.
    let null = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty())?;
    rustix::stdio::dup2_stdout(&null)?;
    Ok((listener, leader))
}

fn follow_wayland() -> io::Result<()> {
    let (listener, leader) = inherited()?;
    wayland::follow(listener, leader)
}

fn follow() -> io::Result<()> {
    let (listener, leader) = inherited()?;
    let mut leader = Mate::leader(leader)?;
    let mut early = Vec::new();
    let arming = loop {
        poll(&mut [PollFd::from_borrowed_fd(leader.conn.fd(), PollFlags::IN)], None)?;
        let mut messages = leader.conn.receive_messages().into_iter();
        if let Some(ToTwin::Arm(arming)) = messages.next() {
            early.extend(messages);
            break arming;
        }
        if leader.conn.is_closed() {
            return Ok(());
        }
    };
    let mut kept_out = false;
    let armed = life::arm(&arming, |_, _| {
        let messages: Vec<ToTwin> = leader.conn.receive_messages();
        let end = messages.iter().any(|message| matches!(message, ToTwin::End));
        early.extend(messages);
        if !std::mem::replace(&mut kept_out, true) {
            leader.conn.send_message(&FromTwin::KeptOut);
        }
        !end
    });
    let Ok((stage, reserve)) = armed else { return Ok(()) };
    leader.conn.send_message(&FromTwin::Report(TwinReport { windows: stage.windows(), ..TwinReport::default() }));
    let mut shield = Shield::new(*arming, (stage, reserve), listener, false);
    shield.mate = Some(leader);
    early.into_iter().for_each(|message| crate::takeover::learn(&mut shield, message));
    finish(&mut shield)
}

fn duplicate(fd: impl AsFd) -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(fd, 3)?)
}
