//! What the compositor says. It is a process of the user's, and may say anything at all.

use wayland_client::protocol::wl_buffer::{self, WlBuffer};
use wayland_client::protocol::wl_callback::{self, WlCallback};
use wayland_client::protocol::wl_compositor::WlCompositor;
use wayland_client::protocol::wl_output::{self, WlOutput};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_shm::WlShm;
use wayland_client::protocol::wl_shm_pool::WlShmPool;
use wayland_client::protocol::wl_surface::WlSurface;
use wayland_client::{Connection, Dispatch, QueueHandle, delegate_noop};
use wayland_protocols::ext::session_lock::v1::client::ext_session_lock_manager_v1::ExtSessionLockManagerV1;
use wayland_protocols::ext::session_lock::v1::client::ext_session_lock_surface_v1::{self, ExtSessionLockSurfaceV1};
use wayland_protocols::ext::session_lock::v1::client::ext_session_lock_v1::{self, ExtSessionLockV1};
use wayland_protocols::wp::presentation_time::client::wp_presentation::WpPresentation;
use wayland_protocols::wp::presentation_time::client::wp_presentation_feedback::{self, WpPresentationFeedback};

use super::desk::{CallbackFor, Desk, LockState};
use super::sheet::Shot;

/// The largest scale that is believed.
const MOST_SCALE: u32 = 16;

delegate_noop!(Desk: WlCompositor);
delegate_noop!(Desk: WlShmPool);
delegate_noop!(Desk: ExtSessionLockManagerV1);
delegate_noop!(Desk: ignore WlShm);
delegate_noop!(Desk: ignore WlSurface);
delegate_noop!(Desk: ignore WpPresentation);

type DeskQueue = QueueHandle<Desk>;

impl Dispatch<WlRegistry, ()> for Desk {
    fn event(
        desk: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        (): &(),
        _: &Connection,
        queue: &DeskQueue,
    ) {
        match event {
            wl_registry::Event::Global { name, interface, version } => {
                desk.offer(registry, (name, &interface, version), queue);
            }
            wl_registry::Event::GlobalRemove { name } => desk.withdraw(name),
            _ => {}
        }
    }
}

impl Dispatch<WlOutput, u32> for Desk {
    fn event(desk: &mut Self, _: &WlOutput, event: wl_output::Event, number: &u32, _: &Connection, _: &DeskQueue) {
        if let (wl_output::Event::Scale { factor }, Some(output)) = (event, desk.output(*number)) {
            output.scale = u32::try_from(factor).unwrap_or(1).clamp(1, MOST_SCALE);
        }
    }
}

impl Dispatch<ExtSessionLockV1, ()> for Desk {
    fn event(
        desk: &mut Self,
        about: &ExtSessionLockV1,
        event: ext_session_lock_v1::Event,
        (): &(),
        _: &Connection,
        _: &DeskQueue,
    ) {
        // One that was given up may still be spoken of.
        let (LockState::Asked(lock) | LockState::Held(lock)) = &desk.lock else { return };
        if lock != about {
            return;
        }
        match event {
            ext_session_lock_v1::Event::Locked => desk.lock = LockState::Held(about.clone()),
            ext_session_lock_v1::Event::Finished => desk.finished(),
            _ => {}
        }
    }
}

impl Dispatch<ExtSessionLockSurfaceV1, u32> for Desk {
    fn event(
        desk: &mut Self,
        _: &ExtSessionLockSurfaceV1,
        event: ext_session_lock_surface_v1::Event,
        number: &u32,
        _: &Connection,
        _: &DeskQueue,
    ) {
        let ext_session_lock_surface_v1::Event::Configure { serial, width, height } = event else { return };
        if let Some(sheet) = desk.output(*number).and_then(|output| output.sheet.as_mut()) {
            sheet.configured(serial, (width, height));
        }
    }
}

impl Dispatch<WlBuffer, u32> for Desk {
    fn event(desk: &mut Self, buffer: &WlBuffer, _: wl_buffer::Event, number: &u32, _: &Connection, _: &DeskQueue) {
        buffer.destroy();
        if let Some(sheet) = desk.output(*number).and_then(|output| output.sheet.as_mut()) {
            sheet.given_back();
        }
    }
}

impl Dispatch<WpPresentationFeedback, Shot> for Desk {
    fn event(
        desk: &mut Self,
        _: &WpPresentationFeedback,
        event: wp_presentation_feedback::Event,
        shot: &Shot,
        _: &Connection,
        _: &DeskQueue,
    ) {
        match event {
            wp_presentation_feedback::Event::Presented { .. } => desk.presented(*shot),
            wp_presentation_feedback::Event::Discarded => desk.left_out(*shot),
            _ => {}
        }
    }
}

impl Dispatch<WlCallback, CallbackFor> for Desk {
    fn event(
        desk: &mut Self,
        _: &WlCallback,
        _: wl_callback::Event,
        awaited: &CallbackFor,
        _: &Connection,
        _: &DeskQueue,
    ) {
        match awaited {
            CallbackFor::Sync => desk.confirmed(),
            CallbackFor::Frame(shot) => desk.presented(*shot),
        }
    }
}

impl Desk {
    fn left_out(&mut self, shot: Shot) {
        if let Some(sheet) = self.output(shot.output).and_then(|output| output.sheet.as_mut()) {
            sheet.left_out(shot);
        }
    }

    fn presented(&mut self, shot: Shot) {
        if let Some(sheet) = self.output(shot.output).and_then(|output| output.sheet.as_mut()) {
            sheet.seen(shot);
        }
    }
}
