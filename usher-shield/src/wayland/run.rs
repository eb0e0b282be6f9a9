//! How the two processes begin, their loop, and their end.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use usher_core::sys::process::Process;
use usher_core::wire::Conn;
use usher_core::wire::shield::{Arming, FromShield};

use super::kept::KeptLock;
use super::link::CompositorLink;
use super::mate::{FromSuccessor, Relative, ToSuccessor};
use super::warden::{CONNECTIONS, KNOCK, Warden};
use crate::life;
use crate::shield::Control;

/// How long to wait for a compositor's process to end that has ended its connections.
const ENDING: Duration = Duration::from_millis(500);

/// The first process: it was armed on this connection of usherd's, and got these to the compositor.
pub fn lead(
    listener: UnixListener,
    mut control: Control,
    arming: Arming,
    connections: Vec<UnixStream>,
) -> io::Result<()> {
    let mut warden = Warden::new(arming, listener, true);
    warden.spares = connections;
    match enter(&mut warden) {
        Ok(()) => {
            warden.controls.push(control);
            run(&mut warden)
        }
        Err((message, unsupported)) => {
            let failed = FromShield::Failed { message, trying: false, crowd: None, unsupported };
            control.conn.send_message(&failed);
            Ok(())
        }
    }
}

/// Connects, and sees whether the compositor can do it.
fn enter(warden: &mut Warden) -> Result<(), (String, bool)> {
    let stream = warden.spares.pop().ok_or_else(|| ("there is no connection to the compositor".to_owned(), false))?;
    let link =
        CompositorLink::open(stream).map_err(|error| (format!("the compositor does not answer: {error}"), false))?;
    if !link.desk.can_lock() {
        return Err(("its compositor has no ext-session-lock-v1".to_owned(), true));
    }
    warden.link = Some(link);
    Ok(())
}

/// The second process.
pub fn follow(listener: UnixListener, stream: UnixStream) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut leader = Relative::leader(stream)?;
    let mut early = Vec::new();
    let (arming, connection) = loop {
        poll(&mut [PollFd::from_borrowed_fd(leader.conn.fd(), PollFlags::IN)], None)?;
        early.extend(leader.conn.receive_messages::<ToSuccessor>());
        if let [ToSuccessor::Arm(arming), ToSuccessor::Connection, ..] = early.as_slice() {
            break (arming.clone(), leader.conn.next_descriptor());
        }
        if leader.conn.is_closed() {
            return Ok(());
        }
    };
    let Some(connection) = connection else { return Ok(()) };
    let mut warden = Warden::new(*arming, listener, false);
    warden.link = Some(CompositorLink::open(UnixStream::from(connection))?);
    leader.conn.send_message(&FromSuccessor::Ready);
    warden.mate = Some(leader);
    early.into_iter().skip(2).for_each(|message| learn(&mut warden, message));
    run(&mut warden)
}

/// As a successor: takes what the leader tells.
fn learn(warden: &mut Warden, message: ToSuccessor) {
    match message {
        ToSuccessor::Arm(_) => {}
        ToSuccessor::End => warden.retire = true,
        ToSuccessor::Connection => {
            let descriptor = warden.mate.as_mut().and_then(|leader| leader.conn.next_descriptor());
            warden.spares.extend(descriptor.map(UnixStream::from));
        }
        ToSuccessor::Kept => {
            let descriptor = warden.mate.as_mut().and_then(|leader| leader.conn.next_descriptor());
            warden.kept = descriptor.map(KeptLock::new);
        }
        ToSuccessor::State(estate) => {
            let estate = *estate;
            (warden.covers, warden.released, warden.inherited) = (estate.covers, estate.released, estate.shown);
            warden.kept.iter_mut().for_each(|kept| kept.object = estate.lock);
        }
    }
}

/// Runs until the end.
fn run(warden: &mut Warden) -> io::Result<()> {
    let mut next_control = 1;
    loop {
        if !hear_compositor(warden)? {
            return Ok(());
        }
        crate::children::reap();
        if hear_mate(warden) {
            return Ok(());
        }
        if warden.leader {
            life::accept(&warden.listener, &mut warden.controls, &mut next_control);
            hear_controls(warden);
            warden.hear_drawing();
            warden.hear_captures();
            warden.look_at_title();
            warden.expire();
            warden.settle();
            warden.draw();
            warden.tell_successor();
            warden.answer();
            warden.tell_usherd();
            warden.provide();
            let due = warden.incidents.due(Instant::now());
            due.iter().for_each(|message| warden.say(message));
        }
        if warden.retire && warden.is_open() && warden.leader {
            warden.mate.iter_mut().for_each(|mate| mate.conn.send_message(&ToSuccessor::End));
            return Ok(());
        }
        // What was decided is said before anything is waited for. Nothing is heard here: it would not be looked at before the wait.
        if let Some(link) = &mut warden.link
            && link.send().is_err()
        {
            continue;
        }
        wait(warden)?;
    }
}

/// Takes what the compositor says. False if there is none any more.
fn hear_compositor(warden: &mut Warden) -> io::Result<bool> {
    if let Some(link) = &mut warden.link {
        let Err(why) = link.pump() else { return Ok(true) };
        warden.link = None;
        if !warden.leader {
            return Err(ended(&why));
        }
        let server = Process { pid: warden.arming.server_pid, start: warden.arming.server_start };
        let until = Instant::now() + ENDING;
        while !server.is_gone() && Instant::now() < until {
            // The one that is ready covers sooner than this one can. It sees our end.
            if warden.mate.as_ref().is_some_and(|mate| mate.ready) && !warden.covers.is_empty() {
                return Err(ended(&why));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        if server.is_gone() {
            warden.mate.iter_mut().for_each(|mate| mate.conn.send_message(&ToSuccessor::End));
            return Ok(false);
        }
        warden.incident("the compositor ended the connection");
    }
    if Instant::now() >= warden.knock_at {
        warden.knock_at = Instant::now() + KNOCK;
        if let Some(spare) = warden.spares.pop() {
            warden.link = CompositorLink::open(spare).ok().filter(|link| link.desk.can_lock());
            warden.message = None;
            warden.keep_for_successor();
        }
    }
    let server = Process { pid: warden.arming.server_pid, start: warden.arming.server_start };
    Ok(!server.is_gone())
}

/// What the log says of a connection that ended. Some of it may be the compositor's own words.
fn ended(why: &io::Error) -> io::Error {
    let why: String = why.to_string().chars().filter(|c| !c.is_control()).take(500).collect();
    io::Error::other(format!("the compositor ended the connection: {why}"))
}

/// Takes what the other process says, and its place where it is gone. True if this one is to end.
fn hear_mate(warden: &mut Warden) -> bool {
    let Some(mate) = &mut warden.mate else { return warden.retire && !warden.leader };
    mate.conn.flush();
    if warden.leader {
        let ready = !mate.conn.receive_messages::<FromSuccessor>().is_empty();
        mate.ready |= ready;
        if mate.conn.is_closed() {
            warden.mate.take().into_iter().for_each(Relative::let_go);
            if !warden.covers.is_empty() {
                warden.incident("a process of the shield was killed; the other starts a new one");
            }
        }
        return false;
    }
    let messages: Vec<ToSuccessor> = mate.conn.receive_messages();
    let gone = mate.conn.is_closed();
    messages.into_iter().for_each(|message| learn(warden, message));
    if gone && !warden.retire {
        warden.succeed();
    }
    warden.retire && !warden.leader
}

fn hear_controls(warden: &mut Warden) {
    for index in 0..warden.controls.len() {
        let id = warden.controls[index].id;
        warden.controls[index].conn.flush();
        for message in warden.controls[index].conn.receive_messages() {
            warden.obey(id, message);
        }
    }
    warden.controls.retain(|control| !control.conn.is_closed());
}

/// Waits until there is something to do.
fn wait(warden: &Warden) -> io::Result<()> {
    let wants = |conn: &Conn| if conn.has_unsent() { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
    let mut fds = Vec::new();
    fds.extend(warden.link.as_ref().map(|link| PollFd::from_borrowed_fd(link.as_fd(), link.wants())));
    fds.extend(warden.mate.iter().map(|mate| PollFd::from_borrowed_fd(mate.conn.fd(), wants(&mate.conn))));
    if warden.leader {
        fds.extend(warden.kept.iter().map(|kept| PollFd::from_borrowed_fd(kept.as_fd(), PollFlags::IN)));
        fds.push(PollFd::from_borrowed_fd(warden.listener.as_fd(), PollFlags::IN));
        fds.extend(warden.controls.iter().map(|c| PollFd::from_borrowed_fd(c.conn.fd(), wants(&c.conn))));
        fds.extend(warden.captures.fds().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        fds.extend(warden.drawing.iter().map(|d| PollFd::from_borrowed_fd(d.fd(), PollFlags::IN)));
    }
    let timeout = next_deadline(warden).and_then(|time| Timespec::try_from(time).ok());
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// When something is to be done though nothing is heard.
fn next_deadline(warden: &Warden) -> Option<Duration> {
    if !warden.leader {
        return None;
    }
    let now = Instant::now();
    let short = warden.mate.is_none() && !warden.spares.is_empty() || warden.link.is_none();
    let moments = [
        warden.retry(),
        warden.drawing.as_ref().map(|drawing| drawing.until + drawing.overdue()),
        warden.incidents.next(),
        warden.captures.until(),
        warden.title.due(),
        warden.kept.as_ref().and_then(KeptLock::until),
        short.then_some(warden.knock_at),
        warden.asked_at.filter(|_| warden.is_short()).map(|at| at + CONNECTIONS),
    ];
    let until = |at: Timestamp| {
        let left = at.duration_since(Timestamp::now());
        Duration::try_from(left).unwrap_or_default() + Duration::from_millis(1)
    };
    let times = warden.covers.iter().filter_map(|cover| cover.until).map(until);
    let moments = moments.into_iter().flatten().map(|at| at.saturating_duration_since(now));
    moments.chain(times).min()
}
