//! How the session was before the lock, so that it is so again after.

use serde::{Deserialize, Serialize};
use x11rb::CURRENT_TIME;
use x11rb::cookie::Cookie;
use x11rb::protocol::xkb::{self, ConnectionExt as _, Group};
use x11rb::protocol::xproto::{
    BUTTON_RELEASE_EVENT, ConnectionExt as _, GetInputFocusReply, InputFocus, KEY_RELEASE_EVENT, MapState, ModMask,
    QueryKeymapReply, QueryPointerReply, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use super::curtain::if_there;
use super::devices;
use super::display::{Asked, Display};
use super::link::Link;

const DEVICE: u16 = 0x100; // XkbUseCoreKbd
/// What the focus may be and is no window: None and PointerRoot (X Window System Protocol, SetInputFocus).
const NOWHERE: [Window; 2] = [0, 1];

/// Pointer, focus and keyboard as the user left them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Before {
    pointer: (i16, i16),
    focus: (u32, u8),
    /// Caps Lock and the like, and the layout; none without the extension.
    keyboard: Option<(u16, u8)>,
    /// One bit for each key that was down.
    down: [u8; 32],
    /// The state of modifiers and buttons.
    buttons: u16,
}

type Asked1<'x, R> = Cookie<'x, RustConnection<Link>, R>;

/// Questions on their way.
pub struct BeforeReplies<'x> {
    pointer: Asked1<'x, QueryPointerReply>,
    focus: Asked1<'x, GetInputFocusReply>,
    keyboard: Option<Asked1<'x, xkb::GetStateReply>>,
    down: Asked1<'x, QueryKeymapReply>,
}

impl Before {
    /// Asks for it; to be called before anything is covered or held.
    pub fn ask(x: &Display) -> Asked<BeforeReplies<'_>> {
        Ok(BeforeReplies {
            pointer: x.conn.query_pointer(x.root)?,
            focus: x.conn.get_input_focus()?,
            keyboard: if x.has.xkb { Some(x.conn.xkb_get_state(DEVICE)?) } else { None },
            down: x.conn.query_keymap()?,
        })
    }

    /// Makes it so again; to be called while input is still held.
    pub fn restore(&self, x: &Display) -> Asked {
        x.conn.warp_pointer(x11rb::NONE, x.root, 0, 0, 0, 0, self.pointer.0, self.pointer.1)?;
        self.release_keys(x)?;
        if let Some((modifiers, group)) = self.keyboard {
            let (all, group) = (ModMask::from(0xffu16), Group::from(group));
            let none = ModMask::from(0u16);
            x.conn.xkb_latch_lock_state(DEVICE, all, ModMask::from(modifiers), true, group, none, false, 0)?;
        }
        self.restore_focus(x)
    }

    /// A key that went down while locked has no application that saw it, and none that expects it up:
    /// it would stay pressed for ever if what pressed it is gone (XTEST). And one that came up meanwhile did so on a
    /// keyboard that was held by itself: its master believes that it is still down. The server leaves down what is down on
    /// any keyboard.
    fn release_keys(&self, x: &Display) -> Asked {
        if !x.has.xtest {
            return Ok(());
        }
        let really = devices::down(x)?;
        let (keys, buttons) = really.unwrap_or(([0xff; 32], [0xff; 32]));
        let is = |bits: &[u8; 32], code: u8| bits[usize::from(code / 8)] & 1u8 << (code % 8) != 0;
        let now = x.conn.query_keymap()?.reply()?.keys;
        for code in 0..=255u8 {
            if is(&now, code) && !(is(&self.down, code) && is(&keys, code)) {
                x.conn.xtest_fake_input(KEY_RELEASE_EVENT, code, CURRENT_TIME, x11rb::NONE, 0, 0, 0)?;
            }
        }
        let now = u16::from(x.conn.query_pointer(x.root)?.reply()?.mask);
        for button in 1..=5u8 {
            let bit = 0x80 << button;
            if now & bit != 0 && !(self.buttons & bit != 0 && is(&buttons, button)) {
                x.conn.xtest_fake_input(BUTTON_RELEASE_EVENT, button, CURRENT_TIME, x11rb::NONE, 0, 0, 0)?;
            }
        }
        Ok(())
    }

    /// The focus stays where the session's own programs moved it meanwhile: a desktop that started under the lock has its
    /// first window in front. It goes back where it is lost: taking a grab unmaps the window that holds it, and a window
    /// manager parks the focus off the screen then.
    fn restore_focus(&self, x: &Display) -> Asked {
        let (window, revert) = self.focus;
        let now = x.conn.get_input_focus()?.reply()?.focus;
        let there = NOWHERE.contains(&window) || viewable(x, window)?;
        if now != window && there && !in_sight(x, now)? {
            x.conn.set_input_focus(InputFocus::from(revert), window, CURRENT_TIME)?;
        }
        Ok(())
    }
}

/// Whether the window and all above it are mapped.
fn viewable(x: &Display, window: Window) -> Asked<bool> {
    let attributes = if_there(x.conn.get_window_attributes(window)?.reply())?;
    Ok(attributes.is_some_and(|attributes| attributes.map_state == MapState::VIEWABLE))
}

/// Whether it is a window with a part on the screen. The root is none that anybody types in.
fn in_sight(x: &Display, window: Window) -> Asked<bool> {
    if NOWHERE.contains(&window) || window == x.root || !viewable(x, window)? {
        return Ok(false);
    }
    let (size, screen) = (x.conn.get_geometry(window)?, x.conn.get_geometry(x.root)?);
    let place = x.conn.translate_coordinates(window, x.root, 0, 0)?;
    let (Some(size), Some(place)) = (if_there(size.reply())?, if_there(place.reply())?) else { return Ok(false) };
    let screen = screen.reply()?;
    let meets = |from: i16, length: u16, end: u16| {
        let from = i32::from(from);
        from < i32::from(end) && from + i32::from(length) > 0
    };
    // A window on another screen is somebody's all the same.
    let here = place.same_screen;
    Ok(!here || meets(place.dst_x, size.width, screen.width) && meets(place.dst_y, size.height, screen.height))
}

impl BeforeReplies<'_> {
    /// Waits for the server's answers.
    pub fn answer(self) -> Asked<Before> {
        let pointer = self.pointer.reply()?;
        let focus = self.focus.reply()?;
        let keyboard = self.keyboard.map(Cookie::reply).transpose()?;
        let down = self.down.reply()?.keys;
        Ok(Before {
            pointer: (pointer.root_x, pointer.root_y),
            focus: (focus.focus, focus.revert_to.into()),
            keyboard: keyboard.map(|k| (k.locked_mods.into(), k.locked_group.into())),
            down,
            buttons: pointer.mask.into(),
        })
    }
}
