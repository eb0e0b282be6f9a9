//! What is typed at a station: keys for the session, the station's own commands, and answers of its terminal.

use std::io;
use std::time::{Duration, Instant};

use usher_core::wire::{StationTerminal, Tag};

use super::Left;
use super::asking::Answers;
use super::keys::{DetachKeys, Typed, Watcher};
use super::line::HolderLine;
use crate::words;

/// A prefix that stands alone for this long is shown.
const PREFIX_SHOWS: Duration = Duration::from_millis(400);

pub(super) struct Typing<'k> {
    detach: &'k DetachKeys,
    watcher: Watcher<'k>,
    answers: Answers,
    prefix_shown: bool,
    /// When something was typed at last.
    typed: Instant,
    buffer: Vec<u8>,
}

impl<'k> Typing<'k> {
    pub(super) fn new(detach: &'k DetachKeys, answers: Answers) -> Self {
        let (watcher, typed, buffer) = (Watcher::new(detach), Instant::now(), vec![0; 4096]);
        Typing { detach, watcher, answers, prefix_shown: false, typed, buffer }
    }

    /// Until when more is waited for: then [`Typing::waited`] is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let prefix = self.watcher.waits() && !self.prefix_shown;
        let patience = self.answers.patience().or(prefix.then_some(PREFIX_SHOWS));
        patience.map(|patience| self.typed + patience)
    }

    /// Nothing more was typed.
    pub(super) fn waited(&mut self, line: &mut HolderLine) -> Option<Left> {
        if self.answers.patience().is_some() {
            // What looked like the beginning of an answer was keys.
            let keys = self.answers.given_up();
            return self.tell(&keys, line);
        }
        self.prefix_shown = true;
        line.send(Tag::Hint, prefix_line(self.detach).as_bytes());
        None
    }

    /// Reads what was typed and sends it on.
    ///
    /// # Errors
    /// In words, if the terminal is gone.
    pub(super) fn read(&mut self, line: &mut HolderLine) -> Result<Option<Left>, String> {
        let typed = match rustix::io::read(io::stdin(), &mut self.buffer) {
            Ok(0) => return Err(words::text!("attach-no-terminal")),
            Ok(count) => self.answers.without(&self.buffer[..count]),
            Err(rustix::io::Errno::INTR) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        self.typed = Instant::now();
        if self.answers.take_news() {
            say_terminal(line, self.answers.terminal());
        }
        Ok(self.tell(&typed, line))
    }

    /// Sends keys and commands; how the station leaves, if that is one of them.
    fn tell(&mut self, typed: &[u8], line: &mut HolderLine) -> Option<Left> {
        let told = self.watcher.tell_apart(typed);
        // Scrolling by nothing takes the line away also where the key was dropped.
        if std::mem::take(&mut self.prefix_shown) && told.is_empty() {
            line.send(Tag::Scroll, &0i16.to_le_bytes());
        }
        for told in told {
            match told {
                Typed::Keys(keys) => line.send(Tag::Input, &keys),
                Typed::Scroll(pages) => line.send(Tag::Scroll, &pages.to_le_bytes()),
                Typed::LookBack(keys) => line.send(Tag::LookBack, keys),
                Typed::Help => line.send(Tag::Hint, help(self.detach).as_bytes()),
                Typed::Leave => return Some(Left::told(words::text!("attach-detached"), None)),
            }
        }
        None
    }

    /// Forgets what was typed at a locked screen, also what is still on its way: gives what the terminal is to be asked.
    pub(super) fn forget(&mut self) -> &'static [u8] {
        super::terminal::forget_typed();
        self.watcher = Watcher::new(self.detach);
        self.answers.forget_typed()
    }
}

/// Tells the holder what the terminal is.
pub(super) fn say_terminal(line: &mut HolderLine, terminal: &StationTerminal) {
    line.send(Tag::Terminal, &serde_json::to_vec(terminal).unwrap_or_default());
}

fn prefix_line(detach: &DetachKeys) -> String {
    words::with!("attach-prefix", &[("leave", &detach.spelled()), ("prefix", &detach.prefix())])
}

fn help(detach: &DetachKeys) -> String {
    words::with!("attach-keys", &[("leave", &detach.spelled()), ("prefix", &detach.prefix())])
}
