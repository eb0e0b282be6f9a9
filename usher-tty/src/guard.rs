//! A guard before the terminal emulator: it keeps a hostile program from growing the holder's memory.
//!
//! The emulator stores control strings and combining characters of any length. The guard lets
//! through the control strings that it knows how to bound (titles, colours, links; the clipboard where a station's
//! person allows it), swallows the others (images), and drops combining characters beyond a few per cell.

use unicode_width::UnicodeWidthChar;

/// The longest control string that is passed on, in bytes.
const MAX_STRING: usize = 1100;
/// The longest that sets the clipboard, where that is allowed: 64 KiB as base64.
const MAX_CLIPBOARD: usize = 88 << 10;
/// The most combining characters on one cell.
const MAX_COMBINING: u32 = 8;
/// The operating system commands (OSC) that are passed on: titles, colours and links.
const KNOWN_OSC: [&[u8]; 11] = [b"0", b"1", b"2", b"4", b"8", b"10", b"11", b"12", b"104", b"110", b"111"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    /// Between control strings.
    Text,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate byte: the next other byte ends it.
    EscapeMore,
    /// In a control sequence (CSI), which its final byte ends.
    Csi,
    /// In an OSC, which is collected to see whether it is known.
    Osc,
    /// In an OSC, after ESC: `\` ends it.
    OscEscape,
    /// In a string that is swallowed whole: DCS, SOS, PM, APC.
    Swallow,
    /// In such a string, after ESC.
    SwallowEscape,
}

/// Filters a program's output. Keeps its place between calls.
#[derive(Debug)]
pub(super) struct Guard {
    place: Where,
    /// The OSC so far, without its introducer.
    string: Vec<u8>,
    /// The beginning of a UTF-8 character whose end has not arrived.
    partial: Vec<u8>,
    /// The combining characters since the last character that has a cell; none may follow where it is
    /// `None`, after a control: they would pile up on cells that were written long ago.
    combining: Option<u32>,
    /// The clipboard may be set.
    clipboard: bool,
}

impl Guard {
    pub(super) fn new() -> Self {
        Guard { place: Where::Text, string: Vec::new(), partial: Vec::new(), combining: None, clipboard: false }
    }

    /// Whether what sets the clipboard is passed on.
    pub(super) fn passes_clipboard(&mut self, passes: bool) {
        self.clipboard = passes;
    }

    /// The longest that the control string may be that has begun.
    fn longest(&self) -> usize {
        if self.clipboard && self.string.starts_with(b"52;") { MAX_CLIPBOARD } else { MAX_STRING }
    }

    /// Appends to `out` those of `bytes` that the emulator may see.
    pub(super) fn filter(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            if self.place == Where::Text && self.partial.is_empty() {
                let plain = rest.iter().take_while(|b| b.is_ascii() && **b != 0x1b).count();
                if plain > 0 {
                    self.combining = after(rest[plain - 1]);
                    out.extend_from_slice(&rest[..plain]);
                    rest = &rest[plain..];
                    continue;
                }
            }
            rest = tail;
            self.byte(byte, out);
        }
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.place = match (self.place, byte) {
            (Where::Text, 0x1b) => {
                self.flush_partial(out);
                self.combining = None;
                Where::Escape
            }
            (Where::Text, _) => {
                self.text(byte, out);
                Where::Text
            }
            (Where::Escape, b']') => {
                self.string.clear();
                Where::Osc
            }
            (Where::Escape, b'P' | b'X' | b'^' | b'_') => Where::Swallow,
            (Where::Escape | Where::EscapeMore | Where::Csi, 0x1b) => Where::Escape,
            (Where::Escape, _) => {
                // No sequence has such bytes, and nobody defines how they change the emulator's state.
                if byte.is_ascii() {
                    out.extend_from_slice(&[0x1b, byte]);
                }
                match byte {
                    b'[' => Where::Csi,
                    0x20..=0x2f => Where::EscapeMore,
                    _ => Where::Text,
                }
            }
            (Where::EscapeMore | Where::Csi, 0x80..) => self.place,
            (Where::EscapeMore, _) => {
                out.push(byte);
                if matches!(byte, 0x30..=0x7e | 0x18 | 0x1a) { Where::Text } else { Where::EscapeMore }
            }
            (Where::Csi, _) => {
                out.push(byte);
                if matches!(byte, 0x40..=0x7e | 0x18 | 0x1a) { Where::Text } else { Where::Csi }
            }
            // BEL and ST end a control string, CAN and SUB abandon it.
            (Where::Osc, 0x07) => self.end_osc(out),
            (Where::Osc | Where::Swallow, 0x18 | 0x1a) => Where::Text,
            (Where::Osc, 0x1b) => Where::OscEscape,
            (Where::Osc, _) => {
                if self.string.len() <= self.longest() {
                    self.string.push(byte);
                }
                Where::Osc
            }
            (Where::OscEscape, b'\\') => self.end_osc(out),
            (Where::OscEscape | Where::SwallowEscape, 0x1b) => self.place,
            // ESC with anything else ends the string too, and begins another sequence.
            (Where::OscEscape, _) => {
                self.end_osc(out);
                self.again(byte, out)
            }
            (Where::Swallow, 0x1b) => Where::SwallowEscape,
            (Where::Swallow, _) => Where::Swallow,
            (Where::SwallowEscape, b'\\') => Where::Text,
            (Where::SwallowEscape, _) => self.again(byte, out),
        };
    }

    /// Takes `byte` as the one after an ESC.
    fn again(&mut self, byte: u8, out: &mut Vec<u8>) -> Where {
        self.place = Where::Escape;
        self.byte(byte, out);
        self.place
    }

    fn end_osc(&mut self, out: &mut Vec<u8>) -> Where {
        let number = self.string.split(|b| *b == b';').next().unwrap_or_default();
        let known = KNOWN_OSC.contains(&number) || (self.clipboard && number == b"52");
        if self.string.len() <= self.longest() && known {
            out.extend_from_slice(b"\x1b]");
            out.append(&mut self.string);
            out.extend_from_slice(b"\x1b\\");
        }
        self.string = Vec::new();
        Where::Text
    }

    /// A byte of text: characters are put together to see their width.
    fn text(&mut self, byte: u8, out: &mut Vec<u8>) {
        if byte.is_ascii() {
            self.flush_partial(out);
            self.combining = after(byte);
            out.push(byte);
            return;
        }
        let continues = byte & 0xc0 == 0x80;
        if !continues {
            self.flush_partial(out);
        }
        self.partial.push(byte);
        match std::str::from_utf8(&self.partial) {
            Ok(text) => {
                let zero_width = text.chars().next().and_then(UnicodeWidthChar::width) == Some(0);
                self.combining = match self.combining {
                    _ if !zero_width => Some(0),
                    Some(marks) => Some(marks + 1),
                    None => None,
                };
                if !zero_width || self.combining.is_some_and(|marks| marks <= MAX_COMBINING) {
                    out.extend_from_slice(&self.partial);
                }
                self.partial.clear();
            }
            Err(error) if error.error_len().is_some() => self.flush_partial(out),
            Err(_) => {}
        }
    }

    /// Bytes that make no character go on as they are: the emulator replaces them.
    fn flush_partial(&mut self, out: &mut Vec<u8>) {
        if !self.partial.is_empty() {
            self.combining = None;
        }
        out.append(&mut self.partial);
    }
}

/// The combining characters so far, after an ASCII byte of text.
fn after(byte: u8) -> Option<u32> {
    matches!(byte, 0x20..=0x7e).then_some(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filtered(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut guard, mut out) = (Guard::new(), Vec::new());
        for piece in pieces {
            guard.filter(piece, &mut out);
        }
        out
    }

    #[test]
    fn text_colours_and_titles_pass() {
        for text in [
            "plain\r\n",
            "\x1b[31mred\x1b[0m",
            "眼睛 é e\u{301} 👩\u{200d}🏫",
            "\x1b(0lqk\x1b(B",
            "\x1b]0;title\x1b\\x",
        ] {
            assert_eq!(String::from_utf8(filtered(&[text.as_bytes()])).unwrap(), text);
        }
        assert_eq!(filtered(&[b"\x1b]2;a\x07b"]), b"\x1b]2;a\x1b\\b");
    }

    #[test]
    fn clipboard_and_images_are_swallowed_unless_somebody_allows_the_clipboard() {
        let hostile = b"b\x1b]52;c;aGk=\x07c\x1bPq#0;2;0;0;0\x1b\\d\x1b_Gf=24\x1b\\e";
        assert_eq!(filtered(&[hostile]), b"bcde");
        let (mut guard, mut out) = (Guard::new(), Vec::new());
        guard.passes_clipboard(true);
        guard.filter(b"\x1b]52;c;aGk=\x07", &mut out);
        let long = [b"\x1b]52;c;".to_vec(), vec![b'A'; MAX_CLIPBOARD], b"\x07".to_vec()].concat();
        guard.filter(&long, &mut out);
        assert_eq!(out, b"\x1b]52;c;aGk=\x1b\\");
    }

    #[test]
    fn an_endless_string_keeps_no_memory_and_ends_with_can() {
        let mut guard = Guard::new();
        let mut out = Vec::new();
        guard.filter(b"\x1b]2;", &mut out);
        for _ in 0..100 {
            guard.filter(&[b'x'; 4096], &mut out);
        }
        assert!(out.is_empty() && guard.string.len() <= MAX_STRING + 1);
        guard.filter(b"\x18ok", &mut out);
        assert_eq!(out, b"ok");
    }

    #[test]
    fn combining_characters_are_bounded_per_cell() {
        let text = "e".to_owned() + &"\u{301}".repeat(10_000) + "f\u{301}";
        let out = String::from_utf8(filtered(&[text.as_bytes()])).unwrap();
        assert_eq!(out, "e".to_owned() + &"\u{301}".repeat(8) + "f\u{301}");
    }

    #[test]
    fn combining_characters_never_reach_a_cell_that_was_written_before() {
        let marks = "\u{301}".repeat(8);
        for between in ["\x1b[m", "\x08", "\x1b(B", "\x1b7", "\x1b[1;1H", "\r", "\x1b[\u{ff}m", "\x1b]2;t\x07"] {
            let out = String::from_utf8(filtered(&[format!("e{between}{marks}").as_bytes()])).unwrap();
            assert!(!out.contains('\u{301}'), "{between:?} {out:?}");
        }
    }

    proptest! {
        #[test]
        fn where_the_output_is_cut_makes_no_difference(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 1usize..20) {
            let pieces: Vec<&[u8]> = bytes.chunks(cut).collect();
            let (mut whole, mut cut) = (filtered(&[&bytes]), filtered(&pieces));
            // An unfinished character may still be held back.
            whole.truncate(whole.len().min(cut.len()));
            cut.truncate(whole.len());
            prop_assert_eq!(whole, cut);
        }

        #[test]
        fn valid_text_without_escapes_passes_unchanged(text in "[^\u{0}-\u{1f}\u{7f}-\u{9f}]{0,80}") {
            let text = format!("a{text}");
            let zero_widths = text.chars().filter(|c| UnicodeWidthChar::width(*c) == Some(0)).count();
            prop_assume!(zero_widths <= 8);
            prop_assert_eq!(filtered(&[text.as_bytes()]), text.as_bytes());
        }
    }
}
