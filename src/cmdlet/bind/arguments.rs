//! Words become names with values, and words without a name.

use std::iter::Peekable;

use super::{BindError, convert, is_list, names};
use crate::cmdlet::{Cmdlet, Type};

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

/// Gives each name without a value the word after it, and each switch its `true` (`ReparseUnboundArguments`).
pub(super) fn pair(cmdlet: &Cmdlet, arguments: Vec<Argument>) -> Result<Vec<Argument>, BindError> {
    let mut paired = Vec::new();
    let mut rest = arguments.into_iter().peekable();
    while let Some(argument) = rest.next() {
        let Argument::Named { name, word, value } = argument else {
            paired.push(argument);
            continue;
        };
        let value = match value {
            Some(value) => Some(continued_by_name(cmdlet, &name, value, &mut rest)),
            None => value_after(cmdlet, &name, &word, &mut rest)?,
        };
        paired.push(Argument::Named { name, word, value });
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
        Ok(Some(parameter)) if is_list(parameter.kind) => continued(value, rest),
        _ => value,
    }
}

fn value_after(
    cmdlet: &Cmdlet,
    name: &str,
    word: &str,
    rest: &mut Peekable<impl Iterator<Item = Argument>>,
) -> Result<Option<String>, BindError> {
    let Some(parameter) = names::find(cmdlet, name)? else { return Ok(None) };
    let colon = word.ends_with(':');
    if parameter.kind == Type::Switch {
        // `-Confirm:$false` arrives as `-Confirm:` from a shell that expanded `$false` to nothing. To take that
        // for `-Confirm` would be the opposite of what was typed.
        let literal = rest.next_if(|next| colon && convert::is_boolean_literal(next.word()));
        return match literal {
            Some(literal) => Ok(Some(literal.word().to_owned())),
            None if colon => Err(BindError::no_argument(parameter)),
            None => Ok(Some("$true".to_owned())),
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
    Ok(Some(if is_list(parameter.kind) { continued(value, rest) } else { value }))
}

/// Whether the word cannot be the value of the name before it: it names a parameter, or has a value itself.
fn is_name(cmdlet: &Cmdlet, argument: &Argument) -> bool {
    match argument {
        Argument::Named { value: Some(_), .. } => true,
        Argument::Named { name, .. } => matches!(names::find(cmdlet, name), Ok(Some(_))),
        Argument::Unnamed(_) => false,
    }
}

/// A list goes on where a comma or an open parenthesis says so.
fn continued(mut value: String, rest: &mut Peekable<impl Iterator<Item = Argument>>) -> String {
    loop {
        let open = value.ends_with(',') || value.matches('(').count() > value.matches(')').count();
        let goes_on = |next: &Argument| matches!(next, Argument::Unnamed(word) if open || word.starts_with(','));
        match rest.next_if(goes_on) {
            Some(next) => value.push_str(next.word()),
            None => return value,
        }
    }
}

/// Joins words without a name that a comma makes one list, as `3, 4`. A text that merely has a comma stays alone.
pub(super) fn join_unnamed(arguments: Vec<Argument>) -> Vec<Argument> {
    let mut joined: Vec<Argument> = Vec::new();
    for argument in arguments {
        if let (Some(Argument::Unnamed(before)), Argument::Unnamed(word)) = (joined.last_mut(), &argument) {
            let list = convert::may_be_list(before);
            let open = before.ends_with(',') || before.matches('(').count() > before.matches(')').count();
            if list && (open || (word.starts_with(',') && convert::may_be_list(word))) {
                before.push_str(word);
                continue;
            }
        }
        joined.push(argument);
    }
    joined
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
