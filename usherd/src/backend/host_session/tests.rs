//! Locks of displays, with shields that a test plays.

use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use usher_core::outcome::ErrorId;
use usher_core::session::{Cover, Kind, SessionKey};
use usher_core::sys::cgroup::Membership;
use usher_core::sys::process::Process;
use usher_core::wire::shield::{FromShield, Status, ToShield};
use usher_core::wire::{Decoder, Tag, control};

use super::admission::{Room, room_for};
use super::screen::{DisplayState, ShieldState};
use super::{Bus, Covering, HostSessionBackend, Known};
use crate::backend::link::{Connection, PeerLink};
use crate::backend::{Covered, Noticed};
use crate::logind::Login;
use crate::session::Target;
use crate::xdisplay::Display;
use crate::xdisplay::managed::SeatPlace;

/// How a shield that a test plays takes an order to cover.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Covers,
    /// Something else holds the keyboard.
    CoversWithoutInput,
    /// Its X server does not answer.
    Hangs,
    /// It ends over the order.
    Dies,
}

fn cover() -> Cover {
    let since = "2026-03-02T09:41:00Z";
    let cover = json!({
        "message": "Listen", "by": "olga", "by_uid": 0, "since": since, "until": null, "source": "session", "freeze": false,
    });
    serde_json::from_value(cover).unwrap()
}

fn key() -> SessionKey {
    SessionKey { boot_id: "boot".to_owned(), native_id: "3".to_owned(), leader_pid: 1, leader_start: 1 }
}

fn target() -> Target {
    Target { id: 3, key: key(), user: "nobody-here".to_owned(), uid: 4_000_000 }
}

pub(super) fn login() -> Login {
    Login {
        native_id: "3".to_owned(),
        uid: target().uid,
        user: target().user,
        leader: 1,
        leader_start: 1,
        since: "2026-03-02T09:41:00Z".parse().unwrap(),
        kind: Kind::X11,
        by_terminal: false,
        seat: None,
        terminal: 0,
        active: true,
        remote: None,
        tty: None,
        scope: "session-3.scope".to_owned(),
        closing: false,
        idle_since: None,
        program: "test".to_owned(),
    }
}

/// A display whose server is this process.
pub(super) fn display(number: u32) -> Display {
    let me = std::process::id();
    Display {
        protocol: usher_core::wire::shield::DisplayProtocol::X11,
        number,
        socket: format!("/nonexistent/X{number}"),
        server: Process::of(me).unwrap().unwrap(),
        server_uid: target().uid,
        program: std::env::current_exe().unwrap(),
        membership: Membership::Session("3".to_owned()),
        place: None,
    }
}

struct Lab {
    backend: HostSessionBackend,
    news: mpsc::UnboundedReceiver<Noticed>,
    _directory: tempfile::TempDir,
}

impl Lab {
    fn new() -> Lab {
        let directory = tempfile::tempdir().unwrap();
        let (noticed, news) = mpsc::unbounded_channel();
        let who = ("boot".to_owned(), "host".to_owned());
        let directories = (directory.path().to_owned(), directory.path().join("guards"));
        let backend = HostSessionBackend::new(who, directories, false, noticed, Bus::default());
        backend.state().logins.insert(3, Known { login: login(), key: key() });
        Lab { backend, news, _directory: directory }
    }

    /// Adds a display of the session's, with a shield that plays this part.
    fn display(&self, number: u32, part: Part) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (backend, place) = (self.backend.clone(), (number, std::process::id()));
        let link = PeerLink::start(Connection::new(ours), move |news| backend.hear(place, 3, news));
        let mut screen = DisplayState::new(display(number));
        screen.session = Some(3);
        // Looked at already, and nothing speaks against it.
        screen.doubt = Some(None);
        screen.shield = ShieldState::Held { link, protocol: 2, status: Status::default() };
        self.backend.state().screens.insert(place, screen);
        tokio::spawn(play(theirs, part));
    }
}

/// Plays a shield until the daemon's side ends.
async fn play(mut stream: UnixStream, part: Part) {
    let (mut decoder, mut buffer) = (Decoder::default(), [0; 4096]);
    loop {
        while let Ok(Some((Tag::Control, json))) = decoder.next_frame() {
            let Ok(ToShield::Cover { seq, covers, .. }) = serde_json::from_slice(json) else { continue };
            let holds = part == Part::Covers;
            let status = Status {
                covers: if holds { covers } else { Vec::new() },
                covered: part != Part::Hangs,
                input_held: holds,
                ..Status::default()
            };
            let mut said = control(&FromShield::Status(status));
            if holds {
                said.extend(control(&FromShield::Covered {
                    seq,
                    superseded: false,
                    notes: Vec::new(),
                    held_micros: None,
                }));
            }
            match part {
                Part::Dies => return,
                Part::Hangs => {}
                Part::Covers | Part::CoversWithoutInput => stream.write_all(&said).await.unwrap(),
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => decoder.push(&buffer[..count]),
        }
    }
}

async fn locked(parts: &[Part]) -> Result<Covered, (ErrorId, String)> {
    let lab = Lab::new();
    for (number, part) in (100..).zip(parts) {
        lab.display(number, *part);
    }
    let covered = lab.backend.cover(&target(), vec![cover()]).await;
    covered.map_err(|error| (error.id, error.message))
}

#[tokio::test]
async fn a_session_is_locked_when_every_display_is_covered_and_held() {
    assert_eq!(locked(&[Part::Covers, Part::Covers]).await, Ok(Covered::default()));
}

#[tokio::test]
async fn one_display_that_is_not_covered_makes_the_lock_fail() {
    let (id, message) = locked(&[Part::Covers, Part::Hangs]).await.unwrap_err();
    assert_eq!(id, ErrorId::Timeout);
    assert!(message.contains("display :101"), "{message}");
}

#[tokio::test]
async fn one_display_without_a_shield_makes_the_lock_fail() {
    let (id, message) = locked(&[Part::Dies, Part::Covers]).await.unwrap_err();
    assert_eq!(id, ErrorId::BackendFailed);
    assert!(message.contains("display :100") && message.contains("no shield"), "{message}");
}

#[tokio::test]
async fn a_display_whose_input_is_not_held_is_told_as_that() {
    let (id, message) = locked(&[Part::Covers, Part::CoversWithoutInput]).await.unwrap_err();
    assert_eq!(id, ErrorId::CoveredInputNotHeld);
    assert!(message.contains("display :101"), "{message}");
}

#[tokio::test]
async fn a_display_that_comes_while_others_are_covered_makes_the_lock_fail_as_well() {
    let lab = Lab::new();
    lab.display(100, Part::Covers);
    let covered = lab.backend.cover(&target(), vec![cover()]);
    lab.display(101, Part::Dies);
    let error = covered.await.unwrap_err();
    assert!(error.message.contains("display :101"), "{error}");
}

#[tokio::test]
async fn a_session_without_a_display_is_not_locked() {
    assert_eq!(locked(&[]).await.unwrap_err().0, ErrorId::BackendFailed);
}

#[tokio::test]
async fn another_session_with_the_same_number_is_left_alone() {
    let lab = Lab::new();
    lab.display(100, Part::Covers);
    let mut other = target();
    other.key.leader_start = 2;
    assert_eq!(lab.backend.cover(&other, vec![cover()]).await.unwrap_err().id, ErrorId::SessionChanged);
    assert_eq!(lab.backend.state().screens.values().next().unwrap().desired, None, "nothing was ordered");
}

#[tokio::test]
async fn a_session_counts_as_locked_only_where_all_of_its_displays_show_the_lock() {
    let mut lab = Lab::new();
    lab.display(100, Part::Covers);
    lab.display(101, Part::CoversWithoutInput);
    let covered = lab.backend.cover(&target(), vec![cover()]).await;
    assert!(covered.is_err());
    while let Ok(noticed) = lab.news.try_recv() {
        if let Noticed::Changed { seen, .. } = noticed {
            assert_eq!(seen.covers, [], "one display shows no lock");
        }
    }
}

#[tokio::test]
async fn healthy_displays_are_covered_while_another_sessions_server_hangs() {
    let lab = Lab::new();
    lab.display(100, Part::Hangs);
    let healthy = Lab::new();
    healthy.display(100, Part::Covers);
    let hung = tokio::spawn({
        let backend = lab.backend.clone();
        async move { backend.cover(&target(), vec![cover()]).await }
    });
    assert_eq!(healthy.backend.cover(&target(), vec![cover()]).await, Ok(Covered::default()));
    assert!(!hung.is_finished(), "the others do not wait for it");
    hung.abort();
}

#[tokio::test]
async fn the_first_display_of_a_session_always_has_room_for_a_shield() {
    let lab = Lab::new();
    let backend = Arc::new(&lab.backend);
    let known = |number: u32, session: u32| {
        let server = Process { pid: std::process::id(), start: u64::from(number) };
        let mut screen = DisplayState::new(Display { server, ..display(number) });
        screen.session = Some(session);
        // Looked at already, and nothing speaks against it.
        screen.doubt = Some(None);
        backend.state().screens.insert((number, number), screen);
    };
    (100..120).for_each(|number| known(number, 3));
    let has_room = |number: u32| backend.admit((number, number)).is_ok();
    assert!(has_room(100), "the one that it has had for longest");
    assert_eq!((100..120).filter(|number| has_room(*number)).count(), 9);
    // Of another session of the same user's, the first has room as well.
    backend.state().logins.insert(4, Known { login: login(), key: key() });
    known(130, 4);
    assert!(has_room(130));
}

#[tokio::test]
async fn displays_that_become_known_in_any_order_get_no_more_shields_than_there_are_places() {
    let lab = Lab::new();
    let know = |number: u32| {
        let server = Process { pid: std::process::id(), start: u64::from(number) };
        let mut screen = DisplayState::new(Display { server, ..display(number) });
        screen.session = Some(3);
        lab.backend.state().screens.insert((number, number), screen);
    };
    let admitted = || lab.backend.state().screens.values().filter(|screen| screen.admitted.is_some()).count();
    // Each is the oldest when it comes, and with it the session's first.
    for number in (101..113).rev() {
        know(number);
        let _ = lab.backend.admit((number, number));
        assert!(admitted() <= 8 + 1, "{} were let in", admitted());
    }
    // The session's own comes last: what was let in last before gives way.
    know(100);
    assert!(lab.backend.admit((100, 100)).is_err(), "not before the other is gone");
    let last = room_for(&lab.backend.state(), (100, 100));
    assert_eq!(last, Room::After((104, 104)));
    lab.backend.state().screens.get_mut(&(104, 104)).unwrap().admitted = None;
    assert!(lab.backend.admit((100, 100)).is_ok() && lab.backend.admit((104, 104)).is_err());
    assert_eq!(admitted(), 8 + 1);
}

#[tokio::test]
async fn no_display_that_is_covered_gives_its_shield_up() {
    let lab = Lab::new();
    for number in (100..111).rev() {
        let server = Process { pid: std::process::id(), start: u64::from(number) };
        let mut screen = DisplayState::new(Display { server, ..display(number) });
        screen.session = Some(3);
        screen.desired = Some(vec![cover()]);
        lab.backend.state().screens.insert((number, number), screen);
        if number > 101 {
            lab.backend.admit((number, number)).unwrap();
        }
    }
    assert_eq!(room_for(&lab.backend.state(), (100, 100)), Room::Taken);
    lab.backend.state().screens.get_mut(&(105, 105)).unwrap().desired = Some(Vec::new());
    assert_eq!(room_for(&lab.backend.state(), (100, 100)), Room::After((105, 105)));
}

#[tokio::test]
async fn a_display_whose_shield_never_arms_is_given_up_and_tried_again_after_a_while() {
    let lab = Lab::new();
    let place = (100, std::process::id());
    let mut screen = DisplayState::new(display(100));
    (screen.session, screen.shield) = (Some(3), ShieldState::Arming);
    lab.backend.state().screens.insert(place, screen);
    let may_be_tried = || lab.backend.state().screens[&place].may_be_tried();
    for nth in 1..=10 {
        lab.backend.admit(place).unwrap();
        assert_eq!(lab.backend.goes_on_after(place, 3, "it does not answer".to_owned()), nth < 10, "try {nth}");
        let state = lab.backend.state();
        let screen = &state.screens[&place];
        assert_eq!(screen.admitted, None, "it keeps no place");
        assert_eq!(matches!(screen.shield, ShieldState::Absent(_)), nth == 10);
    }
    assert!(!may_be_tried(), "not again at once");
    let long_ago = std::time::Instant::now().checked_sub(std::time::Duration::from_secs(61));
    lab.backend.state().screens.get_mut(&place).unwrap().tries.1 = long_ago;
    assert!(may_be_tried());
}

#[test]
fn a_display_managers_server_shows_the_one_session_that_is_where_it_stands() {
    let manager = Process::of(std::process::id()).unwrap().unwrap();
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let leader = child.id();
    let login = |native: &str, seat: &str, terminal| Login {
        native_id: native.to_owned(),
        seat: Some(seat.to_owned()),
        terminal,
        leader,
        ..login()
    };
    let shown = |seat: &str, terminal, logins: &[Login]| {
        let mut state = super::State::default();
        let known = logins.iter().map(|login| Known { login: login.clone(), key: key() });
        state.logins = (1..).zip(known).collect();
        let place = Some(SeatPlace { seat: seat.to_owned(), terminal, manager });
        state.session_on(&Display { membership: Membership::Other, place, ..display(0) })
    };
    let all = [login("2", "seat0", 7), login("4", "seat0", 8), login("5", "seat1", 0)];
    assert_eq!([shown("seat0", 8, &all), shown("seat1", 0, &all)], [Some(2), Some(3)]);
    assert_eq!([shown("seat0", 9, &all), shown("seat2", 0, &all)], [None; 2]);
    let two = [login("5", "seat1", 0), login("6", "seat1", 0)];
    assert_eq!(shown("seat1", 0, &two), None, "nobody can tell which of them it is");
    let others = [Login { kind: Kind::Wayland, ..two[0].clone() }, Login { closing: true, ..two[1].clone() }];
    assert_eq!(shown("seat1", 0, &others), None);
    // Its user told logind that it is there.
    let forged = Login { leader: manager.pid, ..two[0].clone() };
    assert_eq!(shown("seat1", 0, std::slice::from_ref(&forged)), None);
    assert_eq!(shown("seat1", 0, &[forged, two[1].clone()]), Some(2), "and hides no other");
    child.kill().unwrap();
    child.wait().unwrap();
}
