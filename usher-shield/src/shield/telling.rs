//! What usherd and the other process are told, and when an order is answered.

use std::time::{Duration, Instant};

use usher_core::wire::shield::{FromShield, RAW_INPUT, Status};

use super::{Pending, Shield};
use crate::mate::{FromTwin, Mate, State, ToTwin, TwinReport};
use crate::picture::Order;
use crate::words;

impl Shield {
    /// Whether the display is as it was ordered.
    fn done(&self) -> bool {
        if self.hung {
            return false;
        }
        let Some(order) = self.lock_order() else {
            // A twin that was slow to cover may be about to: its last word must be about this order.
            let followed = |mate: &Mate| !mate.report.begun && mate.report.serial == self.told_twin.serial;
            return !self.stage.begun && self.mate.as_ref().is_none_or(followed);
        };
        let is = |other: Option<&Order>| other == Some(&order);
        // Without a connection that has windows there is nowhere to paint it.
        let late = self.stage.cut || self.drawing.as_ref().is_some_and(|drawing| Instant::now() >= drawing.until);
        let drawn = late || is(self.painted.as_ref().map(|(order, _)| order)) || is(self.unpaintable.as_ref());
        self.stage.covered && self.held() && drawn
    }

    /// Answers what is done.
    pub fn answer(&mut self) {
        if self.pending.is_empty() || !self.done() {
            return;
        }
        let mut notes = Vec::new();
        if !self.covers.is_empty() {
            match &self.painted {
                Some((order, said)) if Some(order) == self.lock_order().as_ref() => notes.extend(said.iter().cloned()),
                _ => notes.push(words::NOT_DRAWN.to_owned()),
            }
            notes.extend(self.open_outlets().map(str::to_owned));
        }
        for Pending { control, seq, late, held: held_micros, .. } in std::mem::take(&mut self.pending) {
            let mut notes = notes.clone();
            if late && !self.covers.is_empty() {
                notes.push(words::HELD_LATE.to_owned());
            }
            self.say_to(control, &FromShield::Covered { seq, superseded: false, notes, held_micros });
        }
    }

    /// What still leads into the session and out of it.
    fn open_outlets(&self) -> impl Iterator<Item = &'static str> {
        let open = self.stage.outlets;
        let raw = !self.stage.frozen && self.stage.keeper.x.has.xinput;
        let sentences = [(raw, RAW_INPUT), (open.devices, words::DEVICES_ON), (open.clipboard, words::CLIPBOARD_ON)];
        sentences.into_iter().filter_map(|(open, sentence)| open.then_some(sentence))
    }

    pub fn say_to(&mut self, control: u64, message: &FromShield) {
        if let Some(control) = self.controls.iter_mut().find(|c| c.id == control) {
            control.conn.send_message(message);
        }
    }

    pub fn say(&mut self, message: &FromShield) {
        self.controls.iter_mut().filter(|c| c.greeted).for_each(|control| control.conn.send_message(message));
    }

    /// Notes that somebody fought the covers.
    pub fn incident(&mut self, what: &'static str, uncovered: Option<Duration>) {
        let micros = uncovered.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        if let Some(message) = self.incidents.note(what, micros, Instant::now()) {
            self.say(&message);
        }
    }

    /// The display as usherd is to know it.
    pub fn status(&self) -> Status {
        let holds = self.stage.covered && self.held() && !self.covers.is_empty();
        Status {
            covers: if holds { self.covers.clone() } else { Vec::new() },
            covered: self.stage.covered || !self.stage.leftovers.is_empty(),
            input_held: self.held(),
            title: self.user.title.clone(),
            last_input: self.user.last_input,
            released: self.released.clone(),
            crowd: self.crowd.clone(),
            hindrance: None,
        }
    }

    /// Greets who is new, and tells everybody else what changed.
    pub fn tell_usherd(&mut self) {
        let status = self.status();
        if self.said.as_ref() != Some(&status) {
            self.say(&FromShield::Status(status.clone()));
            self.said = Some(status.clone());
        }
        if self.mate.as_ref().is_some_and(|mate| !mate.ready && !mate.kept_out) {
            return;
        }
        let pids = std::iter::once(std::process::id()).chain(self.mate.as_ref().map(|mate| mate.pid)).collect();
        let hello = FromShield::Hello(Box::new(self.arming.greeting(pids, status)));
        for control in self.controls.iter_mut().filter(|control| !control.greeted) {
            control.greeted = true;
            control.conn.send_message(&hello);
        }
    }

    /// Tells the twin what it would have to know.
    pub fn tell_twin(&mut self) {
        let mut state = State {
            serial: self.told_twin.serial,
            covers: self.covers.clone(),
            notice: self.notice.clone(),
            released: self.released.clone(),
            title: self.user.title.clone(),
            last_input: self.user.last_input,
            before: self.stage.before.clone(),
            keys: self.stage.keys.original.clone(),
            frozen: self.stage.frozen,
            kept: self.stage.kept.clone(),
            windows: self.stage.windows(),
        };
        // Also before it is ready: a twin that does not know of the covers would succeed to none.
        let Some(mate) = self.mate.as_mut() else { return };
        if self.told_twin != state {
            state.serial += 1;
            mate.conn.send_message(&ToTwin::State(Box::new(state.clone())));
            self.told_twin = state;
        }
    }

    /// A new twin knows nothing.
    pub fn forget_twin(&mut self) {
        self.told_twin = State::default();
    }

    /// As a twin: tells the leader how it is.
    pub fn report(&mut self) {
        let stage = &self.stage;
        let (begun, shown, held, serial) = (stage.begun, stage.shown, stage.keeper.grabs, self.followed);
        let report = TwinReport { windows: stage.windows(), begun, shown, held, serial };
        if let Some(mate) = self.mate.as_mut().filter(|_| report != self.reported) {
            mate.conn.send_message(&FromTwin::Report(report.clone()));
            self.reported = report;
        }
    }
}
