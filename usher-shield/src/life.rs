//! The process's life: its loop, and what it does when another one's life ends.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use usher_core::sys::peer;
use usher_core::wire::shield::FromShield;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;

use crate::conn::Conn;
use crate::events::Disturbance;
use crate::mate::{FromTwin, Mate, ToTwin};
use crate::shield::{Control, Shield};
use crate::stage::Stage;
use crate::x::NoDisplay;

/// Connections at once: the daemon's, one that replaces it, a release, and some to spare.
const MAX_CONTROLS: usize = 8;
/// How often a server that is there but does not let us in is tried.
const KNOCK: Duration = Duration::from_millis(100);

/// Why a process of the shield ends.
pub enum End {
    /// It is not needed any more.
    Retired,
    /// There is no display to cover any more.
    ServerGone,
}

/// Runs until the end.
pub fn run(shield: &mut Shield, mut next_control: u64) -> io::Result<End> {
    loop {
        let disturbed = hear_display(shield);
        if shield.trouble.is_some() && !reconnect(shield) {
            return Ok(End::ServerGone);
        }
        if !disturbed {
            wait(shield)?;
        }
        hear_mate(shield)?;
        if shield.leader {
            accept(shield, &mut next_control);
            hear_controls(shield);
            shield.hear_drawing();
            shield.hear_captures();
        }
        keep_time(shield);
        if shield.leader {
            shield.draw();
            shield.answer();
            shield.tell_usherd();
            shield.tell_twin();
        } else {
            shield.report();
        }
        if shield.retire && shield.trouble.is_none() {
            let gone = shield.mate.as_ref().is_none_or(|mate| !mate.shown);
            if !shield.stage.shown && gone {
                return Ok(End::Retired);
            }
        }
    }
}

/// What time alone brings about.
fn keep_time(shield: &mut Shield) {
    if shield.leader {
        shield.expire();
    }
    if shield.retry_at.is_some_and(|at| Instant::now() >= at) && !shield.hung {
        shield.settle();
    }
    shield.look_around();
    if shield.leader && !shield.hung {
        shield.stage.x.patience(crate::stage::PATIENCE);
        let looked = shield.user.look(&shield.stage.x);
        if !matches!(looked, Err(crate::x::Trouble::Refused)) {
            shield.took(looked);
        }
    }
    for message in shield.incidents.due(Instant::now()) {
        shield.say(&message);
    }
}

/// Waits until there is something to do.
fn wait(shield: &mut Shield) -> io::Result<()> {
    if let Err(trouble) = shield.stage.x.flush() {
        shield.took(Err(trouble));
    }
    let wants = |conn: &Conn| if conn.has_unsent() { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
    let display = shield.stage.x.conn.stream();
    let mut fds = vec![PollFd::new(display, PollFlags::IN)];
    fds.extend(shield.mate.iter().map(|mate| PollFd::from_borrowed_fd(mate.conn.fd(), wants(&mate.conn))));
    if shield.leader {
        fds.push(PollFd::from_borrowed_fd(shield.listener.as_fd(), PollFlags::IN));
        fds.extend(shield.controls.iter().map(|c| PollFd::from_borrowed_fd(c.conn.fd(), wants(&c.conn))));
        fds.extend(shield.captures.iter().map(|c| PollFd::from_borrowed_fd(c.fd(), PollFlags::IN)));
        fds.extend(shield.drawing.iter().map(|d| PollFd::from_borrowed_fd(d.fd(), PollFlags::IN)));
    }
    let timeout = shield.next_deadline().and_then(|time| Timespec::try_from(time).ok());
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    // A server that says anything answers again.
    if shield.hung && !fds[0].revents().is_empty() {
        shield.hung = false;
        shield.retry_at = Some(Instant::now());
    }
    Ok(())
}

/// Takes what the server says, and puts right what it tells of. True if there was anything.
fn hear_display(shield: &mut Shield) -> bool {
    let (mut disturbance, mut heard) = (Disturbance::default(), false);
    let arrived = Instant::now();
    loop {
        match shield.stage.x.conn.poll_for_event_with_sequence() {
            Ok(Some((Event::SyncAlarmNotify(alarm), _))) => shield.user.alarm(&alarm),
            Ok(Some((event, sequence))) => disturbance.note(&event, sequence, &shield.stage),
            Ok(None) => break,
            Err(error) => {
                shield.took(Err(error.into()));
                break;
            }
        }
        heard = true;
    }
    // A late answer is no event, and was read with them: nothing more may come.
    if shield.hung && shield.stage.x.heard() {
        shield.hung = false;
        shield.retry_at = Some(Instant::now());
    }
    if heard && shield.trouble.is_none() {
        crate::defence::answer(shield, disturbance, arrived);
    }
    heard
}

/// Takes what the other process says, and its place where it is gone.
fn hear_mate(shield: &mut Shield) -> io::Result<()> {
    if shield.leader {
        let Some(mate) = &mut shield.mate else { return Ok(()) };
        mate.conn.flush();
        let reports: Vec<FromTwin> = mate.conn.receive();
        let gone = mate.conn.closed;
        for report in reports {
            shield.twin_reported(report);
        }
        if gone {
            crate::takeover::replace_twin(shield)?;
        }
        return Ok(());
    }
    let Some(leader) = &mut shield.mate else { return Ok(()) };
    leader.conn.flush();
    let messages: Vec<ToTwin> = leader.conn.receive();
    let gone = leader.conn.closed;
    for message in messages {
        crate::takeover::learn(shield, message);
    }
    if gone {
        crate::takeover::succeed(shield)?;
    }
    Ok(())
}

/// Takes new connections from root; in a build for tests, also from the shield's own user.
fn accept(shield: &mut Shield, next_control: &mut u64) {
    while let Ok((stream, _)) = shield.listener.accept() {
        if peer::of(&stream).is_ok_and(|peer| peer.uid == 0) {
            while shield.controls.len() >= MAX_CONTROLS {
                // The oldest gives way: usherd comes again if it still lives.
                shield.controls.remove(0);
            }
            let conn = Conn::new(stream).ok();
            shield.controls.extend(conn.map(|conn| Control { id: *next_control, conn, greeted: false }));
            *next_control += 1;
        }
    }
}

fn hear_controls(shield: &mut Shield) {
    for index in 0..shield.controls.len() {
        let id = shield.controls[index].id;
        shield.controls[index].conn.flush();
        for message in shield.controls[index].conn.receive() {
            shield.obey(id, message);
        }
    }
    shield.controls.retain(|control| !control.conn.closed);
}

/// Connects anew after somebody cut our connection (`KillClient`). False if the server is gone.
///
/// Our windows may be left behind, still covering: they go when the new ones are there.
fn reconnect(shield: &mut Shield) -> bool {
    shield.lost_connection();
    shield.trouble = None;
    if let Some(mate) = shield.mate.as_mut().filter(|_| shield.leader && !shield.covers.is_empty()) {
        mate.conn.say(&ToTwin::Hold);
    }
    let old = shield.stage.windows();
    loop {
        match Stage::open(&shield.arming) {
            Ok(mut stage) => {
                stage.adopt(&mut shield.stage, old);
                shield.stage = stage;
                shield.restart_user();
                shield.repaint();
                shield.settle();
                shield.incident("the connection to the X server was cut", None);
                return true;
            }
            Err(NoDisplay::ServerGone | NoDisplay::Closed(_)) => return false,
            Err(NoDisplay::Later(_)) => std::thread::sleep(KNOCK / 20),
        }
    }
}

/// Connects for the first time: a server that starts, or is stopped, may take its time.
pub fn arm(arming: &usher_core::wire::shield::Arming) -> Result<Stage, NoDisplay> {
    loop {
        match Stage::open(arming) {
            Err(NoDisplay::Later(_)) => std::thread::sleep(KNOCK),
            result => return result,
        }
    }
}

/// Starts a twin; a shield without one is better than none.
pub fn start_twin(shield: &mut Shield) {
    shield.forget_twin();
    shield.mate = Mate::start(&shield.listener, &shield.arming).ok();
    shield.tell_twin();
    if shield.mate.is_none() {
        shield.say(&FromShield::Incident {
            what: "the shield could not start its second process".to_owned(),
            uncovered_micros: None,
        });
    }
}
