//! Which of fewer colours is nearest.

use alacritty_terminal::vte::ansi::Rgb;

/// The colour of the xterm palette's cube or grey ramp that is nearest.
pub(super) fn nearest(rgb: Rgb) -> u8 {
    const LEVELS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let level = |value: u8| {
        let value = i32::from(value);
        (0..6).min_by_key(|&i| (LEVELS[i] - value).abs()).unwrap_or(0)
    };
    let distance = |r: i32, g: i32, b: i32| {
        let square = |a: i32, b: u8| (a - i32::from(b)).pow(2);
        square(r, rgb.r) + square(g, rgb.g) + square(b, rgb.b)
    };
    let (r, g, b) = (level(rgb.r), level(rgb.g), level(rgb.b));
    let mean = (i32::from(rgb.r) + i32::from(rgb.g) + i32::from(rgb.b)) / 3;
    let step = ((mean - 8) / 10).clamp(0, 23);
    let grey = 8 + 10 * step;
    let index = if distance(grey, grey, grey) < distance(LEVELS[r], LEVELS[g], LEVELS[b]) {
        232 + step as usize
    } else {
        16 + 36 * r + 6 * g + b
    };
    u8::try_from(index).unwrap_or(15)
}

/// The one of sixteen colours that is nearest to one of the palette.
pub(super) fn sixteen(index: usize) -> usize {
    let (r, g, b) = if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        (grey, grey, grey)
    } else {
        let (cube, level) = (index - 16, |step: usize| if step == 0 { 0 } else { 55 + 40 * step });
        (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
    };
    let bright = r.max(g).max(b);
    let bit = |value: usize, bit: usize| if value * 2 > bright && value > 63 { bit } else { 0 };
    let hue = bit(r, 1) | bit(g, 2) | bit(b, 4);
    match hue {
        0 if bright > 40 => 8,
        hue if bright > 200 => hue + 8,
        hue => hue,
    }
}
