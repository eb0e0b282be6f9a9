//! One process's part of the display: its curtains, its grabs, and what the session is to be again.

use std::time::Duration;

use x11rb::connection::Connection as _;
use x11rb::protocol::composite::ConnectionExt as _;
use x11rb::protocol::randr::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{Atom, ChangeWindowAttributesAux, CloseDown, ConnectionExt as _, EventMask, Window};

use crate::x::{
    Asked, Banner, Before, Cloth, Curtain, Display, Grabs, Keeper, Kept, Keys, Monitor, Palette, Panel, Seen, Trouble,
    monitors,
};

mod leftovers;
mod outlets;
mod painting;
mod windows;

/// How long a server that works may take for an answer.
pub const PATIENCE: Duration = Duration::from_millis(300);
/// How long one may take that was silent for longer and speaks again: a program may hold it again and again, and let
/// one question through each time. usherd waits for 3 s.
const SLOW_PATIENCE: Duration = Duration::from_millis(2400);
/// The property on every cover.
const MARK: &str = "_USHER_COVER";
/// Who owns this selection composes the first screen (Extended Window Manager Hints 1.5, "Compositing Managers").
const COMPOSES: &str = "_NET_WM_CM_S0";

/// A process's windows on the display, and what it holds.
pub struct Stage {
    /// What covers and holds without any window of ours.
    pub keeper: Keeper,
    /// The connection that has the windows.
    pub x: Display,
    /// It was cut, and there is no other yet: nothing of the windows is ours any more.
    pub cut: bool,
    /// The server was silent, and has done nothing whole since.
    pub slow: bool,
    palette: Palette,
    cloth: Cloth,
    composes: Atom,
    pub size: (u16, u16),
    pub monitors: Vec<Monitor>,
    root: Curtain,
    /// Curtains of the display's other screens; the message is on the first alone.
    others: Vec<((u16, u16), Curtain)>,
    /// The composite overlay and our curtain in it, while covered.
    overlay: Option<(Window, Option<Curtain>)>,
    pub keys: Keys,
    pub before: Option<Before>,
    /// The user's programs stand still while it is covered, as usherd says.
    pub frozen: bool,
    /// What was turned off, and is on again after.
    pub kept: Kept,
    pub outlets: outlets::Outlets,
    /// The other process's covers: they may be above ours.
    pub friends: Vec<Window>,
    panels: Vec<Panel>,
    /// The announcement, below the covers.
    pub banner: Banner,
    /// Windows of ours were found destroyed or taken away, and made anew.
    pub rebuilt: bool,
    /// Covering began: windows may come to be seen though the server has answered nothing.
    pub begun: bool,
    /// The windows are to be seen.
    pub shown: bool,
    /// They were seen to be on top.
    pub covered: bool,
    /// Covers of processes that are gone, still on the screen.
    pub leftovers: Vec<Window>,
}

/// What a connection's windows are made of.
struct Props {
    palette: Palette,
    cloth: Cloth,
    composes: Atom,
    size: (u16, u16),
    monitors: Vec<Monitor>,
    root: Curtain,
    others: Vec<((u16, u16), Curtain)>,
    keys: Keys,
}

impl Props {
    fn make(x: &Display) -> Asked<Self> {
        x.patience(Duration::from_secs(2));
        let palette = Palette::new(x)?;
        let cloth = Cloth { pixel: palette.ground, cursor: blank_cursor(x)?, mark: x.atom(MARK)? };
        let composes = x.atom(COMPOSES)?;
        // Also what happens between these questions and the first lock is to be known.
        let events = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::STRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE;
        x.conn.change_window_attributes(x.root, &ChangeWindowAttributesAux::new().event_mask(events))?;
        if x.has.randr {
            let events = randr::NotifyMask::SCREEN_CHANGE | randr::NotifyMask::CRTC_CHANGE;
            x.conn.randr_select_input(x.root, events)?;
        }
        let (size, monitors) = monitors(x)?;
        let root = Curtain::new(x, x.root, size, cloth)?;
        let others = windows::others(x, cloth)?;
        let keys = Keys::new(x)?;
        Ok(Props { palette, cloth, composes, size, monitors, root, others, keys })
    }
}

impl Stage {
    /// Prepares everything; nothing is shown.
    pub fn new(x: Display, keeper: Keeper) -> Asked<Self> {
        let Props { palette, cloth, composes, size, monitors, root, others, keys } = Props::make(&x)?;
        let mut stage = Stage {
            keeper,
            x,
            cut: false,
            slow: false,
            palette,
            cloth,
            composes,
            size,
            monitors,
            root,
            others,
            overlay: None,
            keys,
            before: None,
            frozen: false,
            kept: Kept::default(),
            outlets: outlets::Outlets::default(),
            friends: Vec::new(),
            panels: Vec::new(),
            banner: Banner::default(),
            rebuilt: false,
            begun: false,
            shown: false,
            covered: false,
            leftovers: Vec::new(),
        };
        stage.keeper.x.patience(Duration::from_secs(2));
        stage.leftovers = stage.find_leftovers(true)?;
        stage.remember()?;
        stage.x.flush()?;
        Ok(stage)
    }

    /// The connection with the windows was cut. What was made by it may be left, still covering.
    pub fn lose(&mut self) {
        let left = self.windows();
        self.leftovers.extend(left);
        (self.cut, self.covered) = (true, self.keeper.covered);
    }

    /// Goes on by another connection. What is left of the one before goes when the new windows are there.
    pub fn renew(&mut self, x: Display) -> Asked {
        let Props { palette, cloth, composes, size, monitors, root, others, mut keys } = Props::make(&x)?;
        keys.original = std::mem::take(&mut self.keys.original);
        (self.x, self.cut, self.covered) = (x, false, false);
        (self.palette, self.cloth, self.composes, self.keys) = (palette, cloth, composes, keys);
        (self.size, self.monitors, self.root, self.others) = (size, monitors, root, others);
        (self.overlay, self.panels, self.banner) = (None, Vec::new(), Banner::default());
        let found = self.find_leftovers(true)?;
        self.leftovers.extend(found);
        self.x.flush()
    }

    /// Gives the server its time for what is asked from now on, on either connection.
    pub fn allow_time(&self) {
        let patience = if self.slow { SLOW_PATIENCE } else { PATIENCE };
        self.x.patience(patience);
        self.keeper.x.patience(patience);
    }

    /// Our covers, the topmost last.
    pub fn windows(&self) -> Vec<Window> {
        if self.cut {
            return Vec::new();
        }
        let overlay = self.overlay.iter().flat_map(|(_, curtain)| curtain).map(|curtain| curtain.cover);
        std::iter::once(self.root.cover).chain(overlay).collect()
    }

    /// Covers the screen and, where `hold`, takes keyboard and pointer; whatever of it is so already stays
    /// so. What came of it is in `covered` and `grabs`.
    ///
    /// The windows are mapped before the grabs are asked for, so that what is typed at the desktop is seen to stop.
    pub fn cover(&mut self, hold: bool) -> Asked {
        self.allow_time();
        // What is sent from here on may come to be shown long after nobody waits for it any more.
        self.begun = true;
        let before = if hold && self.before.is_none() { Some(Before::ask(&self.keeper.x)?) } else { None };
        if !self.cut {
            self.x.conn.set_close_down_mode(CloseDown::RETAIN_PERMANENT)?;
            self.root.reach = self.reach()?;
            let sibling = if hold { None } else { self.sibling(self.x.root) };
            self.root.show(&self.x, self.size, sibling)?;
            for (size, curtain) in &self.others {
                curtain.show(&self.x, *size, None)?;
            }
            self.x.flush()?;
        }
        let grabs = if hold { Some(self.keeper.ask()?) } else { None };
        let (before, grabs) = (before.map(|b| b.answer()).transpose()?, grabs.map(|g| g.answer()).transpose()?);
        self.before = before.or(self.before.take());
        if let Some(core) = grabs {
            self.keeper.grabs = Grabs { devices: self.keeper.grabs.devices, ..core };
        }
        self.shown = true;
        self.keeper.cover()?;
        self.cover_overlay(hold)?;
        if hold {
            // While they are attached: what the core keyboard's keys do is what theirs do.
            self.keys.tame(&self.keeper.x)?;
            self.keeper.hold_devices()?;
            if self.shut()? {
                self.keeper.hold_devices()?;
            }
        }
        self.covered = self.look()?;
        self.slow = false;
        Ok(())
    }

    /// Whether the display is covered, as the server tells it.
    pub fn look(&mut self) -> Asked<bool> {
        self.allow_time();
        let ours = self.ours();
        self.keeper.look(self.cut, &ours)?;
        if self.cut {
            return Ok(self.keeper.covered);
        }
        let root = self.root.look(&self.x, &ours, self.size)?;
        let overlay = match &self.overlay {
            Some((_, Some(curtain))) => Some(curtain.look(&self.x, &ours, self.size)?),
            _ => None,
        };
        let others = self.look_at_others(&ours)?;
        self.rebuilt |= root == Seen::Lost || overlay == Some(Seen::Lost);
        if root == Seen::Lost {
            self.rebuild_root()?;
        }
        if overlay == Some(Seen::Lost) {
            self.rebuild_overlay()?;
        }
        Ok(others && overlay.unwrap_or(root) == Seen::OnTop)
    }

    /// Every window that may be above ours.
    fn ours(&self) -> Vec<Window> {
        let mut ours: Vec<Window> = self.friends.iter().copied().chain(self.windows()).collect();
        ours.extend(self.overlay().iter().chain(&self.leftovers));
        ours
    }

    /// Takes keyboard and pointer, now.
    pub fn hold(&mut self) -> Asked {
        self.allow_time();
        self.keeper.hold()
    }

    /// Takes the grabs from whoever holds them, if that is possible.
    pub fn wrest(&mut self, managed: bool) -> Asked {
        self.allow_time();
        let ours = self.ours();
        self.keeper.wrest(&ours, managed)
    }

    /// Reads the screen's size and monitors anew. True if they changed.
    pub fn measure(&mut self) -> Asked<bool> {
        self.allow_time();
        let others = self.measure_others()?;
        let (size, monitors) = monitors(&self.x)?;
        let changed = others || (size, &monitors) != (self.size, &self.monitors);
        (self.size, self.monitors) = (size, monitors);
        Ok(changed)
    }

    /// Takes everything of ours from the screen and gives back what was held; `restore` where this
    /// process is the one that knows how it was.
    pub fn uncover(&mut self, restore: bool) -> Asked {
        self.allow_time();
        self.kill_leftovers()?;
        self.leftovers.clear();
        if restore {
            self.reopen()?;
        }
        self.kept = Kept::default();
        let before = self.before.take();
        // Back at their masters before these get back what they were: it is theirs then too.
        self.keeper.release_devices()?;
        if restore {
            self.keys.restore(&self.keeper.x)?;
            if let Some(before) = before {
                before.restore(&self.keeper.x)?;
            }
        }
        self.keys.original.clear();
        if !self.cut {
            self.strike()?;
        }
        self.keeper.release()?;
        (self.begun, self.shown, self.covered, self.slow) = (false, false, false, false);
        Ok(())
    }

    /// Takes our windows from the screen.
    fn strike(&mut self) -> Asked {
        if let Some((window, curtain)) = self.overlay.take() {
            curtain.map(|curtain| curtain.drop(&self.x)).transpose()?;
            let look = ChangeWindowAttributesAux::new().event_mask(EventMask::NO_EVENT);
            self.x.conn.change_window_attributes(window, &look)?;
            self.x.conn.composite_release_overlay_window(self.x.root)?;
        }
        self.root.hide(&self.x)?;
        for (_, curtain) in &mut self.others {
            curtain.hide(&self.x)?;
        }
        let panels = std::mem::take(&mut self.panels);
        self.free(&panels)?;
        self.x.conn.set_close_down_mode(CloseDown::DESTROY_ALL)?;
        self.x.sync()
    }
}

/// A cursor that shows nothing: a moving arrow on a locked screen looks as if something could be clicked.
fn blank_cursor(x: &Display) -> Result<u32, Trouble> {
    let (pixmap, cursor) = (x.conn.generate_id()?, x.conn.generate_id()?);
    x.conn.create_pixmap(1, pixmap, x.root, 1, 1)?;
    // A new pixmap's contents are undefined.
    let gc = x.conn.generate_id()?;
    x.conn.create_gc(gc, pixmap, &x11rb::protocol::xproto::CreateGCAux::new().foreground(0))?;
    let all = x11rb::protocol::xproto::Rectangle { x: 0, y: 0, width: 1, height: 1 };
    x.conn.poly_fill_rectangle(pixmap, gc, &[all])?;
    x.conn.create_cursor(cursor, pixmap, pixmap, 0, 0, 0, 0, 0, 0, 0, 0)?;
    x.conn.free_pixmap(pixmap)?;
    x.conn.free_gc(gc)?;
    Ok(cursor)
}
