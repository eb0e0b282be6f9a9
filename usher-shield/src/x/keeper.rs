//! What holds on whatever a client does: a connection on which nothing is made.
//!
//! Any client may end another one's connection (`KillClient`, X Window System Protocol, chapter 9) by naming something that it
//! made. Grabs are nothing that could be named, and neither is the composite overlay, which is the server's own: so the input is held by a
//! connection that has nothing else, and it keeps the overlay of every screen mapped in the cover's colour. The windows with the
//! message are another connection's (`stage`). Where that is cut, and the user's clients leave no room for a new one, this
//! one covers alone.

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::composite::ConnectionExt as _;
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ClipOrdering, ConfigureWindowAux, ConnectionExt as _, EventMask, MapState, Rectangle,
    Screen, Window,
};

use super::curtain::if_there;
use super::devices::Devices;
use super::display::{Asked, Display};
use super::grabs::{self, GrabReplies, Grabs};
use super::palette;

/// A connection that cannot be cut, and what it holds.
pub struct Keeper {
    pub x: Display,
    grounds: Vec<Ground>,
    devices: Devices,
    pub grabs: Grabs,
    /// The overlays are ours to keep.
    pub shown: bool,
    /// They were seen to cover every screen, with nothing of others on them.
    pub covered: bool,
    /// The connection is over.
    pub gone: bool,
}

/// A screen's overlay.
#[derive(Debug, Default)]
struct Ground {
    root: Window,
    pixel: u32,
    overlay: Option<Window>,
    /// The one before is gone, and our use of it is not given back yet.
    lost: bool,
    /// What others had mapped in it, and is mapped again after.
    hidden: Vec<Window>,
    /// The shape that it had.
    shape: Option<Vec<Rectangle>>,
}

impl Keeper {
    pub fn new(x: Display) -> Asked<Self> {
        let screens = x.conn.setup().roots.iter();
        let ground =
            |screen: &Screen| Ground { root: screen.root, pixel: palette::ground(screen), ..Ground::default() };
        let grounds = screens.map(ground).collect();
        Devices::watch(&x)?;
        let (devices, grabs) = (Devices::default(), Grabs::default());
        Ok(Keeper { x, grounds, devices, grabs, shown: false, covered: false, gone: false })
    }

    /// Takes what the server says. True where the input or an overlay is to be looked at again.
    pub fn hear(&mut self) -> Asked<bool> {
        let mut touched = false;
        while let Some(event) = self.x.conn.poll_for_event()? {
            let overlay = |window| self.grounds.iter().any(|ground| ground.overlay == Some(window));
            touched |= match event {
                Event::XinputHierarchy(_) => self.shown,
                Event::UnmapNotify(e) => overlay(e.window),
                Event::MapNotify(e) => overlay(e.event) && !overlay(e.window),
                Event::ConfigureNotify(e) => overlay(e.window),
                Event::DestroyNotify(e) if overlay(e.window) => {
                    self.grounds.iter_mut().filter(|g| g.overlay == Some(e.window)).for_each(Ground::forget);
                    true
                }
                _ => false,
            };
        }
        Ok(touched && self.shown)
    }

    /// Covers every screen with its overlay, where the server has such.
    pub fn cover(&mut self) -> Asked {
        if !self.x.has.composite {
            return Ok(());
        }
        self.shown = true;
        for ground in &mut self.grounds {
            ground.cover(&self.x)?;
        }
        Ok(())
    }

    /// Whether the overlays cover every screen. Where `alone`, what others have in them is taken away meanwhile:
    /// no window of ours is above it.
    pub fn look(&mut self, alone: bool, ours: &[Window]) -> Asked {
        self.covered = self.shown;
        for ground in &mut self.grounds {
            self.covered &= ground.look(&self.x, alone, ours)?;
        }
        Ok(())
    }

    /// The connection is over, and so is all that it held.
    pub fn lose(&mut self) {
        (self.shown, self.covered, self.gone) = (false, false, true);
        self.grabs = Grabs::default();
    }

    /// The overlays that it keeps.
    pub fn overlays(&self) -> impl Iterator<Item = Window> {
        self.grounds.iter().filter_map(|ground| ground.overlay)
    }

    /// Asks for the core keyboard and pointer.
    pub fn ask(&self) -> Asked<GrabReplies<'_>> {
        // Without a cursor of its own the grab shows that of the window below the pointer: the cover's.
        Grabs::ask(&self.x, x11rb::NONE)
    }

    /// Takes the core keyboard and pointer, now.
    pub fn hold(&mut self) -> Asked {
        let core = self.ask()?.answer()?;
        self.grabs = Grabs { devices: self.grabs.devices, ..core };
        Ok(())
    }

    /// Takes every other device: where one is missed, the input is not held.
    pub fn hold_devices(&mut self) -> Asked {
        self.devices.hold(&self.x)?;
        self.grabs.devices = self.devices.missed == 0;
        Ok(())
    }

    /// Whether this device is held by itself.
    pub fn holds(&self, device: u16) -> bool {
        self.devices.has(device)
    }

    /// Takes the grabs from whoever holds them: a grab ends when its window is no longer viewable
    /// (X Window System Protocol, GrabPointer and GrabKeyboard), so every other window is unmapped
    /// and mapped again, under the cover and with the server held, until the grabs are ours.
    ///
    /// Pop-ups (override-redirect) first: they hold nearly all grabs, and nobody manages them.
    pub fn wrest(&mut self, ours: &[Window], managed: bool) -> Asked {
        for (candidate, unmanaged) in grabs::candidates(&self.x, ours, managed)? {
            self.x.conn.grab_server()?;
            self.x.conn.unmap_window(candidate)?;
            let held = self.hold().and_then(|()| self.hold_devices());
            self.map_again(candidate, unmanaged)?;
            self.x.conn.ungrab_server()?;
            self.x.flush()?;
            held?;
            if self.grabs.all() {
                break;
            }
        }
        Ok(())
    }

    /// Maps a window of others' again. For one without override-redirect a window manager would be asked (X Window System
    /// Protocol, MapWindow), and may leave its own frame as it is: it has it meanwhile.
    fn map_again(&self, window: Window, unmanaged: bool) -> Asked {
        let redirect = |on| ChangeWindowAttributesAux::new().override_redirect(u32::from(on));
        self.x.conn.change_window_attributes(window, &redirect(true))?;
        self.x.conn.map_window(window)?;
        self.x.conn.change_window_attributes(window, &redirect(unmanaged))?;
        Ok(())
    }

    /// Gives back all devices but the core ones: nothing is free yet.
    pub fn release_devices(&mut self) -> Asked {
        self.devices.release(&self.x)
    }

    /// Gives back everything.
    pub fn release(&mut self) -> Asked {
        self.devices.release(&self.x)?;
        for ground in &mut self.grounds {
            ground.uncover(&self.x)?;
        }
        Grabs::release(&self.x)?;
        (self.shown, self.covered, self.grabs) = (false, false, Grabs::default());
        self.x.sync()
    }
}

impl Ground {
    fn forget(&mut self) {
        (self.overlay, self.lost, self.hidden, self.shape) = (None, true, Vec::new(), None);
    }

    fn cover(&mut self, x: &Display) -> Asked {
        if std::mem::take(&mut self.lost) {
            x.conn.composite_release_overlay_window(self.root)?;
        }
        let overlay = match self.overlay {
            Some(overlay) => overlay,
            None => x.overlay(self.root)?,
        };
        if self.overlay.is_none() {
            let events = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::STRUCTURE_NOTIFY;
            x.conn.change_window_attributes(overlay, &ChangeWindowAttributesAux::new().event_mask(events))?;
        }
        self.overlay = Some(overlay);
        let look = ChangeWindowAttributesAux::new().background_pixel(self.pixel);
        x.conn.change_window_attributes(overlay, &look)?;
        let size = x.conn.get_geometry(self.root)?.reply()?;
        let place = ConfigureWindowAux::new().x(0).y(0).border_width(0);
        let place = place.width(u32::from(size.width)).height(u32::from(size.height));
        x.conn.configure_window(overlay, &place)?;
        x.conn.map_window(overlay)?;
        // It was mapped before it had a ground.
        x.conn.clear_area(false, overlay, 0, 0, 0, 0)?;
        Ok(())
    }

    /// Whether the overlay is mapped, whole and of the screen's size, with nothing of strangers in it.
    fn look(&mut self, x: &Display, alone: bool, ours: &[Window]) -> Asked<bool> {
        let Some(overlay) = self.overlay else { return Ok(false) };
        let (state, tree) = (x.conn.get_window_attributes(overlay)?, x.conn.query_tree(overlay)?);
        let (place, size) = (x.conn.get_geometry(overlay)?, x.conn.get_geometry(self.root)?);
        // One that is gone is made anew at the next cover.
        let (Some(state), Some(tree)) = (if_there(state.reply())?, if_there(tree.reply())?) else {
            self.forget();
            return Ok(false);
        };
        let (place, size) = (place.reply()?, size.reply()?);
        let whole = (place.x, place.y, place.width, place.height) == (0, 0, size.width, size.height);
        let shaped = self.unshape(x, overlay)?;
        let strangers: Vec<Window> = tree.children.into_iter().filter(|child| !ours.contains(child)).collect();
        let hidden = if alone { self.hide(x, &strangers)? } else { 0 };
        Ok(state.map_state == MapState::VIEWABLE && whole && !shaped && hidden == 0)
    }

    /// Takes windows from the overlay until the end of the lock: how many were to be seen.
    fn hide(&mut self, x: &Display, strangers: &[Window]) -> Asked<usize> {
        let asked =
            strangers.iter().map(|window| x.conn.get_window_attributes(*window)).collect::<Result<Vec<_>, _>>()?;
        let mut seen = 0;
        for (window, attributes) in strangers.iter().zip(asked) {
            if attributes.reply().is_ok_and(|a| a.map_state == MapState::VIEWABLE) {
                x.conn.unmap_window(*window)?;
                if !self.hidden.contains(window) {
                    self.hidden.push(*window);
                }
                seen += 1;
            }
        }
        Ok(seen)
    }

    /// Gives the overlay back its whole shape. True if it had another.
    fn unshape(&mut self, x: &Display, overlay: Window) -> Asked<bool> {
        if !x.has.shape || !x.conn.shape_query_extents(overlay)?.reply()?.bounding_shaped {
            return Ok(false);
        }
        if self.shape.is_none() {
            self.shape = Some(x.listed(x.conn.shape_get_rectangles(overlay, SK::BOUNDING)?, 8, 8)?.rectangles);
        }
        x.conn.shape_mask(SO::SET, SK::BOUNDING, overlay, 0, 0, x11rb::NONE)?;
        Ok(true)
    }

    fn uncover(&mut self, x: &Display) -> Asked {
        let Some(overlay) = self.overlay.take() else { return Ok(()) };
        for window in std::mem::take(&mut self.hidden) {
            x.conn.map_window(window)?;
        }
        if let Some(shape) = self.shape.take() {
            x.conn.shape_rectangles(SO::SET, SK::BOUNDING, ClipOrdering::UNSORTED, overlay, 0, 0, &shape)?;
        }
        let look = ChangeWindowAttributesAux::new().background_pixmap(x11rb::NONE).event_mask(EventMask::NO_EVENT);
        x.conn.change_window_attributes(overlay, &look)?;
        x.conn.composite_release_overlay_window(self.root)?;
        Ok(())
    }
}
