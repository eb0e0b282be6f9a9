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

/// What is held of the input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grabs {
    pub keyboard: bool,
    pub pointer: bool,
    /// Every device beside these two.
    pub devices: bool,
}

/// Grabs that were asked for.
pub struct GrabReplies<'x>(
    Cookie<'x, RustConnection<Link>, GrabKeyboardReply>,
    Cookie<'x, RustConnection<Link>, GrabPointerReply>,
);

impl Grabs {
    /// The two that core clients know.
    pub fn both(self) -> bool {
        self.keyboard && self.pointer
    }

    pub fn all(self) -> bool {
        self.both() && self.devices
    }

    /// What two processes hold together: each device has at most one holder, and it may be either.
    pub fn with(self, other: Grabs) -> Grabs {
        Grabs {
            keyboard: self.keyboard || other.keyboard,
            pointer: self.pointer || other.pointer,
            devices: self.devices || other.devices,
        }
    }

    /// Asks for both. Who holds them already gets them again (X Window System Protocol, GrabKeyboard).
    pub fn ask(x: &Display, cursor: u32) -> Asked<GrabReplies<'_>> {
        let keyboard = x.conn.grab_keyboard(false, x.root, CURRENT_TIME, GrabMode::ASYNC, GrabMode::ASYNC)?;
        let mode = GrabMode::ASYNC;
        let pointer =
            x.conn.grab_pointer(false, x.root, EventMask::NO_EVENT, mode, mode, x11rb::NONE, cursor, CURRENT_TIME)?;
        Ok(GrabReplies(keyboard, pointer))
    }

    /// Gives both back.
    pub fn release(x: &Display) -> Asked {
        x.conn.ungrab_keyboard(CURRENT_TIME)?;
        x.conn.ungrab_pointer(CURRENT_TIME)?;
        Ok(())
    }
}

/// The windows of others that may hold a grab, the topmost first, each with whether no window manager has a say in it.
pub fn candidates(x: &Display, ours: &[Window], managed: bool) -> Asked<Vec<(Window, bool)>> {
    let tree = x.conn.query_tree(x.root)?.reply()?;
    let strangers: Vec<Window> = tree.children.into_iter().filter(|child| !ours.contains(child)).collect();
    let asked = strangers.iter().map(|w| x.conn.get_window_attributes(*w)).collect::<Result<Vec<_>, _>>()?;
    let mut candidates = Vec::new();
    for (window, attributes) in strangers.iter().zip(asked) {
        let Ok(attributes) = attributes.reply() else { continue };
        if attributes.map_state == MapState::VIEWABLE && (managed || attributes.override_redirect) {
            candidates.push((*window, attributes.override_redirect));
        }
    }
    candidates.reverse();
    Ok(candidates)
}

impl GrabReplies<'_> {
    /// Waits for the server's answer.
    pub fn answer(self) -> Asked<Grabs> {
        let keyboard = self.0.reply()?.status == GrabStatus::SUCCESS;
        let pointer = self.1.reply()?.status == GrabStatus::SUCCESS;
        Ok(Grabs { keyboard, pointer, devices: false })
    }
}
