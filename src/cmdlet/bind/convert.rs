//! Converts texts to values as PowerShell does (`LanguagePrimitives.cs`; `tokenizer.cs` for numbers).

use super::{BindError, Value};
use crate::cmdlet::{Parameter, Type};

pub(super) fn value(parameter: &Parameter, text: &str) -> Result<Value, BindError> {
    if text.is_empty() && parameter.non_empty && parameter.kind == Type::Text {
        return Err(BindError::empty_text(parameter));
    }
    match parameter.kind {
        Type::Ids => ids(parameter, text).map(Value::Ids),
        Type::Text => Ok(Value::Text(text.to_owned())),
        Type::Switch => boolean(text).map(Value::Switch).ok_or_else(|| BindError::no_switch(parameter)),
        Type::Choice(kind, known) => {
            choice(text, known).map(Value::Choice).map_err(|why| BindError::conversion(parameter, text, kind, &why))
        }
        Type::Number => match integer(text, f64::from(i32::MIN), f64::from(i32::MAX), "an Int32") {
            Ok(number) if number < 0.0 => Err(BindError::below_range(parameter, number as i32)),
            Ok(number) => Ok(Value::Number(number as i32)),
            Err(why) => Err(BindError::conversion(parameter, text, "System.Int32", &why)),
        },
    }
}

fn ids(parameter: &Parameter, text: &str) -> Result<Vec<u32>, BindError> {
    let trimmed = text.trim();
    let inner = trimmed.strip_prefix('@').unwrap_or(trimmed).trim_start();
    let inner = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(trimmed);
    if inner.trim().is_empty() && inner.len() < trimmed.len() {
        return Err(BindError::empty_array(parameter));
    }
    let pieces: Vec<&str> = inner.split(',').map(str::trim).collect();
    // Nothing between two commas is a mistake, although an empty text alone means 0.
    match pieces.iter().position(|piece| piece.is_empty()) {
        Some(0) if pieces.len() > 1 => return Err(BindError::comma_first()),
        Some(1..) => return Err(BindError::comma_last()),
        Some(_) | None => {}
    }
    let convert = |piece: &str| id(piece).map_err(|why| BindError::conversion(parameter, piece, "System.UInt32", &why));
    pieces.into_iter().map(convert).collect()
}

/// Reads a session ID, written as PowerShell reads numbers.
///
/// # Errors
/// The text is no such number; the error says why.
pub fn id(text: &str) -> Result<u32, String> {
    integer(text, 0.0, f64::from(u32::MAX), "a UInt32").map(|number| number as u32)
}

/// Rounds to the nearest whole number, and halves to the even one. An empty text means 0 (`ConvertStringToInteger`).
fn integer(text: &str, least: f64, most: f64, kind: &str) -> Result<f64, String> {
    if text.trim().is_empty() {
        return Ok(0.0);
    }
    let number = number(text)?.round_ties_even();
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(format!("Value was either too large or too small for {kind}."))
    }
}

/// Reads a number: decimal, `0x` or `0b`, with an exponent, the suffix of a type and that of a size, as in `1.5kb`.
///
/// An `f64` holds every 32-bit number exactly.
fn number(text: &str) -> Result<f64, String> {
    let wrong = || format!("The input string '{text}' was not in a correct format.");
    let lower = text.trim().to_ascii_lowercase();
    let (sign, digits) = match lower.strip_prefix(['-', '+']) {
        Some(digits) => (if lower.starts_with('-') { -1.0 } else { 1.0 }, digits),
        None => (1.0, lower.as_str()),
    };
    let (digits, size) = sized(digits);
    let magnitude = whole(digits, "0x", 16).or_else(|| whole(digits, "0b", 2)).or_else(|| decimal(digits));
    magnitude.map(|magnitude| sign * magnitude * size).ok_or_else(wrong)
}

fn sized(digits: &str) -> (&str, f64) {
    const SIZES: [(&str, i32); 5] = [("kb", 10), ("mb", 20), ("gb", 30), ("tb", 40), ("pb", 50)];
    let found = SIZES.iter().find_map(|(suffix, power)| Some((digits.strip_suffix(suffix)?, *power)));
    found.map_or((digits, 1.0), |(digits, power)| (digits, 2_f64.powi(power)))
}

fn whole(digits: &str, prefix: &str, radix: u32) -> Option<f64> {
    let digits = digits.strip_prefix(prefix)?;
    let digits = digits.trim_end_matches(['u', 'l', 'n', 's', 'y']);
    let plain = digits.chars().all(|digit| digit.is_digit(radix));
    u64::from_str_radix(digits, radix).ok().filter(|_| plain).map(|number| number as f64)
}

fn decimal(digits: &str) -> Option<f64> {
    const TYPES: [&str; 10] = ["ul", "us", "uy", "u", "l", "s", "y", "n", "d", ""];
    let digits = TYPES.iter().find_map(|suffix| digits.strip_suffix(suffix))?;
    let number = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'+' | b'-'));
    digits.parse().ok().filter(|_| number)
}

/// Reads a switch's value: `$true`, `$false` or a number. The bare words `true` and `false` are texts, which no switch
/// takes (`CoerceTypeAsNeeded`).
fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "$true" => Some(true),
        "$false" => Some(false),
        other => number(other).ok().map(|number| number != 0.0),
    }
}

/// After `-Switch:`, such a word can only be its value, even a wrong one.
pub(super) fn is_boolean_literal(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "$true" | "true" | "$false" | "false")
}

/// Reads a choice: a name, the beginning of exactly one, or a number (`EnumMinimumDisambiguation.cs`).
fn choice(text: &str, known: &[(&str, i64)]) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        let found = known.iter().find(|(_, value)| *value == number).map(|(_, value)| *value);
        return found.ok_or_else(|| unknown(text, known));
    }
    if let Some((_, value)) = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Ok(*value);
    }
    let begins = |name: &str| !text.is_empty() && name.to_ascii_lowercase().starts_with(&text.to_ascii_lowercase());
    let matches: Vec<&(&str, i64)> = known.iter().filter(|(name, _)| begins(name)).collect();
    match matches.as_slice() {
        [] => Err(unknown(text, known)),
        [(_, value)] => Ok(*value),
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
            Err(format!(
                "The identifier name {text} cannot be processed because it is either too similar or identical to the \
                 following enumerator names: {}. Use a more specific identifier name.",
                names.join(", ")
            ))
        }
    }
}

fn unknown(text: &str, known: &[(&str, i64)]) -> String {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    format!(
        "Unable to match the identifier name {text} to a valid enumerator name. Specify one of the following enumerator \
         names and try again: {}",
        names.join(", ")
    )
}

/// Whether a word looks like a list of IDs or a part of one, even one that will not convert.
pub(super) fn may_be_list(word: &str) -> bool {
    let bare = |c: char| matches!(c, '@' | '(' | ')' | ',' | ' ');
    word.split(bare)
        .all(|piece| piece.is_empty() || piece.starts_with(|c: char| c.is_ascii_digit() || "+-".contains(c)))
}
