//! Ending a session: every process that descends from the holder, asked first, then killed, and seen gone.
//!
//! The holder is a child subreaper (`prctl(2)`, PR_SET_CHILD_SUBREAPER), so a process that forks
//! away from its parent becomes the holder's own child and cannot leave the tree.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};
use usher_core::language::{Language, sentence};
use usher_core::session::ProgramEnd;
use usher_core::sys::proc;

/// How often a session that is ending is looked at.
pub(super) const LOOK: Duration = Duration::from_millis(10);

/// A session that is being ended.
pub(super) struct Ending {
    kill_at: Instant,
    pub(super) killed: bool,
}

impl Ending {
    /// Asks every process of the session to go: SIGHUP, and SIGCONT for those that are stopped.
    pub(super) fn begin(grace: Duration) -> Self {
        for pid in descendants() {
            signal(pid, Signal::HUP);
            signal(pid, Signal::CONT);
        }
        Ending { kill_at: Instant::now() + grace, killed: false }
    }

    /// True once no process is left. After the grace, kills those that are.
    pub(super) fn is_over(&mut self) -> bool {
        reap();
        let left = descendants();
        if left.is_empty() {
            return true;
        }
        if Instant::now() >= self.kill_at {
            self.killed = true;
            left.into_iter().for_each(|pid| signal(pid, Signal::KILL));
            reap();
        }
        false
    }
}

/// The end of a session's program as a sentence.
pub(super) fn in_words(end: ProgramEnd, language: Language) -> String {
    match end {
        ProgramEnd::Code(0) => sentence(language, "ended", &[]),
        ProgramEnd::Code(code) => sentence(language, "ended-with-code", &[("code", &code.to_string())]),
        ProgramEnd::Signal(signal) => sentence(language, "ended-by-signal", &[("signal", &signal.to_string())]),
        ProgramEnd::Gone => sentence(language, "ended-somehow", &[]),
    }
}

/// Why a station is told to leave when the program has ended.
pub(super) fn left_over(end: ProgramEnd, language: Language) -> String {
    sentence(language, "left-over", &[("how", &in_words(end, language))])
}

/// Collects every child that ended, and gives the exit of the one with this process ID.
pub(super) fn reap_watching(leader: u32) -> Option<ProgramEnd> {
    let mut how = None;
    while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
        if u32::try_from(pid.as_raw_nonzero().get()) == Ok(leader) {
            how = Some(match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => ProgramEnd::Code(code),
                (None, Some(signal)) => ProgramEnd::Signal(signal),
                (None, None) => ProgramEnd::Gone,
            });
        }
    }
    how
}

fn reap() {
    let _ = reap_watching(0);
}

/// Every living process below this one.
fn descendants() -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut unseen = vec![std::process::id()];
    while let Some(pid) = unseen.pop() {
        for child in proc::children(pid) {
            if found.insert(child) {
                unseen.push(child);
            }
        }
    }
    found
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // A process that is gone already is as we want it.
        let _ = rustix::process::kill_process(pid, signal);
    }
}
