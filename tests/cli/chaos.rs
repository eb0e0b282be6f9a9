//! kill -9 of usherd, again and again, at random moments under a load of mixed verbs: what a caller
//! was told is there after the restart, and no holder is left over at the end.
//!
//! `USHER_CHAOS_ROUNDS` sets the number of rounds, `USHER_CHAOS_SEED` repeats a course.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::harness::{Daemon, Ran, processes, wait_until};

/// Operators at once, each with sessions and a rule of its own, so that each knows what must hold.
const OPERATORS: u64 = 3;

/// A small generator of numbers that look random (xorshift64).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// What is known of something after a request about it.
#[derive(Debug, Clone, PartialEq)]
enum Known {
    /// A caller was told so.
    Told(Option<String>),
    /// The request got no answer: this or what was before.
    Either(Option<String>, Option<String>),
}

impl Known {
    fn allows(&self, found: &Option<String>) -> bool {
        match self {
            Known::Told(one) => found == one,
            Known::Either(one, other) => found == one || found == other,
        }
    }
}

/// One operator's sessions (by ID: the message of their lock) and rule.
struct Operator {
    number: u64,
    dice: Dice,
    sessions: BTreeMap<u64, Known>,
    /// Sessions that were told closed.
    closed: Vec<u64>,
    /// Sessions of which a close got no answer.
    perhaps_closed: Vec<u64>,
    rule: Known,
    /// Requests that were answered.
    told: BTreeMap<&'static str, usize>,
}

static MESSAGES: AtomicU64 = AtomicU64::new(0);

impl Operator {
    fn new(number: u64, seed: u64) -> Self {
        let dice = Dice(seed ^ (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (sessions, told) = (BTreeMap::new(), BTreeMap::new());
        let rule = Known::Told(None);
        Operator { number, dice, sessions, closed: Vec::new(), perhaps_closed: Vec::new(), rule, told }
    }

    /// Works until told to stop.
    fn work(&mut self, daemon: &Daemon, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            match self.dice.throw(12) {
                0 | 1 if self.sessions.len() < 3 => self.open(daemon),
                2..6 => self.lock(daemon),
                6..9 => self.unlock(daemon),
                9 => self.block(daemon),
                10 => self.unblock(daemon),
                _ => self.close(daemon),
            }
        }
    }

    fn any(&mut self) -> Option<u64> {
        let count = self.sessions.len() as u64;
        let index = usize::try_from(self.dice.throw(count.max(1))).unwrap_or(0);
        self.sessions.keys().nth(index).copied()
    }

    fn open(&mut self, daemon: &Daemon) {
        let ran = daemon.usher(&["open", "--", "cat"]);
        if self.was_told("open", &ran) {
            let id = ran.exits(0).stdout.trim().parse().expect("a number");
            self.sessions.insert(id, Known::Told(None));
        }
    }

    fn lock(&mut self, daemon: &Daemon) {
        let Some(id) = self.any() else { return };
        let message = format!("m{}", MESSAGES.fetch_add(1, Ordering::Relaxed));
        let ran = daemon.usher(&["lock", &id.to_string(), "--message", &message]);
        self.set(id, "lock", Some(message), &ran);
    }

    fn unlock(&mut self, daemon: &Daemon) {
        let Some(id) = self.any() else { return };
        let ran = daemon.usher(&["unlock", &id.to_string()]);
        self.set(id, "unlock", None, &ran);
    }

    /// Notes what a lock or unlock leads to.
    fn set(&mut self, id: u64, verb: &'static str, wanted: Option<String>, ran: &Ran) {
        let told = self.was_told(verb, ran);
        let before = self.sessions.get_mut(&id).expect("its own session");
        *before = after(before, wanted, told);
    }

    fn rule_name(&self) -> String {
        // Users that every host has, and who have no session here.
        ["daemon", "bin", "sys"][usize::try_from(self.number).expect("a small number")].to_owned()
    }

    fn block(&mut self, daemon: &Daemon) {
        let message = format!("m{}", MESSAGES.fetch_add(1, Ordering::Relaxed));
        let ran = daemon.usher(&["block", "--user", &self.rule_name(), "--message", &message]);
        let told = self.was_told("block", &ran);
        self.rule = after(&self.rule, Some(message), told);
    }

    fn unblock(&mut self, daemon: &Daemon) {
        let ran = daemon.usher(&["unblock", "--user", &self.rule_name()]);
        let told = self.was_told("unblock", &ran);
        self.rule = after(&self.rule, None, told);
    }

    fn close(&mut self, daemon: &Daemon) {
        let Some(id) = self.any() else { return };
        let ran = daemon.usher(&["close", &id.to_string()]);
        self.sessions.remove(&id);
        if self.was_told("close", &ran) {
            self.closed.push(id);
        } else {
            self.perhaps_closed.push(id);
        }
    }

    /// Whether the caller was told that it was done. A dead daemon is no surprise here; a living one
    /// that fails is.
    #[track_caller]
    fn was_told(&mut self, verb: &'static str, ran: &Ran) -> bool {
        match ran.code() {
            Some(0) => {
                *self.told.entry(verb).or_default() += 1;
                true
            }
            Some(3) => false,
            Some(1) if ran.said().stderr.contains("OutcomeUnknown") => false,
            other => panic!(
                "operator {}: {verb} ended with {other:?}: {}{}",
                self.number,
                ran.said().stdout,
                ran.said().stderr
            ),
        }
    }

    /// Compares what was told with what is there, and learns what became of what was not told.
    fn compare(&mut self, sessions: &BTreeMap<u64, Option<String>>, rules: &BTreeMap<String, String>) {
        for (id, known) in &mut self.sessions {
            let found = sessions.get(id).unwrap_or_else(|| panic!("session {id} is lost, it was {known:?}"));
            assert!(known.allows(found), "session {id} is {found:?}, told was {known:?}");
            *known = Known::Told(found.clone());
        }
        for id in &self.closed {
            assert!(!sessions.contains_key(id), "session {id} was told closed");
        }
        let found = rules.get(&format!("user:{}", self.rule_name())).cloned();
        assert!(self.rule.allows(&found), "rule {} is {found:?}, told was {:?}", self.number, self.rule);
        self.rule = Known::Told(found);
    }
}

/// What is known once something was asked for.
fn after(before: &Known, wanted: Option<String>, told: bool) -> Known {
    match before {
        _ if told => Known::Told(wanted),
        Known::Told(before) => Known::Either(before.clone(), wanted),
        // Two requests without an answer: a dead daemon took neither the second nor anything after it.
        Known::Either(..) => before.clone(),
    }
}

/// The lock of every session and the message of every rule, as the command line shows them.
fn there(daemon: &Daemon) -> (BTreeMap<u64, Option<String>>, BTreeMap<String, String>) {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let sessions = daemon.sessions();
    let lock = |s: &serde_json::Value| (s["session_id"].as_u64().expect("an ID"), text(&s["lock"]["message"]));
    let rules = daemon.json(&["blocks"]).exits(0).array();
    let rule = |r: &serde_json::Value| (text(&r["name"]).expect("a name"), text(&r["message"]).expect("a message"));
    (sessions.iter().map(lock).collect(), rules.iter().map(rule).collect())
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn whatever_a_caller_was_told_is_there_after_any_kill() {
    let rounds = setting("USHER_CHAOS_ROUNDS", 20);
    let seed = setting("USHER_CHAOS_SEED", u64::from(std::process::id()).wrapping_mul(0x2545_f491_4f6c_dd1d)).max(1);
    println!("{rounds} rounds; repeat with USHER_CHAOS_SEED={seed}");
    let mut daemon = Daemon::start();
    let mut dice = Dice(seed);
    let mut operators: Vec<Operator> = (0..OPERATORS).map(|number| Operator::new(number, seed)).collect();
    for round in 0..rounds {
        let stop = AtomicBool::new(false);
        let moment = Duration::from_millis(dice.throw(400));
        std::thread::scope(|scope| {
            for operator in &mut operators {
                let (daemon, stop) = (&daemon, &stop);
                scope.spawn(move || operator.work(daemon, stop));
            }
            // The moment of the kill is what is tried here: anything may be under way then, and nothing is waited for.
            std::thread::sleep(moment);
            processes::signal(daemon.pid(), rustix::process::Signal::KILL);
            stop.store(true, Ordering::Relaxed);
        });
        daemon.crash_and_restart();
        let (sessions, rules) = there(&daemon);
        println!("round {round}: {} sessions, {} rules", sessions.len(), rules.len());
        operators.iter_mut().for_each(|operator| operator.compare(&sessions, &rules));
        every_session_has_one_holder(&daemon, &sessions);
    }
    the_audit_log_has_all(&daemon, &operators);
    daemon.usher(&["close", "--all"]).exits(0);
    wait_until("no orphan holder stays", || daemon.holder_sockets().is_empty());
    let daemon_alone = |pid: &u32| *pid != daemon.pid();
    wait_until("no process stays", || !processes::of_directory(daemon.directory()).iter().any(daemon_alone));
}

/// No session without a holder, no holder without a session.
fn every_session_has_one_holder(daemon: &Daemon, sessions: &BTreeMap<u64, Option<String>>) {
    for id in sessions.keys() {
        let socket = daemon.holder_socket(u32::try_from(*id).expect("an ID"));
        if socket.exists() {
            continue;
        }
        // It may have been on its way out, by a close that the restart took up again.
        wait_until("a session without a holder is off the books", || !daemon.ids().contains(id));
    }
    wait_until("every holder has a session", || {
        let listed = daemon.ids();
        let name = |path: &std::path::PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u64>().ok());
        daemon.holder_sockets().iter().filter_map(name).all(|id| listed.contains(&id))
    });
}

/// For every request that was answered there is a record with its outcome.
fn the_audit_log_has_all(daemon: &Daemon, operators: &[Operator]) {
    for verb in ["open", "lock", "unlock", "block", "unblock", "close"] {
        let told: usize = operators.iter().filter_map(|operator| operator.told.get(verb)).sum();
        let records = daemon.audit(verb).len();
        assert!(records >= told, "{verb}: {told} told, {records} on record");
        println!("{verb}: {told} told, {records} on record");
    }
}
