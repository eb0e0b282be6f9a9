//! Whether a screen shows something else than when it was looked at last (X Damage Extension). The server tells once, and
//! keeps nothing for it while nobody looks.

use x11rb::connection::Connection as _;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};

use super::display::{Asked, Display};

/// What the server is to tell of, if anything.
#[derive(Debug, Default)]
pub struct ScreenWatch {
    /// The damage of the root window and of all within, and our request from which on it counts.
    watched: Option<(u32, u64)>,
}

impl ScreenWatch {
    /// Has the server tell of the first change from now on; false if it cannot. Whatever is asked of it after that is asked of a
    /// screen that is watched.
    pub fn begin(&mut self, x: &Display) -> Asked<bool> {
        if !x.has.damage {
            return Ok(false);
        }
        let damage = match self.watched {
            Some((damage, _)) => damage,
            None => {
                let damage = x.conn.generate_id()?;
                x.conn.damage_create(damage, x.root, ReportLevel::NON_EMPTY)?;
                damage
            }
        };
        // A new one holds all that is there already.
        let from = x.conn.damage_subtract(damage, x11rb::NONE, x11rb::NONE)?.sequence_number();
        self.watched = Some((damage, from));
        x.sync()?;
        Ok(true)
    }

    /// Whether this tells of a change. Then nothing is watched any more. `sequence` is that of the last of our requests that the
    /// server had seen.
    pub fn heard(&mut self, x: &Display, damage: u32, sequence: u64) -> bool {
        let changed = self.watched.take_if(|(watched, from)| *watched == damage && sequence >= *from).is_some();
        if changed {
            // If the connection is gone, so is this.
            let _ = x.conn.damage_destroy(damage);
        }
        changed
    }

    /// The connection was lost, and nobody knows what changed since; true if somebody is to be told so.
    pub fn lost(&mut self) -> bool {
        self.watched.take().is_some()
    }
}
