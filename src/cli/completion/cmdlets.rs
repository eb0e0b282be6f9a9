//! What can stand in a cmdlet's command line. Names are read in any casing.

use std::path::Path;

use super::answer::{Suggestion, Suggestions};
use super::known::KnownWords;
use super::line::Line;
use crate::cmdlet::{Cmdlet, Parameter, Type, find, help};
use crate::words;

/// The options of `usher` itself that take a value.
pub(super) const WITH_VALUE: [&str; 7] = ["--socket", "--server", "--timeout", "--at-once", "--output", "-o", "--lang"];

/// Where a cmdlet's name is, before the word that is being typed.
pub(super) fn named(words: &[String]) -> Option<usize> {
    let before = &words[..words.len().saturating_sub(1)];
    if before.first().and_then(|program| Path::new(program).file_name()?.to_str().and_then(find)).is_some() {
        return Some(0);
    }
    let mut at = 1;
    while let Some(word) = before.get(at) {
        match word.as_str() {
            option if WITH_VALUE.contains(&option) => at += 2,
            option if option.starts_with('-') => at += 1,
            name => return find(name).map(|_| at),
        }
    }
    None
}

/// What can follow the name at this word.
pub(super) fn choice(line: &Line, at: usize, known: &KnownWords) -> Suggestions {
    let name = line.words.get(at).and_then(|word| Path::new(word).file_name()?.to_str());
    let Some(cmdlet) = name.and_then(find) else { return Suggestions::Of(Vec::new()) };
    let current = line.current();
    let before = line.words.iter().rev().nth(1).filter(|_| line.words.len() > at + 2);
    let awaited = before.and_then(|word| parameter(cmdlet, word)).filter(|it| !matches!(it.kind, Type::Switch));
    let mut all = match awaited {
        Some(awaited) => values(awaited, known),
        None => cmdlet.parameters().filter(|it| it.position == Some(0)).flat_map(|it| values(it, known)).collect(),
    };
    if awaited.is_none() {
        all.extend(cmdlet.parameters().map(described));
    }
    all.retain(|candidate| begins(&candidate.value, current));
    Suggestions::Of(all)
}

/// The parameter that a word names, also by its beginning.
fn parameter(cmdlet: &'static Cmdlet, word: &str) -> Option<&'static Parameter> {
    let name = word.strip_prefix('-')?;
    cmdlet.parameters().find(|parameter| begins(parameter.name, name))
}

fn begins(text: &str, with: &str) -> bool {
    text.to_lowercase().starts_with(&with.to_lowercase())
}

fn values(parameter: &Parameter, known: &KnownWords) -> Vec<Suggestion> {
    match (parameter.name, parameter.kind) {
        (_, Type::Choice(_, values)) => {
            values.iter().map(|(name, _)| Suggestion { value: (*name).to_owned(), about: String::new() }).collect()
        }
        ("SessionId", _) => known.sessions(|_| true).into_iter().filter(|it| it.value.parse::<u32>().is_ok()).collect(),
        ("Server", _) => known.hosts(),
        _ => Vec::new(),
    }
}

fn described(parameter: &Parameter) -> Suggestion {
    Suggestion { value: format!("-{}", parameter.name), about: help::about(parameter, words::language()) }
}
