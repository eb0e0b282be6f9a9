//! Events as a daemon writes them.

use std::time::Duration;

use usher_core::request::EventId;

/// The longest event; a session's is far below it.
const LONGEST: usize = 1 << 20;
/// How long a daemon may say nothing: it says something every 15 seconds.
pub const SILENCE: Duration = Duration::from_secs(60);

/// One block of server-sent events (HTML standard, 9.2.6).
#[derive(Debug, Default, PartialEq)]
pub struct EventText {
    /// Its number.
    pub id: Option<EventId>,
    /// The event as JSON.
    pub data: Option<Vec<u8>>,
    /// It is the last one: the caller is not admitted any more.
    pub denied: bool,
}

/// A block as it arrives, line by line.
#[derive(Debug, Default)]
pub struct EventReader {
    line: Vec<u8>,
    begun: EventText,
    ended: bool,
}

impl EventReader {
    /// Takes the next piece of a line; false if it becomes too long.
    pub fn take(&mut self, piece: &[u8]) -> bool {
        self.line.extend_from_slice(piece);
        if self.line.len() > LONGEST {
            return false;
        }
        if self.line.ends_with(b"\n") {
            let line = std::mem::take(&mut self.line);
            let line = line.trim_ascii_end();
            if let Some(json) = line.strip_prefix(b"data: ") {
                self.begun.data = Some(json.to_vec());
            } else if let Some(id) = line.strip_prefix(b"id: ") {
                self.begun.id = std::str::from_utf8(id).ok().and_then(|id| id.parse().ok());
            } else if line == b"event: denied" {
                self.begun.denied = true;
            }
            // The other lines are comments; an empty one ends the block.
            self.ended = line.is_empty();
        }
        true
    }

    /// A block that has ended.
    pub fn whole(&mut self) -> Option<EventText> {
        std::mem::take(&mut self.ended).then(|| std::mem::take(&mut self.begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str, size: usize) -> Vec<EventText> {
        let mut blocks = EventReader::default();
        let mut all = Vec::new();
        for bytes in text.as_bytes().chunks(size) {
            for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                assert!(blocks.take(piece));
                all.extend(blocks.whole());
            }
        }
        all
    }

    #[test]
    fn blocks_are_read_wherever_they_are_cut() {
        let text = "id: 1a-4\n\n:\n\nid: 1a-5\ndata: {\"a\":1}\n\nid: rubbish\nevent: denied\ndata: {}\n\ndata: half";
        let block = |id: Option<u64>, data: Option<&str>, denied| EventText {
            id: id.map(|number| EventId { run: 0x1a, number }),
            data: data.map(|data| data.as_bytes().to_vec()),
            denied,
        };
        for size in 1..9 {
            let expected = [
                block(Some(4), None, false),
                block(None, None, false),
                block(Some(5), Some("{\"a\":1}"), false),
                block(None, Some("{}"), true),
            ];
            assert_eq!(blocks(text, size), expected, "{size}");
        }
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut blocks = EventReader::default();
        assert!((0..=LONGEST / 1024).any(|_| !blocks.take(&[b'x'; 1024])));
    }
}
