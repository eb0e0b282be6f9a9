//! A picture in a card's memory.

use std::io;

use drm::buffer::{Buffer, DrmFourcc};
use drm::control::dumbbuffer::DumbBuffer;
use drm::control::{ClipRect, Device, framebuffer};

use crate::picture::Picture;
use crate::wayland::pixels::rows;

/// A picture that a connector can show.
pub struct ScreenBuffer {
    pub shown_as: framebuffer::Handle,
    memory: DumbBuffer,
}

impl ScreenBuffer {
    /// A screen of this size: the ground alone.
    pub fn new(card: &impl Device, size: (u32, u32)) -> io::Result<Self> {
        let mut memory = card.create_dumb_buffer(size, DrmFourcc::Xrgb8888, 32)?;
        let filled = fill(card, &mut memory, None);
        match filled.and_then(|()| card.add_framebuffer(&memory, 24, 32)) {
            Ok(shown_as) => Ok(ScreenBuffer { shown_as, memory }),
            Err(error) => {
                let _ = card.destroy_dumb_buffer(memory);
                Err(error)
            }
        }
    }

    /// Draws a picture in the middle of the ground, where it is shown already.
    pub fn draw(&mut self, card: &impl Device, picture: &Picture) -> io::Result<()> {
        fill(card, &mut self.memory, Some(picture))
    }

    /// Tells the card that all of it is new.
    ///
    /// # Errors
    /// It takes no word of that, as a card does that shows the memory itself.
    pub fn tell(&self, card: &impl Device) -> io::Result<()> {
        let (width, height) = self.memory.size();
        let all = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
        card.dirty_framebuffer(self.shown_as, &[ClipRect::new(0, 0, all(width), all(height))])
    }

    /// Frees it. A connector that still shows it would go dark.
    pub fn free(self, card: &impl Device) {
        let _ = card.destroy_framebuffer(self.shown_as);
        let _ = card.destroy_dumb_buffer(self.memory);
    }
}

fn fill(card: &impl Device, memory: &mut DumbBuffer, picture: Option<&Picture>) -> io::Result<()> {
    let (size, pitch) = (memory.size(), usize::try_from(memory.pitch()).map_err(io::Error::other)?);
    let mut mapped = card.map_dumb_buffer(memory)?;
    // A card's rows may be longer than their pixels.
    let mut left = mapped.chunks_mut(pitch);
    rows(size, picture, |row| {
        let at = left.next().and_then(|at| at.get_mut(..row.len()));
        at.map(|at| at.copy_from_slice(row)).ok_or_else(|| io::Error::other("the card's memory is too small"))
    })
}
