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
/// The most pixels in colours of their own, of all pictures of an answer: what a shield has to keep for them stays small.
pub const MAX_STAMPED: usize = 2 << 20;

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
    /// Who looks at the screen.
    Look { by: String },
}

/// What comes before the pixels.
#[derive(Debug, Serialize, Deserialize)]
pub struct Heading {
    /// Width and height of each picture, in the order of the sizes asked for.
    pub pictures: Vec<(u16, u16)>,
    /// Left and top edge, width and height of what is stamped on each picture.
    pub stamps: Vec<Vec<[u16; 4]>>,
    /// Sentences for the outcome.
    pub notes: Vec<String>,
}

/// One picture; it belongs into the middle of its monitor.
pub struct Picture {
    pub width: u16,
    pub height: u16,
    pub bytes: Vec<u8>,
    /// What has colours of its own. The bytes have it too, in the picture's few colours, for a screen without more.
    pub stamps: Vec<Stamp>,
}

/// A glyph in colours of its own, such as an emoji.
pub struct Stamp {
    /// Left and top edge, width and height; all of it is within the picture.
    pub at: [u16; 4],
    /// Red, green, blue, and whether the pixel counts at all, of each pixel.
    pub pixels: Vec<[u8; 4]>,
}

impl Picture {
    /// The pixels of a row that have colours of their own: where they are, and their red, green and blue.
    pub fn stamped(&self, y: usize) -> impl Iterator<Item = (usize, [u8; 3])> {
        self.stamps.iter().flat_map(move |stamp| {
            let [left, top, width, height] = stamp.at.map(usize::from);
            let rows = (top..top + height).contains(&y).then(|| stamp.pixels.chunks(width).nth(y - top)).flatten();
            let pixels = rows.unwrap_or_default().iter().enumerate();
            pixels.filter(|(_, pixel)| pixel[3] > 0).map(move |(x, pixel)| (left + x, [pixel[0], pixel[1], pixel[2]]))
        })
    }
}

/// The colour of a picture's byte: two bits of colour, six of how much of it.
pub fn blend(byte: u8) -> [u8; 3] {
    mix(COLOURS[usize::from(byte / LEVELS)], GROUND, byte % LEVELS, LEVELS - 1)
}

/// So much of one colour on another.
pub fn mix(colour: [u8; 3], ground: [u8; 3], much: u8, full: u8) -> [u8; 3] {
    let (much, full) = (u16::from(much), u16::from(full));
    std::array::from_fn(|i| {
        let mixed = (u16::from(colour[i]) * much + u16::from(ground[i]) * (full - much)) / full;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    })
}

/// The drawing process's whole answer: one line of JSON, then the pixels of each picture and of its stamps.
pub fn write(pictures: &[Picture], notes: Vec<String>) -> Vec<u8> {
    let stamps = pictures.iter().map(|picture| picture.stamps.iter().map(|stamp| stamp.at).collect()).collect();
    let sizes = pictures.iter().map(|picture| (picture.width, picture.height)).collect();
    let mut out = serde_json::to_vec(&Heading { pictures: sizes, stamps, notes }).unwrap_or_default();
    out.push(b'\n');
    for picture in pictures {
        out.extend_from_slice(&picture.bytes);
        picture.stamps.iter().for_each(|stamp| out.extend_from_slice(stamp.pixels.as_flattened()));
    }
    out
}

/// Reads that answer; `None` for what is none.
pub fn read(answer: &[u8]) -> Option<(Vec<Picture>, Vec<String>)> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let heading: Heading = serde_json::from_slice(&answer[..end]).ok()?;
    let mut rest = &answer[end + 1..];
    let (mut pictures, mut room) = (Vec::new(), MAX_STAMPED);
    if heading.stamps.len() != heading.pictures.len() {
        return None;
    }
    for ((width, height), places) in heading.pictures.into_iter().zip(heading.stamps) {
        let count = usize::from(width) * usize::from(height);
        if count == 0 || count > MAX_PIXELS {
            return None;
        }
        let (bytes, left) = rest.split_at_checked(count)?;
        rest = left;
        let stamps =
            places.into_iter().map(|at| stamp(at, (width, height), &mut room, &mut rest)).collect::<Option<_>>()?;
        pictures.push(Picture { width, height, bytes: bytes.to_vec(), stamps });
    }
    rest.is_empty().then_some((pictures, heading.notes))
}

/// Takes the pixels of a stamp that is within its picture.
fn stamp(at: [u16; 4], picture: (u16, u16), room: &mut usize, rest: &mut &[u8]) -> Option<Stamp> {
    let [left, top, width, height] = at;
    let inside = left.checked_add(width)? <= picture.0 && top.checked_add(height)? <= picture.1;
    let count = usize::from(width) * usize::from(height);
    if !inside || count == 0 {
        return None;
    }
    *room = room.checked_sub(count)?;
    let (bytes, left) = rest.split_at_checked(count * 4)?;
    *rest = left;
    Some(Stamp { at, pixels: bytes.as_chunks().0.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_cut_or_too_long_is_none() {
        let answer = write(&[picture([1, 0, 1, 2])], vec!["a note".to_owned()]);
        let (pictures, notes) = read(&answer).unwrap();
        assert_eq!((pictures[0].bytes.as_slice(), notes.len()), ([1, 2, 3, 4].as_slice(), 1));
        assert!((0..answer.len()).all(|end| read(&answer[..end]).is_none()));
        assert!(read(&[answer, vec![5]].concat()).is_none());
    }

    /// Two by two pixels, and at this place one that does not count and then red ones.
    fn picture(at: [u16; 4]) -> Picture {
        let count = usize::from(at[2]) * usize::from(at[3]);
        let pixels = (0..count).map(|nth| if nth == 0 { [9, 9, 9, 0] } else { [255, 0, 0, 255] }).collect();
        Picture { width: 2, height: 2, bytes: vec![1, 2, 3, 4], stamps: vec![Stamp { at, pixels }] }
    }

    #[test]
    fn a_stamp_is_where_it_was_put() {
        let (pictures, _) = read(&write(&[picture([1, 0, 1, 2])], Vec::new())).unwrap();
        let row = |y| pictures[0].stamped(y).collect::<Vec<_>>();
        assert_eq!((row(0), row(1), row(2)), (vec![], vec![(1, [255, 0, 0])], vec![]));
    }

    #[test]
    fn a_stamp_outside_of_its_picture_is_none() {
        for at in [[2, 0, 1, 1], [0, 1, 1, 2], [u16::MAX, 0, 2, 1], [0, 0, 0, 2]] {
            assert!(read(&write(&[picture(at)], Vec::new())).is_none(), "{at:?}");
        }
    }

    #[test]
    fn more_stamps_than_there_is_room_for_are_none() {
        let large = |count| {
            let stamp = || Stamp { at: [0, 0, 1024, 1024], pixels: vec![[0; 4]; 1 << 20] };
            let stamps = (0..count).map(|_| stamp()).collect();
            Picture { width: 1024, height: 1024, bytes: vec![0; 1 << 20], stamps }
        };
        assert!(read(&write(&[large(1), large(1)], Vec::new())).is_some());
        assert!(read(&write(&[large(1), large(2)], Vec::new())).is_none());
    }

    #[test]
    fn nothing_of_a_colour_is_the_ground_and_all_of_it_is_the_colour() {
        assert_eq!(blend(0), GROUND);
        assert_eq!(blend(2 * LEVELS + LEVELS - 1), COLOURS[2]);
    }
}
