//! A user who leaves the X server no room for another client, and cuts off those of the shield.

use std::sync::atomic::Ordering;

use usher_core::wire::shield::FromShield;

use crate::attacker::Attacker;
use crate::can_run;
use crate::server::{Desktop, Server, VICTIM, Watcher, shows_desktop};
use crate::usherd::{Usherd, wait_until};

/// Cuts every connection of the shield's that can be named, until none is left, and takes each place that this frees.
fn cut_all(attacker: &mut Attacker, desktop: &Desktop) {
    assert!(attacker.tell("fill") > 100);
    let mut nothing = 0;
    wait_until("there is nothing of the shield's to name, and stays so", || {
        for (window, _) in desktop.covers() {
            // First the living client, then what it left.
            attacker.tell(&format!("kill {window}"));
            attacker.tell(&format!("kill {window}"));
            attacker.tell("fill");
        }
        // One that is left would be used at once.
        nothing = if desktop.covers().is_empty() { nothing + 1 } else { 0 };
        nothing > 100
    });
}

fn crowded_by(usherd: &mut Usherd, attacker: &Attacker) {
    usherd.await_status(|status| status.crowd.as_ref().is_some_and(|crowd| !crowd.members.is_empty()));
    let crowd = usherd.status.crowd.clone().expect("a crowd");
    let greediest = &crowd.members[0];
    assert_eq!((greediest.pid, greediest.uid), (attacker.pid(), Some(VICTIM)), "{crowd:?}");
    assert!(greediest.clients > 100 && crowd.clients >= greediest.clients, "{crowd:?}");
}

#[test]
fn a_full_server_frees_no_locked_display() {
    if !can_run("slots::a_full_server_frees_no_locked_display", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut attacker = Attacker::start(&server);
    let mut usherd = Usherd::start(&server);
    usherd.lock("You stay here");
    let watcher = Watcher::new(&server);
    let before = usherd.hello.pids.clone();
    cut_all(&mut attacker, &desktop);
    crowded_by(&mut usherd, &attacker);
    usherd.await_status(|status| status.covered && status.input_held && status.covers.len() == 1);
    for _ in 0..20 {
        desktop.type_and_click();
    }
    assert_eq!(desktop.got(), 0);
    // The lock that stands is also given another message, and both processes live.
    usherd.lock("You still stay here");
    usherd.connect_again();
    assert_eq!(usherd.hello.pids, before, "neither has ended");
    assert!(usherd.status.covered && usherd.status.input_held);
    attacker.tell("free");
    usherd.await_status(|status| status.crowd.is_none());
    wait_until("the message is back", || !desktop.covers().is_empty());
    usherd.lock("And stay");
    let seen = watcher.end();
    println!("samples: {}", seen.samples.load(Ordering::Relaxed));
    assert_eq!((seen.uncovered.load(Ordering::Relaxed), desktop.got()), (0, 0));
    usherd.unlock();
    wait_until("the desktop is back", || shows_desktop(&desktop.conn) && desktop.strangers() == 0);
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
}

#[test]
fn a_display_is_locked_and_freed_though_the_server_is_full() {
    if !can_run("slots::a_display_is_locked_and_freed_though_the_server_is_full", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut attacker = Attacker::start(&server);
    let mut usherd = Usherd::start(&server);
    let watched = server.connect();
    cut_all(&mut attacker, &desktop);
    crowded_by(&mut usherd, &attacker);
    let answer = usherd.lock("You stay here");
    // A place that the attacker was too slow to take may have let the message in.
    let undrawn = answer.notes.iter().any(|note| note.contains("could not be drawn"));
    assert!(!answer.superseded && (undrawn || !desktop.covers().is_empty()), "{answer:?}");
    usherd.await_status(|status| status.covered && status.input_held);
    assert!(!shows_desktop(&watched));
    desktop.type_and_click();
    assert_eq!(desktop.got(), 0);
    usherd.unlock();
    wait_until("the desktop is back", || shows_desktop(&watched) && desktop.strangers() == 0);
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
}

#[test]
fn a_shield_that_finds_no_room_says_so_and_waits() {
    if !can_run("slots::a_shield_that_finds_no_room_says_so_and_waits", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut attacker = Attacker::start(&server);
    assert!(attacker.tell("fill") > 100);
    let mut usherd = Usherd::begin(&server);
    let (message, trying, crowd) = usherd.hear(|message| match message {
        FromShield::Failed { message, trying, crowd, .. } => Some((message, trying, crowd)),
        _ => None,
    });
    assert!(trying && crowd.is_some() && message.contains("no room"), "{message}");
    attacker.tell("free");
    usherd.await_hello();
    usherd.lock("You stay here");
    assert!(!shows_desktop(&desktop.conn));
}
