//! The curtains on the root and in the composite overlay, made, and made anew.

use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, EventMask, Window};

use super::Stage;
use crate::x::{Asked, Curtain, HUGE};

impl Stage {
    /// A compositor draws above all windows of the root, in the overlay; only what is in the overlay too is
    /// above what it draws (Composite extension 0.3, GetOverlayWindow). Its own ground is
    /// ours as well: what is redirected out of it leaves that.
    pub(super) fn cover_overlay(&mut self, hold: bool) -> Asked {
        let Some((window, curtain)) = &mut self.overlay else { return Ok(()) };
        let x = &self.x;
        if curtain.is_none() {
            let events = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::STRUCTURE_NOTIFY;
            let look = ChangeWindowAttributesAux::new().event_mask(events).background_pixel(self.cloth.pixel);
            x.conn.change_window_attributes(*window, &look)?;
            let mut new = Curtain::new(x, *window, self.size, self.cloth)?;
            new.hang(x, &self.panels)?;
            *curtain = Some(new);
        }
        let place = ConfigureWindowAux::new().x(0).y(0).border_width(0);
        let place = place.width(u32::from(self.size.0)).height(u32::from(self.size.1));
        x.conn.configure_window(*window, &place)?;
        x.conn.map_window(*window)?;
        let sibling = if hold { None } else { self.friends.get(1).copied() };
        if let Some(curtain) = curtain {
            curtain.show(x, self.size, sibling)?;
        }
        Ok(())
    }

    /// Makes anew what is no more where it was made.
    pub fn rebuild(&mut self) -> Asked {
        self.look().map(|_| ())
    }

    /// New windows for those that were destroyed or taken elsewhere.
    pub fn rebuild_root(&mut self) -> Asked {
        let mut new = Curtain::new(&self.x, self.x.root, self.size, self.cloth)?;
        new.reach = self.reach()?;
        new.show(&self.x, self.size, None)?;
        new.hang(&self.x, &self.panels)?;
        std::mem::replace(&mut self.root, new).drop(&self.x)
    }

    pub fn rebuild_overlay(&mut self) -> Asked {
        let Some((_, curtain)) = &mut self.overlay else { return Ok(()) };
        if let Some(old) = curtain.take() {
            old.drop(&self.x)?;
        }
        self.cover_overlay(true)
    }

    /// The curtains, ours in the overlay last.
    pub fn curtains(&self) -> impl Iterator<Item = &Curtain> {
        std::iter::once(&self.root).chain(self.overlay.iter().flat_map(|(_, curtain)| curtain))
    }

    /// The curtain that the user sees.
    pub fn top(&self) -> &Curtain {
        self.overlay.as_ref().and_then(|(_, curtain)| curtain.as_ref()).unwrap_or(&self.root)
    }

    /// The composite overlay, while we use it.
    pub fn overlay(&self) -> Option<Window> {
        self.overlay.as_ref().map(|(window, _)| *window)
    }

    /// Undoes what was done to our windows' look.
    pub fn mend(&self) -> Asked {
        for curtain in self.curtains() {
            curtain.mend(&self.x)?;
        }
        Ok(())
    }

    /// Destroys windows that somebody put into ours. True if there were any.
    pub fn sweep(&self) -> Asked<bool> {
        let mut found = false;
        for curtain in self.curtains() {
            found |= curtain.sweep(&self.x)?;
        }
        Ok(found)
    }

    /// How large the cover on the root is to be.
    pub(super) fn reach(&self) -> Asked<(u16, u16)> {
        let composed = self.x.conn.get_selection_owner(self.composes)?.reply()?.owner != x11rb::NONE;
        Ok(if composed { self.size } else { HUGE })
    }

    /// The other process's cover on this parent, below which ours belongs.
    pub(super) fn sibling(&self, parent: Window) -> Option<Window> {
        // Its covers come in the same order as ours.
        self.friends.get(usize::from(parent != self.x.root)).copied()
    }
}
