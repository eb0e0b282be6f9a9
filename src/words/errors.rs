//! Errors for people, in their language.

use usher_core::outcome::{Error, ErrorId};

use super::{Language, find_in, key, known, text_in, translated};

/// The error as a sentence; `id` is the session that it concerns, if there is one.
///
/// The daemon speaks English, and most of what it says is known here. For what is not, such as the words of a newer
/// daemon, each error ID has a sentence that quotes it.
pub fn sentence(language: Language, error: &Error, id: Option<&str>) -> String {
    match (language, error.id, id) {
        (Language::English, ..) => error.message.clone(),
        (_, ErrorId::SessionNotFound, Some(id)) => key!("error-no-such-session").in_language(language, &[("id", id)]),
        (_, ErrorId::OwnSession, Some(id)) => key!("error-own-session").in_language(language, &[("id", id)]),
        // This program's own words are in the caller's language already.
        _ if error.message.contains(is_han) && known(language, &error.message).is_none() => error.message.clone(),
        (_, other, _) => known(language, &error.message).unwrap_or_else(|| {
            let detail = translated(language, &error.message);
            text_in(language, &format!("error-{}", other.as_str()), &[("detail", &detail)])
        }),
    }
}

/// The hint, if there is one.
pub fn hint(language: Language, error: &Error) -> Option<String> {
    let said = error.hint.as_ref()?;
    let always = || find_in(language, &format!("hint-{}", error.id.as_str()));
    Some(known(language, said).or_else(always).unwrap_or_else(|| translated(language, said)))
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}
