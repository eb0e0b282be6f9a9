//! One process's part of the display: its curtains, its grabs, and what the session is to be again.

use std::time::Duration;

use usher_core::wire::shield::Arming;
use x11rb::connection::Connection as _;
use x11rb::protocol::composite::ConnectionExt as _;
use x11rb::protocol::randr::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{Atom, ChangeWindowAttributesAux, CloseDown, ConnectionExt as _, EventMask, Window};

use crate::x::{
    Asked, Banner, Before, Cloth, Curtain, Display, Grabs, Keys, Monitor, NoDisplay, Palette, Panel, Seen, Trouble,
    monitors,
};

mod leftovers;
mod painting;
mod windows;

/// How long a server that works may take for an answer.
pub const PATIENCE: Duration = Duration::from_millis(300);
/// The property on every cover.
const MARK: &str = "_USHER_COVER";
/// Who owns this selection composes the first screen (Extended Window Manager Hints 1.5, "Compositing Managers").
const COMPOSES: &str = "_NET_WM_CM_S0";

/// A process's windows on the display, and what it holds.
pub struct Stage {
    pub x: Display,
    palette: Palette,
    cloth: Cloth,
    composes: Atom,
    pub size: (u16, u16),
    pub monitors: Vec<Monitor>,
    root: Curtain,
    /// The composite overlay and our curtain in it, while covered.
    overlay: Option<(Window, Option<Curtain>)>,
    pub keys: Keys,
    pub before: Option<Before>,
    pub grabs: Grabs,
    /// The other process's covers: they may be above ours.
    pub friends: Vec<Window>,
    panels: Vec<Panel>,
    /// The announcement, below the covers.
    pub banner: Banner,
    /// The windows are to be seen.
    pub shown: bool,
    /// They were seen to be on top.
    pub covered: bool,
    /// Covers of processes that are gone, still on the screen.
    pub leftovers: Vec<Window>,
}

impl Stage {
    /// Connects to the display and prepares everything; nothing is shown.
    pub fn open(arming: &Arming) -> Result<Self, NoDisplay> {
        let x = Display::connect(arming)?;
        Stage::prepare(x).map_err(|trouble| NoDisplay::Later(format!("{trouble:?}")))
    }

    fn prepare(x: Display) -> Asked<Self> {
        x.patience(Duration::from_secs(2));
        let palette = Palette::new(&x)?;
        let cloth = Cloth { pixel: palette.ground, cursor: blank_cursor(&x)?, mark: x.atom(MARK)? };
        let composes = x.atom(COMPOSES)?;
        // Also what happens between these questions and the first lock is to be known.
        let events = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::STRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE;
        x.conn.change_window_attributes(x.root, &ChangeWindowAttributesAux::new().event_mask(events))?;
        if x.has.randr {
            let events = randr::NotifyMask::SCREEN_CHANGE | randr::NotifyMask::CRTC_CHANGE;
            x.conn.randr_select_input(x.root, events)?;
        }
        let (size, monitors) = monitors(&x)?;
        let root = Curtain::new(&x, x.root, size, cloth)?;
        let keys = Keys::new(&x)?;
        let mut stage = Stage {
            x,
            palette,
            cloth,
            composes,
            size,
            monitors,
            root,
            overlay: None,
            keys,
            before: None,
            grabs: Grabs::default(),
            friends: Vec::new(),
            panels: Vec::new(),
            banner: Banner::default(),
            shown: false,
            covered: false,
            leftovers: Vec::new(),
        };
        stage.leftovers = stage.find_leftovers(true)?;
        stage.x.flush()?;
        Ok(stage)
    }

    /// Our covers, the topmost last.
    pub fn windows(&self) -> Vec<Window> {
        let overlay = self.overlay.iter().flat_map(|(_, curtain)| curtain).map(|curtain| curtain.cover);
        std::iter::once(self.root.cover).chain(overlay).collect()
    }

    /// Covers the screen and, where `hold`, takes keyboard and pointer; whatever of it is so already stays
    /// so. What came of it is in `covered` and `grabs`.
    ///
    /// One flush maps the windows and takes the grabs, in this order, so that the answer to the
    /// grabs says that the windows are there too.
    pub fn cover(&mut self, hold: bool) -> Asked {
        self.x.patience(PATIENCE);
        let before = if hold && self.before.is_none() { Some(Before::ask(&self.x)?) } else { None };
        self.x.conn.set_close_down_mode(CloseDown::RETAIN_PERMANENT)?;
        self.root.reach = self.reach()?;
        let sibling = |parent| if hold { None } else { self.sibling(parent) };
        self.root.show(&self.x, self.size, sibling(self.x.root))?;
        let grabs = if hold { Some(Grabs::ask(&self.x, self.cloth.cursor)?) } else { None };
        let overlay = match &self.overlay {
            None if self.x.has.composite => Some(self.x.conn.composite_get_overlay_window(self.x.root)?),
            _ => None,
        };
        let (before, grabs) = (before.map(|b| b.answer()).transpose()?, grabs.map(|g| g.answer()).transpose()?);
        let overlay = overlay.map(|o| o.reply()).transpose()?;
        self.before = before.or(self.before.take());
        self.grabs = grabs.unwrap_or(self.grabs);
        self.shown = true;
        if let Some(overlay) = overlay {
            self.overlay = Some((overlay.overlay_win, None));
        }
        if hold {
            self.keys.tame(&self.x)?;
        }
        self.cover_overlay(hold)?;
        self.covered = self.look()?;
        Ok(())
    }

    /// Whether the screen is covered, as the server tells it.
    pub fn look(&mut self) -> Asked<bool> {
        self.x.patience(PATIENCE);
        let overlay_window = self.overlay.as_ref().map(|(window, _)| *window);
        let mut friends: Vec<Window> = self.friends.iter().copied().chain(self.windows()).collect();
        friends.extend(overlay_window);
        friends.extend(&self.leftovers);
        let root = self.root.look(&self.x, &friends, self.size)?;
        let overlay = match &self.overlay {
            Some((_, Some(curtain))) => Some(curtain.look(&self.x, &friends, self.size)?),
            _ => None,
        };
        if root == Seen::Lost {
            self.rebuild_root()?;
        }
        if overlay == Some(Seen::Lost) {
            self.rebuild_overlay()?;
        }
        Ok(match overlay {
            Some(overlay) => overlay == Seen::OnTop,
            None => root == Seen::OnTop,
        })
    }

    /// Takes keyboard and pointer, now.
    pub fn hold(&mut self) -> Asked {
        self.grabs = Grabs::ask(&self.x, self.cloth.cursor)?.answer()?;
        Ok(())
    }

    /// Goes on where a process's cut connection left off: `windows` may be left on the screen.
    pub fn adopt(&mut self, old: &mut Stage, windows: Vec<Window>) {
        self.before = old.before.take();
        self.keys.original = old.keys.original.take();
        self.friends = std::mem::take(&mut old.friends);
        self.leftovers.extend(std::mem::take(&mut old.leftovers));
        // One is enough: a client is killed by any of its windows.
        self.leftovers.extend(windows.first());
    }

    /// Takes the grabs from whoever holds them, if that is possible.
    pub fn wrest(&mut self, managed: bool) -> Asked {
        self.x.patience(PATIENCE);
        let mut ours: Vec<Window> = self.friends.iter().copied().chain(self.windows()).collect();
        ours.extend(self.overlay().iter().chain(&self.leftovers));
        self.grabs = Grabs::wrest(&self.x, &ours, self.cloth.cursor, managed)?;
        Ok(())
    }

    /// Reads the screen's size and monitors anew. True if they changed.
    pub fn measure(&mut self) -> Asked<bool> {
        self.x.patience(PATIENCE);
        let (size, monitors) = monitors(&self.x)?;
        let changed = (size, &monitors) != (self.size, &self.monitors);
        (self.size, self.monitors) = (size, monitors);
        Ok(changed)
    }

    /// Takes everything of ours from the screen and gives back what was held; `restore` where this
    /// process is the one that knows how it was.
    pub fn uncover(&mut self, restore: bool) -> Asked {
        self.x.patience(PATIENCE);
        self.kill_leftovers()?;
        self.leftovers.clear();
        let before = self.before.take();
        if restore {
            self.keys.restore(&self.x)?;
            if let Some(before) = before {
                before.restore(&self.x)?;
            }
        }
        self.keys.original = None;
        if let Some((window, curtain)) = self.overlay.take() {
            curtain.map(|curtain| curtain.drop(&self.x)).transpose()?;
            let look = ChangeWindowAttributesAux::new().background_pixmap(x11rb::NONE).event_mask(EventMask::NO_EVENT);
            self.x.conn.change_window_attributes(window, &look)?;
            self.x.conn.composite_release_overlay_window(self.x.root)?;
        }
        self.root.hide(&self.x)?;
        Grabs::release(&self.x)?;
        let panels = std::mem::take(&mut self.panels);
        self.free(&panels)?;
        self.x.conn.set_close_down_mode(CloseDown::DESTROY_ALL)?;
        self.x.conn.get_input_focus()?.reply()?;
        (self.shown, self.covered, self.grabs) = (false, false, Grabs::default());
        Ok(())
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
