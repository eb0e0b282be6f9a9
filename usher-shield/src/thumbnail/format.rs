//! How an X server stores pixels.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageOrder, VisualClass, Visualtype};

use crate::x::{Asked, Display, Trouble};

/// How the server stores pixels, and which colours they are.
pub struct Format {
    bytes: usize,
    pad: usize,
    order: ImageOrder,
    colours: PixelColours,
}

enum PixelColours {
    /// Each in a byte of its own: where red, green and blue are. Nearly every screen is so, and this is quick.
    Bytes([usize; 3]),
    /// For red, green and blue: where the value begins, and the largest there is.
    Masks([(u32, u64); 3]),
    /// By the pixel's number.
    Table(Vec<[u8; 3]>),
}

impl Format {
    pub fn of(x: &Display) -> Asked<Self> {
        let unreadable =
            || Trouble::Gone("the screen's pixels are stored in a way that usher does not read".to_owned());
        let (setup, screen) = (x.conn.setup(), &x.screen);
        let format = setup.pixmap_formats.iter().find(|format| format.depth == screen.root_depth);
        let visual = screen.allowed_depths.iter().flat_map(|d| &d.visuals).find(|v| v.visual_id == screen.root_visual);
        let (format, visual) = format.zip(visual).ok_or_else(unreadable)?;
        let bytes = usize::from(format.bits_per_pixel / 8);
        if !matches!(format.bits_per_pixel, 8 | 16 | 24 | 32) {
            return Err(unreadable());
        }
        let colours = if matches!(visual.class, VisualClass::TRUE_COLOR | VisualClass::DIRECT_COLOR) {
            let masks = masks(visual);
            in_bytes(masks, bytes, setup.image_byte_order).map_or(PixelColours::Masks(masks), PixelColours::Bytes)
        } else {
            let all: Vec<u32> = (0..u32::from(visual.colormap_entries.min(256))).collect();
            let known = x.conn.query_colors(screen.default_colormap, &all)?.reply()?.colors;
            PixelColours::Table(
                known.iter().map(|c| [c.red, c.green, c.blue].map(|value| value.to_be_bytes()[0])).collect(),
            )
        };
        Ok(Format { bytes, pad: usize::from(format.scanline_pad / 8).max(1), order: setup.image_byte_order, colours })
    }

    /// The bytes of a row.
    pub fn stride(&self, width: u16) -> usize {
        (usize::from(width) * self.bytes).next_multiple_of(self.pad).max(1)
    }

    /// Reads the pixels of a row, three bytes each.
    pub fn read(&self, line: &[u8], row: &mut [u8]) {
        let pixels = row.chunks_exact_mut(3);
        match self.colours {
            PixelColours::Bytes([red, green, blue]) => {
                for (colours, pixel) in pixels.zip(line.chunks_exact(self.bytes)) {
                    colours[0] = pixel[red];
                    colours[1] = pixel[green];
                    colours[2] = pixel[blue];
                }
            }
            PixelColours::Masks(_) | PixelColours::Table(_) => {
                pixels.enumerate().for_each(|(at, colours)| colours.copy_from_slice(&self.colour(line, at)));
            }
        }
    }

    fn colour(&self, line: &[u8], at: usize) -> [u8; 3] {
        let bytes = &line[at * self.bytes..][..self.bytes];
        let number = |all: u32, byte: &u8| all << 8 | u32::from(*byte);
        let pixel = if self.order == ImageOrder::LSB_FIRST {
            bytes.iter().rev().fold(0, number)
        } else {
            bytes.iter().fold(0, number)
        };
        match &self.colours {
            PixelColours::Bytes(places) => places.map(|place| bytes[place]),
            PixelColours::Masks(masks) => masks.map(|(shift, most)| {
                let value = u64::from(pixel.checked_shr(shift).unwrap_or(0)) & most;
                u8::try_from((value * 255 + most / 2) / most.max(1)).unwrap_or(u8::MAX)
            }),
            PixelColours::Table(table) => {
                table.get(usize::try_from(pixel).unwrap_or(usize::MAX)).copied().unwrap_or_default()
            }
        }
    }
}

/// The bytes of a pixel that have the colours, if each has one to itself.
fn in_bytes(masks: [(u32, u64); 3], bytes: usize, order: ImageOrder) -> Option<[usize; 3]> {
    let whole = |(shift, most): &(u32, u64)| *most == 0xff && shift % 8 == 0 && (*shift as usize) / 8 < bytes;
    let place = |(shift, _): (u32, u64)| match order {
        ImageOrder::LSB_FIRST => shift as usize / 8,
        _ => bytes - 1 - shift as usize / 8,
    };
    masks.iter().all(whole).then(|| masks.map(place))
}

/// A value's place and its largest, of each colour.
fn masks(visual: &Visualtype) -> [(u32, u64); 3] {
    [visual.red_mask, visual.green_mask, visual.blue_mask].map(|mask| {
        let shift = mask.trailing_zeros();
        (shift, u64::from(mask.checked_shr(shift).unwrap_or(0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(bytes: usize, order: ImageOrder, colours: PixelColours) -> Format {
        Format { bytes, pad: 4, order, colours }
    }

    #[test]
    fn pixels_are_read_by_their_masks_in_both_byte_orders() {
        let masks = || PixelColours::Masks([(16, 0xff), (8, 0xff), (0, 0xff)]);
        let little = format(4, ImageOrder::LSB_FIRST, masks());
        assert_eq!(little.colour(&[0, 0, 0, 0, 0x40, 0x60, 0x20, 0], 1), [0x20, 0x60, 0x40]);
        let big = format(4, ImageOrder::MSB_FIRST, masks());
        assert_eq!(big.colour(&[0, 0x20, 0x60, 0x40], 0), [0x20, 0x60, 0x40]);
        let small = format(2, ImageOrder::LSB_FIRST, PixelColours::Masks([(11, 31), (5, 63), (0, 31)]));
        assert_eq!(small.colour(&[0x1f, 0xf8], 0), [255, 0, 255]);
        assert_eq!((small.stride(3), little.stride(3)), (8, 12));
    }

    #[test]
    fn colours_in_bytes_of_their_own_are_what_their_masks_say() {
        let usual = [(16, 0xff), (8, 0xff), (0, 0xff)];
        let line = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        for order in [ImageOrder::LSB_FIRST, ImageOrder::MSB_FIRST] {
            for bytes in [3, 4] {
                let places = in_bytes(usual, bytes, order).unwrap();
                let mut row = [0; 9];
                format(bytes, order, PixelColours::Bytes(places)).read(&line, &mut row);
                let masked = format(bytes, order, PixelColours::Masks(usual));
                let expected: Vec<u8> = (0..3).flat_map(|at| masked.colour(&line, at)).collect();
                assert_eq!(row[..], expected[..], "{order:?} {bytes}");
            }
        }
        for unlike in
            [[(11, 31), (5, 63), (0, 31)], [(20, 0xff), (10, 0xff), (0, 0xff)], [(24, 0xff), (8, 0xff), (0, 0xff)]]
        {
            assert_eq!(in_bytes(unlike, 3, ImageOrder::LSB_FIRST), None);
        }
    }

    #[test]
    fn a_pixel_beyond_its_table_is_black() {
        let few = format(1, ImageOrder::LSB_FIRST, PixelColours::Table(vec![[1, 2, 3], [4, 5, 6]]));
        assert_eq!([few.colour(&[1, 9], 0), few.colour(&[1, 9], 1)], [[4, 5, 6], [0, 0, 0]]);
    }
}
