//! What is to be read on the screen: it is drawn by another process, and painted when it comes.

use std::time::Instant;

use super::Shield;
use crate::drawing::{Drawer, Drawing, GIVE_UP, Progress};
use crate::picture::{Order, Words};
use crate::x::Trouble;

impl Shield {
    /// What is to be on the screen.
    pub(super) fn order(&self) -> Option<Order> {
        self.lock_order().or_else(|| Some(self.drawn_for(self.announced()?)))
    }

    /// What is to be read while the display is open.
    fn announced(&self) -> Option<Words> {
        let notice = self.notice.clone().map(|notice| Words::Notice(Box::new(notice)));
        notice.or_else(|| self.looked.as_ref().map(|(_, by)| Words::Look { by: by.clone() }))
    }

    /// What is to be on the cover.
    pub(super) fn lock_order(&self) -> Option<Order> {
        let cover = Box::new(self.covers.first()?.clone());
        Some(self.drawn_for(Words::Cover { cover, host: self.arming.host.clone() }))
    }

    fn drawn_for(&self, words: Words) -> Order {
        let mut sizes: Vec<(u16, u16)> = self.stage.monitors.iter().map(|m| (m.width, m.height)).collect();
        sizes.sort_unstable();
        sizes.dedup();
        Order { words, sizes, language: self.arming.language.clone() }
    }

    /// Has the message drawn where it is not on the screen yet.
    pub fn draw(&mut self) {
        if self.stage.cut {
            return;
        }
        if self.announced().is_none() && self.stage.banner.is_shown() && !self.hung {
            let hidden = self.stage.banner.hide(&self.stage.x);
            // The same may be said again.
            self.painted.take_if(|(order, _)| !matches!(order.words, Words::Cover { .. }));
            self.took(hidden);
        }
        let ready = self.leader && self.stage.shown != self.covers.is_empty();
        if ready {
            self.start_drawing();
        }
    }

    /// Has what is to be on the screen drawn, where it neither is nor will be.
    pub(super) fn start_drawing(&mut self) {
        let Some(order) = self.order() else { return };
        let is = |other: Option<&Order>| other == Some(&order);
        if is(self.painted.as_ref().map(|(order, _)| order)) || is(self.unpaintable.as_ref()) {
            return;
        }
        if is(self.drawing.as_ref().map(|drawing| &drawing.order)) {
            return;
        }
        let ready = self.drawer.take().and_then(|drawer| drawer.draw(order.clone(), true).ok());
        let new = || Drawer::start(&order.language)?.draw(order.clone(), false);
        match ready.map_or_else(new, Ok) {
            Ok(drawing) => self.drawing = Some(drawing),
            Err(_) => self.unpaintable = Some(order),
        }
    }

    /// Keeps a drawing process ready that has read the fonts. None is kept while something is shown: it would be memory.
    pub fn prepare(&mut self) {
        if self.stage.shown || self.order().is_some() || self.drawing.is_some() || self.retire {
            self.prepared = false;
        } else if !std::mem::replace(&mut self.prepared, true) {
            self.drawer = Drawer::start(&self.arming.language).ok();
        }
    }

    /// The drawing that can be painted when it comes.
    pub fn awaited_drawing(&self) -> Option<&Drawing> {
        self.drawing.as_ref().filter(|_| !self.hung && !self.stage.cut)
    }

    /// Takes what was drawn. A server that does not answer now gets it when it does: drawn anew, it would be drawn without end.
    pub fn hear_drawing(&mut self) {
        if self.awaited_drawing().is_none() {
            return;
        }
        let Some(drawing) = &mut self.drawing else { return };
        let progress = drawing.look();
        let given_up = Instant::now() >= drawing.until + GIVE_UP;
        let (order, waited) = (drawing.order.clone(), drawing.waited);
        match progress {
            Progress::NotYet if !given_up => return,
            // A new one may fare better.
            Progress::Failed if waited => {}
            Progress::Drawn(_, notes) if waited && !notes.is_empty() => {}
            // An announcement would be above a cover that was ordered meanwhile.
            Progress::Drawn(..) if self.order().as_ref() != Some(&order) => {}
            Progress::Drawn(pictures, notes) => {
                let pictures: Vec<_> = order.sizes.iter().copied().zip(pictures).collect();
                let covers = matches!(order.words, Words::Cover { .. });
                let result = if covers { self.stage.paint(&pictures) } else { self.stage.announce(&pictures) };
                let painted = result.is_ok();
                if !matches!(result, Err(Trouble::Hung)) {
                    self.painted = Some((order, notes));
                }
                self.took(result);
                if covers && painted {
                    self.stage.allow_time();
                    let cleaned = self.stage.kill_leftovers();
                    self.took(cleaned);
                }
            }
            Progress::NotYet | Progress::Failed => self.unpaintable = Some(order),
        }
        self.drawing = None;
    }

    pub fn repaint(&mut self) {
        (self.painted, self.drawing) = (None, None);
    }
}
