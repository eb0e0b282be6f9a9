//! Splits the words of a command line into names with their values, and values without a name.

use std::iter::Peekable;

use super::{BindError, convert, is_list, names};
use crate::cmdlet::{Cmdlet, Parameter, Type};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    /// `-Name`, `-Name:value`, or `-Name` with the word after it.
    Named {
        /// The name alone, without its dash and without the colon and what follows.
        name: String,
        /// The word as the caller typed it.
        word: String,
        /// The text after the colon, or the next word.
        value: Option<String>,
    },
    /// A word without a name.
    Unnamed(String),
}

impl Argument {
    /// The word as the caller typed it.
    fn word(&self) -> &str {
        match self {
            Argument::Named { word, .. } => word,
            Argument::Unnamed(word) => word,
        }
    }

    /// The error of an argument that nothing took. For a word without a name, the last position that refused it gives
    /// the reason `why`.
    pub(super) fn unbound(&self, why: Option<BindError>) -> BindError {
        match self {
            Argument::Named { name, .. } => BindError::no_such_name(name),
            Argument::Unnamed(text) => why.unwrap_or_else(|| BindError::no_such_position(text)),
        }
    }
}

/// Finds the names: a dash with a letter begins one, and `--` ends them (`tokenizer.cs`). Returns `None` if the caller
/// asks for help.
pub(super) fn split(words: &[String]) -> Option<Vec<Argument>> {
    let mut arguments: Vec<Argument> = Vec::new();
    let mut names_end = false;
    for word in words {
        if names_end {
            arguments.push(Argument::Unnamed(word.clone()));
        } else if word == "--" {
            names_end = true;
        } else if let Some(named) = name_of(word) {
            if matches!(&named, Argument::Named { name, .. } if name == "?") {
                return None;
            }
            arguments.push(named);
        } else if word == "--help" && !matches!(arguments.last(), Some(Argument::Named { value: None, .. })) {
            return None;
        } else {
            arguments.push(Argument::Unnamed(word.clone()));
        }
    }
    Some(arguments)
}

fn name_of(word: &str) -> Option<Argument> {
    let rest = word.strip_prefix(is_dash)?;
    rest.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '?')).then(|| {
        let (name, value) = rest.split_once(':').map_or((rest, None), |(name, value)| (name, Some(value)));
        let value = value.filter(|value| !value.is_empty()).map(str::to_owned);
        Argument::Named { name: name.to_owned(), word: word.to_owned(), value }
    })
}

/// Text processors turn hyphens into these dashes, so PowerShell takes them too (`CharTraits.cs`, `IsDash`).
fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2013}' | '\u{2014}' | '\u{2015}')
}

/// Joins words that commas make one list, as in `3, 4`. Then it gives each name without a value the next word, and each
/// switch its `true` (`ReparseUnboundArguments`).
pub(super) fn pair(cmdlet: &Cmdlet, arguments: Vec<Argument>) -> Result<Vec<Argument>, BindError> {
    let mut paired = Vec::new();
    let mut rest = arguments.into_iter().peekable();
    while let Some(argument) = rest.next() {
        paired.push(match argument {
            Argument::Named { name, word, value: Some(value) } => {
                let value = continued_by_name(cmdlet, &name, value, &mut rest);
                Argument::Named { name, word, value: Some(value) }
            }
            Argument::Named { name, word, value: None } => with_value(cmdlet, name, word, &mut rest)?,
            // A text that merely contains a comma is no list.
            Argument::Unnamed(word) if convert::may_be_list(&word) => {
                Argument::Unnamed(continued(word, &mut rest, convert::may_be_list))
            }
            Argument::Unnamed(_) => argument,
        });
    }
    Ok(paired)
}

/// Takes the words that continue a list, as in `-SessionId:3, 4`. Binding judges the name later.
fn continued_by_name(
    cmdlet: &Cmdlet,
    name: &str,
    value: String,
    rest: &mut Peekable<impl Iterator<Item = Argument>>,
) -> String {
    match names::find(cmdlet, name) {
        Ok(Some(parameter)) if is_list(parameter.kind) => continued(value, rest, |_| true),
        _ => value,
    }
}

/// Gives a name its value. If the value is a word of its own, the parameter's whole name stands for the name from here
/// on; switches, and names with a colon, stay as the caller wrote them (`ParameterName` there).
fn with_value(
    cmdlet: &Cmdlet,
    name: String,
    word: String,
    rest: &mut Peekable<impl Iterator<Item = Argument>>,
) -> Result<Argument, BindError> {
    let Some(parameter) = names::find(cmdlet, &name)? else {
        return Ok(Argument::Named { name, word, value: None });
    };
    let value = Some(value_after(cmdlet, parameter, &word, rest)?);
    let as_written = parameter.kind == Type::Switch || word.ends_with(':');
    Ok(Argument::Named { name: if as_written { name } else { parameter.name.to_owned() }, word, value })
}

fn value_after(
    cmdlet: &Cmdlet,
    parameter: &Parameter,
    word: &str,
    rest: &mut Peekable<impl Iterator<Item = Argument>>,
) -> Result<String, BindError> {
    let colon = word.ends_with(':');
    if parameter.kind == Type::Switch {
        // A shell expands `$false` to nothing, so that `-Confirm:$false` arrives as `-Confirm:`. Binding that as
        // `-Confirm` would do the opposite of what the caller typed.
        let literal = rest.next_if(|next| colon && convert::is_boolean_literal(next.word()));
        return match literal {
            Some(literal) => Ok(literal.word().to_owned()),
            None if colon => Err(BindError::no_argument(parameter)),
            None => Ok("$true".to_owned()),
        };
    }
    let value =
        rest.next_if(|next| colon || !is_name(cmdlet, next)).ok_or_else(|| BindError::no_argument(parameter))?;
    // A word that could be one of several names is an error, not a value.
    if let Argument::Named { name, .. } = &value
        && !colon
    {
        names::find(cmdlet, name)?;
    }
    let value = value.word().to_owned();
    Ok(if is_list(parameter.kind) { continued(value, rest, |_| true) } else { value })
}

/// An argument that names a parameter, or that has a value itself, cannot be the value of the name before it.
fn is_name(cmdlet: &Cmdlet, argument: &Argument) -> bool {
    match argument {
        Argument::Named { value: Some(_), .. } => true,
        Argument::Named { name, .. } => matches!(names::find(cmdlet, name), Ok(Some(_))),
        Argument::Unnamed(_) => false,
    }
}

/// Appends the words that continue a list: it goes on after a comma, and until its parenthesis is closed. Behind a
/// comma, a word that looks like a name is an element (`Parser.cs`, `GetCommandArgument`). `may_go_on` judges a word
/// that begins with the comma.
fn continued(
    mut value: String,
    rest: &mut Peekable<impl Iterator<Item = Argument>>,
    may_go_on: fn(&str) -> bool,
) -> String {
    loop {
        let comma = value.ends_with(',');
        let open = comma || value.matches('(').count() > value.matches(')').count();
        let goes_on = |next: &Argument| match next {
            Argument::Named { .. } => comma,
            Argument::Unnamed(word) => open || (word.starts_with(',') && may_go_on(word)),
        };
        match rest.next_if(goes_on) {
            Some(next) => value.push_str(next.word()),
            None => return value,
        }
    }
}

/// Takes the next word without a name. An unknown name keeps the word after it (`GetNextPositionalArgument`).
pub(super) fn next_unnamed(
    arguments: &mut Peekable<impl Iterator<Item = Argument>>,
    passed: &mut Vec<Argument>,
) -> Option<String> {
    while let Some(argument) = arguments.next() {
        match argument {
            Argument::Unnamed(text) => return Some(text),
            Argument::Named { .. } => {
                passed.push(argument);
                passed.extend(arguments.next_if(|next| matches!(next, Argument::Unnamed(_))));
            }
        }
    }
    None
}
