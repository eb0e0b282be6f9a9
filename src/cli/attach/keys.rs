//! The keys that leave a session, and those that scroll it back.

use std::str::FromStr;

/// A sequence of one to four bytes that leaves, and what was held back of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct DetachKeys {
    keys: Vec<u8>,
}

impl FromStr for DetachKeys {
    type Err = String;

    /// Reads keys separated by spaces: a character, or `^` and a character for Ctrl.
    fn from_str(text: &str) -> Result<Self, String> {
        let key = |word: &str| match word.as_bytes() {
            [byte] if byte.is_ascii_graphic() && *byte != b'^' => Some(*byte),
            [b'^', byte @ (b'@'..=b'_' | b'a'..=b'z')] => Some(byte.to_ascii_uppercase() & 0x1f),
            _ => None,
        };
        let keys: Option<Vec<u8>> = text.split_ascii_whitespace().map(key).collect();
        match keys {
            Some(keys) if (1..=4).contains(&keys.len()) => Ok(DetachKeys { keys }),
            _ => {
                Err("write one to four keys with spaces between them, Ctrl as ^: such as '^\\ d' or '^P ^Q'".to_owned())
            }
        }
    }
}

/// What was typed, told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Typed {
    /// For the session.
    Keys(Vec<u8>),
    /// Show so many pages further back; forward if negative.
    Scroll(i16),
    /// The keys to leave.
    Leave,
}

/// The key after the first detach key that shows a page further back, and the one that shows a page further on.
const BACK: u8 = b'b';
const FORWARD: u8 = b'f';

/// Watches what is typed for the detach keys.
#[derive(Debug)]
pub(super) struct Watcher<'k> {
    keys: &'k [u8],
    matched: usize,
}

impl<'k> Watcher<'k> {
    pub(super) fn new(keys: &'k DetachKeys) -> Self {
        Watcher { keys: &keys.keys, matched: 0 }
    }

    /// Tells apart what was typed. The first detach key twice sends it once; keys that turn out to be
    /// no sequence of ours are sent as typed.
    pub(super) fn tell_apart(&mut self, typed: &[u8]) -> Vec<Typed> {
        let mut told = Vec::new();
        let mut keys = Vec::new();
        for &byte in typed {
            let command = self.byte(byte, &mut keys);
            if let Some(command) = command {
                if !keys.is_empty() {
                    told.push(Typed::Keys(std::mem::take(&mut keys)));
                }
                told.push(command);
            }
        }
        if !keys.is_empty() {
            told.push(Typed::Keys(keys));
        }
        told
    }

    fn byte(&mut self, byte: u8, keys: &mut Vec<u8>) -> Option<Typed> {
        if byte == self.keys[self.matched] {
            self.matched += 1;
            if self.matched == self.keys.len() {
                self.matched = 0;
                return Some(Typed::Leave);
            }
            return None;
        }
        let held = std::mem::take(&mut self.matched);
        match byte {
            BACK if held == 1 => return Some(Typed::Scroll(1)),
            FORWARD if held == 1 => return Some(Typed::Scroll(-1)),
            _ if held == 1 && byte == self.keys[0] => keys.push(byte),
            _ => {
                keys.extend_from_slice(&self.keys[..held]);
                if byte == self.keys[0] {
                    self.matched = 1;
                } else {
                    keys.push(byte);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole or byte by byte, the same is told.
    fn told(keys: &str, typed: &[u8]) -> Vec<Typed> {
        let keys = keys.parse().unwrap();
        let mut pieces = Watcher::new(&keys);
        let mut merged: Vec<Typed> = Vec::new();
        for told in typed.iter().flat_map(|byte| pieces.tell_apart(&[*byte])) {
            match (merged.last_mut(), told) {
                (Some(Typed::Keys(before)), Typed::Keys(more)) => before.extend(more),
                (_, told) => merged.push(told),
            }
        }
        assert_eq!(Watcher::new(&keys).tell_apart(typed), merged);
        merged
    }

    fn keys(bytes: &[u8]) -> Typed {
        Typed::Keys(bytes.to_vec())
    }

    #[test]
    fn the_keys_leave_and_are_not_sent() {
        assert_eq!(told("^\\ d", b"ab\x1cd"), [keys(b"ab"), Typed::Leave]);
        assert_eq!(told("^P ^Q", b"\x10\x11"), [Typed::Leave]);
    }

    #[test]
    fn the_first_key_twice_sends_it_once_and_others_are_sent_as_typed() {
        assert_eq!(told("^\\ d", b"\x1c\x1cd"), [keys(b"\x1cd")]);
        assert_eq!(told("^\\ d", b"\x1cx"), [keys(b"\x1cx")]);
    }

    #[test]
    fn pages_are_scrolled_back_and_forward() {
        assert_eq!(told("^\\ d", b"a\x1cbb\x1cf"), [keys(b"a"), Typed::Scroll(1), keys(b"b"), Typed::Scroll(-1)]);
    }

    #[test]
    fn keys_that_cannot_be_typed_are_refused() {
        for text in ["", "^", "dd", "é", "a b c d e"] {
            assert!(text.parse::<DetachKeys>().is_err(), "{text:?}");
        }
    }
}
