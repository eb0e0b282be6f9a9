//! Killing the shield's processes uncovers nothing and lets no key through.

use std::sync::atomic::Ordering;

use rustix::process::Signal;
use x11rb::protocol::xproto::ConnectionExt as _;

use crate::can_run;
use crate::server::{Desktop, Server, Watcher, shows_desktop};
use crate::usherd::{Usherd, kill, wait_until};

/// Kills a process of the shield time and again while the screen is watched. `which`: 0 for the leader.
fn killed(which: impl Fn(usize) -> usize) {
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    usherd.lock("You stay here");
    let watcher = Watcher::new(&server);
    let mut gap = 0;
    for round in 0..12 {
        let old = usherd.hello.pids.clone();
        assert_eq!(old.len(), 2, "round {round}");
        let victim = old[which(round)];
        kill(victim, Signal::KILL);
        // The successor greets when its own twin is ready.
        wait_until("there are two others", || {
            desktop.type_and_click();
            usherd.connect_again();
            usherd.hello.pids.len() == 2 && !usherd.hello.pids.contains(&victim)
        });
        usherd.await_status(|status| status.covered && status.input_held);
        // From the end of the grabs' holder to the survivor's grabs nothing holds the keys.
        gap += desktop.got();
        desktop.type_and_click();
        assert_eq!(desktop.got(), 0, "round {round}");
        wait_until("what the dead left is gone", || desktop.covers().iter().all(|(_, pid)| *pid != victim));
        for pid in &usherd.hello.pids {
            // Who has two was cut off from the server, with its grabs, by another one's cleaning.
            assert_eq!(desktop.covers().iter().filter(|(_, of)| of == pid).count(), 1, "round {round}");
        }
        desktop.type_and_click();
        assert_eq!(desktop.got(), 0, "round {round}");
    }
    println!("keys and clicks that got through before the successor held them: {gap}");
    let seen = watcher.end();
    assert_eq!(seen.uncovered.load(Ordering::Relaxed), 0);
    println!("samples: {}", seen.samples.load(Ordering::Relaxed));
    usherd.unlock();
    wait_until("nothing of the shield is left on the screen", || desktop.strangers() == 0);
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
}

#[test]
fn killing_the_first_process_uncovers_nothing() {
    if can_run("kill::killing_the_first_process_uncovers_nothing", &["Xvfb"]) {
        killed(|_| 0);
    }
}

#[test]
fn killing_the_second_process_uncovers_nothing() {
    if can_run("kill::killing_the_second_process_uncovers_nothing", &["Xvfb"]) {
        killed(|_| 1);
    }
}

#[test]
fn killing_both_in_turn_uncovers_nothing() {
    if can_run("kill::killing_both_in_turn_uncovers_nothing", &["Xvfb"]) {
        killed(|round| round % 2);
    }
}

/// Ends both processes at once: nobody takes their place. Their windows stay.
pub fn kill_both(usherd: &Usherd) {
    for signal in [Signal::STOP, Signal::KILL] {
        usherd.hello.pids.iter().for_each(|pid| kill(*pid, signal));
    }
    wait_until("both are gone", || usherd.hello.pids.iter().all(|pid| is_gone(*pid)));
}

/// Whether the process ended; its parent may not know yet.
fn is_gone(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with('Z'))
}

/// A new shield covers before it frees what both of the old one left, and then nothing of them stays. `meanwhile`
/// is what the user does to the windows that nobody minds any more.
fn taken_over(meanwhile: impl Fn(&Desktop)) {
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut old = Usherd::start(&server);
    old.lock("You stay here");
    let before = old.hello.pids.clone();
    let watcher = Watcher::new(&server);
    kill_both(&old);
    drop(old);
    meanwhile(&desktop);
    let mut usherd = Usherd::start(&server);
    assert!(usherd.status.covered && !usherd.status.input_held);
    usherd.lock("You stay here again");
    desktop.type_and_click();
    assert_eq!(desktop.got(), 0);
    wait_until("what the dead left is gone", || desktop.covers().iter().all(|(_, pid)| !before.contains(pid)));
    let seen = watcher.end();
    assert_eq!(seen.uncovered.load(Ordering::Relaxed), 0);
    println!("samples: {}", seen.samples.load(Ordering::Relaxed));
    usherd.unlock();
    assert!(shows_desktop(&desktop.conn));
    assert_eq!((desktop.strangers(), desktop.in_overlay()), (0, 0));
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
}

#[test]
fn killing_both_at_once_uncovers_nothing() {
    if can_run("kill::killing_both_at_once_uncovers_nothing", &["Xvfb"]) {
        taken_over(|_| {});
    }
}

#[test]
fn what_is_left_in_the_overlay_alone_is_found() {
    if can_run("kill::what_is_left_in_the_overlay_alone_is_found", &["Xvfb"]) {
        taken_over(|desktop| {
            for (window, _) in desktop.covers() {
                desktop.conn.destroy_window(window).expect("sent");
            }
            desktop.sync();
        });
    }
}
