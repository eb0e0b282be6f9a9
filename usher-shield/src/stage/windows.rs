//! The curtains on the root and in the composite overlay, made, and made anew.

use x11rb::connection::Connection as _;
use x11rb::protocol::composite::ConnectionExt as _;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, EventMask, Screen, Window,
};

use super::Stage;
use crate::x::{Asked, Cloth, Curtain, Display, HUGE, Seen, ground};

/// Curtains of all screens but the first.
pub(super) fn others(x: &Display, cloth: Cloth) -> Asked<Vec<((u16, u16), Curtain)>> {
    let curtain = |screen: &Screen| {
        let events = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::STRUCTURE_NOTIFY;
        x.conn.change_window_attributes(screen.root, &ChangeWindowAttributesAux::new().event_mask(events))?;
        let size = (screen.width_in_pixels, screen.height_in_pixels);
        let mut curtain = Curtain::new(x, screen.root, size, Cloth { pixel: ground(screen), ..cloth })?;
        curtain.reach = size;
        Ok((size, curtain))
    };
    x.conn.setup().roots.iter().skip(1).map(curtain).collect()
}

impl Stage {
    /// Whether the other screens are covered; curtains that are gone are made anew.
    pub(super) fn look_at_others(&mut self, ours: &[Window]) -> Asked<bool> {
        let mut covered = true;
        for (size, curtain) in &mut self.others {
            let seen = curtain.look(&self.x, ours, *size)?;
            covered &= seen == Seen::OnTop;
            if seen == Seen::Lost {
                let mut new = curtain.anew(&self.x, *size)?;
                new.reach = *size;
                new.show(&self.x, *size, None)?;
                std::mem::replace(curtain, new).drop(&self.x)?;
            }
        }
        Ok(covered)
    }

    /// Reads the other screens' sizes anew. True if any changed.
    pub(super) fn measure_others(&mut self) -> Asked<bool> {
        let mut changed = false;
        for (size, curtain) in &mut self.others {
            let now = self.x.conn.get_geometry(curtain.parent)?.reply()?;
            changed |= (now.width, now.height) != *size;
            *size = (now.width, now.height);
            curtain.reach = *size;
        }
        Ok(changed)
    }

    /// A compositor draws above all windows of the root, in the overlay; only what is in the overlay too is
    /// above what it draws (Composite extension 0.3, GetOverlayWindow). Its own ground is
    /// ours as well: what is redirected out of it leaves that.
    pub(super) fn cover_overlay(&mut self, hold: bool) -> Asked {
        if self.cut || !self.x.has.composite {
            return Ok(());
        }
        let x = &self.x;
        if self.overlay.is_none() {
            self.overlay = Some((x.overlay(x.root)?, None));
        }
        let Some((window, curtain)) = &mut self.overlay else { return Ok(()) };
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
        // The overlay itself may be another one now.
        if let Some((_, Some(old))) = self.overlay.take() {
            old.drop(&self.x)?;
        }
        self.x.conn.composite_release_overlay_window(self.x.root)?;
        self.keeper.cover()?;
        self.cover_overlay(true)
    }

    /// The curtains, ours in the overlay last.
    pub fn curtains(&self) -> impl Iterator<Item = &Curtain> {
        self.sized().map(|(curtain, _)| curtain)
    }

    /// The curtain that the user sees.
    pub fn top(&self) -> &Curtain {
        self.overlay.as_ref().and_then(|(_, curtain)| curtain.as_ref()).unwrap_or(&self.root)
    }

    /// The composite overlay, while we use it.
    pub fn overlay(&self) -> Option<Window> {
        self.overlay.as_ref().map(|(window, _)| *window)
    }

    /// The curtains, each with its screen's size.
    pub fn sized(&self) -> impl Iterator<Item = (&Curtain, (u16, u16))> {
        let others = self.others.iter().map(|(size, curtain)| (curtain, *size));
        let overlay = self.overlay.iter().flat_map(|(_, curtain)| curtain).map(|curtain| (curtain, self.size));
        std::iter::once((&self.root, self.size)).chain(others).chain(overlay)
    }

    /// Whether this is the root of any screen.
    pub fn is_root(&self, window: Window) -> bool {
        window == self.x.root || self.others.iter().any(|(_, curtain)| curtain.parent == window)
    }

    /// Whether this is the overlay of any screen.
    pub fn is_overlay(&self, window: Window) -> bool {
        self.overlay() == Some(window) || self.keeper.overlays().any(|overlay| overlay == window)
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
