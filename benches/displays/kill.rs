//! The screen while a locker is killed.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::gate::Gate;
use super::harness::Display;
use super::lab::Bench;
use super::locker::Locker;
use super::probe::{COLOUR, Probe, Seen, watch};

/// How long the screen is looked at after a kill.
const LOOK: Duration = Duration::from_secs(2);
/// A line across the middle of the screen: a small sample is taken more often.
const LINE: (i16, i16, u16, u16) = (0, 360, 1280, 1);

/// Kills a locker that holds one display, and for usher each of its processes in turn; gives rows of the table.
pub fn measure(bench: &mut Bench, locker: Locker) -> Vec<Vec<String>> {
    let mut probes = std::mem::take(&mut bench.probes);
    let probe = &mut probes[..1];
    probe[0].ready();
    let mut gate = locker.prepare(bench, 1);
    gate.open();
    let held = |seen: &Seen| seen.covered.is_some() && seen.keyboard.is_some();
    watch(probe, Duration::from_secs(10), held);
    sleep(Duration::from_secs(1));
    let mut rows = Vec::new();
    for (what, pid) in victims(bench, locker, &gate) {
        let eyes = Eyes::open(bench.screens[0].display());
        // Now and then somebody is on the processor: the sampling must have begun.
        sleep(Duration::from_millis(200));
        watch(probe, Duration::ZERO, held);
        probe[0].keys_free = None;
        let _ = kill_process(Pid::from_raw(pid.cast_signed()).expect("a process"), Signal::KILL);
        watch(probe, LOOK, |_| false);
        rows.push(row(what, &eyes.close(), &probe[0]));
    }
    drop(gate);
    locker.release(bench);
    bench.probes = probes;
    rows
}

/// Whom to kill, with a name for it: usher's two processes, or the process that the command became.
fn victims(bench: &Bench, locker: Locker, gate: &Gate) -> Vec<(String, u32)> {
    if locker == Locker::Usher {
        let pids = locker.holders(bench, 1).iter().flat_map(|unit| unit.pids()).collect::<Vec<_>>();
        return (1..).map(|number| format!("usher, process {number} of its shield")).zip(pids).collect();
    }
    let runs = if locker == Locker::Epoptes { "python3" } else { locker.name() };
    let is_it = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim_end() == runs);
    gate.unit.pids().into_iter().find(is_it).map(|pid| (locker.name().to_owned(), pid)).into_iter().collect()
}

fn row(what: String, samples: &[(Instant, bool)], probe: &Probe) -> Vec<String> {
    let open = samples.iter().filter(|(_, open)| *open).count();
    let keys = match (probe.seen.keyboard, probe.keys_free) {
        (None, _) => "never".to_owned(),
        (Some(_), None) => "never free".to_owned(),
        (Some(_), Some(time)) => format!("after {:.1} ms", time.as_secs_f64() * 1e3),
    };
    let end = if samples.last().is_some_and(|(_, open)| *open) { "open" } else { "covered" };
    vec![what, format!("{open} of {}", samples.len()), longest(samples), keys, end.to_owned()]
}

/// The longest time from a sample that showed the screen to the next that did not.
fn longest(samples: &[(Instant, bool)]) -> String {
    let (mut longest, mut since) = (Duration::ZERO, None);
    for (at, open) in samples {
        match (open, since) {
            (true, None) => since = Some(*at),
            (false, Some(begun)) => {
                longest = longest.max(*at - begun);
                since = None;
            }
            _ => (),
        }
    }
    match (since, longest) {
        (Some(_), _) => "for good".to_owned(),
        (None, Duration::ZERO) => "0".to_owned(),
        (None, longest) => format!("{:.1} ms", longest.as_secs_f64() * 1e3),
    }
}

/// Samples a screen without a pause.
struct Eyes {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<(Instant, bool)>>,
}

impl Eyes {
    fn open(display: Display) -> Eyes {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = spawn(move || {
            let mut samples = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let Some(picture) = display.try_picture(Some(LINE)) else { break };
                samples.push((Instant::now(), picture.has(COLOUR)));
            }
            samples
        });
        Eyes { stop, thread }
    }

    fn close(self) -> Vec<(Instant, bool)> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the display answers")
    }
}
