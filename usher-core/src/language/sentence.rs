//! The few sentences of a lock screen, without Fluent's machinery: thousands of holders keep them in memory.
//!
//! They come from the same file as the others, which keeps to `key = value` lines with `{ $name }` in them; a test
//! holds what is read here against what Fluent reads.

use super::Language;

/// The sentence of this key, with what it says of these names.
pub fn sentence(language: Language, key: &str, values: &[(&str, &str)]) -> String {
    let file = match language {
        Language::English => include_str!("../../../locales/en/lockscreen.ftl"),
        Language::Chinese => include_str!("../../../locales/zh-CN/lockscreen.ftl"),
    };
    let found = file.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")).unwrap_or(key);
    filled(found, values)
}

/// In one pass, so that a value is never read as a place for another.
fn filled(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once("{ $") {
        let (name, tail) = after.split_once(" }").unwrap_or((after, ""));
        text += before;
        text += values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value);
        rest = tail;
    }
    text + rest
}
