//! Pictures of the display for usherd: each is taken by a process of its own.

use usher_core::request::ThumbnailSize;
use usher_core::wire::shield::FromShield;

use super::Shield;
use crate::capture::{AT_ONCE, Capture};

impl Shield {
    /// Has a picture taken of what the display shows.
    pub(super) fn take_picture(&mut self, asker: (u64, u64), size: ThumbnailSize) {
        let to = self.controls.iter_mut().find(|c| c.id == asker.0).and_then(|c| c.conn.next_descriptor());
        let started = match to {
            Some(_) if self.captures.len() >= AT_ONCE => Err("others are being taken".to_owned()),
            Some(to) => Capture::start(&self.arming, size, to, asker).map_err(|error| error.to_string()),
            None => Err("there is no place for it".to_owned()),
        };
        match started {
            Ok(capture) => self.captures.push(capture),
            Err(why) => self.say_to(asker.0, &FromShield::Pictured { seq: asker.1, error: Some(why) }),
        }
    }

    /// Tells who asked for pictures what came of them.
    pub fn hear_captures(&mut self) {
        let mut taken = Vec::new();
        self.captures.retain_mut(|capture| match capture.look() {
            None => true,
            Some(error) => {
                taken.push((capture.asker, error));
                false
            }
        });
        for ((control, seq), error) in taken {
            self.say_to(control, &FromShield::Pictured { seq, error });
        }
    }
}
