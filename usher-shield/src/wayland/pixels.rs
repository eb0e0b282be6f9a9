//! A lock screen's pixels, in memory that the compositor gets to see.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use rustix::fs::{MemfdFlags, SealFlags};

use crate::picture::{GROUND, Picture, blend};

/// The bytes of a pixel.
pub const PIXEL: u32 = 4;

/// The most pixels along one side of an output.
pub const MOST: u32 = 16_384;

/// Red, green and blue as `wl_shm` has them in `xrgb8888`: in the order of little-endian numbers.
fn bytes([red, green, blue]: [u8; 3]) -> [u8; 4] {
    [blue, green, red, 0xff]
}

/// A screen of this size: the ground, and in its middle the picture.
pub fn screen(size: (u32, u32), picture: Option<&Picture>) -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = BufWriter::with_capacity(1 << 16, File::from(rustix::fs::memfd_create("usher-shield", flags)?));
    rows(size, picture, |row| file.write_all(row))?;
    let file = file.into_inner()?;
    // A compositor that maps it need not fear that it shrinks.
    rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(file)
}

/// The same, row by row from above.
pub fn rows(
    (width, height): (u32, u32),
    picture: Option<&Picture>,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let ground = bytes(GROUND).repeat(usize::try_from(width).unwrap_or(0));
    let fits = |picture: &&Picture| u32::from(picture.width) <= width && u32::from(picture.height) <= height;
    let picture = picture.filter(fits);
    let (first, left) = picture
        .map_or((0, 0), |picture| ((height - u32::from(picture.height)) / 2, (width - u32::from(picture.width)) / 2));
    let palette: Vec<[u8; 4]> = (0..=255).map(|byte| bytes(blend(byte))).collect();
    let mut row = ground.clone();
    for y in 0..height {
        let line = y.checked_sub(first).and_then(|line| usize::try_from(line).ok());
        let drawn = picture.zip(line).and_then(|(picture, line)| {
            let at = line * usize::from(picture.width);
            Some((picture, line, picture.bytes.get(at..at + usize::from(picture.width))?))
        });
        let Some((picture, line, drawn)) = drawn else {
            take(&ground)?;
            continue;
        };
        let place = usize::try_from(left * PIXEL).unwrap_or(0);
        for (pixel, byte) in row[place..].chunks_exact_mut(4).zip(drawn) {
            pixel.copy_from_slice(&palette[usize::from(*byte)]);
        }
        for (x, colour) in picture.stamped(line) {
            row[place + 4 * x..][..4].copy_from_slice(&bytes(colour));
        }
        take(&row)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;
    use crate::picture::Stamp;

    fn pixel(file: &File, at: u64) -> [u8; 4] {
        let mut pixel = [0; 4];
        file.read_exact_at(&mut pixel, 4 * at).unwrap();
        pixel
    }

    #[test]
    fn the_picture_is_in_the_middle_of_the_ground() {
        let stamp = Stamp { at: [1, 0, 1, 1], pixels: vec![[1, 2, 3, 255]] };
        let picture = Picture { width: 2, height: 1, bytes: vec![127, 0], stamps: vec![stamp] };
        let file = screen((4, 3), Some(&picture)).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 48);
        let all: Vec<_> = (0..12).map(|at| pixel(&file, at)).collect();
        assert_eq!(all[5], [0xff; 4], "all of the message's white");
        assert_eq!(all[6], [3, 2, 1, 0xff], "a colour of its own");
        assert!(all.iter().enumerate().all(|(at, pixel)| [5, 6].contains(&at) || *pixel == bytes(GROUND)));
    }

    #[test]
    fn a_picture_that_is_too_large_is_left_out() {
        let picture = Picture { width: 5, height: 1, bytes: vec![127; 5], stamps: Vec::new() };
        let file = screen((4, 3), Some(&picture)).unwrap();
        assert!((0..12).all(|at| pixel(&file, at) == bytes(GROUND)));
    }
}
