//! The keys that leave a session.

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

/// Watches what is typed for the detach keys.
#[derive(Debug)]
pub(super) struct Watcher<'k> {
    keys: &'k DetachKeys,
    matched: usize,
}

impl<'k> Watcher<'k> {
    pub(super) fn new(keys: &'k DetachKeys) -> Self {
        Watcher { keys, matched: 0 }
    }

    /// Appends to `out` what of `typed` goes to the session. True if the keys to leave were typed.
    /// The first key twice sends it once; keys that turn out to be no detach sequence are sent as typed.
    pub(super) fn pass(&mut self, typed: &[u8], out: &mut Vec<u8>) -> bool {
        let keys = &self.keys.keys;
        for &byte in typed {
            if byte == keys[self.matched] {
                self.matched += 1;
                if self.matched == keys.len() {
                    self.matched = 0;
                    return true;
                }
                continue;
            }
            let held = std::mem::take(&mut self.matched);
            if held == 1 && byte == keys[0] {
                out.push(byte);
                continue;
            }
            out.extend_from_slice(&keys[..held]);
            if byte == keys[0] {
                self.matched = 1;
            } else {
                out.push(byte);
            }
        }
        false
    }

    /// Forgets what was held back.
    pub(super) fn forget(&mut self) {
        self.matched = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(keys: &str, typed: &[u8]) -> (Vec<u8>, bool) {
        let keys = keys.parse().unwrap();
        let (mut watcher, mut out) = (Watcher::new(&keys), Vec::new());
        let left = typed.iter().any(|byte| watcher.pass(&[*byte], &mut out));
        (out, left)
    }

    #[test]
    fn the_keys_leave_and_are_not_sent() {
        assert_eq!(pass("^\\ d", b"ab\x1cd"), (b"ab".to_vec(), true));
        assert_eq!(pass("^P ^Q", b"\x10\x11"), (vec![], true));
    }

    #[test]
    fn the_first_key_twice_sends_it_once_and_others_are_sent_as_typed() {
        assert_eq!(pass("^\\ d", b"\x1c\x1cd"), (b"\x1cd".to_vec(), false));
        assert_eq!(pass("^\\ d", b"\x1cx"), (b"\x1cx".to_vec(), false));
    }

    #[test]
    fn keys_that_cannot_be_typed_are_refused() {
        for text in ["", "^", "dd", "é", "a b c d e"] {
            assert!(text.parse::<DetachKeys>().is_err(), "{text:?}");
        }
    }
}
