//! The cmdlets' names and parameters in a few words, as completion shows them.

use usher_core::language::Language;

use super::page::parameter_key;
use crate::cmdlet::{Cmdlet, Parameter};
use crate::words;

/// What a cmdlet does, without the full stop.
pub fn synopsis(cmdlet: &Cmdlet, language: Language) -> String {
    words::text_in(language, &format!("{}-synopsis", cmdlet.key()), &[]).trim_end_matches(['.', '。']).to_owned()
}

/// The first sentence about a parameter.
pub fn about(parameter: &Parameter, language: Language) -> String {
    let text = words::text_in(language, &parameter_key(parameter), &[]).replace('\n', " ");
    let first = text.split_once(". ").or_else(|| text.split_once('。')).map_or(text.as_str(), |(first, _)| first);
    first.trim_end_matches(['.', '。']).to_owned()
}
