//! Pictures, decoded by a library that has nothing in common with what the product reads.

use std::collections::BTreeMap;
use std::path::Path;

/// A decoded PNG file.
pub struct Png {
    pub width: usize,
    pub height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Png {
    /// Reads a file, which must be a whole picture.
    #[track_caller]
    pub fn read(path: impl AsRef<Path>) -> Png {
        Png::decode(&std::fs::read(path).expect("a file"))
    }

    #[track_caller]
    pub fn decode(bytes: &[u8]) -> Png {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("a whole picture");
        assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        let pixels = pixels.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Png { width: info.width as usize, height: info.height as usize, pixels }
    }

    pub fn pixels(&self) -> impl Iterator<Item = [u8; 3]> {
        self.pixels.iter().copied()
    }

    /// The colour that a cell of a terminal of this size has most of.
    pub fn cell(&self, (row, col): (usize, usize), (rows, cols): (usize, usize)) -> [u8; 3] {
        let (high, wide) = (self.height / rows, self.width / cols);
        let mut counts = BTreeMap::new();
        for y in row * high..(row + 1) * high {
            for pixel in &self.pixels[y * self.width + col * wide..][..wide] {
                *counts.entry(*pixel).or_insert(0) += 1;
            }
        }
        counts.into_iter().max_by_key(|(_, count)| *count).expect("a cell has pixels").0
    }

    /// How many colours a cell has: a blank has one.
    pub fn colours(&self, (row, col): (usize, usize), (rows, cols): (usize, usize)) -> usize {
        let (high, wide) = (self.height / rows, self.width / cols);
        let lines = (row * high..(row + 1) * high).map(|y| &self.pixels[y * self.width + col * wide..][..wide]);
        lines.flatten().collect::<std::collections::BTreeSet<_>>().len()
    }
}
