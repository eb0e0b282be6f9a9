//! Pictures of screens on their way to a page. A host may be anybody's, so the browser gets no byte of what it sent: the
//! picture is read within bounds and written anew.

use image_webp::{EncoderParams, WebPEncoder};
use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Limits, Transformations};
use usher_core::request::ThumbnailSize;

/// What a picture that we asked for may take of memory while it is read.
const MEMORY: usize = 16 << 20;

/// How a picture is written for a browser. Neither loses anything: what is looked at is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Every browser shows it.
    Png,
    /// Smaller, for browsers that say that they take it.
    WebP,
}

impl Encoding {
    /// The media type, by the IANA registry.
    pub fn media_type(self) -> &'static str {
        match self {
            Encoding::Png => "image/png",
            Encoding::WebP => "image/webp",
        }
    }
}

/// Reads a PNG of at most this size, and writes its pixels anew; none if it is no such picture.
pub fn rewritten(png: &[u8], size: ThumbnailSize, encoding: Encoding) -> Option<Vec<u8>> {
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
    match encoding {
        Encoding::Png => as_png(&pixels, (frame.width, frame.height), frame.color_type),
        Encoding::WebP => as_webp(&pixels, (frame.width, frame.height), frame.color_type),
    }
}

fn as_png(pixels: &[u8], (width, height): (u32, u32), colours: ColorType) -> Option<Vec<u8>> {
    let mut written = Vec::new();
    let mut encoder = Encoder::new(&mut written, width, height);
    encoder.set_color(colours);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(pixels).ok()?;
    writer.finish().ok()?;
    Some(written)
}

fn as_webp(pixels: &[u8], (width, height): (u32, u32), colours: ColorType) -> Option<Vec<u8>> {
    let colours = match colours {
        ColorType::Grayscale => image_webp::ColorType::L8,
        ColorType::GrayscaleAlpha => image_webp::ColorType::La8,
        ColorType::Rgb => image_webp::ColorType::Rgb8,
        ColorType::Rgba => image_webp::ColorType::Rgba8,
        ColorType::Indexed => return None,
    };
    let mut written = Vec::new();
    let mut encoder = WebPEncoder::new(&mut written);
    // Text has no gradients that a prediction would help with.
    let mut parameters = EncoderParams::default();
    parameters.use_predictor_transform = false;
    encoder.set_params(parameters);
    encoder.encode(pixels, width, height, colours).ok()?;
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

    /// The first pixel and how many bytes there are in all.
    fn read_back(written: &[u8], encoding: Encoding) -> ((u32, u32), [u8; 3], usize) {
        let written = std::io::Cursor::new(written);
        let (size, pixels) = match encoding {
            Encoding::Png => {
                let mut reader = Decoder::new(written).read_info().unwrap();
                let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
                let frame = reader.next_frame(&mut pixels).unwrap();
                ((frame.width, frame.height), pixels)
            }
            Encoding::WebP => {
                let mut reader = image_webp::WebPDecoder::new(written).unwrap();
                let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
                reader.read_image(&mut pixels).unwrap();
                (reader.dimensions(), pixels)
            }
        };
        (size, pixels[..3].try_into().unwrap(), pixels.len())
    }

    #[test]
    fn the_pixels_stay_and_nothing_else_does() {
        let mut sent = png(4, 3, [200, 10, 20]);
        sent.extend(b"<html>behind the picture");
        for encoding in [Encoding::Png, Encoding::WebP] {
            let written = rewritten(&sent, ThumbnailSize::Small, encoding).unwrap();
            let has = |what: &[u8]| written.windows(what.len()).any(|window| window == what);
            assert!(!has(b"script") && !has(b"html"), "{encoding:?}");
            assert_eq!(read_back(&written, encoding), ((4, 3), [200, 10, 20], 36), "{encoding:?}");
        }
    }

    #[test]
    fn every_kind_of_pixel_is_written_as_webp() {
        for (colours, pixel) in [
            (ColorType::Grayscale, &[9][..]),
            (ColorType::GrayscaleAlpha, &[9, 255]),
            (ColorType::Rgb, &[9, 9, 9]),
            (ColorType::Rgba, &[9, 9, 9, 255]),
        ] {
            let pixels = pixel.repeat(6);
            let sent = as_png(&pixels, (3, 2), colours).unwrap();
            let written = rewritten(&sent, ThumbnailSize::Small, Encoding::WebP).unwrap();
            let (size, first, _) = read_back(&written, Encoding::WebP);
            assert_eq!((size, first), ((3, 2), [9, 9, 9]), "{colours:?}");
        }
    }

    #[test]
    fn a_picture_larger_than_was_asked_for_is_none() {
        assert!(rewritten(&png(160, 120, [0; 3]), ThumbnailSize::Small, Encoding::Png).is_some());
        assert!(rewritten(&png(161, 120, [0; 3]), ThumbnailSize::Small, Encoding::Png).is_none());
        assert!(
            rewritten(&png(4, 4, [0; 3]), ThumbnailSize::FullScreen, Encoding::Png).is_none(),
            "nothing without a bound"
        );
    }

    #[test]
    fn a_picture_that_lies_about_its_size_is_none() {
        let honest = png(4, 3, [1, 2, 3]);
        // The width and height of the header, whose checksum is not looked at by whoever trusts.
        for (at, value) in [(16, u32::MAX), (20, u32::MAX), (16, 100_000), (16, 0), (20, 5)] {
            let mut lying = honest.clone();
            lying[at..at + 4].copy_from_slice(&value.to_be_bytes());
            assert!(rewritten(&lying, ThumbnailSize::Large, Encoding::Png).is_none(), "{at} {value}");
        }
        for cut in 0..honest.len() - 12 {
            let _ = rewritten(&honest[..cut], ThumbnailSize::Large, Encoding::Png);
        }
        for other in [&b""[..], b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"] {
            assert!(rewritten(other, ThumbnailSize::Large, Encoding::Png).is_none());
        }
    }
}
