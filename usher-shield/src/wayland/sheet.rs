//! One output's lock screen.

use std::io;
use std::os::fd::AsFd;

use wayland_client::QueueHandle;
use wayland_client::protocol::wl_output::WlOutput;
use wayland_client::protocol::wl_shm::Format;
use wayland_client::protocol::wl_surface::WlSurface;
use wayland_protocols::ext::session_lock::v1::client::ext_session_lock_surface_v1::ExtSessionLockSurfaceV1;
use wayland_protocols::ext::session_lock::v1::client::ext_session_lock_v1::ExtSessionLockV1;

use super::desk::{Desk, Offered};
use super::pixels::{self, MOST, PIXEL};
use crate::picture::Picture;

/// The most screens of one output that the compositor may keep. It gets no other while it gives none back.
const MOST_KEPT: u32 = 4;

/// How often a screen that was not shown is given again.
const MOST_LEFT_OUT: u32 = 8;

/// What a compositor tells of later, for which screen of which output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shot {
    /// The output's number among the compositor's globals.
    pub output: u32,
    /// The number of the screen among this output's.
    pub commit: u64,
    /// The number of the message that is on it; 0 where none is.
    pub message: u64,
}

/// A lock surface.
pub struct LockSheet {
    surface: WlSurface,
    role: ExtSessionLockSurfaceV1,
    /// Its size, as the compositor wants it, in the compositor's own units.
    size: Option<(u32, u32)>,
    /// Something was agreed to that the next commit brings about.
    agreed: bool,
    /// What was given to the compositor last: size in pixels, scale, message.
    given: Option<((u32, u32), u32, u64)>,
    commit: u64,
    kept: u32,
    /// How often the compositor left out what it was given, since it last said how large that is to be.
    left_out: u32,
    /// What was seen to be on the output.
    pub presented: Option<Shot>,
}

impl LockSheet {
    /// Gives an output its lock surface.
    pub fn new(
        lock: &ExtSessionLockV1,
        output: &WlOutput,
        number: u32,
        offered: &Offered,
        queue: &QueueHandle<Desk>,
    ) -> Option<LockSheet> {
        let surface = offered.compositor.as_ref()?.create_surface(queue, ());
        let role = lock.get_lock_surface(&surface, output, queue, number);
        Some(LockSheet {
            surface,
            role,
            size: None,
            agreed: false,
            given: None,
            commit: 0,
            kept: 0,
            left_out: 0,
            presented: None,
        })
    }

    /// The compositor says how large it is to be.
    pub fn configured(&mut self, serial: u32, size: (u32, u32)) {
        self.role.ack_configure(serial);
        (self.size, self.agreed, self.left_out) = (Some(size), true, 0);
    }

    /// The compositor gives a screen back.
    pub fn given_back(&mut self) {
        self.kept = self.kept.saturating_sub(1);
    }

    /// Its size in pixels, once that is known and one that there is.
    pub fn pixels(&self, scale: u32) -> Option<(u32, u32)> {
        let (width, height) = self.size?;
        let (width, height) = (width.checked_mul(scale)?, height.checked_mul(scale)?);
        ((1..=MOST).contains(&width) && (1..=MOST).contains(&height)).then_some((width, height))
    }

    /// Hands the compositor what is to be seen, if that is anything else than what it has: this message, or the ground alone.
    pub fn paint(
        &mut self,
        output: (u32, u32),
        message: Option<(u64, &Picture)>,
        offered: &Offered,
        queue: &QueueHandle<Desk>,
    ) -> io::Result<()> {
        let (number, scale) = output;
        let Some(size) = self.pixels(scale) else { return Ok(()) };
        let wanted = (size, scale, message.map_or(0, |(message, _)| message));
        // Until another message is drawn, the one that is there stays.
        let stays =
            self.given.is_some_and(|given| given == wanted || message.is_none() && (given.0, given.1) == (size, scale));
        if stays {
            if std::mem::take(&mut self.agreed) {
                self.surface.commit();
            }
            return Ok(());
        }
        if self.kept >= MOST_KEPT {
            return Ok(());
        }
        self.attach(number, size, message.map(|(_, picture)| picture), offered, queue)?;
        self.surface.set_buffer_scale(i32::try_from(scale).unwrap_or(1));
        self.surface.damage_buffer(0, 0, i32::MAX, i32::MAX);
        self.commit += 1;
        let shot = Shot { output: number, commit: self.commit, message: wanted.2 };
        match &offered.presentation {
            Some(presentation) => drop(presentation.feedback(&self.surface, queue, shot)),
            // Less is known then: that the compositor wants another frame, because this one is being shown.
            None => drop(self.surface.frame(queue, super::desk::CallbackFor::Frame(shot))),
        }
        self.surface.commit();
        (self.given, self.agreed) = (Some(wanted), false);
        Ok(())
    }

    fn attach(
        &mut self,
        number: u32,
        size: (u32, u32),
        picture: Option<&Picture>,
        offered: &Offered,
        queue: &QueueHandle<Desk>,
    ) -> io::Result<()> {
        let Some(shm) = &offered.shm else { return Err(io::ErrorKind::Unsupported.into()) };
        let file = pixels::screen(size, picture)?;
        let number_of = |value: u32| i32::try_from(value).map_err(io::Error::other);
        let (width, height) = (number_of(size.0)?, number_of(size.1)?);
        let row = number_of(size.0 * PIXEL)?;
        let bytes = row.checked_mul(height).ok_or(io::ErrorKind::FileTooLarge)?;
        let pool = shm.create_pool(file.as_fd(), bytes, queue, ());
        let buffer = pool.create_buffer(0, width, height, row, Format::Xrgb8888, queue, number);
        pool.destroy();
        self.surface.attach(Some(&buffer), 0, 0);
        self.kept += 1;
        Ok(())
    }

    /// Notes that a screen was seen to be on the output.
    pub fn seen(&mut self, shot: Shot) {
        if self.presented.is_none_or(|before| before.commit < shot.commit) {
            self.presented = Some(shot);
        }
    }

    /// The compositor did not show what it was given. It is given the same again, but not for ever.
    pub fn left_out(&mut self, shot: Shot) {
        if shot.commit == self.commit && self.left_out < MOST_LEFT_OUT {
            self.left_out += 1;
            self.given = None;
        }
    }

    /// Takes it away.
    pub fn destroy(self) {
        self.role.destroy();
        self.surface.destroy();
    }
}
