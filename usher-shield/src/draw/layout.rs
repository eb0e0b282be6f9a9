//! Where every line goes: as large as fits. Where there is little room the message stays, and what
//! is said around it goes.

use super::{emoji, fonts};
use cosmic_text::{Align, Attrs, Buffer, Family, FontSystem, Metrics, Shaping, Weight, Wrap};

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Title,
    Message,
    Details,
}

/// Text of one kind.
#[derive(Debug, Clone)]
pub struct Block {
    pub role: Role,
    pub text: String,
}

/// Text in its place.
pub struct Laid {
    pub lines: Vec<(Role, f32, Buffer)>,
    /// The middle of the line that parts the title from the message, where there is a title.
    pub rule: Option<f32>,
    pub width: f32,
    pub height: f32,
    pub wrap: f32,
    /// The message's size.
    pub size: f32,
}

/// The smallest sizes of the message, in pixels, at which all is shown; title and details; message alone.
const SMALLEST: [f32; 3] = [17.0, 13.0, 4.0];
const LINE: f32 = 1.3;
/// A line has at most so many times the message's size: longer ones read badly.
const MEASURE: f32 = 26.0;

impl Laid {
    /// Characters that no font has.
    pub fn missing(&self) -> Vec<char> {
        let runs = self.lines.iter().flat_map(|(_, _, buffer)| buffer.layout_runs());
        let lost = runs.flat_map(|run| {
            let glyphs = run.glyphs.iter().filter(|glyph| glyph.glyph_id == 0);
            glyphs.flat_map(|glyph| run.text[glyph.start..glyph.end].chars()).collect::<Vec<_>>()
        });
        lost.collect()
    }

    fn fits(&self, room: (f32, f32)) -> bool {
        self.width <= room.0 && self.height <= room.1
    }
}

/// Lays out the blocks for a monitor of this size.
pub fn fit(fonts: &mut FontSystem, blocks: &[Block], monitor: (u16, u16), banner: bool) -> Laid {
    let (width, height) = (f32::from(monitor.0), f32::from(monitor.1));
    let margin = if banner { 0.02 } else { 0.06 };
    let height = if banner { height / 4.0 } else { height };
    let room = (width * (1.0 - 2.0 * margin), height * (1.0 - 2.0 * margin));
    let largest = if banner { (height * 0.16).clamp(11.0, 40.0) } else { (height * 0.092).min(width * 0.07) };
    for (leave_out, smallest) in SMALLEST.into_iter().enumerate() {
        let shown: Vec<&Block> = blocks.iter().filter(|block| matters(block.role, leave_out)).collect();
        if let Some(laid) = largest_that_fits(fonts, &shown, room, smallest, largest.max(smallest)) {
            return laid;
        }
    }
    let message: Vec<&Block> = blocks.iter().filter(|block| block.role == Role::Message).collect();
    lay(fonts, &message, room, SMALLEST[2])
}

/// Whether a block is shown though so many kinds of them are left out.
fn matters(role: Role, left_out: usize) -> bool {
    match role {
        Role::Message => true,
        Role::Details => left_out < 2,
        Role::Title => left_out < 1,
    }
}

fn largest_that_fits(
    fonts: &mut FontSystem,
    blocks: &[&Block],
    room: (f32, f32),
    smallest: f32,
    largest: f32,
) -> Option<Laid> {
    let laid = lay(fonts, blocks, room, largest);
    if laid.fits(room) {
        return Some(laid);
    }
    let (mut low, mut high, mut best) = (smallest, largest, None);
    for _ in 0..7 {
        let size = if best.is_none() && low > smallest - 0.1 && high < smallest + 0.5 {
            smallest
        } else {
            f32::midpoint(low, high)
        };
        let laid = lay(fonts, blocks, room, size);
        if laid.fits(room) {
            low = size;
            best = Some(laid);
        } else {
            high = size;
        }
    }
    best.or_else(|| Some(lay(fonts, blocks, room, smallest)).filter(|laid| laid.fits(room)))
}

/// Lays out the blocks with the message in this size.
fn lay(fonts: &mut FontSystem, blocks: &[&Block], room: (f32, f32), size: f32) -> Laid {
    let wrap = room.0.min(size * MEASURE).max(size);
    let small = (size * 0.44).max(size.min(12.0));
    let (mut top, mut widest, mut rule) = (0.0, 0.0f32, None);
    let mut lines = Vec::new();
    for block in blocks {
        let size = if block.role == Role::Message { size } else { small };
        if block.role == Role::Details {
            top += small * 1.3;
        }
        let buffer = shape(fonts, block, size, if block.role == Role::Message { wrap } else { room.0.min(wrap * 1.2) });
        let (width, height) = measure(&buffer, size);
        lines.push((block.role, top, buffer));
        widest = widest.max(width);
        top += height;
        if block.role == Role::Title {
            rule = Some(top + small * 0.7);
            top += small * 1.7;
        }
    }
    Laid { lines, rule, width: widest + size * 0.3, height: top, wrap, size }
}

fn shape(system: &mut FontSystem, block: &Block, size: f32, wrap: f32) -> Buffer {
    let mut buffer = Buffer::new(system, Metrics::new(size, size * LINE));
    let weight = if block.role == Role::Message { Weight::BOLD } else { Weight::NORMAL };
    let attributes = Attrs::new().family(Family::SansSerif).weight(weight);
    buffer.set_wrap(Wrap::WordOrGlyph);
    buffer.set_size(Some(wrap), None);
    // Another font may have an emoji as well, without its colours.
    let coloured = emoji::are_in(&block.text).then(|| fonts::coloured(system)).flatten();
    let emoji = coloured.map_or(attributes.clone(), |name| Attrs::new().family(Family::Name(name)));
    let runs = emoji::runs(&block.text);
    let runs =
        runs.into_iter().map(|(text, is_emoji)| (text, if is_emoji { emoji.clone() } else { attributes.clone() }));
    buffer.set_rich_text(runs, &attributes, Shaping::Advanced, Some(Align::Center));
    buffer.shape_until_scroll(system, false);
    buffer
}

fn measure(buffer: &Buffer, size: f32) -> (f32, f32) {
    let (mut width, mut height) = (0.0f32, 0.0f32);
    for run in buffer.layout_runs() {
        width = width.max(run.line_w);
        height = height.max(run.line_top + size * LINE);
    }
    (width, height)
}
