//! How quick and how small the lock of a seat is, beside other lockers in the same machine. They are printed (`--nocapture`), and
//! nothing is asserted of them; what is seen of a killed lock is.

use crate::console::{lock, lock_session, unlock};
use crate::desktop::sway;
use crate::harness::{Machine, covered, wait_until};
use crate::machine;

const ROUNDS: usize = 9;
/// Until nothing of the last lock is left.
const GIVEN_BACK: &str = "while [ -e /run/usher/usher.sock.seat/seat0.taken ]; do sleep 0.1; done";

/// A command's median in milliseconds, from its start to its end.
#[track_caller]
fn timed(machine: &Machine, who: &str, command: &str, undo: &str) -> f64 {
    let said = machine.root(&format!("{who} python3 /opt/timed.py {ROUNDS} '{command}' '{undo}'")).succeeds();
    eprintln!("{command}:\n{said}");
    let mut all: Vec<f64> = said.lines().map(|line| number(line.split(' ').next())).collect();
    assert!(said.lines().all(|line| line.ends_with(" 0")) && all.len() == ROUNDS, "{command}: {said}");
    all.sort_by(f64::total_cmp);
    all[ROUNDS / 2]
}

#[track_caller]
fn number(text: Option<&str>) -> f64 {
    text.and_then(|text| text.trim().parse().ok()).expect("a number")
}

/// What these programs have of memory, in MiB: their proportional share (PSS).
#[track_caller]
fn memory(machine: &Machine, programs: &str) -> f64 {
    let sum = "awk '/^Pss:/ { sum += $2 } END { print sum / 1024 }'";
    let files = format!("$(pgrep -x '{programs}' | sed 's,.*,/proc/&/smaps_rollup,')");
    number(Some(&machine.root(&format!("{sum} {files}")).succeeds()))
}

/// Whoever of ours holds the lock is killed again and again, each once the last one was replaced, while the screen is looked at: how
/// many looks, and how many that saw anything else than the lock.
#[track_caller]
fn looks_while_killed(machine: &Machine) -> (usize, usize) {
    machine.script(
        "kills",
        "#!/bin/sh\nfor i in 1 2 3 4 5; do for ours in usher-painter usher-seat; do\n\
         killed=$(pgrep -o -x $ours); kill -9 $killed && echo $ours >>/tmp/kills\n\
         until another=$(pgrep -o -x $ours) && [ $another != $killed ]; do sleep 0.1; done; sleep 3\n\
         done; done; touch /tmp/killed\n",
    );
    machine.root("nohup /opt/kills >/dev/null 2>&1 & echo").succeeds();
    let (mut looks, mut uncovered) = (0, 0);
    while !machine.has("/tmp/killed") {
        for _ in 0..8 {
            looks += 1;
            uncovered += usize::from(!covered(&machine.screen(0)));
        }
    }
    let kills = machine.root("cat /tmp/kills").succeeds();
    assert!(["usher-painter", "usher-seat"].iter().all(|ours| kills.contains(ours)), "{kills}");
    (looks, uncovered)
}

#[test]
fn the_lock_of_a_seat_beside_other_lockers() {
    let machine = machine!();
    machine.script("timed.py", include_str!("timed.py"));

    let console = lock(&machine, "");
    let (looks, uncovered) = looks_while_killed(&machine);
    wait_until("the lock is seen to hold again", || {
        machine.session("alice", "console").is_some_and(|session| session["locked"] == true)
    });
    let ours = memory(&machine, "usher-seat|usher-painter|usher-shield");
    unlock(&machine, console);
    machine.root(GIVEN_BACK).succeeds();

    let at_console = timed(
        &machine,
        "",
        &format!("usher lock {console} --message Listen"),
        &format!("usher unlock {console}; {GIVEN_BACK}"),
    );
    let gone = |program: &str, signal: &str| {
        format!("pkill -{signal} -x {program}; while pgrep -x {program} >/dev/null; do sleep 0.1; done")
    };
    let physlock = timed(&machine, "", "physlock -d -s -p Listen", &gone("physlock", "TERM"));
    machine.root("physlock -d -s -p Listen >/dev/null 2>&1").succeeds();
    let physlocks = memory(&machine, "physlock");
    machine.root(&gone("physlock", "TERM")).succeeds();
    assert_eq!(machine.in_front(), "tty1");

    let (desk, _) = sway(&machine);
    let at_desktop = timed(
        &machine,
        "",
        &format!("usher lock {desk} --message Listen"),
        &format!("usher unlock {desk}; {GIVEN_BACK}"),
    );
    let alice = "setpriv --reuid alice --regid alice --init-groups \
                 env XDG_RUNTIME_DIR=/run/user/1000 WAYLAND_DISPLAY=$(cd /run/user/1000 && ls -d wayland-? | tail -1)";
    let swaylock = timed(&machine, alice, "swaylock -f -c 0b1d36", &gone("swaylock", "USR1"));
    machine.root(&format!("{alice} swaylock -f -c 0b1d36 >/dev/null 2>&1")).succeeds();
    let swaylocks = memory(&machine, "swaylock");
    machine.root(&gone("swaylock", "USR1")).succeeds();
    lock_session(&machine, desk, "");
    assert!(covered(&machine.screen(0)));

    println!("figure (medians of {ROUNDS})                            usher    physlock    swaylock");
    println!("lock of a console, exec to exit            {at_console:7.0} ms  {physlock:7.0} ms");
    println!("lock of sway, exec to exit                 {at_desktop:7.0} ms              {swaylock:7.0} ms");
    println!("memory of one lock, PSS                   {ours:6.2} MiB  {physlocks:6.2} MiB  {swaylocks:6.2} MiB");
    println!("screen not covered after kill -9          {uncovered} of {looks}");
    assert_eq!(uncovered, 0, "of {looks} looks");
}
