//! One table per rule: what binds, and what does not. A comment names the page or source of a rule that surprises.

use super::*;
use crate::cmdlet::find;

mod names;
mod sets;
mod values;

/// The words of a line, as a shell without quoting would split it; `''` is an empty word, `_` in a word a space.
fn words(line: &str) -> Vec<String> {
    let word = |word: &str| if word == "''" { String::new() } else { word.replace('_', " ") };
    line.split_whitespace().map(word).collect()
}

fn bound_with(line: &str, piped: bool, prompt: &mut dyn Prompt) -> Result<Bound, BindError> {
    let words = words(line);
    let cmdlet = find(&words[0]).expect("a cmdlet");
    match bind(cmdlet, &words[1..], piped, prompt)? {
        Binding::Call(bound) => Ok(bound),
        Binding::Help => panic!("{line}: help"),
    }
}

/// `Set Name=value Name=value`.
fn shown(bound: &Bound) -> String {
    let mut text = bound.set_name().unwrap_or("piped").to_owned();
    for (parameter, value) in &bound.values {
        let value = match value {
            Value::Ids(ids) => ids.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
            Value::Text(value) => value.replace(' ', "_"),
            Value::Switch(on) => on.to_string(),
            Value::Choice(number) => number.to_string(),
            Value::Number(number) => number.to_string(),
        };
        text += &format!(" {}={value}", parameter.name);
    }
    text
}

#[track_caller]
fn binds(cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        let bound = bound_with(line, false, &mut Nobody);
        assert_eq!(bound.as_ref().map(shown), Ok((*expected).to_owned()), "{line}");
    }
}

#[track_caller]
fn fails(cases: &[(&str, &str, &str)]) {
    for (line, id, part) in cases {
        let error = bound_with(line, false, &mut Nobody).map(|bound| shown(&bound)).expect_err(line);
        assert_eq!(error.id, *id, "{line}: {error}");
        assert!(error.message.contains(part), "{line}: {error}");
    }
}
