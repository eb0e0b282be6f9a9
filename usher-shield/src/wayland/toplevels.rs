//! The windows of a compositor's desktop, by `zwlr_foreign_toplevel_management_v1`: usherd is told the title of the active one.

use std::time::Instant;

use wayland_client::{Connection, Dispatch, QueueHandle, event_created_child};
use wayland_protocols_wlr::foreign_toplevel::v1::client::zwlr_foreign_toplevel_handle_v1::{
    self, ZwlrForeignToplevelHandleV1,
};
use wayland_protocols_wlr::foreign_toplevel::v1::client::zwlr_foreign_toplevel_manager_v1::{
    self, ZwlrForeignToplevelManagerV1,
};

use super::desk::{Desk, LockState};
use super::warden::Warden;
use crate::user::{TITLE_EVERY, clean};

/// The most windows that are followed: a user may open as many as they like.
const MOST: usize = 256;

struct Toplevel {
    handle: ZwlrForeignToplevelHandleV1,
    title: String,
    active: bool,
}

/// The windows that are followed.
#[derive(Default)]
pub struct Toplevels(Vec<Toplevel>);

impl Toplevels {
    fn opened(&mut self, handle: ZwlrForeignToplevelHandleV1) {
        if self.0.len() < MOST {
            self.0.push(Toplevel { handle, title: String::new(), active: false });
        } else {
            handle.destroy();
        }
    }

    fn hear(&mut self, handle: &ZwlrForeignToplevelHandleV1, event: zwlr_foreign_toplevel_handle_v1::Event) {
        let Some(at) = self.0.iter().position(|window| window.handle == *handle) else { return };
        match event {
            zwlr_foreign_toplevel_handle_v1::Event::Title { title } => self.0[at].title = clean(title.as_bytes()),
            zwlr_foreign_toplevel_handle_v1::Event::State { state } => self.0[at].active = is_active(&state),
            zwlr_foreign_toplevel_handle_v1::Event::Closed => {
                self.0.swap_remove(at);
                handle.destroy();
            }
            _ => {}
        }
    }

    /// The active window's.
    fn title(&self) -> Option<&str> {
        self.0.iter().find(|window| window.active).map(|window| window.title.as_str()).filter(|title| !title.is_empty())
    }
}

/// A window's states are numbers in the machine's order.
fn is_active(states: &[u8]) -> bool {
    let active = u32::from(zwlr_foreign_toplevel_handle_v1::State::Activated).to_ne_bytes();
    states.chunks_exact(4).any(|state| state == active)
}

/// The title that usherd is told.
#[derive(Debug, Default)]
pub struct ShownTitle {
    pub shown: Option<String>,
    /// When another may be told: a program may change it as fast as it can.
    free_at: Option<Instant>,
    /// Another one waits for that.
    awaited: bool,
}

impl ShownTitle {
    fn is_now(&mut self, title: Option<&str>, now: Instant) {
        self.awaited = self.shown.as_deref() != title;
        if self.awaited && self.free_at.is_none_or(|at| now >= at) {
            self.shown = title.map(str::to_owned);
            self.free_at = Some(now + TITLE_EVERY);
            self.awaited = false;
        }
    }

    /// When it is to be looked at though nothing is heard.
    pub fn due(&self) -> Option<Instant> {
        self.free_at.filter(|_| self.awaited)
    }
}

impl Warden {
    /// Looks what the title is. While the session is covered, it stays what it was: a locked compositor has no active window.
    pub fn look_at_title(&mut self) {
        let Some(link) = &self.link else { return };
        if self.covers.is_empty() && matches!(link.desk.lock, LockState::None) {
            self.title.is_now(link.desk.toplevels.title(), Instant::now());
        }
    }
}

impl Dispatch<ZwlrForeignToplevelManagerV1, ()> for Desk {
    fn event(
        desk: &mut Self,
        _: &ZwlrForeignToplevelManagerV1,
        event: zwlr_foreign_toplevel_manager_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Desk>,
    ) {
        if let zwlr_foreign_toplevel_manager_v1::Event::Toplevel { toplevel } = event {
            desk.toplevels.opened(toplevel);
        }
    }

    event_created_child!(Desk, ZwlrForeignToplevelManagerV1, [
        zwlr_foreign_toplevel_manager_v1::EVT_TOPLEVEL_OPCODE => (ZwlrForeignToplevelHandleV1, ()),
    ]);
}

impl Dispatch<ZwlrForeignToplevelHandleV1, ()> for Desk {
    fn event(
        desk: &mut Self,
        handle: &ZwlrForeignToplevelHandleV1,
        event: zwlr_foreign_toplevel_handle_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Desk>,
    ) {
        desk.toplevels.hear(handle, event);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_window_is_active_by_one_of_its_states() {
        let states = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_ne_bytes()).collect::<Vec<_>>();
        assert!(is_active(&states(&[0, 2])) && is_active(&states(&[2, 3])));
        assert!(!is_active(&states(&[0, 1, 3])) && !is_active(&[]) && !is_active(&[2, 0]));
    }

    #[test]
    fn a_title_that_changes_without_a_pause_is_told_now_and_then() {
        let (mut title, start) = (ShownTitle::default(), Instant::now());
        title.is_now(Some("a"), start);
        assert_eq!((title.shown.as_deref(), title.due()), (Some("a"), None));
        title.is_now(Some("b"), start + Duration::from_millis(1));
        assert_eq!((title.shown.as_deref(), title.due()), (Some("a"), Some(start + TITLE_EVERY)));
        title.is_now(Some("c"), start + TITLE_EVERY);
        assert_eq!((title.shown.as_deref(), title.due()), (Some("c"), None));
        title.is_now(None, start + 2 * TITLE_EVERY);
        assert_eq!(title.shown, None);
    }
}
