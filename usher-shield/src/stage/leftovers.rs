//! Covers of processes that are gone: found by their mark, and freed when they are not needed any more.

use usher_core::sys::process::Process;
use x11rb::cookie::Cookie;
use x11rb::errors::ReplyError;
use x11rb::protocol::composite::ConnectionExt as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, GetPropertyReply, Window};
use x11rb::rust_connection::RustConnection;

use super::Stage;
use crate::x::{Asked, Link};

/// Of so many windows the marks are asked for in one go.
const AT_ONCE: usize = 64;

impl Stage {
    /// Covers of shields that are gone (`SetCloseDownMode` RetainPermanent): windows with our mark,
    /// whose process lives no more. The mark is no proof, but who forges it makes us
    /// destroy a window that he could destroy himself.
    pub(super) fn find_leftovers(&self, also_in_overlay: bool) -> Asked<Vec<Window>> {
        let mut tree = self.keeper.x.conn.query_tree(self.keeper.x.root)?.reply()?.children;
        if let Some(overlay) = self.overlay() {
            tree.extend(self.keeper.x.conn.query_tree(overlay)?.reply()?.children);
        } else if also_in_overlay && self.keeper.x.has.composite {
            tree.extend(self.in_overlay()?);
        }
        let own = self.windows();
        tree.retain(|window| !own.contains(window));
        let mut found = Vec::new();
        for some in tree.chunks(AT_ONCE) {
            let asked = some.iter().map(|window| self.ask_mark(*window)).collect::<Asked<Vec<_>>>()?;
            for (window, asked) in some.iter().zip(asked) {
                found.extend(mark(asked.reply())?.is_some_and(is_gone).then_some(*window));
            }
        }
        Ok(found)
    }

    /// What is in the overlay, though we do not use it: the user may have destroyed what a dead shield left on
    /// the root, and the overlay is in no tree that can be asked for (Composite extension 0.3). It is
    /// made where there is none, and gone again with our use of it.
    fn in_overlay(&self) -> Asked<Vec<Window>> {
        let overlay = self.keeper.x.overlay(self.keeper.x.root)?;
        let tree = self.keeper.x.conn.query_tree(overlay)?;
        self.keeper.x.conn.composite_release_overlay_window(self.keeper.x.root)?;
        Ok(tree.reply()?.children)
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
        self.keeper.x.conn.grab_server()?;
        // Ours is what a cut connection of this process left.
        let marked = self.marked(window);
        let left = |pid| pid == std::process::id() || is_gone(pid);
        let mut dying = false;
        if let Ok(Some(pid)) = marked {
            dying = !left(pid);
            if !dying {
                self.keeper.x.conn.kill_client(window)?;
            }
        }
        self.keeper.x.conn.ungrab_server()?;
        self.keeper.x.flush()?;
        marked.map(|_| dying)
    }

    /// The process that a window says it is a cover of.
    fn marked(&self, window: Window) -> Asked<Option<u32>> {
        mark(self.ask_mark(window)?.reply())
    }

    fn ask_mark(&self, window: Window) -> Asked<Cookie<'_, RustConnection<Link>, GetPropertyReply>> {
        Ok(self.keeper.x.conn.get_property(false, window, self.cloth.mark, AtomEnum::CARDINAL, 0, 1)?)
    }
}

/// The process that a window's mark names.
fn mark(property: Result<GetPropertyReply, ReplyError>) -> Asked<Option<u32>> {
    match property {
        Ok(property) => Ok(property.value32().and_then(|mut values| values.next())),
        // There is no such window.
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether there is no such process.
fn is_gone(pid: u32) -> bool {
    matches!(Process::of(pid), Ok(None))
}
