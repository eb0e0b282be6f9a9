//! Pictures of the display for usherd, which a process of its own takes.

use usher_core::request::ThumbnailSize;
use usher_core::wire::shield::FromShield;

use super::Shield;
use crate::capture::{CaptureAsker, Shown};

impl Shield {
    /// Has a picture taken of what the display shows.
    pub(super) fn take_picture(&mut self, (control, seq): (u64, u64), size: ThumbnailSize, watch: bool) {
        let watched = watch && self.watch_screen();
        let to = self.controls.iter_mut().find(|c| c.id == control).and_then(|c| c.conn.next_descriptor());
        let begun = match to {
            Some(to) => {
                self.captures.take(Shown::Display(&self.arming), size, to, CaptureAsker { control, seq, watched })
            }
            None => Err("there is no place for it".to_owned()),
        };
        if let Err(why) = begun {
            self.say_to(control, &FromShield::Pictured { seq, error: Some(why), unsupported: false, watched: false });
        }
    }

    /// Tells who asked for pictures what came of them.
    pub fn hear_captures(&mut self) {
        for (CaptureAsker { control, seq, watched }, error) in self.captures.over() {
            self.say_to(control, &FromShield::Pictured { seq, error, unsupported: false, watched });
        }
    }

    /// Has the server tell of the next change, before the picture is taken.
    fn watch_screen(&mut self) -> bool {
        if self.hung || self.stage.cut {
            return false;
        }
        self.stage.allow_time();
        let begun = self.changes.begin(&self.stage.x);
        let watched = matches!(begun, Ok(true));
        self.took(begun.map(drop));
        watched
    }

    /// Makes sure that the server still tells of the next change.
    pub fn look_at_watch(&mut self) {
        let lost = self.changes.look(&self.stage.x);
        if matches!(lost, Ok(true)) {
            self.tell_change();
        }
        self.took(lost.map(drop));
    }

    /// Tells usherd that the screen shows something else now.
    pub fn tell_change(&mut self) {
        self.say(&FromShield::ScreenChanged);
    }
}
