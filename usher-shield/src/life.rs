//! The process's life: its loop, and what it does when another one's life ends.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use usher_core::sys::peer;
use usher_core::wire::Conn;
use usher_core::wire::shield::Arming;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;

use crate::events::Disturbance;
use crate::mate::{FromTwin, ToTwin};
use crate::reserve::Reserve;
use crate::shield::{Control, Shield};
use crate::stage::{PATIENCE, Stage};
use crate::x::{Display, Keeper, NoDisplay, Trouble, crowd};

/// Connections at once: the daemon's, one that replaces it, a release, and some to spare.
const MAX_CONTROLS: usize = 8;
/// How often a server that is there but does not let us in is tried.
const KNOCK: Duration = Duration::from_millis(100);
/// How long a server may give no answer to a shield that is not armed yet.
const ARMING: Duration = Duration::from_secs(10);

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
        crate::children::reap();
        if !disturbed {
            wait(shield)?;
        }
        hear_mate(shield)?;
        if shield.leader {
            accept(&shield.listener, &mut shield.controls, &mut next_control);
            hear_controls(shield);
            shield.hear_drawing();
            shield.hear_captures();
        }
        keep_time(shield);
        if shield.leader {
            shield.draw();
            shield.prepare();
            shield.answer();
            shield.tell_usherd();
            shield.tell_twin();
        } else {
            shield.report();
        }
        if shield.retire {
            let gone = shield.mate.as_ref().is_none_or(|mate| !mate.report.begun);
            if !shield.stage.begun && gone {
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
    if !shield.hung {
        refill(shield);
    }
    if shield.leader && !shield.hung && !shield.stage.cut {
        shield.stage.allow_time();
        let looked = shield.user.look(&shield.stage.x);
        if !matches!(looked, Err(crate::x::Trouble::Refused)) {
            shield.took(looked);
        }
        shield.look_at_watch();
    }
    for message in shield.incidents.due(Instant::now()) {
        shield.say(&message);
    }
}

/// Waits until there is something to do.
fn wait(shield: &mut Shield) -> io::Result<()> {
    if !shield.stage.cut
        && let Err(trouble) = shield.stage.x.flush()
    {
        shield.took(Err(trouble));
    }
    if let Err(trouble) = shield.stage.keeper.x.flush() {
        shield.took(Err(trouble));
    }
    let wants = |conn: &Conn| if conn.has_unsent() { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
    let mut fds = Vec::new();
    fds.extend((!shield.stage.keeper.gone).then(|| PollFd::new(shield.stage.keeper.x.conn.stream(), PollFlags::IN)));
    fds.extend((!shield.stage.cut).then(|| PollFd::new(shield.stage.x.conn.stream(), PollFlags::IN)));
    let servers = fds.len();
    fds.extend(shield.reserve.spare().map(|spare| PollFd::new(spare.conn.stream(), PollFlags::IN)));
    fds.extend(shield.mate.iter().map(|mate| PollFd::from_borrowed_fd(mate.conn.fd(), wants(&mate.conn))));
    if shield.leader {
        fds.push(PollFd::from_borrowed_fd(shield.listener.as_fd(), PollFlags::IN));
        fds.extend(shield.controls.iter().map(|c| PollFd::from_borrowed_fd(c.conn.fd(), wants(&c.conn))));
        fds.extend(shield.captures.fds().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        fds.extend(shield.awaited_drawing().map(|d| PollFd::from_borrowed_fd(d.fd(), PollFlags::IN)));
    }
    let timeout = shield.next_deadline().and_then(|time| Timespec::try_from(time).ok());
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    // A server that says anything answers again.
    if shield.hung && fds[..servers].iter().any(|fd| !fd.revents().is_empty()) {
        shield.hung = false;
        shield.retry_at = Some(Instant::now());
    }
    Ok(())
}

/// Takes what the server says, and puts right what it tells of. True if there was anything.
fn hear_display(shield: &mut Shield) -> bool {
    let (mut disturbance, mut heard) = (Disturbance::default(), false);
    let arrived = Instant::now();
    shield.reserve.hear();
    shield.stage.keeper.x.seen();
    let touched = match shield.stage.keeper.hear() {
        Ok(touched) => touched,
        Err(trouble) => {
            shield.took(Err(trouble));
            false
        }
    };
    shield.stage.x.seen();
    while !shield.stage.cut {
        match shield.stage.x.conn.poll_for_event_with_sequence() {
            Ok(Some((Event::SyncAlarmNotify(alarm), _))) => shield.user.alarm(&alarm),
            Ok(Some((Event::DamageNotify(damage), sequence)))
                if shield.changes.heard(&shield.stage.x, damage.damage, sequence) =>
            {
                shield.tell_change();
            }
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
    if shield.hung && (shield.stage.keeper.x.heard() || !shield.stage.cut && shield.stage.x.heard()) {
        shield.hung = false;
        shield.retry_at = Some(Instant::now());
    }
    if heard && shield.trouble.is_none() {
        crate::defence::answer(shield, disturbance, arrived);
    }
    if touched && !shield.covers.is_empty() && !shield.hung {
        shield.settle();
    }
    heard || touched
}

/// Takes what the other process says, and its place where it is gone.
fn hear_mate(shield: &mut Shield) -> io::Result<()> {
    if shield.leader {
        let Some(mate) = &mut shield.mate else { return Ok(()) };
        mate.conn.flush();
        let reports: Vec<FromTwin> = mate.conn.receive_messages();
        let gone = mate.conn.is_closed();
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
    let messages: Vec<ToTwin> = leader.conn.receive_messages();
    let gone = leader.conn.is_closed();
    for message in messages {
        crate::takeover::learn(shield, message);
    }
    if gone && shield.retire {
        shield.mate = None;
    } else if gone {
        crate::takeover::succeed(shield)?;
    }
    Ok(())
}

/// Takes new connections from root; in a build for tests, also from the shield's own user.
pub fn accept(listener: &UnixListener, controls: &mut Vec<Control>, next_control: &mut u64) {
    while let Ok((stream, _)) = listener.accept() {
        if peer::of(&stream).is_ok_and(|peer| peer.uid == 0) {
            while controls.len() >= MAX_CONTROLS {
                // The oldest gives way: usherd comes again if it still lives.
                controls.remove(0);
            }
            let conn = Conn::with_descriptors(stream).ok();
            controls.extend(conn.map(|conn| Control { id: *next_control, conn, greeted: false }));
            *next_control += 1;
        }
    }
}

fn hear_controls(shield: &mut Shield) {
    for index in 0..shield.controls.len() {
        let id = shield.controls[index].id;
        shield.controls[index].conn.flush();
        for message in shield.controls[index].conn.receive_messages() {
            shield.obey(id, message);
        }
    }
    shield.controls.retain(|control| !control.conn.is_closed());
    // Another usherd says itself who looks.
    let controls = &shield.controls;
    shield.looked.take_if(|(from, _)| controls.iter().all(|control| control.id != *from));
}

/// Gets a spare connection, and finds out who keeps us from it.
fn refill(shield: &mut Shield) {
    shield.reserve.refill(&shield.arming);
    note_crowd(shield);
}

fn note_crowd(shield: &mut Shield) {
    if !shield.reserve.full {
        shield.crowd = None;
    } else if shield.crowd.is_none() {
        let ours = [std::process::id(), shield.mate.as_ref().map_or(0, |mate| mate.pid), shield.arming.server_pid];
        shield.stage.allow_time();
        shield.crowd = Some(crowd(&shield.stage.keeper.x, &ours).unwrap_or_default());
        shield.incident("the X server has no room for another connection of the shield", None);
    }
}

/// Goes on by another connection after somebody cut ours (`KillClient`). False if the server is gone.
///
/// Our windows may be left behind, still covering: they go when the new ones are there.
fn reconnect(shield: &mut Shield) -> bool {
    if !shield.stage.cut {
        shield.lost_connection();
        shield.incident("the connection to the X server was cut", None);
    } else if Instant::now() < shield.knock_at {
        return true;
    }
    shield.knock_at = Instant::now() + KNOCK;
    let renewed = keep(shield).and_then(|()| shield.reserve.take(&shield.arming)).and_then(|x| {
        let renewed = shield.stage.renew(x);
        renewed.map_err(|trouble| NoDisplay::Later(format!("{trouble:?}")))
    });
    match renewed {
        Ok(()) => {
            shield.trouble = None;
            shield.restart_user();
            shield.repaint();
            shield.settle();
        }
        Err(NoDisplay::ServerGone) => return false,
        // What is mapped stays, and the keeper holds.
        Err(NoDisplay::Closed(_) | NoDisplay::Later(_) | NoDisplay::Full) => {
            let uncovered = !shield.covers.is_empty() && !shield.stage.keeper.covered;
            if uncovered || shield.covers.is_empty() && !shield.stage.leftovers.is_empty() {
                shield.settle();
            }
        }
    }
    note_crowd(shield);
    true
}

/// Sees to it that the input is held by a connection that lives.
fn keep(shield: &mut Shield) -> Result<(), NoDisplay> {
    shield.stage.keeper.x.patience(PATIENCE);
    if !matches!(shield.stage.keeper.x.sync(), Err(Trouble::Gone(_))) {
        return Ok(());
    }
    shield.stage.keeper.lose();
    if let Some(mate) = shield.mate.as_mut().filter(|_| shield.leader && !shield.covers.is_empty()) {
        mate.conn.send_message(&ToTwin::Hold);
    }
    shield.stage.keeper = keeper(shield.reserve.take(&shield.arming)?)?;
    Ok(())
}

fn keeper(x: Display) -> Result<Keeper, NoDisplay> {
    Keeper::new(x).map_err(|trouble| NoDisplay::Later(format!("{trouble:?}")))
}

/// Connects for the first time: a server that starts, or is stopped, may take its time. `hopeful` hears why it does not
/// work yet, and says whether to go on trying.
pub fn arm(
    arming: &Arming,
    mut hopeful: impl FnMut(&NoDisplay, Option<&Display>) -> bool,
) -> Result<(Stage, Reserve), NoDisplay> {
    let (mut reserve, mut first, mut silent_since) = (Reserve::new(), None, Instant::now());
    loop {
        let error = match enter(arming, &mut reserve, &mut first) {
            Ok(stage) => return Ok((stage, reserve)),
            Err(error @ NoDisplay::ServerGone) => return Err(error),
            Err(error) => error,
        };
        if !matches!(error, NoDisplay::Later(_)) {
            silent_since = Instant::now();
        }
        if !hopeful(&error, first.as_ref()) || silent_since.elapsed() >= ARMING {
            return Err(error);
        }
        std::thread::sleep(KNOCK);
    }
}

/// Gets the two connections that a process of the shield needs at least. The first is kept where there is none for the other yet.
fn enter(arming: &Arming, reserve: &mut Reserve, first: &mut Option<Display>) -> Result<Stage, NoDisplay> {
    let kept = match first.take() {
        Some(kept) => kept,
        None => reserve.first(arming)?,
    };
    let second = match reserve.first(arming) {
        Ok(second) => second,
        Err(error) => {
            *first = Some(kept);
            return Err(error);
        }
    };
    let stage = Stage::new(second, keeper(kept)?);
    stage.map_err(|trouble| NoDisplay::Later(format!("{trouble:?}")))
}
