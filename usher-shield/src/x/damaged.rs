//! Which part of a screen changed since it was read last (X Damage Extension).
//!
//! Another client may subtract from our damage as well as we do, and then the server forgets what changed. It cannot take back
//! the events by which the server has told us of it: so they are what is believed.

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xproto::Rectangle;

use super::display::{Asked, Display};

/// The part of the screen that changes.
pub struct DamagedArea {
    damage: u32,
}

impl DamagedArea {
    /// From now on the server tells of changes; nothing if it cannot.
    pub fn begin(x: &Display) -> Asked<Option<Self>> {
        if !x.has.damage {
            return Ok(None);
        }
        let damage = x.conn.generate_id()?;
        // An event for each change that is not within what was told: no more than the screen has rows and columns.
        x.conn.damage_create(damage, x.root, ReportLevel::BOUNDING_BOX)?;
        Ok(Some(DamagedArea { damage }))
    }

    /// The parts that changed since this was asked last; nothing where nobody knows, because another client took our damage
    /// away. The server tells of whatever changes after this.
    pub fn take(&mut self, x: &Display) -> Asked<Option<Vec<Rectangle>>> {
        x.conn.damage_subtract(self.damage, x11rb::NONE, x11rb::NONE)?;
        x.sync()?;
        let mut changed = Vec::new();
        while let Some(event) = x.conn.poll_for_event()? {
            match event {
                Event::DamageNotify(event) if event.damage == self.damage => changed.push(event.area),
                // Nothing else of ours can fail here.
                Event::Error(_) => return Ok(None),
                _ => {}
            }
        }
        Ok(Some(changed))
    }
}
