//! What a compositor offers and shows, and the lock that it gave us.

use wayland_client::protocol::wl_compositor::WlCompositor;
use wayland_client::protocol::wl_output::WlOutput;
use wayland_client::protocol::wl_registry::WlRegistry;
use wayland_client::protocol::wl_shm::WlShm;
use wayland_client::{Proxy, QueueHandle};
use wayland_protocols::ext::session_lock::v1::client::ext_session_lock_manager_v1::ExtSessionLockManagerV1;
use wayland_protocols::ext::session_lock::v1::client::ext_session_lock_v1::ExtSessionLockV1;
use wayland_protocols::wp::presentation_time::client::wp_presentation::WpPresentation;

use wayland_protocols_wlr::foreign_toplevel::v1::client::zwlr_foreign_toplevel_manager_v1::ZwlrForeignToplevelManagerV1;
use wayland_protocols_wlr::screencopy::v1::client::zwlr_screencopy_manager_v1::ZwlrScreencopyManagerV1;

use super::sheet::{LockSheet, Shot};
use super::toplevels::Toplevels;
use crate::picture::Picture;

/// The most outputs that get a lock screen of ours. What is beyond, the compositor hides.
const MOST_OUTPUTS: usize = 64;

/// What a callback tells.
#[derive(Debug, Clone, Copy)]
pub enum CallbackFor {
    /// Everything that was asked before was done.
    Sync,
    /// This is being shown.
    Frame(Shot),
}

/// What of a compositor's is used.
#[derive(Debug, Default)]
pub struct Offered {
    pub compositor: Option<WlCompositor>,
    pub shm: Option<WlShm>,
    pub manager: Option<ExtSessionLockManagerV1>,
    pub presentation: Option<WpPresentation>,
    /// It tells of the windows.
    windows: Option<ZwlrForeignToplevelManagerV1>,
    /// It lets its outputs be pictured.
    pub pictures: bool,
}

/// An output of the compositor's.
pub struct Output {
    pub number: u32,
    pub proxy: WlOutput,
    /// Its scale, from 1.
    pub scale: u32,
    pub sheet: Option<LockSheet>,
}

/// How it stands with the lock.
#[derive(Debug, Default)]
pub enum LockState {
    /// There is none of ours.
    #[default]
    None,
    /// The compositor has not answered yet.
    Asked(ExtSessionLockV1),
    /// It is ours.
    Held(ExtSessionLockV1),
    /// The compositor gives none now: somebody else has it.
    Refused,
    /// It was given back, and the compositor has not confirmed that yet.
    Ending,
}

/// One connection's view of the compositor.
#[derive(Default)]
pub struct Desk {
    pub offered: Offered,
    pub outputs: Vec<Output>,
    pub toplevels: Toplevels,
    pub lock: LockState,
    /// Requests that the compositor has not confirmed yet.
    pub unconfirmed: u32,
    /// The lock was seen on every output there was.
    pub seen: bool,
}

/// Messages and the pictures of them, for each size in pixels.
pub type Pictures = [((u16, u16), Picture)];

impl Desk {
    /// Takes a global of the compositor's, if it is one of those that are used.
    pub fn offer(
        &mut self,
        registry: &WlRegistry,
        (number, interface, version): (u32, &str, u32),
        queue: &QueueHandle<Desk>,
    ) {
        let offered = &mut self.offered;
        if interface == WlCompositor::interface().name && offered.compositor.is_none() && version >= 4 {
            offered.compositor = Some(registry.bind(number, version.min(4), queue, ()));
        } else if interface == WlShm::interface().name && offered.shm.is_none() {
            offered.shm = Some(registry.bind(number, 1, queue, ()));
        } else if interface == ExtSessionLockManagerV1::interface().name && offered.manager.is_none() {
            offered.manager = Some(registry.bind(number, 1, queue, ()));
        } else if interface == WpPresentation::interface().name && offered.presentation.is_none() {
            offered.presentation = Some(registry.bind(number, 1, queue, ()));
        } else if interface == ZwlrForeignToplevelManagerV1::interface().name && offered.windows.is_none() {
            offered.windows = Some(registry.bind(number, version.min(3), queue, ()));
        } else if interface == ZwlrScreencopyManagerV1::interface().name {
            offered.pictures = true;
        } else if interface == WlOutput::interface().name && self.outputs.len() < MOST_OUTPUTS {
            let proxy = registry.bind(number, version.min(3), queue, number);
            self.outputs.push(Output { number, proxy, scale: 1, sheet: None });
        }
    }

    /// A global is gone.
    pub fn withdraw(&mut self, number: u32) {
        let Some(at) = self.outputs.iter().position(|output| output.number == number) else { return };
        let output = self.outputs.swap_remove(at);
        output.sheet.into_iter().for_each(LockSheet::destroy);
        if output.proxy.version() >= 3 {
            output.proxy.release();
        }
    }

    /// An output, by its number.
    pub fn output(&mut self, number: u32) -> Option<&mut Output> {
        self.outputs.iter_mut().find(|output| output.number == number)
    }

    /// Whether the compositor has what a lock needs.
    pub fn can_lock(&self) -> bool {
        let offered = &self.offered;
        offered.compositor.is_some() && offered.shm.is_some() && offered.manager.is_some()
    }

    /// Asks for the lock, and for a surface on each output.
    pub fn ask(&mut self, queue: &QueueHandle<Desk>) {
        let Some(manager) = &self.offered.manager else { return };
        let lock = manager.lock(queue, ());
        self.seen = false;
        self.lock = LockState::Asked(lock);
        self.furnish(queue);
    }

    /// Gives outputs that have none a lock surface.
    pub fn furnish(&mut self, queue: &QueueHandle<Desk>) {
        let (LockState::Asked(lock) | LockState::Held(lock)) = &self.lock else { return };
        for output in self.outputs.iter_mut().filter(|output| output.sheet.is_none()) {
            output.sheet = LockSheet::new(lock, &output.proxy, output.number, &self.offered, queue);
        }
    }

    /// The compositor ends a lock, or gives none.
    pub fn finished(&mut self) {
        if let LockState::Asked(lock) | LockState::Held(lock) = std::mem::replace(&mut self.lock, LockState::Refused) {
            self.clear();
            lock.destroy();
        }
    }

    fn clear(&mut self) {
        self.outputs.iter_mut().filter_map(|output| output.sheet.take()).for_each(LockSheet::destroy);
    }

    /// Opens the session.
    pub fn unlock(&mut self, display: &wayland_client::protocol::wl_display::WlDisplay, queue: &QueueHandle<Desk>) {
        if let LockState::Held(lock) = std::mem::replace(&mut self.lock, LockState::Ending) {
            lock.unlock_and_destroy();
            self.clear();
            self.unconfirmed += 1;
            display.sync(queue, CallbackFor::Sync);
        }
    }

    /// Everything that was asked for was done.
    pub fn confirmed(&mut self) {
        self.unconfirmed = self.unconfirmed.saturating_sub(1);
        if matches!(self.lock, LockState::Ending) {
            self.lock = LockState::None;
        }
    }

    /// Has every output show this message, or the ground.
    pub fn paint(&mut self, message: Option<(u64, &Pictures)>, queue: &QueueHandle<Desk>) {
        for output in &mut self.outputs {
            let (number, scale) = (output.number, output.scale);
            let Some(sheet) = &mut output.sheet else { continue };
            let picture = message.and_then(|(number, pictures)| {
                let size = sheet.pixels(scale)?;
                let is = |wanted: (u16, u16)| (u32::from(wanted.0), u32::from(wanted.1)) == size;
                pictures.iter().find(|(wanted, _)| is(*wanted)).map(|(_, picture)| (number, picture))
            });
            // It is tried again when anything happens.
            let _ = sheet.paint((number, scale), picture, &self.offered, queue);
        }
    }

    /// The sizes of all outputs in pixels, none twice, once each is known.
    pub fn sizes(&self) -> Option<Vec<(u16, u16)>> {
        let size = |output: &Output| {
            let (width, height) = output.sheet.as_ref()?.pixels(output.scale)?;
            Some((u16::try_from(width).ok()?, u16::try_from(height).ok()?))
        };
        let mut sizes = self.outputs.iter().map(size).collect::<Option<Vec<_>>>()?;
        sizes.sort_unstable();
        sizes.dedup();
        Some(sizes)
    }

    /// Whether the lock is ours and was seen on every output.
    pub fn holds(&mut self) -> bool {
        let LockState::Held(_) = self.lock else { return false };
        self.seen = self.seen || self.all_show(0);
        self.seen
    }

    /// Whether every output was seen to show this message, or a later one.
    pub fn all_show(&self, message: u64) -> bool {
        let shows = |output: &Output| output.sheet.as_ref()?.presented.filter(|shot| shot.message >= message);
        self.outputs.iter().all(|output| shows(output).is_some())
    }

    /// The number of the lock among the connection's objects.
    pub fn lock_object(&self) -> Option<u32> {
        match &self.lock {
            LockState::Held(lock) => Some(lock.id().protocol_id()),
            LockState::None | LockState::Asked(_) | LockState::Refused | LockState::Ending => None,
        }
    }
}
