//! From the drawn picture's bytes to the server's pixels.

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, Gcontext, ImageFormat, ImageOrder, Pixmap, VisualClass, Visualtype,
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

    /// Appends a row of the picture.
    fn row(&self, picture: &Picture, y: usize, bytes: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        for byte in bytes {
            let (pixel, count) = self.stored(self.pixels[usize::from(*byte)]);
            out.extend_from_slice(&pixel[..count]);
        }
        if let Some(visual) = &self.visual {
            for (x, rgb) in picture.stamped(y) {
                let (pixel, count) = self.stored(masked(visual, rgb));
                out[start + x * count..][..count].copy_from_slice(&pixel[..count]);
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

/// Hands a picture to the server, and gives the pixmap that holds it. In pieces: the whole of a large
/// one would be in memory twice.
pub fn upload(x: &Display, palette: &Palette, picture: &Picture) -> Asked<Pixmap> {
    let (pixmap, gc): (Pixmap, Gcontext) = (x.conn.generate_id()?, x.conn.generate_id()?);
    let depth = x.screen.root_depth;
    x.conn.create_pixmap(depth, pixmap, x.root, picture.width, picture.height)?;
    x.conn.create_gc(gc, pixmap, &CreateGCAux::new())?;
    let width = usize::from(picture.width);
    let row = (width * palette.bytes).next_multiple_of(palette.pad);
    let rows = (PIECE.min(x.conn.maximum_request_bytes().saturating_sub(64)) / row).max(1);
    let mut pixels = Vec::with_capacity(rows * row);
    for (piece, bytes) in picture.bytes.chunks(rows * width).enumerate() {
        pixels.clear();
        for (nth, bytes) in bytes.chunks(width).enumerate() {
            palette.row(picture, piece * rows + nth, bytes, &mut pixels);
        }
        let height = u16::try_from(bytes.len() / width).unwrap_or(0);
        let top = i16::try_from(piece * rows).unwrap_or(i16::MAX);
        let format = ImageFormat::Z_PIXMAP;
        let put = x.await_room().and_then(|()| {
            Ok(x.conn.put_image(format, pixmap, gc, picture.width, height, 0, top, 0, depth, &pixels).map(drop)?)
        });
        if let Err(trouble) = put {
            x.conn.free_pixmap(pixmap)?;
            x.conn.free_gc(gc)?;
            return Err(trouble);
        }
    }
    x.conn.free_gc(gc)?;
    Ok(pixmap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_fit_the_visuals_masks() {
        assert_eq!(
            [scale(255, 0xff0000), scale(255, 0xf800), scale(0, 0xff), scale(128, 0xff)],
            [0xff0000, 0xf800, 0, 128]
        );
        assert_eq!(scale(255, 0), 0);
    }
}
