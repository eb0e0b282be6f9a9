//! Frames of a tag, a length and a payload, on the sockets of holders and shields.
//!
//! Control frames (usherd with a holder or shield) carry JSON, so that a process of last month's version and
//! today's usherd understand each other: unknown fields are ignored, unknown messages too. Station
//! frames (a holder and `usher attach`) carry raw bytes.

use serde::Serialize;

/// The largest payload that either side accepts.
pub const MAX_PAYLOAD: usize = 1 << 20;

/// The most that one drawing frame carries; larger pictures are sent in several.
pub const DRAW_CHUNK: usize = 48 << 10;

/// A frame's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// JSON between usherd and a holder, in both directions.
    Control = b'c',
    /// Keys and mouse, to the holder.
    Input = b'i',
    /// The station wants to see so many pages further back, to the holder: 16 bits, negative for forward.
    Scroll = b'k',
    /// The station's new size, to the holder: rows and columns, 16 bits each.
    Resize = b'r',
    /// The station lost its picture and wants it whole, to the holder.
    Redraw = b'w',
    /// The station wants this line in its last row until the next key, to the holder: text.
    Hint = b'h',
    /// What the station's terminal is, to the holder: a [`StationTerminal`](super::StationTerminal) as JSON.
    Terminal = b't',
    /// Keys for looking back, which begins with them, to the holder; `]` types what was copied.
    LookBack = b'l',
    /// The picture of this number is on the station's terminal, to the holder: 64 bits.
    Shown = b's',
    /// A part of a picture, to the station: bytes for its terminal.
    Draw = b'd',
    /// The end of a picture, to the station: its number, 64 bits, and [`FLUSH`], [`LATER`] or 0.
    DrawEnd = b'D',
    /// The session's program ended, to the station: a `Farewell` as JSON, before it is to go.
    End = b'e',
    /// The station is to go, to the station: a sentence for its user.
    Leave = b'x',
}

/// In [`Tag::DrawEnd`]: the station is to forget keys that were typed before this picture.
pub const FLUSH: u8 = 1;
/// In [`Tag::DrawEnd`]: the station may confirm this picture with whatever it says next. One that knows no such thing confirms it
/// at once.
pub const LATER: u8 = 2;

impl Tag {
    fn from_byte(byte: u8) -> Option<Tag> {
        [
            Tag::Control,
            Tag::Input,
            Tag::Scroll,
            Tag::Resize,
            Tag::Redraw,
            Tag::Hint,
            Tag::Terminal,
            Tag::LookBack,
            Tag::Shown,
            Tag::Draw,
            Tag::DrawEnd,
            Tag::End,
            Tag::Leave,
        ]
        .into_iter()
        .find(|tag| *tag as u8 == byte)
    }
}

/// Appends one frame.
///
/// # Panics
/// In debug builds, if the payload is larger than [`MAX_PAYLOAD`].
pub fn put(out: &mut Vec<u8>, tag: Tag, payload: &[u8]) {
    debug_assert!(payload.len() <= MAX_PAYLOAD);
    out.push(tag as u8);
    out.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(payload);
}

/// A control message as a frame.
pub fn control<T: Serialize>(message: &T) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, Tag::Control, &serde_json::to_vec(message).unwrap_or_default());
    out
}

/// Puts frames together from bytes as they arrive.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    start: usize,
}

/// The peer does not speak this protocol: the connection is of no further use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer sent what is no frame of this protocol")]
pub struct Garbage;

impl Decoder {
    /// Takes bytes as they arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
        if self.start > 1 << 16 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` until more bytes arrive. A frame of a kind that this version does
    /// not know, from a later one, is skipped.
    ///
    /// # Errors
    /// [`Garbage`] for a tag that is no letter or a payload beyond [`MAX_PAYLOAD`].
    pub fn next_frame(&mut self) -> Result<Option<(Tag, &[u8])>, Garbage> {
        loop {
            let bytes = &self.bytes[self.start..];
            let Some((&tag, rest)) = bytes.split_first() else { return Ok(None) };
            if !tag.is_ascii_alphabetic() {
                return Err(Garbage);
            }
            let Some((length, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
            let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Garbage)?;
            if length > MAX_PAYLOAD {
                return Err(Garbage);
            }
            if rest.len() < length {
                return Ok(None);
            }
            let from = self.start + 5;
            self.start = from + length;
            if let Some(tag) = Tag::from_byte(tag) {
                return Ok(Some((tag, &self.bytes[from..from + length])));
            }
        }
    }

    /// Gives back memory that a large frame took.
    pub fn shrink(&mut self) {
        if self.start == self.bytes.len() && self.bytes.capacity() > 1 << 16 {
            *self = Decoder::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_they_are_cut(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..8),
            cut in 1usize..64,
        ) {
            let mut bytes = Vec::new();
            for payload in &payloads {
                put(&mut bytes, Tag::Input, payload);
            }
            let mut decoder = Decoder::default();
            let mut found = Vec::new();
            for piece in bytes.chunks(cut) {
                decoder.push(piece);
                while let Some((tag, payload)) = decoder.next_frame().unwrap() {
                    prop_assert_eq!(tag, Tag::Input);
                    found.push(payload.to_vec());
                }
            }
            prop_assert_eq!(found, payloads);
        }

        #[test]
        fn garbage_never_panics_nor_grows(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let mut decoder = Decoder::default();
            decoder.push(&bytes);
            while let Ok(Some(_)) = decoder.next_frame() {}
        }
    }

    #[test]
    fn what_was_taken_is_given_up_also_when_frames_never_end_together() {
        let mut decoder = Decoder::default();
        let mut frame = Vec::new();
        put(&mut frame, Tag::Shown, &[0; 8]);
        decoder.push(&frame[..3]);
        for _ in 0..100_000 {
            decoder.push(&frame[3..]);
            decoder.push(&frame[..3]);
            assert!(decoder.next_frame().unwrap().is_some());
        }
        assert!(decoder.bytes.capacity() < 1 << 20, "{}", decoder.bytes.capacity());
    }

    #[test]
    fn a_frame_of_a_later_version_is_skipped() {
        let mut bytes = b"z\x02\x00\x00\x00xx".to_vec();
        put(&mut bytes, Tag::Input, b"key");
        let mut decoder = Decoder::default();
        decoder.push(&bytes);
        assert_eq!(decoder.next_frame(), Ok(Some((Tag::Input, &b"key"[..]))));
    }

    #[test]
    fn a_length_beyond_the_bound_is_garbage_before_it_is_awaited() {
        let mut decoder = Decoder::default();
        decoder.push(b"c\xff\xff\xff\xff");
        assert!(decoder.next_frame().is_err());
    }
}
