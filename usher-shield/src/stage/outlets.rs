//! What leads into a locked session and out of it beside the screen and what grabs hold: a VNC server's clipboard, and under
//! `--freeze` the devices themselves, from which raw input comes whoever holds them (X Input Extension 2.1).

use super::Stage;
use crate::x::{Asked, Kept, devices, vnc};

/// What is still open although it was turned off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outlets {
    pub clipboard: bool,
    pub devices: bool,
    /// Somebody had turned something on again.
    pub reopened: bool,
}

impl Stage {
    /// Turns off what is on, and notes what was. To be called while all devices are held: what goes off lets go of its keys,
    /// and must be nobody else's. True where devices came back that are to be held.
    pub(super) fn shut(&mut self) -> Asked<bool> {
        let x = &self.keeper.x;
        let clipboard = vnc::open(x)?;
        let mut devices = if self.frozen { devices::that_speak(x)? } else { Vec::new() };
        devices.retain(|device| self.keeper.holds(*device));
        let nothing = clipboard.is_empty() && devices.is_empty();
        let known = !self.kept.add(&devices, &clipboard);
        if !known {
            self.kept.write(x)?;
        }
        vnc::close(x, &clipboard)?;
        devices::turn(x, &devices, false)?;
        self.outlets = if nothing {
            Outlets::default()
        } else {
            let clipboard = !vnc::open(x)?.is_empty();
            let devices = self.frozen && !devices::that_speak(x)?.is_empty();
            Outlets { clipboard, devices, reopened: known && !clipboard && !devices }
        };
        let back = !self.frozen && !self.kept.devices.is_empty();
        if back {
            self.give_back_devices()?;
        }
        Ok(back)
    }

    fn give_back_devices(&mut self) -> Asked {
        devices::turn(&self.keeper.x, &self.kept.devices, true)?;
        self.kept.devices.clear();
        self.kept.write(&self.keeper.x)
    }

    /// Turns everything on again that was turned off.
    pub(super) fn reopen(&mut self) -> Asked {
        if !self.kept.is_empty() {
            devices::turn(&self.keeper.x, &self.kept.devices, true)?;
            vnc::give_back(&self.keeper.x, &self.kept.clipboard)?;
            Kept::erase(&self.keeper.x)?;
        }
        (self.kept, self.outlets) = (Kept::default(), Outlets::default());
        Ok(())
    }

    /// Adds what is written down at the server: the process that had turned it off may have told nobody.
    pub fn remember(&mut self) -> Asked {
        let written = Kept::read(&self.keeper.x)?;
        self.kept.add(&written.devices, &written.clipboard);
        Ok(())
    }
}
