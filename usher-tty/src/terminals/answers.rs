//! What a terminal answers to questions about itself, found among keys. Whoever types, and the terminal itself, may send
//! anything: what is kept of a sequence is bounded, and what is no answer is forgotten.

/// The most bytes of one answer.
const MOST: usize = 24;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TerminalAnswer {
    /// Everything that was sent before the question has been taken in (DSR 5).
    Ready,
    /// The cursor's row and column, counted from one (CPR).
    Cursor(u16, u16),
    /// Whether a private mode is set (DECRPM); nothing for one that the terminal does not know.
    Mode(u16, Option<bool>),
}

/// Finds answers in what arrives, however it is cut.
#[derive(Debug, Default)]
pub(super) struct AnswerParser {
    place: SequencePlace,
    body: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum SequencePlace {
    #[default]
    Between,
    Escaped,
    /// In a control sequence (CSI).
    Sequence,
}

impl AnswerParser {
    /// Takes bytes as they arrived, and gives the answers that are whole.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<TerminalAnswer> {
        bytes.iter().filter_map(|byte| self.byte(*byte)).collect()
    }

    fn byte(&mut self, byte: u8) -> Option<TerminalAnswer> {
        match (self.place, byte) {
            (_, 0x1b) => self.place = SequencePlace::Escaped,
            (SequencePlace::Escaped, b'[') => {
                self.body.clear();
                self.place = SequencePlace::Sequence;
            }
            (SequencePlace::Sequence, 0x20..=0x3f) if self.body.len() < MOST => self.body.push(byte),
            (SequencePlace::Sequence, 0x40..=0x7e) => {
                self.place = SequencePlace::Between;
                return answer(&self.body, byte);
            }
            _ => self.place = SequencePlace::Between,
        }
        None
    }
}

fn answer(body: &[u8], last: u8) -> Option<TerminalAnswer> {
    let body = std::str::from_utf8(body).ok()?;
    match last {
        b'n' => (body == "0").then_some(TerminalAnswer::Ready),
        b'R' => {
            let (row, column) = body.split_once(';')?;
            Some(TerminalAnswer::Cursor(row.parse().ok()?, column.parse().ok()?))
        }
        b'y' => {
            let (mode, value) = body.strip_prefix('?')?.strip_suffix('$')?.split_once(';')?;
            let set = match value {
                "1" | "3" => Some(true),
                "2" | "4" => Some(false),
                _ => None,
            };
            Some(TerminalAnswer::Mode(mode.parse().ok()?, set))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Vec<TerminalAnswer> {
        AnswerParser::default().take(bytes)
    }

    #[test]
    fn answers_are_found_among_keys() {
        let said = b"ls\r\x1b[?1049;1$y\x1b[A\x1b[?25;2$y\x1b[?9;0$y\x1b[12;80Rx\x1b[0n";
        let expected = [
            TerminalAnswer::Mode(1049, Some(true)),
            TerminalAnswer::Mode(25, Some(false)),
            TerminalAnswer::Mode(9, None),
            TerminalAnswer::Cursor(12, 80),
            TerminalAnswer::Ready,
        ];
        assert_eq!(found(said), expected);
        let mut parser = AnswerParser::default();
        let cut: Vec<TerminalAnswer> = said.iter().flat_map(|byte| parser.take(&[*byte])).collect();
        assert_eq!(cut, expected);
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for garbage in [
            &b"\x1b[3n"[..],
            b"\x1b[;R",
            b"\x1b[99999;1R",
            b"\x1b[?1049;1y",
            b"\x1b[-1;1R",
            b"\x1b\x1b]0n",
            b"\x1b[0\x07n",
            b"\x1b[?\xff$y",
        ] {
            assert_eq!(found(garbage), [], "{garbage:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_arrives_grows_or_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..4000)) {
            let mut parser = AnswerParser::default();
            let _ = parser.take(b"\x1b[");
            let _ = parser.take(&bytes);
            proptest::prop_assert!(parser.body.len() <= MOST);
        }
    }
}
