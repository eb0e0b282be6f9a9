//! How a lock screen is told from everything else, whatever colours a desktop has.

use std::sync::OnceLock;

use super::Picture;

/// The lock screen's ground.
pub const GROUND: [u8; 3] = [0x0b, 0x1d, 0x36];

/// What is written on the ground: the quiet lines, the message, and the accent.
const INKS: [[u8; 3]; 3] = [[0xb4, 0xc6, 0xdc], [0xff, 0xff, 0xff], [0x4d, 0x9d, 0xe8]];

/// How many strengths of an ink there are, from none to all of it.
const LEVELS: u16 = 64;

/// Nothing but a lock screen is seen: every pixel has one of the few colours that a lock screen has, and most are its ground.
pub fn covered(picture: &Picture) -> bool {
    let known = palette();
    let mut ground = 0;
    for pixel in picture.data.chunks_exact(4) {
        let colour = [pixel[2], pixel[1], pixel[0]];
        if colour == GROUND {
            ground += 1;
        } else if !known[index(colour)] {
            return false;
        }
    }
    2 * ground > picture.width * picture.height
}

/// For each colour there is, whether a lock screen may have it.
fn palette() -> &'static [bool] {
    static PALETTE: OnceLock<Vec<bool>> = OnceLock::new();
    PALETTE.get_or_init(|| {
        let mut known = vec![false; 1 << 24];
        for ink in INKS {
            for level in 0..LEVELS {
                known[index(blend(ink, level))] = true;
            }
        }
        known
    })
}

fn blend(ink: [u8; 3], level: u16) -> [u8; 3] {
    std::array::from_fn(|i| {
        let mixed = (u16::from(ink[i]) * level + u16::from(GROUND[i]) * (LEVELS - 1 - level)) / (LEVELS - 1);
        u8::try_from(mixed).expect("between two colours")
    })
}

fn index([red, green, blue]: [u8; 3]) -> usize {
    usize::from(red) << 16 | usize::from(green) << 8 | usize::from(blue)
}

#[test]
fn one_pixel_of_any_other_colour_is_seen() {
    let pixels = |odd: [u8; 3]| {
        let mut data = [GROUND[2], GROUND[1], GROUND[0], 0].repeat(100);
        data[40..43].copy_from_slice(&[odd[2], odd[1], odd[0]]);
        Picture { width: 10, height: 10, data }
    };
    assert!(covered(&pixels([255; 3])) && covered(&pixels(blend(INKS[0], 30))));
    for odd in [[0; 3], [0x20, 0x60, 0x40], [0x0b, 0x1d, 0x37], [254, 255, 255]] {
        assert!(!covered(&pixels(odd)), "{odd:?}");
    }
    let white = Picture { width: 10, height: 10, data: vec![255; 400] };
    assert!(!covered(&white), "a white screen is no lock screen");
}
