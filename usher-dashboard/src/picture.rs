//! Pictures of screens on their way to a page. A host may be anybody's, so the browser gets no byte of what it sent: the
//! picture is read within bounds and written anew.

use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Limits, Transformations};
use usher_core::request::ThumbnailSize;

/// What a picture that we asked for may take of memory while it is read.
const MEMORY: usize = 16 << 20;

/// Reads a PNG of at most this size, and writes its pixels as another; none if it is no such picture.
pub fn rewritten(png: &[u8], size: ThumbnailSize) -> Option<Vec<u8>> {
    let most = size.bounds()?;
    let mut decoder = Decoder::new_with_limits(std::io::Cursor::new(png), Limits { bytes: MEMORY });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().ok()?;
    if header.width > most.0 || header.height > most.1 {
        return None;
    }
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut pixels).ok()?;
    pixels.truncate(frame.buffer_size());
    if frame.bit_depth != BitDepth::Eight || frame.color_type == ColorType::Indexed {
        return None;
    }
    let mut written = Vec::new();
    let mut encoder = Encoder::new(&mut written, frame.width, frame.height);
    encoder.set_color(frame.color_type);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
        let mut written = Vec::new();
        let mut encoder = Encoder::new(&mut written, width, height);
        encoder.set_color(ColorType::Rgb);
        encoder.add_text_chunk("Comment".to_owned(), "<script>alert(1)</script>".to_owned()).unwrap();
        let mut writer = encoder.write_header().unwrap();
        let pixels = colour.repeat(usize::try_from(width * height).unwrap());
        writer.write_image_data(&pixels).unwrap();
        writer.finish().unwrap();
        written
    }

    #[test]
    fn the_pixels_stay_and_nothing_else_does() {
        let mut sent = png(4, 3, [200, 10, 20]);
        sent.extend(b"<html>behind the picture");
        let written = rewritten(&sent, ThumbnailSize::Small).unwrap();
        let has = |what: &[u8]| written.windows(what.len()).any(|window| window == what);
        assert!(!has(b"script") && !has(b"html"));
        let mut reader = Decoder::new(std::io::Cursor::new(&written)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.width, frame.height, &pixels[..3], pixels.len()), (4, 3, &[200, 10, 20][..], 36));
    }

    #[test]
    fn a_picture_larger_than_was_asked_for_is_none() {
        assert!(rewritten(&png(160, 120, [0; 3]), ThumbnailSize::Small).is_some());
        assert!(rewritten(&png(161, 120, [0; 3]), ThumbnailSize::Small).is_none());
        assert!(rewritten(&png(4, 4, [0; 3]), ThumbnailSize::FullScreen).is_none(), "nothing without a bound");
    }

    #[test]
    fn a_picture_that_lies_about_its_size_is_none() {
        let honest = png(4, 3, [1, 2, 3]);
        // The width and height of the header, whose checksum is not looked at by whoever trusts.
        for (at, value) in [(16, u32::MAX), (20, u32::MAX), (16, 100_000), (16, 0), (20, 5)] {
            let mut lying = honest.clone();
            lying[at..at + 4].copy_from_slice(&value.to_be_bytes());
            assert!(rewritten(&lying, ThumbnailSize::Large).is_none(), "{at} {value}");
        }
        for cut in 0..honest.len() - 12 {
            let _ = rewritten(&honest[..cut], ThumbnailSize::Large);
        }
        for other in [&b""[..], b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"] {
            assert!(rewritten(other, ThumbnailSize::Large).is_none());
        }
    }
}
