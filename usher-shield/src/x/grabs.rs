//! Keyboard and pointer, held: no key and no click reaches an application.
//!
//! The grab window is the root. A grab ends, and tells nobody, when its window is no longer viewable
//! (X Window System Protocol, GrabPointer and GrabKeyboard), and any client may unmap, destroy or
//! reparent a window of ours. The root can be neither unmapped, nor destroyed, nor reparented: a grab on
//! it ends only with our connection, which we notice.

use serde::{Deserialize, Serialize};
use x11rb::CURRENT_TIME;
use x11rb::cookie::Cookie;
use x11rb::protocol::xproto::{
    ConnectionExt as _, EventMask, GrabKeyboardReply, GrabMode, GrabPointerReply, GrabStatus, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

use super::display::{Asked, Display};
use super::link::Link;

/// Which of the two are held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grabs {
    pub keyboard: bool,
    pub pointer: bool,
}

/// Grabs that were asked for.
pub struct Asking<'x>(
    Cookie<'x, RustConnection<Link>, GrabKeyboardReply>,
    Cookie<'x, RustConnection<Link>, GrabPointerReply>,
);

impl Grabs {
    pub fn both(self) -> bool {
        self.keyboard && self.pointer
    }

    /// What two processes hold together: each device has at most one holder, and it may be either.
    pub fn with(self, other: Grabs) -> Grabs {
        Grabs { keyboard: self.keyboard || other.keyboard, pointer: self.pointer || other.pointer }
    }

    /// Asks for both. Who holds them already gets them again (X Window System Protocol, GrabKeyboard).
    pub fn ask(x: &Display, cursor: u32) -> Asked<Asking<'_>> {
        let keyboard = x.conn.grab_keyboard(false, x.root, CURRENT_TIME, GrabMode::ASYNC, GrabMode::ASYNC)?;
        let mode = GrabMode::ASYNC;
        let pointer =
            x.conn.grab_pointer(false, x.root, EventMask::NO_EVENT, mode, mode, x11rb::NONE, cursor, CURRENT_TIME)?;
        Ok(Asking(keyboard, pointer))
    }

    /// Gives both back.
    pub fn release(x: &Display) -> Asked {
        x.conn.ungrab_keyboard(CURRENT_TIME)?;
        x.conn.ungrab_pointer(CURRENT_TIME)?;
        Ok(())
    }

    /// Takes the grabs from whoever holds them: a grab ends when its window is no longer viewable
    /// (X Window System Protocol, GrabPointer and GrabKeyboard), so every other window is unmapped
    /// and mapped again, under the cover and with the server held, until the grabs are ours.
    ///
    /// Pop-ups (override-redirect) first: they hold nearly all grabs, and nobody manages them.
    pub fn wrest(x: &Display, ours: &[Window], cursor: u32, managed: bool) -> Asked<Grabs> {
        let tree = x.conn.query_tree(x.root)?.reply()?;
        let strangers: Vec<Window> = tree.children.into_iter().filter(|child| !ours.contains(child)).collect();
        let asked =
            strangers.iter().map(|w| x.conn.get_window_attributes(*w)).collect::<Result<Vec<_>, _>>()?.into_iter();
        let mut candidates = Vec::new();
        for (window, attributes) in strangers.iter().zip(asked) {
            let Ok(attributes) = attributes.reply() else { continue };
            if attributes.map_state == MapState::VIEWABLE && (managed || attributes.override_redirect) {
                candidates.push(*window);
            }
        }
        let mut held = Grabs::default();
        for candidate in candidates.into_iter().rev() {
            x.conn.grab_server()?;
            x.conn.unmap_window(candidate)?;
            let asking = Grabs::ask(x, cursor)?;
            x.conn.map_window(candidate)?;
            x.conn.ungrab_server()?;
            held = asking.answer()?;
            if held.both() {
                break;
            }
        }
        Ok(held)
    }
}

impl Asking<'_> {
    /// Waits for the server's answer.
    pub fn answer(self) -> Asked<Grabs> {
        let keyboard = self.0.reply()?.status == GrabStatus::SUCCESS;
        let pointer = self.1.reply()?.status == GrabStatus::SUCCESS;
        Ok(Grabs { keyboard, pointer })
    }
}
