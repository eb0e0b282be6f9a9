//! The names of scripts, for who is to install a font.

/// First and last character of the scripts that are met most (Unicode Character Database, Blocks.txt).
const RANGES: [(u32, u32, &str); 27] = [
    (0x0000, 0x024f, "Latin"),
    (0x0370, 0x03ff, "Greek"),
    (0x0400, 0x052f, "Cyrillic"),
    (0x0530, 0x058f, "Armenian"),
    (0x0590, 0x05ff, "Hebrew"),
    (0x0600, 0x08ff, "Arabic"),
    (0x0900, 0x097f, "Devanagari"),
    (0x0980, 0x09ff, "Bengali"),
    (0x0a00, 0x0a7f, "Gurmukhi"),
    (0x0a80, 0x0aff, "Gujarati"),
    (0x0b80, 0x0bff, "Tamil"),
    (0x0c00, 0x0c7f, "Telugu"),
    (0x0c80, 0x0cff, "Kannada"),
    (0x0d00, 0x0d7f, "Malayalam"),
    (0x0d80, 0x0dff, "Sinhala"),
    (0x0e00, 0x0e7f, "Thai"),
    (0x0e80, 0x0eff, "Lao"),
    (0x0f00, 0x0fff, "Tibetan"),
    (0x1000, 0x109f, "Myanmar"),
    (0x10a0, 0x10ff, "Georgian"),
    (0x1200, 0x139f, "Ethiopic"),
    (0x1780, 0x17ff, "Khmer"),
    (0x3040, 0x30ff, "Kana"),
    (0x3400, 0x9fff, "Han"),
    (0xac00, 0xd7af, "Hangul"),
    (0x1f000, 0x1faff, "Emoji"),
    (0x20000, 0x323af, "Han"),
];

/// The scripts of these characters, none twice.
pub fn names(characters: &[char]) -> Vec<&'static str> {
    let mut names: Vec<&str> = characters.iter().map(|character| name(*character)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn name(character: char) -> &'static str {
    let code = u32::from(character);
    RANGES.iter().find(|(first, last, _)| (*first..=*last).contains(&code)).map_or("other", |(_, _, name)| name)
}
