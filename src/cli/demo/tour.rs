//! What the tour tells a person, within the width of their terminal.

use textwrap::Options;
use unicode_width::UnicodeWidthStr;
use usher_core::language::Language;

use crate::words::{Key, key};

/// Where the explanations begin that stand beside their commands.
const BESIDE: usize = 44;

/// What there is to try, and what it shows.
fn steps(language: Language) -> [(String, Option<Key>); 8] {
    let quoted = |key: Key| key.in_language(language, &[]);
    [
        ("usher list".to_owned(), None),
        (format!("usher lock 1 --message \"{}\"", quoted(key!("demo-say-look"))), Some(key!("demo-locked"))),
        ("usher unlock 1".to_owned(), None),
        (format!("usher lock 1 --message {} --for 20s", quoted(key!("demo-say-soon"))), Some(key!("demo-expires"))),
        ("usher disconnect 1".to_owned(), Some(key!("demo-disconnected"))),
        (format!("usher block --all --message \"{}\"", quoted(key!("demo-say-exam"))), Some(key!("demo-blocked"))),
        ("usher unblock --all".to_owned(), None),
        ("usher close 2 --notice 10s".to_owned(), Some(key!("demo-closes"))),
    ]
}

/// The page. `sit_down` says how to become a session's user, and has a line for it that is to be copied.
pub(super) fn page(sit_down: Key, line: Option<&str>, width: usize, language: Language) -> String {
    let say = |key: Key| wrapped(&key.in_language(language, &[]), "", width);
    let mut lines = say(key!("demo-operator"));
    lines.extend(say(sit_down));
    lines.extend(line.into_iter().flat_map(|line| [String::new(), format!("  {line}")]));
    lines.push(String::new());
    lines.extend(say(key!("demo-try")));
    for (command, about) in steps(language) {
        lines.extend(step(&command, about.map(|key| key.in_language(language, &[])).as_deref(), width));
    }
    lines.extend(say(key!("demo-end")));
    lines.join("\n") + "\n"
}

/// One sentence by itself.
pub(super) fn paragraph(key: Key, width: usize, language: Language) -> String {
    wrapped(&key.in_language(language, &[]), "", width).join("\n") + "\n"
}

/// A command, with what it shows beside it where there is room, else below.
fn step(command: &str, about: Option<&str>, width: usize) -> Vec<String> {
    let command = format!("  {command}");
    match about {
        None => vec![command],
        Some(about) if BESIDE + about.width() <= width && command.width() < BESIDE => {
            vec![format!("{command}{}{about}", " ".repeat(BESIDE - command.width()))]
        }
        Some(about) => [command].into_iter().chain(wrapped(about, "    ", width)).collect(),
    }
}

fn wrapped(text: &str, indent: &str, width: usize) -> Vec<String> {
    let options = Options::new(width).initial_indent(indent).subsequent_indent(indent).break_words(false);
    textwrap::wrap(text, options).into_iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_fits_half_of_a_small_terminal_and_breaks_no_word() {
        for language in Language::ALL {
            let page = page(key!("demo-right-half"), None, 39, language);
            assert!(page.lines().all(|line| line.width() <= 39), "{page}");
            assert!(page.lines().count() <= 22, "there is room for a prompt: {page}");
        }
        let page = page(key!("demo-right-half"), None, 39, Language::English);
        let operator = key!("demo-operator").in_language(Language::English, &[]);
        assert!(operator.split(' ').all(|word| page.split_whitespace().any(|known| known == word)), "{page}");
    }

    #[test]
    fn explanations_stand_beside_their_commands_where_there_is_room() {
        for language in Language::ALL {
            let page = page(key!("demo-second-terminal"), Some("usher attach 1"), 100, language);
            let line = page.lines().find(|line| line.contains("usher disconnect 1")).unwrap();
            assert!(line.width() > BESIDE && page.lines().all(|line| line.width() <= 100), "{page}");
        }
    }
}
