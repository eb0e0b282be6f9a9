//! The keys of a station that looks back, read from what its terminal sends.

/// One key, or a turn of the wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LookKey {
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    WheelUp,
    WheelDown,
    Enter,
    Escape,
    Backspace,
    Char(char),
}

/// The longest sequence that is put together.
const MAX_SEQUENCE: usize = 32;
/// A terminal puts these around pasted text.
const PASTE: (&[u8], &[u8]) = (b"\x1b[200~", b"\x1b[201~");

/// Reads keys however what was typed is cut. Pasted text is no key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct KeyReader {
    /// The beginning of a sequence whose end has not come.
    begun: Vec<u8>,
    pasting: bool,
}

impl KeyReader {
    /// The keys in what was typed.
    pub(super) fn read(&mut self, typed: &[u8]) -> Vec<LookKey> {
        let mut bytes = std::mem::take(&mut self.begun);
        bytes.extend_from_slice(typed);
        let (mut keys, mut rest) = (Vec::new(), &bytes[..]);
        while !rest.is_empty() {
            let Some(length) = length(rest) else {
                self.begun = rest.to_vec();
                break;
            };
            let (one, after) = rest.split_at(length);
            match one {
                _ if one == PASTE.0 => self.pasting = true,
                _ if one == PASTE.1 => self.pasting = false,
                _ if self.pasting => {}
                _ => keys.extend(key(one)),
            }
            rest = after;
        }
        keys
    }
}

/// How many bytes the first key has; none if its end is not there. An ESC at the end is the escape key.
fn length(bytes: &[u8]) -> Option<usize> {
    let ended =
        |from: usize| bytes[from..].iter().position(|byte| (0x40..=0x7e).contains(byte)).map(|at| from + at + 1);
    let found = match bytes {
        [0x1b, b'[', ..] => ended(2),
        [0x1b, b'O', ..] => (bytes.len() > 2).then_some(3),
        [0x1b, ..] | [0x00..=0x7f, ..] => Some(1),
        [first, ..] => {
            let wanted = match first {
                0xc0..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0.. => 4,
                _ => 1,
            };
            (bytes.len() >= wanted).then_some(wanted)
        }
        [] => None,
    };
    found.or_else(|| (bytes.len() > MAX_SEQUENCE).then_some(bytes.len()))
}

fn key(bytes: &[u8]) -> Option<LookKey> {
    Some(match bytes {
        b"\x1b[A" | b"\x1bOA" | [0x10] => LookKey::Up,
        b"\x1b[B" | b"\x1bOB" | [0x0e] => LookKey::Down,
        b"\x1b[C" | b"\x1bOC" => LookKey::Right,
        b"\x1b[D" | b"\x1bOD" => LookKey::Left,
        b"\x1b[H" | b"\x1bOH" | b"\x1b[1~" | b"\x1b[7~" => LookKey::Home,
        b"\x1b[F" | b"\x1bOF" | b"\x1b[4~" | b"\x1b[8~" => LookKey::End,
        b"\x1b[5~" | [0x02] => LookKey::PageUp,
        b"\x1b[6~" | [0x06] => LookKey::PageDown,
        [b'\r' | b'\n'] => LookKey::Enter,
        [0x1b | 0x03] => LookKey::Escape,
        [0x7f | 0x08] => LookKey::Backspace,
        [0x1b, b'[', b'<', report @ ..] => return wheel(report),
        _ => LookKey::Char(std::str::from_utf8(bytes).ok()?.chars().next().filter(|c| !c.is_control())?),
    })
}

/// A turn of the wheel, of a mouse report without its introducer (xterm's SGR mouse mode).
pub(super) fn wheel(report: &[u8]) -> Option<LookKey> {
    let button: u16 = std::str::from_utf8(report.split(|byte| *byte == b';').next()?).ok()?.parse().ok()?;
    match (button & !0b1_1100, report.last()) {
        (64, Some(b'M')) => Some(LookKey::WheelUp),
        (65, Some(b'M')) => Some(LookKey::WheelDown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &[u8]) -> Vec<LookKey> {
        let mut pieces = KeyReader::default();
        let whole = KeyReader::default().read(typed);
        // An ESC alone is a key, so that only what follows it may be cut.
        let cut = typed.iter().position(|byte| *byte == 0x1b).map_or(typed.len(), |at| (at + 2).min(typed.len()));
        let mut cut_keys = pieces.read(&typed[..cut]);
        typed[cut..].iter().for_each(|byte| cut_keys.extend(pieces.read(&[*byte])));
        assert_eq!(cut_keys, whole);
        whole
    }

    #[test]
    fn keys_and_the_wheel_are_told_apart() {
        use LookKey::*;
        assert_eq!(read("qé眼".as_bytes()), [Char('q'), Char('é'), Char('眼')]);
        assert_eq!(read(b"\x1b[5~"), [PageUp]);
        assert_eq!(read(b"\x1b[<64;10;20M"), [WheelUp]);
        assert_eq!(read(b"\x1b[<0;10;20M"), []);
        assert_eq!(read(b"\x1b[1;5A\r"), [Enter], "a key that means nothing here");
        assert_eq!(KeyReader::default().read(b"\x1b"), [Escape]);
    }

    #[test]
    fn pasted_text_is_no_key() {
        let mut reader = KeyReader::default();
        assert_eq!(reader.read(b"\x1b[200~q\r"), []);
        assert_eq!(reader.read(b"q\x1b[201~n"), [LookKey::Char('n')]);
    }

    #[test]
    fn a_sequence_without_end_is_not_kept() {
        let mut reader = KeyReader::default();
        (0..1000).for_each(|_| drop(reader.read(b"\x1b[0000000000")));
        assert!(reader.begun.len() <= MAX_SEQUENCE);
    }
}
