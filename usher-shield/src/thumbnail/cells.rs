//! A terminal's cells as pixels. Every character stands in its cell, as on a terminal, whatever the font makes of
//! its width.

use std::collections::HashMap;

use cosmic_text::{
    Attrs, Buffer, CacheKey, Family, FontSystem, Metrics, Shaping, Style, SwashCache, SwashContent, Weight,
};
use usher_core::wire::cells::{CellCursor, CellRun, Rgb, TerminalCells};

use crate::draw::fonts;

/// Sizes of the text in pixels, the preferred one first; the smaller ones are for very large terminals.
const SIZES: [f32; 5] = [15.0, 12.0, 9.0, 6.0, 4.0];
/// The most pixels of a picture.
const MOST: usize = 16 << 20;
/// The most clusters that are remembered; a program can make up any number.
const MOST_SHAPED: usize = 4096;
/// A line's height by the text's, and how much of it is above the base line: those of DejaVu Sans Mono, in which lines
/// of box drawing characters meet.
const LINE: f32 = 1.164;
const ASCENT: f32 = 0.928;

/// Pixels, three bytes each, row by row.
pub struct Image {
    pub width: u32,
    pub height: u32,
    pixels: Vec<u8>,
}

impl Image {
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.width as usize * 3)
    }

    fn fill(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), colour: Rgb) {
        for y in y..y + height {
            (x..x + width).for_each(|x| self.mix(x, y, colour, 255));
        }
    }

    /// Lays so much of a colour over a pixel.
    fn mix(&mut self, x: i32, y: i32, colour: Rgb, alpha: u8) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        let width = self.width as usize;
        if x >= width {
            return;
        }
        let Some(pixel) = self.pixels.get_mut((y * width + x) * 3..).and_then(|rest| rest.get_mut(..3)) else { return };
        let alpha = u16::from(alpha);
        for (under, over) in pixel.iter_mut().zip(colour) {
            let mixed = (u16::from(over) * alpha + u16::from(*under) * (255 - alpha) + 127) / 255;
            *under = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
    }
}

/// Draws one session's terminal, again and again: what it read of fonts and drew of characters serves the next time too.
pub struct Artist {
    pen: Option<Pen>,
    /// How many cells the pen's size is for.
    cells: usize,
}

impl Artist {
    pub fn new() -> Self {
        Artist { pen: None, cells: 0 }
    }

    pub fn draw(&mut self, still: &TerminalCells) -> Image {
        let (cols, rows) = (usize::from(still.cols.clamp(1, 1000)), usize::from(still.rows.clamp(1, 500)));
        let fonts = match self.pen.take() {
            Some(pen) if self.cells == cols * rows && pen.shaped.len() < MOST_SHAPED => Ok(pen),
            Some(pen) => Err(pen.fonts),
            None => Err(fonts::load()),
        };
        self.cells = cols * rows;
        let pen = self.pen.insert(fonts.unwrap_or_else(|fonts| Pen::new(fonts, cols * rows)));
        pen.draw(still, (cols, rows))
    }
}

/// What is drawn with.
struct Pen {
    fonts: FontSystem,
    cache: SwashCache,
    size: f32,
    /// A cell's width and height.
    cell: (i32, i32),
    /// Clusters that were drawn before: terminals repeat themselves.
    shaped: HashMap<(String, bool, bool), Shaped>,
}

/// A cluster's glyphs and where they are from the left end of the base line; and how wide it is.
#[derive(Clone)]
struct Shaped {
    glyphs: Vec<(i32, i32, CacheKey)>,
    width: f32,
}

impl Pen {
    fn new(fonts: FontSystem, cells: usize) -> Self {
        let mut pen = Pen { fonts, cache: SwashCache::new(), size: 0.0, cell: (0, 0), shaped: HashMap::new() };
        for size in SIZES {
            pen.size = size;
            pen.shaped.clear();
            pen.cell = (whole(pen.shape("0", false, false).width), whole(size * LINE));
            if cells * pen.cell.0 as usize * pen.cell.1 as usize <= MOST {
                break;
            }
        }
        pen
    }

    fn draw(&mut self, still: &TerminalCells, (cols, rows): (usize, usize)) -> Image {
        let (width, height) = (cols * self.cell.0 as usize, rows * self.cell.1 as usize);
        let pixels = still.ground.repeat(width * height);
        let mut image = Image { width: width as u32, height: height as u32, pixels };
        for run in &still.runs {
            image.fill(self.place(run.row, run.col), (self.cell.0 * i32::from(run.cells), self.cell.1), run.bg);
        }
        for run in &still.runs {
            self.run(&mut image, run);
        }
        if let Some((row, col, cursor)) = still.cursor {
            self.cursor(&mut image, still, (row, col), cursor);
        }
        image
    }

    fn place(&self, row: u16, col: u16) -> (i32, i32) {
        (i32::from(col) * self.cell.0, i32::from(row) * self.cell.1)
    }

    fn run(&mut self, image: &mut Image, run: &CellRun) {
        if run.whole {
            self.cluster(image, run, (run.col, run.cells), &run.text, run.fg);
        } else {
            for (col, character) in (run.col..).zip(run.text.chars().take(usize::from(run.cells))) {
                if character != ' ' {
                    self.cluster(image, run, (col, 1), character.encode_utf8(&mut [0; 4]), run.fg);
                }
            }
        }
        let (left, top) = self.place(run.row, run.col);
        let (wide, thick) = (self.cell.0 * i32::from(run.cells), (self.cell.1 / 14).max(1));
        if run.underline {
            let under = whole(self.size * (ASCENT + 0.08)).min(self.cell.1 - thick);
            image.fill((left, top + under), (wide, thick), run.fg);
        }
        if run.strike {
            image.fill((left, top + whole(self.size * (ASCENT - 0.3))), (wide, thick), run.fg);
        }
    }

    /// Draws a cluster into the middle of its cells.
    fn cluster(&mut self, image: &mut Image, run: &CellRun, (col, cells): (u16, u16), text: &str, colour: Rgb) {
        let shaped = self.shape(text, run.bold, run.italic);
        let (left, top) = self.place(run.row, col);
        let spare = (self.cell.0 * i32::from(cells)) as f32 - shaped.width;
        let (left, base) = (left + (spare / 2.0).round() as i32, top + whole(self.size * ASCENT));
        for (x, y, key) in shaped.glyphs {
            let Some(glyph) = self.cache.get_image(&mut self.fonts, key) else { continue };
            let (x, y) = (left + x + glyph.placement.left, base + y - glyph.placement.top);
            let wide = glyph.placement.width as i32;
            let each = |bytes: usize| glyph.data.chunks_exact(bytes).zip(0i32..);
            match glyph.content {
                SwashContent::Mask => {
                    each(1).for_each(|(pixel, at)| image.mix(x + at % wide, y + at / wide, colour, pixel[0]));
                }
                // Emoji have colours of their own.
                SwashContent::Color => each(4).for_each(|(pixel, at)| {
                    image.mix(x + at % wide, y + at / wide, [pixel[0], pixel[1], pixel[2]], pixel[3]);
                }),
                SwashContent::SubpixelMask => {}
            }
        }
    }

    fn shape(&mut self, text: &str, bold: bool, italic: bool) -> Shaped {
        if let Some(known) = self.shaped.get(&(text.to_owned(), bold, italic)) {
            return known.clone();
        }
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(self.size, self.size * LINE));
        let attributes = Attrs::new()
            .family(Family::Monospace)
            .weight(if bold { Weight::BOLD } else { Weight::NORMAL })
            .style(if italic { Style::Italic } else { Style::Normal });
        buffer.set_text(text, &attributes, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let mut shaped = Shaped { glyphs: Vec::new(), width: 0.0 };
        for run in buffer.layout_runs() {
            shaped.width = shaped.width.max(run.line_w);
            shaped.glyphs.extend(run.glyphs.iter().map(|glyph| {
                let place = glyph.physical((0.0, 0.0), 1.0);
                (place.x, place.y, place.cache_key)
            }));
        }
        self.shaped.insert((text.to_owned(), bold, italic), shaped.clone());
        shaped
    }

    /// Draws the cursor: as a block, the cell's colours change places.
    fn cursor(&mut self, image: &mut Image, still: &TerminalCells, (row, col): (u16, u16), cursor: CellCursor) {
        let run = still.runs.iter().find(|run| run.row == row && (run.col..run.col + run.cells).contains(&col));
        let (first, cells) = run.filter(|run| run.whole).map_or((col, 1), |run| (run.col, run.cells));
        let (left, top) = self.place(row, first);
        let (wide, high) = (self.cell.0 * i32::from(cells), self.cell.1);
        let colour = run.map_or(still.foreground, |run| run.fg);
        let line = (self.cell.1 / 8).max(1);
        match cursor {
            CellCursor::Underline => image.fill((left, top + high - line), (wide, line), colour),
            CellCursor::Beam => image.fill((left, top), (line, high), colour),
            CellCursor::Block => {
                image.fill((left, top), (wide, high), colour);
                if let Some(run) = run {
                    let at = usize::from(col - run.col);
                    let character = run.text.chars().nth(at).map(String::from).unwrap_or_default();
                    let text = if run.whole { run.text.as_str() } else { character.as_str() };
                    self.cluster(image, run, (first, cells), text, run.bg);
                }
            }
        }
    }
}

/// A length in whole pixels, at least one.
fn whole(length: f32) -> i32 {
    length.round().clamp(1.0, 16384.0) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(still: &TerminalCells) -> Image {
        Artist::new().draw(still)
    }

    fn run(row: u16, col: u16, text: &str) -> CellRun {
        CellRun {
            row,
            col,
            cells: u16::try_from(text.chars().count()).unwrap(),
            text: text.to_owned(),
            whole: false,
            fg: [255, 255, 255],
            bg: [0, 0, 0],
            bold: false,
            italic: false,
            underline: false,
            strike: false,
        }
    }

    fn still(runs: Vec<CellRun>, cursor: Option<(u16, u16, CellCursor)>) -> TerminalCells {
        TerminalCells { cols: 10, rows: 3, ground: [0, 0, 0], foreground: [229, 229, 229], runs, cursor }
    }

    /// How much light there is in a cell.
    fn light(image: &Image, row: usize, col: usize) -> u64 {
        let (wide, high) = (image.width as usize / 10, image.height as usize / 3);
        let rows = image.rows().skip(row * high).take(high);
        rows.flat_map(|line| &line[col * wide * 3..(col + 1) * wide * 3]).map(|value| u64::from(*value)).sum()
    }

    #[test]
    fn characters_stand_in_their_cells() {
        let image = draw(&still(vec![run(1, 3, "W W")], None));
        let lit: Vec<_> = (0..3).flat_map(|row| (0..10).map(move |col| (row, col))).collect();
        let lit: Vec<_> = lit.into_iter().filter(|(row, col)| light(&image, *row, *col) > 0).collect();
        assert_eq!(lit, [(1, 3), (1, 5)]);
    }

    #[test]
    fn grounds_lines_and_weights_are_to_be_seen() {
        let plain = draw(&still(vec![run(0, 0, "a")], None));
        let ground = draw(&still(vec![CellRun { bg: [0, 0, 200], ..run(0, 0, " ") }], None));
        let bold = draw(&still(vec![CellRun { bold: true, ..run(0, 0, "a") }], None));
        let line = draw(&still(vec![CellRun { underline: true, ..run(0, 0, "a") }], None));
        let strike = draw(&still(vec![CellRun { strike: true, ..run(0, 0, " ") }], None));
        assert_eq!(ground.rows().next().unwrap()[..3], [0, 0, 200]);
        assert!(light(&bold, 0, 0) > light(&plain, 0, 0) && light(&line, 0, 0) > light(&plain, 0, 0));
        assert!(light(&strike, 0, 0) > 0 && light(&strike, 0, 1) == 0);
    }

    #[test]
    fn a_block_cursor_turns_its_cell_round() {
        let image = draw(&still(vec![run(0, 0, "ab")], Some((0, 1, CellCursor::Block))));
        let (under, beside) = (light(&image, 0, 1), light(&image, 0, 0));
        assert!(under > 2 * beside, "{under} {beside}");
        let full = draw(&still(Vec::new(), Some((0, 1, CellCursor::Block))));
        assert!(light(&full, 0, 1) > under, "the character is seen in the block");
        assert_eq!(light(&full, 0, 2), 0);
    }

    #[test]
    fn what_was_drawn_before_leaves_no_trace() {
        let mut artist = Artist::new();
        let (one, other) = (still(vec![run(0, 0, "ab")], None), still(vec![run(1, 3, "b")], None));
        let large = TerminalCells { cols: 20, ..one.clone() };
        for screen in [&one, &other, &large, &one] {
            let (again, alone) = (artist.draw(screen), draw(screen));
            assert_eq!((again.width, again.height), (alone.width, alone.height));
            assert!(again.rows().eq(alone.rows()), "{screen:?}");
        }
    }

    #[test]
    fn what_lies_beyond_the_edge_is_left_out() {
        let image = draw(&still(vec![run(2, 9, "WW"), run(9, 0, "W")], Some((40, 40, CellCursor::Block))));
        assert!(light(&image, 2, 9) > 0);
        assert_eq!((light(&image, 2, 0), light(&image, 0, 0)), (0, 0), "nothing comes round to the other side");
    }
}
