//! What was turned off for a lock and is to be on again after it. It is written down at the X server before anything is
//! turned off, so that a shield knows it whose processes were all killed.
//!
//! The user's programs may change what is written there. They could turn the same things on and off themselves.

use serde::{Deserialize, Serialize};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, PropMode};
use x11rb::wrapper::ConnectionExt as _;

use super::devices;
use super::display::{Asked, Display};
use super::vnc::{self, Setting};

/// The root window's property.
const PLACE: &str = "_USHER_TURNED_OFF";
/// The most that is read of it, in units of four bytes.
const MOST: u32 = 4 << 10;

/// What was turned off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Input devices.
    pub devices: Vec<u16>,
    /// Parameters of a VNC server, with the values that they had.
    pub clipboard: Vec<Setting>,
}

impl Kept {
    /// What is written down.
    pub fn read(x: &Display) -> Asked<Kept> {
        let place = x.atom(PLACE)?;
        let written = x.conn.get_property(false, x.root, place, AtomEnum::STRING, 0, MOST)?.reply()?.value;
        let mut kept: Kept = serde_json::from_slice(&written).unwrap_or_default();
        kept.devices.truncate(devices::MAX);
        kept.clipboard.retain(vnc::is_setting);
        kept.clipboard.truncate(vnc::PARAMETERS.len());
        Ok(kept)
    }

    /// Writes it down.
    pub fn write(&self, x: &Display) -> Asked {
        let place = x.atom(PLACE)?;
        let text = serde_json::to_vec(self).unwrap_or_default();
        x.conn.change_property8(PropMode::REPLACE, x.root, place, AtomEnum::STRING, &text)?;
        x.sync()
    }

    /// Nothing is to be written down any more.
    pub fn erase(x: &Display) -> Asked {
        x.conn.delete_property(x.root, x.atom(PLACE)?)?;
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        *self == Kept::default()
    }

    /// Adds what is not there yet. True if there was anything.
    pub fn add(&mut self, devices: &[u16], clipboard: &[Setting]) -> bool {
        let before = (self.devices.len(), self.clipboard.len());
        for device in devices {
            if !self.devices.contains(device) {
                self.devices.push(*device);
            }
        }
        for setting in clipboard {
            if !self.clipboard.iter().any(|(name, _)| *name == setting.0) {
                self.clipboard.push(setting.clone());
            }
        }
        before != (self.devices.len(), self.clipboard.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_first_is_kept() {
        let setting = |value: &str| ("SendCutText".to_owned(), value.to_owned());
        let mut kept = Kept::default();
        assert!(kept.is_empty() && kept.add(&[6], &[setting("on")]));
        assert!(!kept.add(&[6], &[setting("1")]) && kept.add(&[6, 7], &[]));
        assert_eq!((kept.devices, kept.clipboard), (vec![6, 7], vec![setting("on")]));
    }
}
