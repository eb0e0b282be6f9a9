//! The same room by mouse and by keyboard alone.

use crate::browser::Chromium;

/// Keys, as WebDriver writes them.
const ENTER: char = '\u{e007}';
const TAB: char = '\u{e004}';
const ESCAPE: char = '\u{e00c}';
const BACKSPACE: char = '\u{e003}';

/// What a person uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hands {
    Mouse,
    Keyboard,
}

impl Hands {
    /// Selects every tile that is shown.
    pub fn select_all(self, page: &Chromium) {
        match self {
            Hands::Mouse => page.click("#all"),
            Hands::Keyboard => page.keys("a"),
        }
    }

    /// Orders what asks nothing.
    pub fn order(self, page: &Chromium, verb: &str) {
        match self {
            Hands::Mouse => page.click(&format!("[data-verb={verb}]")),
            Hands::Keyboard => page.keys(&verb[..1]),
        }
    }

    /// Orders what asks for a message, which is the first field, or behind the notice.
    pub fn order_with(self, page: &Chromium, verb: &str, message: &str) {
        let dialog = format!("#{verb}-dialog");
        match (self, verb) {
            (Hands::Mouse, "block") => page.click("#block"),
            _ => self.order(page, verb),
        }
        page.until(&format!("document.querySelector('{dialog}[open]')"));
        match self {
            Hands::Mouse => {
                page.click(&format!("{dialog} [name=message]"));
                page.keys(message);
                page.click(&format!("{dialog} .sends"));
            }
            Hands::Keyboard => {
                let to_message = if verb == "close" { TAB.to_string() } else { String::new() };
                page.keys(&format!("{to_message}{message}{ENTER}"));
            }
        }
        page.until(&format!("!document.querySelector('{dialog}[open]')"));
    }

    /// Turns the switch for the whole room off.
    pub fn unblock(self, page: &Chromium) {
        match self {
            Hands::Mouse => page.click("#block"),
            Hands::Keyboard => page.keys("b"),
        }
    }

    /// Says that what failed was seen.
    pub fn see_failures(self, page: &Chromium) {
        match self {
            Hands::Mouse => page.click("#seen-all"),
            Hands::Keyboard => {
                page.until("!document.querySelector('#failures').hidden");
                tab_to(page, "seen-all");
                page.keys(&ENTER.to_string());
            }
        }
        page.until("document.querySelector('#failures').hidden");
    }

    /// Shows alone what has these words, by typing them.
    pub fn filter(self, page: &Chromium, words: &str) {
        match self {
            Hands::Mouse => page.click("#filter"),
            Hands::Keyboard => page.keys("/"),
        }
        let before = page.script("return document.querySelector('#filter').value.length").as_u64().unwrap_or(0);
        let erased: String = (0..before).map(|_| BACKSPACE).collect();
        page.keys(&format!("{erased}{words}{ESCAPE}"));
    }
}

/// Goes from element to element until this one has the focus.
#[track_caller]
fn tab_to(page: &Chromium, id: &str) {
    for _ in 0..200 {
        if page.script("return document.activeElement.id") == id {
            return;
        }
        page.keys(&TAB.to_string());
    }
    panic!("the keyboard does not lead to {id}");
}
