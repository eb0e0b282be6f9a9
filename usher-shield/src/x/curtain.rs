//! The windows that cover: one larger than any screen, in it a sheet of the screen's size, and in that
//! the panels with the message.
//!
//! The cover takes 32767 × 32767 pixels, the most there is (X Window System Protocol, chapter 1:
//! coordinates are signed 16 bits), so that a screen that grows (RANDR) uncovers nothing. Its
//! visibility says little: a window that reaches beyond the screen always counts as obscured in part.
//! That of the sheet tells when anything is above.
//!
//! A compositing manager has every window of the root kept as a picture of its own, and one of that size takes 4 GiB of the
//! server's memory: there the cover on the root has the screen's size. The one in the overlay is kept by nobody.

use std::cell::RefCell;
use std::collections::VecDeque;

use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::damage::{self, ConnectionExt as _};
use x11rb::protocol::shape::{self, ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConfigureNotifyEvent, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux,
    EventMask, MapState, Pixmap, PropMode, StackMode, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::display::{Asked, Display};

/// How many of our own paintings are remembered until the server told of them.
const REMEMBERED: usize = 32;
/// The largest window there is.
pub const HUGE: (u16, u16) = (32767, 32767);

/// A part of the picture, and where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panel {
    pub x: i16,
    pub y: i16,
    pub width: u16,
    pub height: u16,
    /// The pixels, kept by the server.
    pub pixmap: Pixmap,
}

/// How the windows look, and what they are marked with.
#[derive(Debug, Clone, Copy)]
pub struct Cloth {
    pub pixel: u32,
    pub cursor: u32,
    /// The property by which a later shield knows what is left of this one.
    pub mark: u32,
}

/// Windows that cover one parent: the root, or the composite overlay.
#[derive(Debug)]
pub struct Curtain {
    pub parent: Window,
    pub cover: Window,
    pub sheet: Window,
    /// The cover's size.
    pub reach: (u16, u16),
    damage: Option<u32>,
    /// Our own requests that paint: what the server tells of drawing because of them is nobody else's.
    own: RefCell<VecDeque<(u64, u64)>>,
    panels: Vec<(Window, Panel)>,
    cloth: Cloth,
}

impl Curtain {
    /// Makes the windows; nothing is shown yet.
    pub fn new(x: &Display, parent: Window, size: (u16, u16), cloth: Cloth) -> Asked<Self> {
        let (cover, sheet) = (x.conn.generate_id()?, x.conn.generate_id()?);
        let look = CreateWindowAux::new().background_pixel(cloth.pixel).border_pixel(cloth.pixel).cursor(cloth.cursor);
        let events = EventMask::STRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_NOTIFY | EventMask::VISIBILITY_CHANGE;
        let look = look.override_redirect(1).event_mask(events);
        let make = |window, parent, width, height| {
            x.conn.create_window(0, window, parent, 0, 0, width, height, 0, WindowClass::INPUT_OUTPUT, 0, &look)
        };
        make(cover, parent, HUGE.0, HUGE.1)?;
        make(sheet, cover, size.0, size.1)?;
        let me = [std::process::id()];
        x.conn.change_property32(PropMode::REPLACE, cover, cloth.mark, AtomEnum::CARDINAL, &me)?;
        let mut curtain = Curtain {
            parent,
            cover,
            sheet,
            reach: HUGE,
            damage: None,
            own: RefCell::default(),
            panels: Vec::new(),
            cloth,
        };
        curtain.watch(x)?;
        x.conn.map_window(sheet)?;
        Ok(curtain)
    }

    /// Another one in its place.
    pub fn anew(&self, x: &Display, size: (u16, u16)) -> Asked<Self> {
        Curtain::new(x, self.parent, size, self.cloth)
    }

    /// Any client may shape our windows or draw into them: the server is to tell.
    fn watch(&mut self, x: &Display) -> Asked {
        if x.has.shape {
            x.conn.shape_select_input(self.cover, true)?;
            x.conn.shape_select_input(self.sheet, true)?;
        }
        if x.has.damage {
            let damage = x.conn.generate_id()?;
            x.conn.damage_create(damage, self.sheet, damage::ReportLevel::NON_EMPTY)?;
            self.damage = Some(damage);
        }
        Ok(())
    }

    /// Whether the window is one of these.
    pub fn owns(&self, window: Window) -> bool {
        window == self.cover || window == self.sheet || self.panels.iter().any(|(panel, _)| *panel == window)
    }

    /// Whether the event says that a panel is elsewhere than where it was put.
    pub fn misplaced(&self, e: &ConfigureNotifyEvent) -> bool {
        self.panels.iter().any(|(window, panel)| {
            *window == e.window
                && (e.x, e.y, e.width, e.height, e.border_width) != (panel.x, panel.y, panel.width, panel.height, 0)
        })
    }

    /// Whether this tells of drawing into these windows by somebody else. `sequence` is that of the
    /// last of our requests that the server had seen.
    pub fn is_damage(&self, damage: u32, sequence: u64) -> bool {
        // The last ended our grab: what came after it was another's.
        let own = || self.own.borrow().iter().any(|(first, last)| (*first..*last).contains(&sequence));
        self.damage == Some(damage) && !own()
    }

    /// Does what paints our windows, with the server held: nobody else draws meanwhile, so that
    /// all that was drawn by then may be forgotten.
    fn quietly(&self, x: &Display, paint: impl FnOnce() -> Asked) -> Asked {
        let first = x.conn.grab_server()?.sequence_number();
        let painted = paint();
        if let Some(damage) = self.damage {
            x.conn.damage_subtract(damage, x11rb::NONE, x11rb::NONE)?;
        }
        let last = x.conn.ungrab_server()?.sequence_number();
        // A grab of which a part is sent alone would keep our own other connection waiting.
        x.flush()?;
        let mut own = self.own.borrow_mut();
        own.push_back((first, last));
        if own.len() > REMEMBERED {
            own.pop_front();
        }
        painted
    }

    /// Shows the windows above everything, whole and in place, whatever somebody did to them.
    /// Below `sibling` where there is one: the other process's.
    pub fn show(&self, x: &Display, size: (u16, u16), sibling: Option<Window>) -> Asked {
        self.quietly(x, || self.raise(x, size, sibling))
    }

    fn raise(&self, x: &Display, size: (u16, u16), sibling: Option<Window>) -> Asked {
        let place = ConfigureWindowAux::new().x(0).y(0).border_width(0);
        let cover = place.width(u32::from(self.reach.0)).height(u32::from(self.reach.1));
        let cover = match sibling {
            Some(sibling) => cover.sibling(sibling).stack_mode(StackMode::BELOW),
            None => cover.stack_mode(StackMode::ABOVE),
        };
        x.conn.configure_window(self.cover, &cover)?;
        x.conn.map_window(self.sheet)?;
        let sheet = place.width(u32::from(size.0)).height(u32::from(size.1));
        x.conn.configure_window(self.sheet, &sheet.stack_mode(StackMode::ABOVE))?;
        x.conn.map_window(self.cover)?;
        Ok(())
    }

    /// Undoes shapes and foreign backgrounds.
    pub fn mend(&self, x: &Display) -> Asked {
        self.quietly(x, || self.mend_loudly(x).and_then(|()| self.clear(x)))
    }

    fn mend_loudly(&self, x: &Display) -> Asked {
        let look = ChangeWindowAttributesAux::new().background_pixel(self.cloth.pixel).cursor(self.cloth.cursor);
        for window in [self.cover, self.sheet] {
            x.conn.change_window_attributes(window, &look)?;
            if x.has.shape {
                for kind in [SK::BOUNDING, SK::CLIP, SK::INPUT] {
                    x.conn.shape_mask(SO::SET, kind, window, 0, 0, x11rb::NONE)?;
                }
            }
        }
        for (window, panel) in &self.panels {
            let look = ChangeWindowAttributesAux::new().background_pixmap(panel.pixmap).cursor(self.cloth.cursor);
            x.conn.change_window_attributes(*window, &look)?;
            self.place(x, *window, panel)?;
        }
        Ok(())
    }

    /// Destroys windows that somebody put into ours. True if there were any.
    pub fn sweep(&self, x: &Display) -> Asked<bool> {
        let panels = self.panels.iter().map(|(window, _)| *window);
        let mut found = false;
        for window in [self.cover, self.sheet].into_iter().chain(panels) {
            // One that is gone has nothing in it.
            let Ok(tree) = x.conn.query_tree(window)?.reply() else { continue };
            for stranger in tree.children.into_iter().filter(|child| !self.owns(*child)) {
                x.conn.destroy_window(stranger)?;
                found = true;
            }
        }
        Ok(found)
    }

    fn clear(&self, x: &Display) -> Asked {
        x.conn.clear_area(false, self.sheet, 0, 0, 0, 0)?;
        for (window, _) in &self.panels {
            x.conn.clear_area(false, *window, 0, 0, 0, 0)?;
        }
        Ok(())
    }

    /// Shows these panels instead of those before.
    pub fn hang(&mut self, x: &Display, panels: &[Panel]) -> Asked {
        let ids = panels.iter().map(|_| x.conn.generate_id()).collect::<Result<Vec<_>, _>>()?;
        let new = ids.into_iter().zip(panels.iter().copied()).collect();
        let old = std::mem::replace(&mut self.panels, new);
        self.quietly(x, || {
            self.panels.iter().try_for_each(|(window, panel)| self.make_panel(x, *window, panel))?;
            for (window, _) in old {
                x.conn.destroy_window(window)?;
            }
            self.clear(x)
        })
    }

    fn make_panel(&self, x: &Display, window: Window, panel: &Panel) -> Asked {
        let look = CreateWindowAux::new().background_pixmap(panel.pixmap).cursor(self.cloth.cursor);
        let events = EventMask::STRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_NOTIFY;
        let look = look.event_mask(events).override_redirect(1);
        let (width, height, class) = (panel.width, panel.height, WindowClass::INPUT_OUTPUT);
        x.conn.create_window(0, window, self.sheet, panel.x, panel.y, width, height, 0, class, 0, &look)?;
        self.place(x, window, panel)
    }

    fn place(&self, x: &Display, window: Window, panel: &Panel) -> Asked {
        let place = ConfigureWindowAux::new().x(i32::from(panel.x)).y(i32::from(panel.y)).border_width(0);
        let place = place.width(u32::from(panel.width)).height(u32::from(panel.height)).stack_mode(StackMode::ABOVE);
        x.conn.configure_window(window, &place)?;
        if x.has.shape {
            for kind in [SK::BOUNDING, SK::CLIP] {
                x.conn.shape_mask(SO::SET, kind, window, 0, 0, x11rb::NONE)?;
            }
        }
        x.conn.map_window(window)?;
        Ok(())
    }

    /// Takes the windows from the screen and keeps them for the next lock.
    pub fn hide(&mut self, x: &Display) -> Asked {
        x.conn.unmap_window(self.cover)?;
        for (window, _) in std::mem::take(&mut self.panels) {
            x.conn.destroy_window(window)?;
        }
        Ok(())
    }

    /// Destroys the windows.
    pub fn drop(self, x: &Display) -> Asked {
        if let Some(damage) = self.damage {
            x.conn.damage_destroy(damage)?;
        }
        x.conn.destroy_window(self.cover)?;
        // Somebody may have put it elsewhere.
        x.conn.destroy_window(self.sheet)?;
        Ok(())
    }

    /// Asks the server how the windows are.
    pub fn look(&self, x: &Display, friends: &[Window], size: (u16, u16)) -> Asked<Seen> {
        let tree = x.conn.query_tree(self.parent)?;
        let parent = x.conn.get_window_attributes(self.parent)?;
        let attributes = [x.conn.get_window_attributes(self.cover)?, x.conn.get_window_attributes(self.sheet)?];
        let cover = x.conn.get_geometry(self.cover)?;
        let sheet = x.conn.get_geometry(self.sheet)?;
        let shapes = if x.has.shape {
            vec![x.conn.shape_query_extents(self.cover)?, x.conn.shape_query_extents(self.sheet)?]
        } else {
            Vec::new()
        };
        // The overlay can be destroyed as any window can.
        let (Some(tree), Some(parent)) = (if_there(tree.reply())?, if_there(parent.reply())?) else {
            return Ok(Seen::Lost);
        };
        let mut viewable = parent.map_state == MapState::VIEWABLE;
        let Some(place) = tree.children.iter().position(|child| *child == self.cover) else { return Ok(Seen::Lost) };
        for attributes in attributes {
            viewable &= attributes.reply()?.map_state == MapState::VIEWABLE;
        }
        let (cover, sheet) = (cover.reply()?, sheet.reply()?);
        let whole = (cover.x, cover.y, cover.width, cover.height, cover.border_width)
            == (0, 0, self.reach.0, self.reach.1, 0)
            && (sheet.x, sheet.y, sheet.width, sheet.height, sheet.border_width) == (0, 0, size.0, size.1, 0);
        let mut shaped = false;
        for shape in shapes {
            let shape: shape::QueryExtentsReply = shape.reply()?;
            shaped |= shape.bounding_shaped || shape.clip_shaped;
        }
        if !viewable || !whole || shaped {
            return Ok(Seen::Broken);
        }
        let above = tree.children[place + 1..].iter().filter(|window| !friends.contains(window));
        let asked = above.map(|window| x.conn.get_window_attributes(*window)).collect::<Result<Vec<_>, _>>()?;
        // A window that is gone meanwhile covers nothing.
        let obscured = asked.into_iter().any(|a| a.reply().is_ok_and(|a| a.map_state == MapState::VIEWABLE));
        Ok(if obscured { Seen::Below } else { Seen::OnTop })
    }
}

/// The answer, or none where there is no such window. A server that does not answer at all is trouble.
pub fn if_there<R>(answer: Result<R, ReplyError>) -> Asked<Option<R>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How a curtain was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Viewable, whole, and above all strangers.
    OnTop,
    /// A stranger's window is above it.
    Below,
    /// Unmapped, moved, shaped, or its parent is.
    Broken,
    /// Destroyed, or taken elsewhere.
    Lost,
}
