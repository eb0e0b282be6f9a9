//! A drawn message: what the drawing process hands to the shield.

use serde::{Deserialize, Serialize};

/// A byte of a picture is two bits of colour and six of how much of it.
pub const LEVELS: u8 = 64;
/// The ground on which everything stands: a dark blue.
pub const GROUND: [u8; 3] = [0x0b, 0x1d, 0x36];
/// The colours: quiet, the message, an accent, and the ground of an announcement.
pub const COLOURS: [[u8; 3]; 4] = [[0xb4, 0xc6, 0xdc], [0xff, 0xff, 0xff], [0x4d, 0x9d, 0xe8], [0xf5, 0xc0, 0x3a]];

/// The most pixels that are believed to be a picture.
const MAX_PIXELS: usize = 8192 * 8192;

/// What is to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub words: Words,
    /// Width and height of each monitor, none twice.
    pub sizes: Vec<(u16, u16)>,
    /// The tag of the language in which it is said; English for one that is not known.
    pub language: String,
}

/// The words of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Words {
    /// The lock screen.
    Cover { cover: Box<usher_core::session::Cover>, host: String },
    /// The announcement of a close.
    Notice(Box<usher_core::wire::holder::Notice>),
}

/// What comes before the pixels.
#[derive(Debug, Serialize, Deserialize)]
pub struct Heading {
    /// Width and height of each picture, in the order of the sizes asked for.
    pub pictures: Vec<(u16, u16)>,
    /// Sentences for the outcome.
    pub notes: Vec<String>,
}

/// One picture; it belongs into the middle of its monitor.
pub struct Picture {
    pub width: u16,
    pub height: u16,
    pub bytes: Vec<u8>,
}

/// The drawing process's whole answer: one line of JSON, then the pixels.
pub fn write(heading: &Heading, pictures: &[Picture]) -> Vec<u8> {
    let mut out = serde_json::to_vec(heading).unwrap_or_default();
    out.push(b'\n');
    pictures.iter().for_each(|picture| out.extend_from_slice(&picture.bytes));
    out
}

/// Reads that answer; `None` for what is none.
pub fn read(answer: &[u8]) -> Option<(Vec<Picture>, Vec<String>)> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let heading: Heading = serde_json::from_slice(&answer[..end]).ok()?;
    let mut rest = &answer[end + 1..];
    let mut pictures = Vec::new();
    for (width, height) in heading.pictures {
        let count = usize::from(width) * usize::from(height);
        if count == 0 || count > MAX_PIXELS {
            return None;
        }
        let (bytes, left) = rest.split_at_checked(count)?;
        pictures.push(Picture { width, height, bytes: bytes.to_vec() });
        rest = left;
    }
    rest.is_empty().then_some((pictures, heading.notes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_cut_or_too_long_is_none() {
        let heading = Heading { pictures: vec![(2, 2)], notes: vec!["a note".to_owned()] };
        let answer = write(&heading, &[Picture { width: 2, height: 2, bytes: vec![1, 2, 3, 4] }]);
        let (pictures, notes) = read(&answer).unwrap();
        assert_eq!((pictures[0].bytes.as_slice(), notes.len()), ([1, 2, 3, 4].as_slice(), 1));
        assert!((0..answer.len()).all(|end| read(&answer[..end]).is_none()));
        assert!(read(&[answer, vec![5]].concat()).is_none());
    }
}
