//! When each line of the screen changed, so that a frame need not be compared where nothing did.

use alacritty_terminal::event::EventListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::{Term, TermDamage};

/// Counts the pieces of output, and remembers for each line the last one that may have changed it.
#[derive(Debug, Default)]
pub(super) struct Changes {
    now: u64,
    lines: Vec<u64>,
}

impl Changes {
    /// Takes over from the emulator what has changed. The emulator must not look back: it would count from another line.
    pub(super) fn note(&mut self, term: &mut Term<impl EventListener>) {
        self.now += 1;
        let lines = term.screen_lines();
        match term.damage() {
            TermDamage::Partial(damaged) if self.lines.len() == lines => {
                damaged.for_each(|bounds| self.lines[bounds.line] = self.now);
            }
            TermDamage::Partial(_) | TermDamage::Full => self.lines = vec![self.now; lines],
        }
        term.reset_damage();
    }

    /// The count now.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// Whether a line may have changed after this count. One that is not on the screen always may.
    pub(super) fn since(&self, count: u64, line: i32) -> bool {
        let line = usize::try_from(line).ok().and_then(|line| self.lines.get(line));
        line.is_none_or(|changed| *changed > count)
    }
}
