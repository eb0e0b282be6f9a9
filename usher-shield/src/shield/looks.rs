//! Pictures of the display for usherd: each is taken by a process of its own.

use usher_core::request::ThumbnailSize;
use usher_core::wire::shield::FromShield;

use super::Shield;
use crate::capture::Capture;

impl Shield {
    /// Has a picture taken of what the display shows.
    pub(super) fn take_picture(&mut self, (control, seq): (u64, u64), size: ThumbnailSize) {
        let to = self.controls.iter_mut().find(|c| c.id == control).and_then(|c| c.conn.next_descriptor());
        let begun = match to {
            Some(to) => self.captures.begin(|| Capture::start(&self.arming, size, to, (control, seq))),
            None => Err("there is no place for it".to_owned()),
        };
        if let Err(why) = begun {
            self.say_to(control, &FromShield::Pictured { seq, error: Some(why), unsupported: false });
        }
    }

    /// Tells who asked for pictures what came of them.
    pub fn hear_captures(&mut self) {
        for ((control, seq), error) in self.captures.over() {
            self.say_to(control, &FromShield::Pictured { seq, error, unsupported: false });
        }
    }
}
