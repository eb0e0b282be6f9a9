//! Rows of pixels in, PNG out: made smaller on the way, and never kept as a whole.

use std::io::{self, Write};

use png::{BitDepth, ColorType, Encoder, StreamWriter};
use usher_core::request::ThumbnailSize;

/// A picture that is being written, three bytes a pixel: red, green, blue.
pub struct Sheet<W: Write + 'static> {
    out: StreamWriter<'static, W>,
    shrink: Option<Shrink>,
}

impl<W: Write + 'static> Sheet<W> {
    /// Begins the picture of a screen of this size.
    pub fn new(out: W, screen: (u32, u32), size: ThumbnailSize) -> io::Result<Self> {
        let (width, height) = size.of_screen(screen);
        let mut encoder = Encoder::new(out, width, height);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        let out = encoder.write_header()?.into_stream_writer()?;
        let shrink = ((width, height) != screen).then(|| Shrink::new(screen, (width, height)));
        Ok(Sheet { out, shrink })
    }

    /// Takes the screen's next row.
    pub fn row(&mut self, row: &[u8]) -> io::Result<()> {
        match &mut self.shrink {
            None => self.out.write_all(row),
            Some(shrink) => {
                let out = &mut self.out;
                shrink.row(row, |row| out.write_all(row))
            }
        }
    }

    /// Ends the picture, which has all its rows.
    pub fn end(self) -> io::Result<()> {
        Ok(self.out.finish()?)
    }
}

/// Makes a picture smaller by the mean of the area that each pixel of the smaller one covers.
///
/// In whole numbers: a row of the larger picture is cut into as many parts as the smaller one has columns, and the other
/// way round, so that every overlap is a whole number of parts; likewise from row to row.
struct Shrink {
    from: (u64, u64),
    to: (u64, u64),
    /// The next row's number in the larger picture.
    next: u64,
    /// What was gathered for the row of the smaller picture that is not full yet.
    sums: Vec<u64>,
}

impl Shrink {
    fn new(from: (u32, u32), to: (u32, u32)) -> Self {
        let wide = |(width, height): (u32, u32)| (u64::from(width), u64::from(height));
        let sums = vec![0; usize::try_from(to.0).unwrap_or(0) * 3];
        Shrink { from: wide(from), to: wide(to), next: 0, sums }
    }

    /// Takes a row of the larger picture; `full` gets the row of the smaller one that it fills.
    fn row(&mut self, row: &[u8], full: impl FnOnce(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let narrow = self.narrow(row);
        // In parts of 1/to of a row: this one's, and where the smaller picture's row ends.
        let (from, to) = (self.from.1, self.to.1);
        let (start, end) = (self.next * to, (self.next + 1) * to);
        let border = (start / from + 1) * from;
        self.next += 1;
        let before = end.min(border) - start;
        self.add(&narrow, before);
        if end < border {
            return Ok(());
        }
        let whole = self.from.0 * self.from.1;
        let mean = |sum: &u64| u8::try_from((sum + whole / 2) / whole).unwrap_or(u8::MAX);
        let pixels: Vec<u8> = self.sums.iter().map(mean).collect();
        self.sums.fill(0);
        self.add(&narrow, end - border);
        full(&pixels)
    }

    fn add(&mut self, narrow: &[u32], weight: u64) {
        if weight > 0 {
            self.sums.iter_mut().zip(narrow).for_each(|(sum, value)| *sum += u64::from(*value) * weight);
        }
    }

    /// The row with as many pixels as the smaller picture has, each a sum: of at most 65535 parts, so that it fits.
    fn narrow(&self, row: &[u8]) -> Vec<u32> {
        let [from, to] = [self.from.0, self.to.0].map(|width| u32::try_from(width).unwrap_or(u32::MAX));
        let mut narrow = Vec::with_capacity(self.sums.len());
        // What the pixel of the smaller picture has so far, and how many parts it still needs.
        let (mut sums, mut needed) = ([0u32; 3], from);
        for pixel in row.chunks_exact(3) {
            let [red, green, blue] = [u32::from(pixel[0]), u32::from(pixel[1]), u32::from(pixel[2])];
            let part = to.min(needed);
            sums[0] += red * part;
            sums[1] += green * part;
            sums[2] += blue * part;
            needed -= part;
            if needed == 0 {
                narrow.extend_from_slice(&sums);
                let rest = to - part;
                sums = [red * rest, green * rest, blue * rest];
                needed = from - rest;
            }
        }
        narrow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shrunk(from: (u32, u32), to: (u32, u32), pixel: impl Fn(u32, u32) -> u8) -> Vec<Vec<u8>> {
        let mut shrink = Shrink::new(from, to);
        let mut rows = Vec::new();
        for y in 0..from.1 {
            let row: Vec<u8> = (0..from.0).flat_map(|x| [pixel(x, y); 3]).collect();
            let mut keep = |row: &[u8]| rows.push(row.iter().step_by(3).copied().collect());
            shrink
                .row(&row, |row| {
                    keep(row);
                    Ok(())
                })
                .unwrap();
        }
        rows
    }

    #[test]
    fn a_pixel_is_the_mean_of_what_it_covers() {
        assert_eq!(shrunk((4, 2), (2, 1), |x, _| [0, 100, 200, 200][x as usize]), [[50, 200]]);
        // A pixel and a half each.
        assert_eq!(shrunk((3, 1), (2, 1), |x, _| [90, 30, 60][x as usize]), [[70, 50]]);
        assert_eq!(shrunk((1, 3), (1, 2), |_, y| [90, 30, 60][y as usize]), [[70], [50]]);
    }

    #[test]
    fn one_colour_stays_it_and_every_row_comes() {
        for (from, to) in [((1920, 1080), (160, 90)), ((161, 121), (160, 120)), ((17, 500), (4, 120)), ((7, 3), (1, 1))]
        {
            let rows = shrunk(from, to, |_, _| 201);
            assert_eq!(rows.len(), to.1 as usize, "{from:?}");
            assert!(rows.iter().all(|row| row.len() == to.0 as usize && row.iter().all(|value| *value == 201)));
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let mut bytes = Vec::new();
        let out = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        struct Shared(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);
        impl Write for Shared {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.borrow_mut().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut sheet = Sheet::new(Shared(out.clone()), (400, 300), ThumbnailSize::Small).unwrap();
        (0..300).for_each(|_| sheet.row(&[10, 20, 30].repeat(400)).unwrap());
        sheet.end().unwrap();
        bytes.append(&mut out.borrow_mut());
        let mut reader = png::Decoder::new(io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (160, 120));
        assert!(pixels.chunks_exact(3).all(|pixel| pixel == [10, 20, 30]));
    }
}
