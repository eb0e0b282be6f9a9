//! Recognises the keys that the station keeps for itself: they detach, scroll or show help.

use std::str::FromStr;

use crate::words;

/// One to four keys, typed one after the other, that detach the station.
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
            _ => Err(words::text!("attach-keys-wrong")),
        }
    }
}

impl DetachKeys {
    pub(super) fn spelled(&self) -> String {
        self.keys.iter().map(|key| spelled(*key)).collect::<Vec<_>>().join(" ")
    }

    /// The first of the keys begins every command of the station.
    pub(super) fn prefix(&self) -> String {
        self.keys.first().map(|key| spelled(*key)).unwrap_or_default()
    }
}

fn spelled(key: u8) -> String {
    if key < 0x20 { format!("^{}", char::from(key | 0x40)) } else { char::from(key).to_string() }
}

/// One part of the input: keys for the session, or a command for the station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Typed {
    /// The session gets these.
    Keys(Vec<u8>),
    /// A negative number scrolls forward.
    Scroll(i16),
    /// The station looks back, and does what these keys mean there.
    LookBack(&'static [u8]),
    /// The station lists its keys.
    Help,
    /// The station detaches.
    Leave,
}

// These keys follow the prefix.
const BACK: u8 = b'b';
const FORWARD: u8 = b'f';
const HELP: u8 = b'?';
/// Those that look back: at the screen, for a text to search, and to type what was copied.
const COPY: u8 = b'[';
const SEARCH: u8 = b'/';
const PASTE: u8 = b']';
/// After the prefix and ESC [: page up and page down.
const PAGES: [(&[u8], i16); 2] = [(b"5~", 1), (b"6~", -1)];
/// The longest sequence that is remembered.
const MAX_SEQUENCE: usize = 8;

/// The watcher drops a key of several bytes whole (`console_codes(4)`, `utf-8(7)`), and remembers here how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dropping {
    /// ESC came. Bytes that follow at once belong to the same key; otherwise it was the escape key.
    Escape,
    /// A control sequence goes on to its final byte.
    Sequence,
    /// A sequence of three bytes has one left.
    Last,
    /// A character of several bytes goes on.
    Character,
}

/// Separates the station's commands from the keys for the session.
#[derive(Debug)]
pub(super) struct Watcher<'k> {
    keys: &'k [u8],
    matched: usize,
    dropping: Option<Dropping>,
    /// What was dropped of a sequence behind the prefix alone.
    sequence: Vec<u8>,
}

impl<'k> Watcher<'k> {
    pub(super) fn new(keys: &'k DetachKeys) -> Self {
        Watcher { keys: &keys.keys, matched: 0, dropping: None, sequence: Vec::new() }
    }

    /// Whether the prefix was typed, and what belongs to it is awaited.
    pub(super) fn waits(&self) -> bool {
        self.matched > 0
    }

    /// The prefix, typed twice, reaches the session once. A key that means nothing after the prefix is dropped together
    /// with it: the prefix alone could end the session's program (`Ctrl-\` is SIGQUIT).
    pub(super) fn tell_apart(&mut self, typed: &[u8]) -> Vec<Typed> {
        if self.dropping == Some(Dropping::Escape) {
            self.dropping = None;
        }
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
        if self.drops(byte) {
            return self.page(byte);
        }
        if byte == self.keys[self.matched] {
            self.matched += 1;
            if self.matched == self.keys.len() {
                self.matched = 0;
                return Some(Typed::Leave);
            }
            return None;
        }
        match (std::mem::take(&mut self.matched), byte) {
            (0, _) => keys.push(byte),
            (1, BACK) => return Some(Typed::Scroll(1)),
            (1, FORWARD) => return Some(Typed::Scroll(-1)),
            (1, HELP) => return Some(Typed::Help),
            (1, COPY) => return Some(Typed::LookBack(b"")),
            (1, SEARCH) => return Some(Typed::LookBack(b"/")),
            (1, PASTE) => return Some(Typed::LookBack(b"]")),
            (1, _) if byte == self.keys[0] => keys.push(byte),
            (_, _) if byte == self.keys[0] => self.matched = 1,
            (matched, 0x1b) => {
                // Only behind the prefix alone is it a key of the station's.
                self.sequence = if matched == 1 { Vec::new() } else { vec![0] };
                self.dropping = Some(Dropping::Escape);
            }
            (_, 0xc0..) => self.dropping = Some(Dropping::Character),
            (_, _) => {}
        }
        None
    }

    /// The pages that a sequence behind the prefix asks for, which this byte may end.
    fn page(&mut self, byte: u8) -> Option<Typed> {
        if byte != b'[' && self.sequence.len() < MAX_SEQUENCE {
            self.sequence.push(byte);
        }
        let ended = self.dropping.is_none();
        let pages = PAGES.into_iter().find(|(sequence, _)| ended && self.sequence == *sequence);
        pages.map(|(_, pages)| Typed::Scroll(pages))
    }

    /// Whether this byte belongs to a key that is being dropped.
    fn drops(&mut self, byte: u8) -> bool {
        let Some(dropping) = self.dropping else { return false };
        let (next, belongs) = match (dropping, byte) {
            (Dropping::Escape, b'[') => (Some(Dropping::Sequence), true),
            (Dropping::Escape, b'O') => (Some(Dropping::Last), true),
            (Dropping::Escape, 0xc0..) => (Some(Dropping::Character), true),
            (Dropping::Escape | Dropping::Last, _) => (None, true),
            (Dropping::Sequence, 0x40..=0x7e) => (None, true),
            // No key contains such a byte, so the sequence was none.
            (Dropping::Sequence, 0x00..=0x1f | 0x7f..) => (None, false),
            (Dropping::Sequence, _) => (Some(dropping), true),
            (Dropping::Character, 0x80..=0xbf) => (Some(dropping), true),
            (Dropping::Character, _) => (None, false),
        };
        self.dropping = next;
        belongs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The watcher must find the same whether the input comes whole or byte by byte.
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
    fn the_first_key_twice_sends_it_once() {
        assert_eq!(told("^\\ d", b"\x1c\x1cd"), [keys(b"\x1cd")]);
    }

    #[test]
    fn a_wrong_key_after_the_prefix_is_dropped_with_it_however_many_bytes_it_has() {
        let detach = "^\\ d".parse().unwrap();
        let wrong = ["D", "\x04", "x", " ", "\x7f", "é", "眼", "\x1b[3~", "\x1bOP", "\x1b[1;5A", "\x1bx"];
        for wrong in wrong {
            let typed = format!("a\x1c{wrong}bc");
            assert_eq!(Watcher::new(&detach).tell_apart(typed.as_bytes()), [keys(b"abc")], "{wrong:?}");
        }
        assert_eq!(told("^\\ d", b"\x1cD\x1cd"), [Typed::Leave]);
        assert_eq!(told("^A b c", b"\x01bx\x01b\x01bc"), [Typed::Leave], "nor in the middle of the detach keys");
    }

    #[test]
    fn escape_calls_the_prefix_off_and_with_alt_it_is_one_key() {
        let detach = "^\\ d".parse().unwrap();
        let mut watcher = Watcher::new(&detach);
        assert_eq!(watcher.tell_apart(b"\x1c\x1b"), []);
        assert_eq!(watcher.tell_apart(b"ls"), [keys(b"ls")]);
        assert_eq!(watcher.tell_apart(b"\x1c\x1bxls"), [keys(b"ls")]);
    }

    #[test]
    fn a_question_mark_after_the_prefix_asks_for_the_keys() {
        assert_eq!(told("^\\ d", b"?\x1c?"), [keys(b"?"), Typed::Help]);
        let detach: DetachKeys = "^p q".parse().unwrap();
        assert_eq!((detach.spelled().as_str(), detach.prefix().as_str()), ("^P q", "^P"));
    }

    #[test]
    fn pages_are_scrolled_back_and_forward() {
        assert_eq!(told("^\\ d", b"a\x1cbb\x1cf"), [keys(b"a"), Typed::Scroll(1), keys(b"b"), Typed::Scroll(-1)]);
    }

    #[test]
    fn page_up_and_page_down_behind_the_prefix_scroll() {
        let detach = "^\\ d".parse().unwrap();
        let mut watcher = Watcher::new(&detach);
        assert_eq!(watcher.tell_apart(b"\x1c\x1b[5~a"), [Typed::Scroll(1), keys(b"a")]);
        assert_eq!(watcher.tell_apart(b"\x1b[5~"), [keys(b"\x1b[5~")], "without the prefix it is the session's");
        assert_eq!(watcher.tell_apart(b"\x1c\x1b[6~"), [Typed::Scroll(-1)]);
        assert_eq!(Watcher::new(&"^A b c".parse().unwrap()).tell_apart(b"\x01b\x1b[5~"), []);
    }

    #[test]
    fn the_keys_that_look_back_are_told() {
        let looks = [Typed::LookBack(b""), Typed::LookBack(b"/"), Typed::LookBack(b"]")];
        assert_eq!(told("^\\ d", b"\x1c[\x1c/\x1c]"), looks);
    }

    #[test]
    fn keys_that_cannot_be_typed_are_refused() {
        for text in ["", "^", "dd", "é", "a b c d e"] {
            assert!(text.parse::<DetachKeys>().is_err(), "{text:?}");
        }
    }
}
