//! From laid-out text to a picture.

use cosmic_text::{Color, FontSystem, PhysicalGlyph, SwashCache, SwashContent};

use super::layout::{Laid, Role};
use crate::picture::{COLOURS, GROUND, LEVELS, Picture, Stamp, mix};

/// Which of the picture's colours a block has.
fn colour(role: Role) -> u8 {
    match role {
        Role::Title | Role::Details => 0,
        Role::Message => 1,
    }
}
const ACCENT: u8 = 2;
const BANNER: u8 = 3;

struct Canvas {
    picture: Picture,
    banner: bool,
}

/// What glyphs come from.
pub struct Pen<'f> {
    pub fonts: &'f mut FontSystem,
    pub cache: &'f mut SwashCache,
    /// For how many pixels in colours of their own there is room yet.
    pub room: usize,
}

/// Draws the text.
pub fn render(pen: &mut Pen<'_>, laid: &Laid, monitor: (u16, u16), banner: bool) -> Picture {
    let pad = if banner { laid.size } else { 0.0 };
    let (width, height) = (whole(laid.width + 2.0 * pad).min(monitor.0), whole(laid.height + pad).min(monitor.1));
    let empty = if banner { BANNER * LEVELS + (LEVELS - 1) } else { 0 };
    let bytes = vec![empty; usize::from(width) * usize::from(height)];
    let mut canvas = Canvas { picture: Picture { width, height, bytes, stamps: Vec::new() }, banner };
    if let Some(middle) = laid.rule {
        canvas.rule(middle, laid.size);
    }
    for (role, top, buffer) in &laid.lines {
        // Centred text stands in the middle of its buffer; the picture has only the part that is used.
        let left = (f32::from(width) - buffer.size().0.unwrap_or(laid.wrap)) / 2.0;
        for run in buffer.layout_runs() {
            for glyph in run.glyphs {
                let place = glyph.physical((left, top + pad / 2.0 + run.line_y), 1.0);
                pen.cache.with_pixels(pen.fonts, place.cache_key, Color::rgb(255, 255, 255), |x, y, pixel| {
                    canvas.mix(place.x + x, place.y + y, colour(*role), strength(pixel));
                });
                canvas.stamp(pen, &place);
            }
        }
    }
    canvas.picture
}

/// How much of its colour a pixel gets. Of what has colours of its own, that is its brightness.
fn strength(pixel: Color) -> u8 {
    let (r, g, b, a) = (u32::from(pixel.r()), u32::from(pixel.g()), u32::from(pixel.b()), u32::from(pixel.a()));
    let bright = (r * 54 + g * 183 + b * 19) / 256;
    u8::try_from(bright.min(255) * a / 255 * u32::from(LEVELS - 1) / 254).unwrap_or(LEVELS - 1).min(LEVELS - 1)
}

impl Canvas {
    fn mix(&mut self, x: i32, y: i32, colour: u8, level: u8) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        let width = usize::from(self.picture.width);
        if x >= width {
            return;
        }
        let Some(byte) = self.picture.bytes.get_mut(y * width + x) else { return };
        if self.banner {
            *byte = BANNER * LEVELS + (*byte % LEVELS).min(LEVELS - 1 - level);
        } else if level > *byte % LEVELS {
            *byte = colour * LEVELS + level;
        }
    }

    /// Adds a glyph that has colours of its own, while there is room for it.
    fn stamp(&mut self, pen: &mut Pen<'_>, place: &PhysicalGlyph) {
        let image = pen.cache.get_image(pen.fonts, place.cache_key).as_ref();
        let Some(image) = image.filter(|image| image.content == SwashContent::Color) else { return };
        let (left, top) = (place.x + image.placement.left, place.y - image.placement.top);
        let columns = clipped(left, image.placement.width, self.picture.width);
        let rows = clipped(top, image.placement.height, self.picture.height);
        let Some(room) = pen.room.checked_sub(columns.len() * rows.len()).filter(|_| columns.len() * rows.len() > 0)
        else {
            return;
        };
        pen.room = room;
        let ground = if self.banner { COLOURS[usize::from(BANNER)] } else { GROUND };
        let wide = image.placement.width as usize;
        let pixels = rows.clone().flat_map(|y| columns.clone().map(move |x| (x, y))).map(|(x, y)| {
            let (x, y) = (i32::from(x).abs_diff(left) as usize, i32::from(y).abs_diff(top) as usize);
            let of = image.data.as_chunks::<4>().0.get(y * wide + x).copied().unwrap_or_default();
            let [r, g, b] = mix([of[0], of[1], of[2]], ground, of[3], u8::MAX);
            [r, g, b, u8::from(of[3] > 0)]
        });
        let at = [columns.start, rows.start, columns.end - columns.start, rows.end - rows.start];
        let pixels = pixels.collect();
        self.picture.stamps.push(Stamp { at, pixels });
    }

    /// A short line in the accent's colour.
    fn rule(&mut self, middle: f32, size: f32) {
        let (thick, long) = (i32::from(whole((size * 0.06).max(1.0))), i32::from(whole(size * 1.6)));
        let left = i32::from(self.picture.width) / 2 - long / 2;
        let top = i32::from(whole(middle)) - thick / 2;
        for y in top..top + thick {
            (left..left + long).for_each(|x| self.mix(x, y, ACCENT, LEVELS - 1));
        }
    }
}

/// What of so many pixels from here on is within the picture.
fn clipped(start: i32, count: u32, picture: u16) -> std::ops::Range<u16> {
    let end = i64::from(start) + i64::from(count);
    let within = |edge: i64| u16::try_from(edge.clamp(0, i64::from(picture))).unwrap_or(picture);
    within(i64::from(start))..within(end)
}

/// A length in whole pixels, at least one.
fn whole(length: f32) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let pixels = length.ceil().clamp(1.0, 16384.0) as u16;
    pixels
}
