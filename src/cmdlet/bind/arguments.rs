//! Words become names with values, and words without a name.

use std::iter::Peekable;

use super::{BindError, convert, is_list, names};
use crate::cmdlet::{Cmdlet, Parameter, Type};

/// A word, or a name with the word that is its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    /// `-Name`, `-Name:value`, or `-Name` with the word after it.
    Named {
        /// Without the dash and what follows the colon.
        name: String,
        /// The word as it was typed.
        word: String,
        /// What follows the colon, or the word after it.
        value: Option<String>,
    },
    /// A word without a name.
    Unnamed(String),
}

impl Argument {
    /// The word as it was typed.
    fn word(&self) -> &str {
        match self {
            Argument::Named { word, .. } => word,
            Argument::Unnamed(word) => word,
        }
    }

    /// Why it cannot be left over: no such name, else the reason of the position that refused it, else no position.
    pub(super) fn unbound(&self, why: Option<BindError>) -> BindError {
        match self {
            Argument::Named { name, .. } => BindError::no_such_name(name),
            Argument::Unnamed(text) => why.unwrap_or_else(|| BindError::no_such_position(text)),
        }
    }
}

/// Tells names from words (`tokenizer.cs`: a dash with a letter begins a name, `--` ends them); `None` if the
/// caller asks for help.
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

/// The word as a name, if it is one.
fn name_of(word: &str) -> Option<Argument> {
    let rest = word.strip_prefix(is_dash)?;
    rest.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '?')).then(|| {
        let (name, value) = rest.split_once(':').map_or((rest, None), |(name, value)| (name, Some(value)));
        let value = value.filter(|value| !value.is_empty()).map(str::to_owned);
        Argument::Named { name: name.to_owned(), word: word.to_owned(), value }
    })
}

/// The dashes that text processors make of a hyphen count as one (`CharTraits.cs`, `IsDash`).
fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2013}' | '\u{2014}' | '\u{2015}')
}

/// Joins words that a comma makes one list, as `3, 4`, then gives each name without a value the word after it, and
/// each switch its `true` (`ReparseUnboundArguments`).
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
            // A text that merely has a comma stays alone.
            Argument::Unnamed(word) if convert::may_be_list(&word) => {
                Argument::Unnamed(continued(word, &mut rest, convert::may_be_list))
            }
            Argument::Unnamed(_) => argument,
        });
    }
    Ok(paired)
}

/// `-SessionId:3, 4`. What the name means is judged later.
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

/// A name that is followed by its value. One with the value in a word of its own goes by the parameter's whole name
/// from here on; a switch, and one with a colon, as it was written (`ParameterName` there).
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
        // `-Confirm:$false` arrives as `-Confirm:` from a shell that expanded `$false` to nothing. To take that
        // for `-Confirm` would be the opposite of what was typed.
        let literal = rest.next_if(|next| colon && convert::is_boolean_literal(next.word()));
        return match literal {
            Some(literal) => Ok(literal.word().to_owned()),
            None if colon => Err(BindError::no_argument(parameter)),
            None => Ok("$true".to_owned()),
        };
    }
    let value =
        rest.next_if(|next| colon || !is_name(cmdlet, next)).ok_or_else(|| BindError::no_argument(parameter))?;
    // A word that begins with a dash and may be an ambiguous name is no value.
    if let Argument::Named { name, .. } = &value
        && !colon
    {
        names::find(cmdlet, name)?;
    }
    let value = value.word().to_owned();
    Ok(if is_list(parameter.kind) { continued(value, rest, |_| true) } else { value })
}

/// Whether the word cannot be the value of the name before it: it names a parameter, or has a value itself.
fn is_name(cmdlet: &Cmdlet, argument: &Argument) -> bool {
    match argument {
        Argument::Named { value: Some(_), .. } => true,
        Argument::Named { name, .. } => matches!(names::find(cmdlet, name), Ok(Some(_))),
        Argument::Unnamed(_) => false,
    }
}

/// A list goes on where a comma or an open parenthesis says so. Behind a comma, a word that looks like a name is an
/// element (`Parser.cs`, `GetCommandArgument`). `may_go_on` judges a word that begins with the comma.
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

/// The next word without a name. A name that was not understood keeps the word after it (`GetNextPositionalArgument`).
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
