//! One process's part of the display: its curtains, its grabs, and what the session is to be again.

use std::time::Duration;

use usher::shield::wire::Arming;
use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::composite::ConnectionExt as _;
use x11rb::protocol::randr::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, CloseDown, ConfigureWindowAux, ConnectionExt as _, EventMask, Window,
};

use crate::picture::Picture;
use crate::x::{Asked, Banner, Before, Cloth, Curtain, Display, Grabs, Keys, Monitor, NoDisplay, Palette, Panel, Seen};
use crate::x::{HUGE, Trouble, monitors, upload};

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

    /// How large the cover on the root is to be.
    fn reach(&self) -> Asked<(u16, u16)> {
        let composed = self.x.conn.get_selection_owner(self.composes)?.reply()?.owner != x11rb::NONE;
        Ok(if composed { self.size } else { HUGE })
    }

    /// The other process's cover on this parent, below which ours belongs.
    fn sibling(&self, parent: Window) -> Option<Window> {
        // Its covers come in the same order as ours.
        self.friends.get(usize::from(parent != self.x.root)).copied()
    }

    /// A compositor draws above all windows of the root, in the overlay; only what is in the overlay too is
    /// above what it draws (Composite extension 0.3, GetOverlayWindow). Its own ground is
    /// ours as well: what is redirected out of it leaves that.
    fn cover_overlay(&mut self, hold: bool) -> Asked {
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

    /// Shows these pictures, each in the middle of every monitor of its size.
    pub fn paint(&mut self, pictures: &[((u16, u16), Picture)]) -> Asked {
        let old: Vec<Panel> = std::mem::take(&mut self.panels);
        let mut panels = Vec::new();
        for (size, picture) in pictures {
            let pixmap = upload(&self.x, &self.palette, picture)?;
            let at = self.monitors.iter().filter(|m| (m.width, m.height) == *size);
            panels.extend(at.map(|monitor| Panel { pixmap, ..in_the_middle(monitor, picture) }));
        }
        self.root.hang(&self.x, &panels)?;
        if let Some((_, Some(curtain))) = &mut self.overlay {
            curtain.hang(&self.x, &panels)?;
        }
        self.panels = panels;
        self.free(&old)
    }

    /// Shows these pictures, each at the top of every monitor of its size.
    pub fn announce(&mut self, pictures: &[((u16, u16), Picture)]) -> Asked {
        let mut panels = Vec::new();
        for monitor in &self.monitors {
            let picture = pictures.iter().find(|(size, _)| *size == (monitor.width, monitor.height));
            if let Some((_, picture)) = picture {
                let pixmap = upload(&self.x, &self.palette, picture)?;
                panels.push(Panel { y: monitor.y, pixmap, ..in_the_middle(monitor, picture) });
            }
        }
        self.banner.show(&self.x, &panels)
    }

    fn free(&self, panels: &[Panel]) -> Asked {
        let mut pixmaps: Vec<u32> = panels.iter().map(|panel| panel.pixmap).collect();
        pixmaps.dedup();
        for pixmap in pixmaps {
            self.x.conn.free_pixmap(pixmap)?;
        }
        Ok(())
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

    /// Covers of shields that are gone (`SetCloseDownMode` RetainPermanent): windows with our mark,
    /// whose process lives no more. The mark is no proof, but who forges it makes us
    /// destroy a window that he could destroy himself.
    fn find_leftovers(&self, also_in_overlay: bool) -> Asked<Vec<Window>> {
        let mut tree = self.x.conn.query_tree(self.x.root)?.reply()?.children;
        if let Some(overlay) = self.overlay() {
            tree.extend(self.x.conn.query_tree(overlay)?.reply()?.children);
        } else if also_in_overlay && self.x.has.composite {
            tree.extend(self.in_overlay()?);
        }
        let mut found = Vec::new();
        for window in tree {
            if self.windows().contains(&window) {
                continue;
            }
            if self.marked(window)?.is_some_and(is_gone) {
                found.push(window);
            }
        }
        Ok(found)
    }

    /// What is in the overlay, though we do not use it: the user may have destroyed what a dead shield left on
    /// the root, and the overlay is in no tree that can be asked for (Composite extension 0.3). It is
    /// made where there is none, and gone again with our use of it.
    fn in_overlay(&self) -> Asked<Vec<Window>> {
        let overlay = self.x.conn.composite_get_overlay_window(self.x.root)?.reply()?.overlay_win;
        let tree = self.x.conn.query_tree(overlay)?.reply()?.children;
        self.x.conn.composite_release_overlay_window(self.x.root)?;
        Ok(tree)
    }

    /// Frees everything of processes that are gone, also of those whose successor was gone before it could.
    pub fn kill_leftovers(&mut self) -> Asked {
        // Where nothing was left on the root either, nobody's overlay is made for a look.
        let found = self.find_leftovers(!self.leftovers.is_empty())?;
        self.leftovers.extend(found);
        // A server that does not answer now is asked again for the rest.
        let mut dying = Vec::new();
        while let Some(window) = self.leftovers.last().copied() {
            if self.kill_leftover(window)? {
                dying.push(window);
            }
            self.leftovers.pop();
        }
        // Only what is to stay covered is worth another look.
        if self.shown {
            dying.dedup();
            self.leftovers = dying;
        }
        Ok(())
    }

    /// Ends the client of a window that is left over, if it still is.
    ///
    /// The server gives a freed client's identifiers to the next one that connects, and every process of the
    /// shield asks for its windows in the same order: the number of a window that was left over, and that the
    /// other process has freed meanwhile, is soon that of a living process's cover, or of our own.
    /// Killing that would end our own grabs. So the window is asked whose it is, with the server
    /// held until it is killed. True where its process is not gone yet: a killed one closes its sockets, by
    /// which the other knows, a little earlier than it is seen to be gone.
    fn kill_leftover(&self, window: Window) -> Asked<bool> {
        if self.windows().contains(&window) || self.friends.contains(&window) {
            return Ok(false);
        }
        self.x.conn.grab_server()?;
        // Ours is what a cut connection of this process left.
        let marked = self.marked(window);
        let left = |pid| pid == std::process::id() || is_gone(pid);
        let mut dying = false;
        if let Ok(Some(pid)) = marked {
            dying = !left(pid);
            if !dying {
                self.x.conn.kill_client(window)?;
            }
        }
        self.x.conn.ungrab_server()?;
        self.x.flush()?;
        marked.map(|_| dying)
    }

    /// The process that a window says it is a cover of.
    fn marked(&self, window: Window) -> Asked<Option<u32>> {
        match self.x.conn.get_property(false, window, self.cloth.mark, AtomEnum::CARDINAL, 0, 1)?.reply() {
            Ok(property) => Ok(property.value32().and_then(|mut values| values.next())),
            // There is no such window.
            Err(ReplyError::X11Error(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Where a picture belongs.
fn in_the_middle(monitor: &Monitor, picture: &Picture) -> Panel {
    let middle = |start: i16, whole: u16, part: u16| {
        start.saturating_add(i16::try_from(whole.saturating_sub(part) / 2).unwrap_or(0))
    };
    Panel {
        x: middle(monitor.x, monitor.width, picture.width),
        y: middle(monitor.y, monitor.height, picture.height),
        width: picture.width,
        height: picture.height,
        pixmap: x11rb::NONE,
    }
}

/// Whether there is no such process.
fn is_gone(pid: u32) -> bool {
    usher::sys::proc::parent_and_start(pid).is_none()
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
