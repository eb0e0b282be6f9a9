//! Text that is pasted, and what is withheld of it.

use super::Holder;

/// A terminal puts these around pasted text (xterm's bracketed paste mode).
pub(super) const PASTE_BEGIN: &[u8] = b"\x1b[200~";
pub(super) const PASTE_END: &[u8] = b"\x1b[201~";

impl Holder {
    /// A paste whose rest is withheld is ended for the program, which would else take every later key for more of it.
    pub(super) fn end_paste(&mut self) {
        if std::mem::take(&mut self.pasting) {
            self.pty.write(PASTE_END);
        }
    }

    /// Remembers whether a bracketed paste is under way.
    pub(super) fn note_paste(&mut self, keys: &[u8]) {
        let last = |marker: &[u8]| keys.windows(marker.len()).rposition(|window| window == marker);
        match (last(PASTE_BEGIN), last(PASTE_END)) {
            (Some(begin), end) => self.pasting = end.is_none_or(|end| end < begin),
            (None, Some(_)) => self.pasting = false,
            (None, None) => {}
        }
    }
}
