//! The message: it is drawn by another process, and given to the compositor when it comes.

use std::time::Instant;

use super::warden::Warden;
use crate::drawing::{Drawer, Drawing, GIVE_UP, Progress};
use crate::picture::{Order, Picture, Words};

/// A message that was drawn.
pub struct DrawnMessage {
    /// Later ones have higher numbers, from 1.
    pub number: u64,
    pub order: Order,
    pub pictures: Vec<((u16, u16), Picture)>,
    /// Sentences for the outcome.
    pub notes: Vec<String>,
}

impl Warden {
    /// What is to be on the outputs, once their sizes are known.
    pub fn order(&self) -> Option<Order> {
        let cover = Box::new(self.covers.first()?.clone());
        let sizes = self.link.as_ref()?.desk.sizes()?;
        let words = Words::Cover { cover, host: self.arming.host.clone() };
        Some(Order { words, sizes, language: self.arming.language.clone() })
    }

    /// Has the message drawn where it is not there yet, and a drawing process kept ready while nothing is locked.
    pub fn draw(&mut self) {
        if self.covers.is_empty() {
            (self.message, self.drawing, self.unpaintable) = (None, None, None);
            if !self.retire && !std::mem::replace(&mut self.prepared, true) {
                self.drawer = Drawer::start(&self.arming.language).ok();
            }
            return;
        }
        if self.kept_holds() {
            return;
        }
        let Some(order) = self.order().filter(|order| !order.sizes.is_empty()) else { return };
        let is = |other: Option<&Order>| other == Some(&order);
        let known = is(self.message.as_ref().map(|message| &message.order)) || is(self.unpaintable.as_ref());
        if known || is(self.drawing.as_ref().map(|drawing| &drawing.order)) {
            return;
        }
        self.prepared = false;
        let ready = self.drawer.take().and_then(|drawer| drawer.draw(order.clone(), true).ok());
        let new = || Drawer::start(&order.language)?.draw(order.clone(), false);
        match ready.map_or_else(new, Ok) {
            Ok(drawing) => self.drawing = Some(drawing),
            Err(_) => self.unpaintable = Some(order),
        }
    }

    /// Takes what was drawn.
    pub fn hear_drawing(&mut self) {
        let Some(drawing) = &mut self.drawing else { return };
        match drawing.look() {
            Progress::NotYet if Instant::now() < drawing.until + GIVE_UP => return,
            // A new one may fare better.
            Progress::Failed if drawing.waited => {}
            Progress::Drawn(_, notes) if drawing.waited && !notes.is_empty() => {}
            Progress::Drawn(pictures, notes) => {
                let Drawing { order, .. } = drawing;
                let order = order.clone();
                let pictures = order.sizes.iter().copied().zip(pictures).collect();
                self.messages += 1;
                self.message = Some(DrawnMessage { number: self.messages, order, pictures, notes });
            }
            Progress::NotYet | Progress::Failed => self.unpaintable = Some(drawing.order.clone()),
        }
        self.drawing = None;
    }

    /// The message was seen on every output, or it is not to be waited for any longer. Within: whether it was seen.
    pub fn painted(&self) -> Option<bool> {
        if self.kept_holds() {
            return Some(true);
        }
        let order = self.order()?;
        if order.sizes.is_empty() || self.unpaintable.as_ref() == Some(&order) {
            return Some(order.sizes.is_empty());
        }
        if self.drawing.as_ref().is_some_and(|drawing| Instant::now() >= drawing.until) {
            return Some(false);
        }
        let message = self.message.as_ref().filter(|message| message.order == order)?;
        self.link.as_ref()?.desk.all_show(message.number).then_some(true)
    }
}
