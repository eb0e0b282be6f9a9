//! One line on a terminal that says whom or what the command still waits for.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::cli::countdown;
use crate::cli::output::printable;
use crate::words;

/// How long nothing is shown, and how often it is shown anew.
const PAUSE: Duration = Duration::from_millis(300);

/// The line. Nothing is left of it when it is dropped.
pub(super) struct ProgressLine {
    total: usize,
    waiting: BTreeSet<String>,
    /// When the countdown ends that is waited for.
    ends: Option<Instant>,
    ticks: Option<Interval>,
    shown: bool,
}

impl ProgressLine {
    /// A line about these hosts, if somebody sees it and there are several or there is a countdown.
    pub(super) fn new(hosts: Vec<String>, ends: Option<Instant>) -> Self {
        let seen = (hosts.len() > 1 || ends.is_some()) && io::stderr().is_terminal();
        let ticks = seen.then(|| {
            let mut ticks = interval_at(Instant::now() + PAUSE, PAUSE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        ProgressLine { total: hosts.len(), waiting: hosts.into_iter().collect(), ends, ticks, shown: false }
    }

    /// Shows the line now and then; where nobody sees it, it never does.
    pub(super) async fn tick(&mut self) {
        match &mut self.ticks {
            Some(ticks) => {
                ticks.tick().await;
                self.show();
            }
            None => std::future::pending().await,
        }
    }

    /// A host has answered. The line makes room for what is printed about it.
    pub(super) fn answered(&mut self, host: &str) {
        self.waiting.remove(host);
        self.clear();
    }

    fn show(&mut self) {
        let columns = rustix::termios::tcgetwinsize(io::stderr()).map_or(80, |size| usize::from(size.ws_col.max(20)));
        let Some(line) = self.line() else { return self.clear() };
        let line: String = line.chars().take(columns - 1).collect();
        let _ = write!(io::stderr(), "\r{line}\u{1b}[K");
        self.shown = true;
    }

    fn line(&self) -> Option<String> {
        if let Some(left) = self.ends.and_then(countdown::left) {
            return Some(words::with!("close-counting", &[("time", &left)]));
        }
        if self.total < 2 {
            return None;
        }
        let names = self.waiting.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let counts = [("answered", (self.total - self.waiting.len()).to_string()), ("asked", self.total.to_string())];
        let [answered, asked] = counts.each_ref().map(|(name, value)| (*name, value.as_str()));
        Some(printable(&words::with!("hosts-progress", &[answered, asked, ("hosts", &names)])))
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}
