//! What a station says of its terminal, in a frame of its own, once the terminal has answered.

use serde::{Deserialize, Serialize};

/// A station's terminal, as far as it answered, and what its person allows. A holder that does not know a field goes
/// without.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StationTerminal {
    /// The colour of text.
    pub foreground: Option<[u8; 3]>,
    /// The colour behind it.
    pub background: Option<[u8; 3]>,
    /// It shows 24-bit colours.
    pub true_colour: bool,
    /// It makes one character, two cells wide, of emoji that a joiner joins.
    pub joins_emoji: bool,
    /// It makes one character, two cells wide, of an emoji and a skin's tone.
    pub joins_tones: bool,
    /// The wheel scrolls back.
    pub mouse: bool,
    /// The session's programs, and who copies in the session, may set the terminal's clipboard.
    pub clipboard: bool,
    /// The key before every key of the station's own, as a person writes it.
    pub prefix: Option<String>,
}

impl StationTerminal {
    /// One of the terminal's own colours, by its number in xterm's palette: 256 for text, 257 behind it.
    pub fn colour(&self, index: usize) -> Option<[u8; 3]> {
        match index {
            256 => self.foreground,
            257 => self.background,
            _ => None,
        }
    }
}
