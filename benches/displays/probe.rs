//! A probe looks on as a bystander: it has a window as large as the screen, below all others, with the focus and the pointer in it, and is
//! told by the X server what others do. It grabs nothing and asks nothing while a locker is at work.
//!
//! The keyboard is held when focus events say so (mode `NotifyGrab`), the pointer when events of entering and leaving do,
//! the screen is covered when nothing of the probe's window is to be seen any more (X Window System Protocol, chapter 11).

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, InputFocus,
    NotifyMode, StackMode, Visibility, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::harness::{Display, Screen};

/// The probe's colour: where it is seen, the screen is not covered.
pub const COLOUR: [u8; 3] = [0xff, 0x00, 0xff];

/// The time since which each effect holds; nothing where it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Nothing of the probe's window is seen.
    pub covered: Option<Instant>,
    /// Somebody holds the keyboard.
    pub keyboard: Option<Instant>,
    /// Somebody holds the pointer.
    pub pointer: Option<Instant>,
}

impl Seen {
    /// Since when all is so.
    pub fn all(&self) -> Option<Instant> {
        Some(self.covered?.max(self.keyboard?).max(self.pointer?))
    }

    /// The missing effects, in words.
    pub fn missing(&self) -> Vec<&'static str> {
        let each =
            [(self.covered, "never covered"), (self.keyboard, "keys never held"), (self.pointer, "pointer never held")];
        each.into_iter().filter(|(since, _)| since.is_none()).map(|(_, what)| what).collect()
    }
}

/// A bystander on one display.
pub struct Probe {
    display: Display,
    window: Window,
    /// The effects that the events have told so far.
    pub seen: Seen,
    /// For how long nobody held the keyboard after it had been held, the longest.
    pub keys_free: Option<Duration>,
    free_since: Option<Instant>,
}

impl Probe {
    /// Opens a window on a session's display.
    pub fn open(screen: &Screen) -> Probe {
        let display = screen.display();
        let x = display.connection();
        let window = x.generate_id().expect("an ID");
        let geometry = x.get_geometry(display.root()).expect("X").reply().expect("the root's size");
        let [red, green, blue] = COLOUR.map(u32::from);
        let look = CreateWindowAux::new()
            .override_redirect(1)
            .background_pixel(red << 16 | green << 8 | blue)
            .event_mask(mask() | EventMask::VISIBILITY_CHANGE);
        let (width, height) = (geometry.width, geometry.height);
        x.create_window(0, window, display.root(), 0, 0, width, height, 0, WindowClass::INPUT_OUTPUT, 0, &look)
            .expect("X");
        x.map_window(window).expect("X");
        x.sync().expect("X");
        let (seen, keys_free, free_since) = (Seen::default(), None, None);
        Probe { display, window, seen, keys_free, free_since }
    }

    /// Takes focus and pointer, asks to be told of whatever windows there are, and forgets what it has seen.
    pub fn ready(&mut self) {
        let x = self.display.connection();
        x.configure_window(self.window, &ConfigureWindowAux::new().stack_mode(StackMode::BELOW)).expect("X");
        x.set_input_focus(InputFocus::NONE, self.window, x11rb::CURRENT_TIME).expect("X");
        x.warp_pointer(x11rb::NONE, self.window, 0, 0, 0, 0, 1000, 650).expect("X");
        self.listen(self.display.root(), 2);
        self.display.connection().sync().expect("X");
        self.drain();
        (self.seen, self.keys_free, self.free_since) = (Seen::default(), None, None);
    }

    /// A locker that has windows already can hold the pointer by one of them, which nobody else is told of.
    fn listen(&self, window: Window, depth: u32) {
        let x = self.display.connection();
        if window != self.window {
            let wanted = ChangeWindowAttributesAux::new().event_mask(mask());
            x.change_window_attributes(window, &wanted).expect("X").ignore_error();
        }
        let Some(depth) = depth.checked_sub(1) else { return };
        let tree = x.query_tree(window).expect("X").reply();
        tree.into_iter().flat_map(|tree| tree.children).for_each(|child| self.listen(child, depth));
    }

    /// Takes in the X server's events.
    fn drain(&mut self) {
        while let Ok(Some(event)) = self.display.connection().poll_for_event() {
            self.take_in(&event, Instant::now());
        }
    }

    fn take_in(&mut self, event: &Event, now: Instant) {
        let set = |since: &mut Option<Instant>, mode: NotifyMode| match mode {
            NotifyMode::GRAB => _ = since.get_or_insert(now),
            NotifyMode::UNGRAB => *since = None,
            _ => (),
        };
        match event {
            Event::FocusIn(e) | Event::FocusOut(e) => {
                set(&mut self.seen.keyboard, e.mode);
                self.count_keys(now);
            }
            Event::EnterNotify(e) | Event::LeaveNotify(e) => set(&mut self.seen.pointer, e.mode),
            Event::VisibilityNotify(e) if e.window == self.window => match e.state {
                Visibility::FULLY_OBSCURED => _ = self.seen.covered.get_or_insert(now),
                _ => self.seen.covered = None,
            },
            _ => (),
        }
    }

    fn count_keys(&mut self, now: Instant) {
        match (self.seen.keyboard, self.free_since) {
            (None, None) => self.free_since = Some(now),
            (Some(_), Some(since)) => {
                self.keys_free = self.keys_free.max(Some(now - since));
                self.free_since = None;
            }
            _ => (),
        }
    }
}

fn mask() -> EventMask {
    EventMask::FOCUS_CHANGE | EventMask::ENTER_WINDOW | EventMask::LEAVE_WINDOW
}

/// Looks on until all displays are as wanted, or the time is over. Whether they are.
pub fn watch(probes: &mut [Probe], patience: Duration, wanted: impl Fn(&Seen) -> bool) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        probes.iter_mut().for_each(Probe::drain);
        if probes.iter().all(|probe| wanted(&probe.seen)) {
            return true;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        let left = Timespec::try_from(left).expect("a short time");
        let streams = probes.iter().map(|probe| probe.display.connection().stream());
        let mut ready: Vec<PollFd<'_>> = streams.map(|s| PollFd::from_borrowed_fd(s.as_fd(), PollFlags::IN)).collect();
        let _ = poll(&mut ready, Some(&left));
    }
}
