//! What a verb's page says beyond its options: examples, exit status, environment, files, and where to read on.

use clap::Command;
use unicode_width::UnicodeWidthStr;
use usher_core::language::Language;

use crate::cmdlet::help::Part;
use crate::words::{Key, key};

mod manual;
mod reads;
mod table;

pub use manual::manuals;

/// What is said of one verb.
struct VerbPage {
    /// As it is called, without `usher`.
    verb: &'static str,
    examples: &'static [(&'static str, Key)],
    ends: Ends,
    /// Beside what every verb reads.
    environment: &'static [(&'static str, Key)],
    files: &'static [(&'static str, Key)],
    see: &'static [&'static str],
}

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// With what became of its targets.
    Targets,
    /// With an answer, or without.
    Answer,
    /// No daemon is asked.
    Here,
    /// With the program of a session.
    Program,
}

impl Ends {
    fn codes(self) -> &'static [(&'static str, Key)] {
        const USAGE: (&str, Key) = ("2", key!("exit-usage"));
        const UNREACHABLE: (&str, Key) = ("3", key!("exit-unreachable"));
        match self {
            Ends::Targets => &[("0", key!("exit-targets")), ("1", key!("exit-failed")), USAGE, UNREACHABLE],
            Ends::Answer => &[("0", key!("exit-answered")), ("1", key!("exit-refused")), USAGE, UNREACHABLE],
            Ends::Here => &[("0", key!("exit-done")), ("1", key!("exit-not-done")), USAGE],
            Ends::Program => &[
                ("0", key!("exit-left")),
                ("1", key!("exit-refused")),
                USAGE,
                UNREACHABLE,
                ("N", key!("exit-program")),
                ("128+N", key!("exit-signal")),
                ("129", key!("exit-closed")),
            ],
        }
    }
}

const LANGUAGE: (&str, Key) = ("USHER_LANG", key!("env-lang"));

/// What every verb that asks a daemon reads.
const ASKING: [(&str, Key); 6] = [
    ("USHER_SOCKET", key!("env-socket")),
    ("USHER_SESSION", key!("env-session")),
    ("USHER_TIMEOUT_SECONDS", key!("env-timeout")),
    ("USHER_SSH", key!("env-ssh")),
    LANGUAGE,
    ("NO_COLOR", key!("env-no-color")),
];

/// The files of every verb that asks a daemon.
const SOCKETS: [(&str, Key); 3] = [
    ("/run/usher/usher.sock", key!("file-system-socket")),
    ("$XDG_RUNTIME_DIR/usher/usher.sock", key!("file-user-socket")),
    ("~/.config/usher/servers/", key!("file-servers")),
];

/// The sections of a verb's page; of usher's own, if it names no verb.
pub(super) fn sections(verb: &str, language: Language) -> Vec<Part> {
    let Some(page) = table::PAGES.iter().find(|page| page.verb == verb) else { return Vec::new() };
    let say = |key: Key| key.in_language(language, &[]);
    let head = |key: Key| Part::Section(say(key));
    let row = |(name, about): &(&str, Key)| ((*name).to_owned(), say(*about));
    let mut parts = vec![head(key!("help-examples"))];
    for (command, about) in page.examples {
        parts.extend([Part::Text(say(*about)), Part::Code((*command).to_owned())]);
    }
    let here = page.ends == Ends::Here;
    let common: &[(&str, Key)] = if here { &[LANGUAGE] } else { &ASKING };
    let sockets: &[(&str, Key)] = if here && !page.files.is_empty() { &[] } else { &SOCKETS };
    parts.extend([
        head(key!("page-exit-status")),
        Part::Table(page.ends.codes().iter().map(row).collect()),
        head(key!("page-environment")),
        Part::Table(page.environment.iter().chain(common).map(row).collect()),
        head(key!("page-files")),
        Part::Table(page.files.iter().chain(sockets).map(row).collect()),
        head(key!("page-see-also")),
        Part::Text(page.see.join(", ")),
    ]);
    parts
}

/// Lines are no longer than this, but for those that are to be copied.
const MEASURE: usize = 78;

/// The command with these sections below the long help of every verb.
pub(super) fn documented(command: Command, language: Language) -> Command {
    under(command, "", language)
}

fn under(command: Command, verb: &str, language: Language) -> Command {
    let below: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let before = command.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
    let text = sections(verb, language).iter().map(plain).collect::<String>();
    let command = command.after_long_help(before + text.trim());
    below.into_iter().fold(command, |command, name| {
        let verb = format!("{verb} {name}");
        command.mut_subcommand(name, |command| under(command, verb.trim_start(), language))
    })
}

/// A part as a terminal shows it, in the manner of the help above it.
fn plain(part: &Part) -> String {
    match part {
        Part::Section(head) | Part::Head(head) => format!("\n{head}:\n"),
        Part::Text(text) => wrapped(text, "  ", "  "),
        Part::Code(code) => format!("      {code}\n"),
        Part::Table(rows) => {
            let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
            let behind = " ".repeat(width + 4);
            let row = |(name, about): &(String, String)| {
                wrapped(about, &format!("  {name}{}  ", " ".repeat(width - name.width())), &behind)
            };
            rows.iter().map(row).collect()
        }
    }
}

fn wrapped(text: &str, first: &str, behind: &str) -> String {
    let options = textwrap::Options::new(MEASURE.max(behind.len() + 30));
    textwrap::wrap(text, options.initial_indent(first).subsequent_indent(behind)).join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a command line, cut as a shell cuts these.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quote = None;
        for c in line.chars() {
            match (c, quote) {
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                (' ', None) => words.push(String::new()),
                (c, _) => words.last_mut().unwrap().push(c),
            }
        }
        words.into_iter().filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn every_example_is_a_command_line() {
        let mut tried = 0;
        for (line, _) in table::PAGES.iter().flat_map(|page| page.examples) {
            let Some(line) = line.trim_start_matches("sudo ").strip_prefix("usher ") else { continue };
            let own = line.split(['|', '<']).next().unwrap_or_default();
            let matched = crate::cli::command().try_get_matches_from(words(&format!("usher {own}")));
            assert!(matched.is_ok(), "{line}: {}", matched.unwrap_err());
            tried += 1;
        }
        assert!(tried > 40, "{tried}");
    }

    #[test]
    fn every_page_that_another_names_is_there() {
        let titles: Vec<String> = manuals(Language::English).into_iter().map(|(name, _)| name).collect();
        for page in &table::PAGES {
            for other in page.see.iter().filter(|other| other.starts_with("usher") && other.ends_with("(1)")) {
                let file = other.replace("(1)", ".1");
                assert!(titles.contains(&file) || file == "usher-dial.1", "{}: {other}", page.verb);
            }
        }
    }
}
