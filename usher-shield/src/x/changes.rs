//! Whether a screen shows something else than when it was looked at last (X Damage Extension). The server tells once, and
//! keeps nothing for it while nobody looks.

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};

use super::display::{Asked, Display};

/// How often it is made sure that the server still watches. Another client may destroy our damage, and no event tells of that;
/// it cannot keep the server from telling otherwise.
const EVERY: Duration = Duration::from_secs(5);

/// What the server is to tell of, if anything.
#[derive(Debug, Default)]
pub struct ScreenWatch(Option<Watched>);

#[derive(Debug)]
struct Watched {
    /// The damage of the root window and of all within.
    damage: u32,
    /// The request of ours from which on it counts.
    from: u64,
    look_at: Instant,
}

impl ScreenWatch {
    /// Has the server tell of the first change from now on; false if it cannot. Whatever is asked of it after that is asked of a
    /// screen that is watched.
    pub fn begin(&mut self, x: &Display) -> Asked<bool> {
        if !x.has.damage {
            return Ok(false);
        }
        let known = self.0.take().map(|watched| watched.damage);
        let again = match known {
            Some(damage) => subtract(x, damage)?.map(|from| (damage, from)),
            None => None,
        };
        let begun = match again {
            Some(begun) => Some(begun),
            None => {
                let damage = x.conn.generate_id()?;
                x.conn.damage_create(damage, x.root, ReportLevel::NON_EMPTY)?;
                // A new one holds all that is there already.
                subtract(x, damage)?.map(|from| (damage, from))
            }
        };
        self.0 = begun.map(|(damage, from)| Watched { damage, from, look_at: Instant::now() + EVERY });
        Ok(self.0.is_some())
    }

    /// Whether this tells of a change. Then nothing is watched any more. `sequence` is that of the last of our requests that the
    /// server had seen.
    pub fn heard(&mut self, x: &Display, damage: u32, sequence: u64) -> bool {
        let changed = self.0.take_if(|watched| watched.damage == damage && sequence >= watched.from).is_some();
        if changed {
            // If the connection is gone, so is this.
            let _ = x.conn.damage_destroy(damage);
        }
        changed
    }

    /// When it is to be made sure of.
    pub fn next(&self) -> Option<Instant> {
        self.0.as_ref().map(|watched| watched.look_at)
    }

    /// Makes sure that the server still watches; true if it does not, and nobody knows what changed since.
    pub fn look(&mut self, x: &Display) -> Asked<bool> {
        let now = Instant::now();
        let Some(watched) = self.0.as_mut().filter(|watched| now >= watched.look_at) else { return Ok(false) };
        watched.look_at = now + EVERY;
        // What this forgets, an event has told of.
        let gone = subtract(x, watched.damage)?.is_none();
        Ok(gone && self.lost())
    }

    /// The connection was lost, and nobody knows what changed since; true if somebody is to be told so.
    pub fn lost(&mut self) -> bool {
        self.0.take().is_some()
    }
}

/// Empties a damage, so that the server tells of the next change; gives the request's number, or nothing if there is no such
/// damage.
fn subtract(x: &Display, damage: u32) -> Asked<Option<u64>> {
    let asked = x.conn.damage_subtract(damage, x11rb::NONE, x11rb::NONE)?;
    let number = asked.sequence_number();
    match asked.check() {
        Ok(()) => Ok(Some(number)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
