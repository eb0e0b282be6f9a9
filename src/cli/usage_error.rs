//! What is wrong with a command line, in the style of every other error. clap knows what is wrong; the sentences are ours.

use std::error::Error as _;
use std::num::ParseIntError;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use usher_core::outcome::{Error, ErrorId};

use crate::words;

mod near;

/// The longest text of the caller's that is repeated.
const LONGEST: usize = 60;

/// The error that these words of a command line are; `root` is the definition that they were read by.
pub(super) fn explain(error: &clap::Error, root: &Command, typed: &[String]) -> Error {
    let place = ErringVerb::of(root, typed);
    let id = if concerns_message(error) { ErrorId::InvalidMessage } else { ErrorId::InvalidRequest };
    let said = Error::new(id, message(error, &place));
    said.hint(hint(error, &place))
}

/// The verb that a command line names.
struct ErringVerb<'c> {
    /// How it is called whole, such as `usher servers group`.
    name: String,
    verb: &'c Command,
}

impl<'c> ErringVerb<'c> {
    fn of(root: &'c Command, typed: &[String]) -> Self {
        let mut place = ErringVerb { name: root.get_name().to_owned(), verb: root };
        let mut words = typed.iter().skip(1).take_while(|word| *word != "--");
        while let Some(word) = words.next() {
            if word.starts_with('-') {
                if place.takes_value(word) {
                    words.next();
                }
            } else if let Some(verb) = place.verb.find_subcommand(word) {
                place = ErringVerb { name: format!("{} {}", place.name, verb.get_name()), verb };
            } else {
                break;
            }
        }
        place
    }

    /// Whether the word behind this option is its value.
    fn takes_value(&self, option: &str) -> bool {
        let mut known = self.verb.get_arguments().filter(|argument| argument.get_action().takes_values());
        match option.strip_prefix("--") {
            Some(long) => known.any(|argument| argument.get_long() == Some(long)),
            None => known.any(|argument| argument.get_short().is_some_and(|short| option == format!("-{short}"))),
        }
    }

    /// The verb's name behind `help`.
    fn help(&self) -> String {
        match self.name.split_once(' ') {
            Some((root, verb)) => format!("{root} help {verb}"),
            None => format!("{} help", self.name),
        }
    }

    /// The names of the verbs behind this one.
    fn verbs(&self) -> Vec<&str> {
        let names = self.verb.get_subcommands().filter(|verb| !verb.is_hide_set());
        let names = names.flat_map(|verb| std::iter::once(verb.get_name()).chain(verb.get_visible_aliases()));
        let cmdlets = crate::cmdlet::ALL.iter().map(|cmdlet| cmdlet.name).filter(|_| self.verb.get_name() == "usher");
        names.chain(cmdlets).collect()
    }

    fn options(&self) -> Vec<String> {
        let options = self.verb.get_arguments().filter(|argument| !argument.is_hide_set());
        options.filter_map(|option| Some(format!("--{}", option.get_long()?))).collect()
    }
}

fn message(error: &clap::Error, place: &ErringVerb) -> String {
    let (argument, value) = (argument(error), repeated(&text(error, ContextKind::InvalidValue)));
    let (command, argument, value) =
        (("command", place.name.as_str()), ("argument", argument.as_str()), ("value", value.as_str()));
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = repeated(&text(error, ContextKind::InvalidSubcommand));
            words::with!("usage-no-such-verb", &[command, ("word", &word)])
        }
        ErrorKind::MissingSubcommand => words::with!("usage-verb-missing", &[command]),
        ErrorKind::UnknownArgument if argument.1.starts_with('-') => {
            words::with!("usage-no-such-option", &[command, argument])
        }
        ErrorKind::UnknownArgument => words::with!("usage-one-too-many", &[command, argument]),
        ErrorKind::MissingRequiredArgument => words::with!("usage-missing", &[command, argument]),
        ErrorKind::ArgumentConflict => conflict(error, argument),
        ErrorKind::InvalidValue if text(error, ContextKind::InvalidValue).is_empty() => {
            words::with!("usage-value-missing", &[argument])
        }
        ErrorKind::InvalidValue => {
            let known = listed(&several(error, ContextKind::ValidValue));
            words::with!("usage-no-such-value", &[argument, value, ("known", &known)])
        }
        ErrorKind::ValueValidation => words::with!("usage-value-wrong", &[argument, ("why", &why(error))]),
        ErrorKind::TooManyValues => words::with!("usage-takes-no-value", &[argument, value]),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => words::with!("usage-value-missing", &[argument]),
        ErrorKind::InvalidUtf8 => words::text!("usage-not-utf8"),
        _ => words::text!("usage-wrong"),
    }
}

fn conflict(error: &clap::Error, argument: (&str, &str)) -> String {
    let others = several(error, ContextKind::PriorArg);
    match others.as_slice() {
        [other] if other == argument.1 => words::with!("usage-twice", &[argument]),
        others => words::with!("usage-conflict", &[argument, ("others", &listed(others))]),
    }
}

/// What to do instead.
fn hint(error: &clap::Error, place: &ErringVerb) -> String {
    let near = match error.kind() {
        ErrorKind::InvalidSubcommand => near::verb(&text(error, ContextKind::InvalidSubcommand), &place.verbs()),
        ErrorKind::UnknownArgument => near::option(&text(error, ContextKind::InvalidArg), &place.options()),
        ErrorKind::InvalidValue => {
            near::value(&text(error, ContextKind::InvalidValue), &several(error, ContextKind::ValidValue))
        }
        _ => Vec::new(),
    };
    let help = place.help();
    let help = ("help", help.as_str());
    match (near.as_slice(), error.kind()) {
        ([_, ..], _) => words::with!("usage-near-hint", &[("near", &near.join("`, `"))]),
        (_, ErrorKind::InvalidSubcommand | ErrorKind::MissingSubcommand) => words::with!("usage-verbs-hint", &[help]),
        (_, ErrorKind::MissingRequiredArgument) => words::with!("usage-write-hint", &[help, ("usage", &usage(error))]),
        _ => words::with!("usage-help-hint", &[help]),
    }
}

/// Whether the text for a session's user is wrong.
fn concerns_message(error: &clap::Error) -> bool {
    error.kind() == ErrorKind::ValueValidation && argument(error).starts_with("--message")
}

/// Why a value is none. The reasons of our own types repeat what they must of the value, and never a message.
fn why(error: &clap::Error) -> String {
    match error.source() {
        Some(source) if source.is::<ParseIntError>() => {
            let value = repeated(&text(error, ContextKind::InvalidValue));
            words::with!("usage-no-number", &[("value", &value)])
        }
        Some(source) => source.to_string(),
        None => words::text!("usage-wrong"),
    }
}

/// The arguments that an error is about, as usage lines spell them.
fn argument(error: &clap::Error) -> String {
    let all = several(error, ContextKind::InvalidArg);
    let bare = |argument: &String| match argument.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, "" | "...")) => name.to_owned(),
        _ => repeated(argument),
    };
    listed(&all.iter().map(bare).collect::<Vec<_>>())
}

/// Words one after the other, as the reader's language parts them.
fn listed(words: &[String]) -> String {
    words.join(&words::text!("usage-separator"))
}

/// How the command is written, without the heading.
fn usage(error: &clap::Error) -> String {
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let usage = usage.lines().next().unwrap_or_default();
    usage.find("usher").map_or_else(String::new, |at| usage[at..].trim().to_owned())
}

fn text(error: &clap::Error, kind: ContextKind) -> String {
    several(error, kind).into_iter().next().unwrap_or_default()
}

fn several(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(all)) => all.clone(),
        _ => Vec::new(),
    }
}

/// The beginning of what the caller wrote, which may be long.
pub(super) fn repeated(text: &str) -> String {
    let short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() { short + "…" } else { short }
}
