//! What a screen showed.

use std::fs;
use std::path::Path;

/// The pixels of a screen of 24 bits, as the X server hands them out.
#[derive(Clone)]
pub struct Picture {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// Blue, green, red and nothing for each pixel.
    pub data: Vec<u8>,
}

impl Picture {
    /// One pixel: red, green, blue.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = 4 * (y * self.width + x);
        [self.data[at + 2], self.data[at + 1], self.data[at]]
    }

    /// How many pixels have this colour.
    pub fn count(&self, [red, green, blue]: [u8; 3]) -> usize {
        self.data.chunks_exact(4).filter(|pixel| pixel[..3] == [blue, green, red]).count()
    }

    /// Whether any pixel has this colour.
    pub fn has(&self, [red, green, blue]: [u8; 3]) -> bool {
        self.data.chunks_exact(4).any(|pixel| pixel[..3] == [blue, green, red])
    }

    /// The part of all pixels that has this colour, from 0 to 1.
    pub fn share(&self, colour: [u8; 3]) -> f64 {
        self.count(colour) as f64 / (self.width * self.height) as f64
    }

    /// Whether both show the same.
    pub fn same(&self, other: &Picture) -> bool {
        let same = |(one, other): (&[u8], &[u8])| one[..3] == other[..3];
        (self.width, self.height) == (other.width, other.height)
            && (self.data == other.data || self.data.chunks_exact(4).zip(other.data.chunks_exact(4)).all(same))
    }

    /// Reads a picture in binary PPM: a line each of format, size and depth, then three bytes a pixel.
    pub fn of_ppm(file: &[u8]) -> Option<Picture> {
        let mut parts = file.splitn(4, |byte| *byte == b'\n');
        let (format, size, depth, pixels) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (width, height) = std::str::from_utf8(size).ok()?.split_once(' ')?;
        let (width, height) = (width.parse().ok()?, height.parse().ok()?);
        let data: Vec<u8> = pixels.chunks_exact(3).flat_map(|rgb| [rgb[2], rgb[1], rgb[0], 0]).collect();
        let whole = format == b"P6" && depth == b"255" && data.len() == 4 * width * height;
        whole.then_some(Picture { width, height, data })
    }

    /// Writes a PNG file, uncompressed.
    #[track_caller]
    pub fn save(&self, file: &Path) {
        let mut raw = Vec::with_capacity(self.height * (1 + 3 * self.width));
        for y in 0..self.height {
            raw.push(0);
            (0..self.width).for_each(|x| raw.extend(self.pixel(x, y)));
        }
        let mut zlib = vec![0x78, 0x01];
        let mut blocks = raw.chunks(0xffff).peekable();
        while let Some(block) = blocks.next() {
            let length = block.len() as u16;
            zlib.push(u8::from(blocks.peek().is_none()));
            zlib.extend(length.to_le_bytes());
            zlib.extend((!length).to_le_bytes());
            zlib.extend(block);
        }
        zlib.extend(adler32(&raw).to_be_bytes());
        let size = [self.width as u32, self.height as u32].map(u32::to_be_bytes).concat();
        let header = [&size[..], &[8, 2, 0, 0, 0]].concat();
        let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &zlib), chunk(b"IEND", b"")].concat();
        fs::write(file, [b"\x89PNG\r\n\x1a\n", &chunks[..]].concat()).expect("a picture");
    }
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&kind[..], data].concat();
    [&(data.len() as u32).to_be_bytes()[..], &body, &crc32(&body).to_be_bytes()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    b << 16 | a
}

#[test]
fn checksums_are_those_of_the_standard() {
    assert_eq!((crc32(b"123456789"), adler32(b"Wikipedia")), (0xcbf4_3926, 0x11e6_0398));
}
