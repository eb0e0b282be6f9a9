//! Pictures of the outputs for usherd: each is taken by a process of its own, on a connection of its own.

use std::os::fd::OwnedFd;

use usher_core::request::ThumbnailSize;
use usher_core::wire::shield::FromShield;

use super::warden::Warden;
use crate::capture::{CaptureAsker, Shown};

impl Warden {
    /// Has a picture taken of what the outputs show. The connection for it came just before the order.
    pub fn take_picture(&mut self, (control, seq): (u64, u64), size: ThumbnailSize) {
        let to = self.controls.iter_mut().find(|c| c.id == control).and_then(|c| c.conn.next_descriptor());
        let unsupported = self.link.as_ref().is_some_and(|link| !link.desk.offered.pictures);
        let connection = self.spares.pop();
        let begun = match (to, connection) {
            _ if unsupported => Err("its compositor has no zwlr_screencopy_manager_v1".to_owned()),
            (Some(to), Some(connection)) => {
                let shown = Shown::Compositor(OwnedFd::from(connection));
                self.captures.take(shown, size, to, CaptureAsker { control, seq, watched: false })
            }
            (None, _) => Err("there is no place for it".to_owned()),
            (_, None) => Err("there is no connection to the compositor".to_owned()),
        };
        if let Err(why) = begun {
            self.say_to(control, &FromShield::Pictured { seq, error: Some(why), unsupported, watched: false });
        }
    }

    /// Tells who asked for pictures what came of them.
    pub fn hear_captures(&mut self) {
        for (CaptureAsker { control, seq, watched }, error) in self.captures.over() {
            self.say_to(control, &FromShield::Pictured { seq, error, unsupported: false, watched });
        }
    }
}
