//! The lockers, all as Debian has them, and how each is told to lock.

use std::time::Instant;

use super::cost::{self, Unit};
use super::gate::{Command, Gate};
use super::lab::Bench;
use super::probe::Seen;

/// A program that locks displays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locker {
    /// One command for all displays.
    Usher,
    /// One process for each display.
    I3lock,
    /// One for each, which starts others.
    Xsecurelock,
    /// The program that epoptes-client starts on each display when the teacher locks it.
    Epoptes,
}

impl Locker {
    /// In the order in which they take turns.
    pub const ALL: [Locker; 4] = [Locker::Usher, Locker::I3lock, Locker::Xsecurelock, Locker::Epoptes];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Locker::Usher => "usher",
            Locker::I3lock => "i3lock",
            Locker::Xsecurelock => "xsecurelock",
            Locker::Epoptes => "epoptes",
        }
    }

    /// Whether it holds what it wants to hold. Epoptes wants the keyboard only.
    pub fn holds(self, seen: &Seen) -> Option<Instant> {
        match self {
            Locker::Epoptes => Some(seen.covered?.max(seen.keyboard?)),
            _ => seen.all(),
        }
    }

    /// The line that locks a display, where every display needs a process.
    fn line(self) -> &'static str {
        match self {
            Locker::Usher => "",
            Locker::I3lock => "exec i3lock -n",
            Locker::Xsecurelock => "exec xsecurelock",
            Locker::Epoptes => "cd /usr/share/epoptes-client; exec python3 lock_screen.py 'Eyes to the front, please'",
        }
    }

    /// Everything at the start line that locks the first displays.
    pub fn prepare(self, bench: &mut Bench, count: usize) -> Gate {
        let name = bench.next_service();
        let screens = &bench.screens[..count];
        let commands: Vec<Command> = match self {
            Locker::Usher => {
                let users: String = screens.iter().map(|screen| format!(" --user {}", screen.user.name)).collect();
                let line = format!("exec usher lock{users} --message 'Eyes to the front, please'");
                vec![Command { user: bench.operator.name.clone(), line }]
            }
            _ => screens.iter().map(|screen| self.on(screen)).collect(),
        };
        Gate::prepare(&bench.host, &name, &commands)
    }

    fn on(self, screen: &super::harness::Screen) -> Command {
        let (user, line) = (&screen.user, self.line());
        let line = format!(
            "export DISPLAY=:{} XAUTHORITY=/home/{}/.Xauthority XDG_RUNTIME_DIR=/run/user/{}; {line}",
            screen.number, user.name, user.uid
        );
        Command { user: user.name.clone(), line }
    }

    /// The services that work for the lock of the first displays, beside the command itself.
    pub fn services(self, bench: &Bench, count: usize) -> Vec<Unit> {
        match self {
            Locker::Usher => [vec![Unit::of(&bench.host, "usherd.service")], self.holders(bench, count)].concat(),
            _ => vec![],
        }
    }

    /// The services that hold the lock of the first displays, beside the command itself.
    pub fn holders(self, bench: &Bench, count: usize) -> Vec<Unit> {
        match self {
            Locker::Usher => {
                bench.screens[..count].iter().filter_map(|screen| cost::shield(&bench.host, screen)).collect()
            }
            _ => vec![],
        }
    }

    /// Takes the lock away, where that is more than to end the command.
    pub fn release(self, bench: &Bench) {
        if self == Locker::Usher {
            let _ = bench.host.root_usher(&["unlock", "--all"]);
        }
    }
}
