//! Rows of pixels in, PNG out: made smaller on the way, and never kept as a whole.

use std::io::{self, Write};

use png::{BitDepth, ColorType, Encoder, StreamWriter};
use usher_core::request::ThumbnailSize;

use super::shrink::{Area, Shrink};

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
        let whole = Area::whole((width, height));
        let shrink = ((width, height) != screen).then(|| Shrink::new(screen, (width, height), whole));
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

#[cfg(test)]
mod tests {
    use super::*;

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
