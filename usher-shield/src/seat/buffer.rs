//! A picture in a card's memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use drm::buffer::{Buffer, DrmFourcc};
use drm::control::dumbbuffer::DumbBuffer;
use drm::control::{Device, framebuffer};

use crate::picture::Picture;
use crate::wayland::pixels::{PIXEL, screen};

/// A picture that a connector can show.
pub struct ScreenBuffer {
    pub shown_as: framebuffer::Handle,
    memory: DumbBuffer,
}

impl ScreenBuffer {
    /// A screen of this size: the ground, and in its middle the picture.
    pub fn new(card: &impl Device, size: (u32, u32), picture: Option<&Picture>) -> io::Result<Self> {
        let mut memory = card.create_dumb_buffer(size, DrmFourcc::Xrgb8888, 32)?;
        let pitch = usize::try_from(memory.pitch()).map_err(io::Error::other)?;
        let drawn = screen(size, picture)?;
        let filled = card.map_dumb_buffer(&mut memory).and_then(|mut mapped| fill(&mut mapped, pitch, size, &drawn));
        match filled.and_then(|()| card.add_framebuffer(&memory, 24, 32)) {
            Ok(shown_as) => Ok(ScreenBuffer { shown_as, memory }),
            Err(error) => {
                let _ = card.destroy_dumb_buffer(memory);
                Err(error)
            }
        }
    }

    /// Frees it. A connector that still shows it would go dark.
    pub fn free(self, card: &impl Device) {
        let _ = card.destroy_framebuffer(self.shown_as);
        let _ = card.destroy_dumb_buffer(self.memory);
    }
}

/// Copies row by row: a card's rows may be longer than their pixels.
fn fill(mapped: &mut [u8], pitch: usize, (width, _): (u32, u32), drawn: &File) -> io::Result<()> {
    let bytes = usize::try_from(width * PIXEL).map_err(io::Error::other)?;
    let all = drawn.metadata()?.len();
    for (row, at) in mapped.chunks_mut(pitch).zip((0..all).step_by(bytes.max(1))) {
        let room = row.len().min(bytes);
        drawn.read_exact_at(&mut row[..room], at)?;
    }
    Ok(())
}
