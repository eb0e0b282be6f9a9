//! What usherd and the successor are told, and when an order is answered.

use std::time::Instant;

use usher_core::wire::shield::{FromShield, Status};

use super::mate::{Estate, ToSuccessor};
use super::warden::{Unanswered, Warden};
use crate::words;

/// Why a lock does not hold that was asked for.
const REFUSED: &str = "another program of the session's has the compositor's lock; ours follows as soon as that ends";

impl Warden {
    /// Answers what is done.
    pub fn answer(&mut self) {
        if self.unanswered.is_empty() {
            return;
        }
        let covered = !self.covers.is_empty();
        let mut notes = Vec::new();
        if covered {
            if !self.holds() {
                return;
            }
            let micros = |since: Instant| u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.unanswered.iter_mut().for_each(|one| one.held = one.held.or_else(|| Some(micros(one.since))));
            match self.painted() {
                Some(true) => notes.extend(self.message.iter().flat_map(|message| message.notes.iter().cloned())),
                Some(false) => notes.push(words::NOT_DRAWN.to_owned()),
                None => return,
            }
        } else if !self.is_open() {
            return;
        }
        for Unanswered { control, seq, held: held_micros, .. } in std::mem::take(&mut self.unanswered) {
            self.say_to(control, &FromShield::Covered { seq, superseded: false, notes: notes.clone(), held_micros });
        }
    }

    pub fn say_to(&mut self, control: u64, message: &FromShield) {
        if let Some(control) = self.controls.iter_mut().find(|c| c.id == control) {
            control.conn.send_message(message);
        }
    }

    pub fn say(&mut self, message: &FromShield) {
        self.controls.iter_mut().filter(|c| c.greeted).for_each(|control| control.conn.send_message(message));
    }

    /// Notes that somebody fought the lock.
    pub fn incident(&mut self, what: &'static str) {
        if let Some(message) = self.incidents.note(what, None, Instant::now()) {
            self.say(&message);
        }
    }

    /// The display as usherd is to know it.
    fn status(&mut self) -> Status {
        let holds = self.holds();
        let refused = !self.covers.is_empty() && self.is_refused();
        Status {
            covers: if holds { self.covers.clone() } else { Vec::new() },
            covered: holds,
            input_held: holds,
            released: self.released.clone(),
            title: self.title.shown.clone(),
            hindrance: refused.then(|| REFUSED.to_owned()),
            ..Status::default()
        }
    }

    /// Greets who is new, and tells everybody else what changed.
    pub fn tell_usherd(&mut self) {
        let status = self.status();
        if self.said.as_ref() != Some(&status) {
            self.say(&FromShield::Status(status.clone()));
            self.said = Some(status.clone());
        }
        // One that is alone for want of a connection is better than none.
        if self.mate.as_ref().is_some_and(|mate| !mate.ready) {
            return;
        }
        let pids = std::iter::once(std::process::id()).chain(self.mate.as_ref().map(|mate| mate.pid)).collect();
        let hello = FromShield::Hello(Box::new(self.arming.greeting(pids, status)));
        for control in self.controls.iter_mut().filter(|control| !control.greeted) {
            control.greeted = true;
            control.conn.send_message(&hello);
        }
    }

    /// Tells the successor what it would have to know.
    pub fn tell_successor(&mut self) {
        if !self.leader {
            return;
        }
        let kept = self.kept.as_ref().and_then(|kept| kept.object.filter(|_| kept.until().is_none()));
        let lock = kept.or_else(|| self.link.as_ref()?.desk.lock_object());
        let shown = if self.holds() && self.painted() == Some(true) { self.covers.clone() } else { Vec::new() };
        let estate = Estate { covers: self.covers.clone(), released: self.released.clone(), lock, shown };
        // Also before it is ready: one that does not know of the covers would succeed to none.
        let Some(mate) = self.mate.as_mut() else { return };
        if mate.told.as_ref() != Some(&estate) {
            mate.conn.send_message(&ToSuccessor::State(Box::new(estate.clone())));
            mate.told = Some(estate);
        }
    }
}
