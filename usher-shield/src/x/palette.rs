//! From the drawn picture's bytes to the server's pixels.

use std::ops::Range;

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, Gcontext, ImageFormat, ImageOrder, Pixmap, Rectangle, VisualClass, Visualtype,
};

use super::display::{Asked, Display, Trouble};
use crate::picture::{GROUND, Picture, blend};

/// The pixel of every byte that a picture may hold: which colour, and how much of it.
pub struct Palette {
    pub ground: u32,
    pixels: Vec<u32>,
    /// How any colour becomes a pixel, where the screen has more than a few.
    visual: Option<Visualtype>,
    bytes: usize,
    order: ImageOrder,
    pad: usize,
}

impl Palette {
    pub fn new(x: &Display) -> Asked<Self> {
        let setup = x.conn.setup();
        let depth = x.screen.root_depth;
        let format = setup.pixmap_formats.iter().find(|format| format.depth == depth);
        let visual =
            x.screen.allowed_depths.iter().flat_map(|d| &d.visuals).find(|v| v.visual_id == x.screen.root_visual);
        let (Some(format), Some(visual)) = (format, visual) else {
            return Err(Trouble::Gone("the server does not say how pixels are stored".to_owned()));
        };
        if !matches!(format.bits_per_pixel, 1..=32) {
            return Err(Trouble::Gone("the server stores pixels in a way that there is not".to_owned()));
        }
        let pixel = |rgb| pixel(visual, &x.screen, rgb);
        let pixels = (0..=255u8).map(|byte| pixel(blend(byte))).collect();
        let bytes = usize::from(format.bits_per_pixel / 8).max(1);
        let pad = usize::from(format.scanline_pad / 8).max(1);
        let visual = Some(*visual).filter(is_true_colour);
        Ok(Palette { ground: pixel(GROUND), pixels, visual, bytes, order: setup.image_byte_order, pad })
    }

    /// Appends these columns of a row of the picture.
    fn row(&self, picture: &Picture, y: usize, columns: Range<usize>, out: &mut Vec<u8>) {
        let start = out.len();
        let row = y * usize::from(picture.width);
        for byte in &picture.bytes[row + columns.start..row + columns.end] {
            let (pixel, count) = self.stored(self.pixels[usize::from(*byte)]);
            out.extend_from_slice(&pixel[..count]);
        }
        if let Some(visual) = &self.visual {
            for (x, rgb) in picture.stamped(y).filter(|(x, _)| columns.contains(x)) {
                let (pixel, count) = self.stored(masked(visual, rgb));
                out[start + (x - columns.start) * count..][..count].copy_from_slice(&pixel[..count]);
            }
        }
        let used = (out.len() - start).next_multiple_of(self.pad);
        out.resize(start + used, 0);
    }

    /// A pixel as the server stores it, in the first so many bytes.
    fn stored(&self, pixel: u32) -> ([u8; 4], usize) {
        if self.order == ImageOrder::LSB_FIRST {
            return (pixel.to_le_bytes(), self.bytes);
        }
        ((pixel << (8 * (4 - self.bytes))).to_be_bytes(), self.bytes)
    }
}

/// The ground's pixel on a screen.
pub fn ground(screen: &x11rb::protocol::xproto::Screen) -> u32 {
    let visual = screen.allowed_depths.iter().flat_map(|d| &d.visuals).find(|v| v.visual_id == screen.root_visual);
    visual.map_or(screen.black_pixel, |visual| pixel(visual, screen, GROUND))
}

/// A colour's pixel: by the visual's masks where it has any, else black or white, which every screen has.
fn pixel(visual: &Visualtype, screen: &x11rb::protocol::xproto::Screen, rgb: [u8; 3]) -> u32 {
    if !is_true_colour(visual) {
        let bright = rgb.iter().map(|c| u32::from(*c)).sum::<u32>() > 3 * 128;
        return if bright { screen.white_pixel } else { screen.black_pixel };
    }
    masked(visual, rgb)
}

fn is_true_colour(visual: &Visualtype) -> bool {
    matches!(visual.class, VisualClass::TRUE_COLOR | VisualClass::DIRECT_COLOR)
}

fn masked(visual: &Visualtype, rgb: [u8; 3]) -> u32 {
    let masks = [visual.red_mask, visual.green_mask, visual.blue_mask];
    masks.iter().zip(rgb).map(|(mask, value)| scale(value, *mask)).sum()
}

fn scale(value: u8, mask: u32) -> u32 {
    let most = u64::from(mask.checked_shr(mask.trailing_zeros()).unwrap_or(0));
    let scaled = (u64::from(value) * most + 127) / 255;
    u32::try_from(scaled).unwrap_or(0) << mask.trailing_zeros().min(31)
}

/// The bytes of one piece: less than there is room for where there is any (`Display::await_room`).
const PIECE: usize = 60 << 10;

/// A part of a picture that is more than its ground.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Inked {
    rows: Range<usize>,
    columns: Range<usize>,
}

/// What of a picture is more than its ground, in parts of at most so many bytes or of one row, `row` giving the bytes of a row
/// of so many columns.
fn inked(picture: &Picture, most: usize, row: impl Fn(usize) -> usize) -> Vec<Inked> {
    let mut parts: Vec<Inked> = Vec::new();
    for y in 0..usize::from(picture.height) {
        let Some(columns) = inked_columns(picture, y) else { continue };
        if let Some(above) = parts.last_mut().filter(|above| above.rows.end == y) {
            let both = columns.start.min(above.columns.start)..columns.end.max(above.columns.end);
            if (above.rows.len() + 1) * row(both.len()) <= most {
                *above = Inked { rows: above.rows.start..y + 1, columns: both };
                continue;
            }
        }
        parts.push(Inked { rows: y..y + 1, columns });
    }
    parts
}

/// The columns of a row from the first to the last that is more than ground.
fn inked_columns(picture: &Picture, y: usize) -> Option<Range<usize>> {
    let width = usize::from(picture.width);
    let (ground, bytes) = (picture.bytes.first()?, picture.bytes.get(y * width..(y + 1) * width)?);
    let ink = bytes.iter().position(|byte| byte != ground).zip(bytes.iter().rposition(|byte| byte != ground));
    let stamped = picture.stamped(y).map(|(x, _)| (x, x));
    let all = ink.into_iter().chain(stamped).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    all.map(|(first, last)| first..last + 1)
}

/// Hands a picture to the server, and gives the pixmap that holds it. In pieces: the whole of a large one would be in memory
/// twice. Most of a message is ground, which the server can fill in by itself.
pub fn upload(x: &Display, palette: &Palette, picture: &Picture) -> Asked<Pixmap> {
    let (pixmap, gc): (Pixmap, Gcontext) = (x.conn.generate_id()?, x.conn.generate_id()?);
    let ground = palette.pixels[usize::from(picture.bytes.first().copied().unwrap_or_default())];
    x.conn.create_pixmap(x.screen.root_depth, pixmap, x.root, picture.width, picture.height)?;
    x.conn.create_gc(gc, pixmap, &CreateGCAux::new().foreground(ground))?;
    let whole = Rectangle { x: 0, y: 0, width: picture.width, height: picture.height };
    x.conn.poly_fill_rectangle(pixmap, gc, &[whole])?;
    let row = |columns: usize| (columns * palette.bytes).next_multiple_of(palette.pad);
    let most = PIECE.min(x.conn.maximum_request_bytes().saturating_sub(64));
    let mut pixels = Vec::new();
    for part in inked(picture, most, row) {
        pixels.clear();
        part.rows.clone().for_each(|y| palette.row(picture, y, part.columns.clone(), &mut pixels));
        if let Err(trouble) = put(x, (pixmap, gc), &part, &pixels) {
            x.conn.free_pixmap(pixmap)?;
            x.conn.free_gc(gc)?;
            return Err(trouble);
        }
    }
    x.conn.free_gc(gc)?;
    Ok(pixmap)
}

fn put(x: &Display, (pixmap, gc): (Pixmap, Gcontext), part: &Inked, pixels: &[u8]) -> Asked {
    x.await_room()?;
    let [width, height] = [&part.columns, &part.rows].map(|range| u16::try_from(range.len()).unwrap_or(0));
    let [left, top] = [&part.columns, &part.rows].map(|range| i16::try_from(range.start).unwrap_or(i16::MAX));
    let (format, depth) = (ImageFormat::Z_PIXMAP, x.screen.root_depth);
    Ok(x.conn.put_image(format, pixmap, gc, width, height, left, top, 0, depth, pixels).map(drop)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Stamp;

    /// A picture of one text of three rows, and a stamp that has no ink beside it.
    fn picture() -> Picture {
        let mut bytes = vec![7; 20 * 10];
        for (x, y) in [(3, 2), (9, 2), (5, 3), (4, 4), (12, 4)] {
            bytes[y * 20 + x] = 70;
        }
        let stamps = vec![Stamp { at: [15, 8, 2, 1], pixels: vec![[1, 2, 3, 1], [0, 0, 0, 0]] }];
        Picture { width: 20, height: 10, bytes, stamps }
    }

    #[test]
    fn what_is_handed_over_is_all_that_is_more_than_ground_and_little_else() {
        let stamp = Inked { rows: 8..9, columns: 15..16 };
        let parts = inked(&picture(), 1000, |columns| columns * 4);
        assert_eq!(parts, [Inked { rows: 2..5, columns: 3..13 }, stamp.clone()]);
        // Two rows of seven columns fit, and not with the third.
        let parts = inked(&picture(), 60, |columns| columns * 4);
        assert_eq!(parts, [Inked { rows: 2..4, columns: 3..10 }, Inked { rows: 4..5, columns: 4..13 }, stamp]);
        let empty = Picture { bytes: vec![7; 200], stamps: Vec::new(), ..picture() };
        assert_eq!(inked(&empty, 1000, |columns| columns * 4), []);
    }

    #[test]
    fn colours_fit_the_visuals_masks() {
        assert_eq!(
            [scale(255, 0xff0000), scale(255, 0xf800), scale(0, 0xff), scale(128, 0xff)],
            [0xff0000, 0xf800, 0, 128]
        );
        assert_eq!(scale(255, 0), 0);
    }
}
