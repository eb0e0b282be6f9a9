//! From exec to covered and held on the last display, and what that costs.

use std::time::Duration;

use super::lab::Bench;
use super::locker::Locker;
use super::probe::{Seen, watch};
use super::table::{figures, median};

/// How long a locker may take. One that has not locked by then never does.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long after that a locker's work is still counted.
const AFTER: Duration = Duration::from_millis(500);

/// One round of one locker.
pub struct Run {
    held: Result<f64, (f64, Vec<&'static str>)>,
    cpu: f64,
    pss: f64,
    pointer: bool,
}

/// Locks the first displays once, and measures.
pub fn measure(bench: &mut Bench, locker: Locker, count: usize) -> Run {
    let mut probes = std::mem::take(&mut bench.probes);
    probes[..count].iter_mut().for_each(super::probe::Probe::ready);
    let (mut services, holders) = (locker.services(bench, count), locker.holders(bench, count));
    let mut gate = locker.prepare(bench, count);
    services.push(gate.unit.clone());
    let before: Vec<f64> = services.iter().map(super::cost::Unit::cpu).collect();
    let begun = gate.open();
    let mine = &mut probes[..count];
    let wanted = |seen: &Seen| locker.holds(seen).is_some();
    let all = watch(mine, PATIENCE, wanted);
    let millis = |seen: &Seen| locker.holds(seen).map(|at| (at - begun).as_secs_f64() * 1e3);
    let pointer = mine.iter().all(|probe| probe.seen.pointer.is_some());
    let held = if all {
        Ok(mine.iter().filter_map(|probe| millis(&probe.seen)).fold(0.0, f64::max))
    } else {
        eprintln!(
            "{}: {:?}\n{}",
            locker.name(),
            mine.iter().map(|p| p.seen.missing()).collect::<Vec<_>>(),
            gate.said()
        );
        let mut missing: Vec<_> = mine.iter().flat_map(|probe| probe.seen.missing()).collect();
        missing.sort_unstable();
        missing.dedup();
        let parts = mine.iter().flat_map(|probe| [probe.seen.covered, probe.seen.keyboard]).flatten();
        Err((parts.map(|at| (at - begun).as_secs_f64() * 1e3).fold(0.0, f64::max), missing))
    };
    // For readers who do not wait for the table.
    eprintln!("    {held:?}");
    std::thread::sleep(AFTER);
    let cpu: f64 = services.iter().zip(before).map(|(unit, before)| (unit.cpu() - before).max(0.0)).sum();
    let pss: f64 = holders.iter().chain([&gate.unit]).map(super::cost::Unit::pss).sum();
    drop(gate);
    locker.release(bench);
    watch(mine, PATIENCE, |seen| seen.covered.is_none() && seen.keyboard.is_none());
    bench.probes = probes;
    Run { held, cpu: cpu / count as f64, pss: pss / count as f64, pointer }
}

/// All rounds of one locker with one number of displays.
#[derive(Default)]
pub struct Runs(Vec<Run>);

impl Runs {
    /// One round more.
    pub fn add(&mut self, run: Run) {
        self.0.push(run);
    }

    /// The times, and the effects that never came.
    pub fn times(&self) -> String {
        let held: Vec<f64> = self.0.iter().filter_map(|run| run.held.as_ref().ok().copied()).collect();
        let failed: Vec<_> = self.0.iter().filter_map(|run| run.held.as_ref().err()).collect();
        let mut parts = Vec::new();
        if !held.is_empty() {
            let without = self.0.iter().any(|run| run.held.is_ok() && !run.pointer);
            parts.push(figures(&held) + if without { ", pointer never held" } else { "" });
        }
        if let Some((_, missing)) = failed.first() {
            let others: Vec<f64> = failed.iter().map(|(millis, _)| *millis).collect();
            let of = format!("{} of {}", failed.len(), self.0.len());
            parts.push(format!("{} in {of} rounds, the rest after {}", missing.join(", "), figures(&others)));
        }
        parts.join("; ")
    }

    /// The median of the processor's time.
    pub fn cpu(&self) -> String {
        format!("{:.1}", median(&self.0.iter().map(|run| run.cpu).collect::<Vec<_>>()))
    }

    /// The median of the memory.
    pub fn pss(&self) -> String {
        format!("{:.1}", median(&self.0.iter().map(|run| run.pss).collect::<Vec<_>>()))
    }
}
