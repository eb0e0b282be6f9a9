//! The host with its sessions, and a probe on each of their displays.

use super::harness::{Host, Options, Screen, Suite, User, X11, wait_until};
use super::probe::Probe;
use super::{cost, installed};

/// A host with people on displays, and an operator.
pub struct Bench {
    /// The probes, one on each display. Before the sessions: they end first.
    pub probes: Vec<Probe>,
    /// The people's sessions.
    pub screens: Vec<Screen>,
    /// The operator who locks with usher.
    pub operator: User,
    /// Where all this is.
    pub host: Host,
    services: u32,
}

impl Bench {
    /// Boots a host and logs this many people in.
    pub fn open(people: usize) -> Bench {
        eprintln!("a host with {people} people on displays");
        let host = Host::boot(Options { suite: Suite::Bookworm, packages: false });
        installed::install(&host);
        host.root("mkdir -p /run/bench && chmod 1777 /run/bench").succeeds();
        let operator = host.user_in("operator1", &["usher-operator"]);
        let screens: Vec<Screen> =
            (1..=people).map(|number| host.x11(&host.user(&format!("person{number}")), X11::Xvfb)).collect();
        wait_until("every display has a shield of two processes", || {
            screens.iter().all(|screen| cost::shield(&host, screen).is_some_and(|unit| unit.pids().len() >= 2))
        });
        let probes = screens.iter().map(Probe::open).collect();
        Bench { probes, screens, operator, host, services: 0 }
    }

    /// A name that no transient service had.
    pub fn next_service(&mut self) -> String {
        self.services += 1;
        format!("bench-{}", self.services)
    }
}
