//! What usher's programs say in English, in another language.
//!
//! A daemon does not know who will read what it says: an outcome goes to its caller, into the audit log and to those who
//! watch. So it says it once, in English, as the API's JSON has it, and the reader's program translates. As with gettext
//! the English sentence is the key; what it says of names is read back out of the sentence.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Language;
use template::Template;

mod template;

/// A sentence of any of usher's programs in this language. What no program of this version says, such as the words of
/// ssh or of a newer daemon, is quoted.
pub fn translated(language: Language, text: &str) -> String {
    match language {
        Language::English => text.to_owned(),
        Language::Chinese => catalogue().sentence(text),
    }
}

/// The same, if the sentence is known.
pub fn known(language: Language, text: &str) -> Option<String> {
    match language {
        Language::English => Some(text.to_owned()),
        Language::Chinese => catalogue().sentences(text).map(|found| found.text),
    }
}

/// A word of a table's cell or within a sentence; a word that is not known stays as it is.
pub fn word(language: Language, word: &str) -> &str {
    match language {
        Language::English => word,
        Language::Chinese => words().get(word).map_or(word, String::as_str),
    }
}

/// A translation.
struct Translated {
    text: String,
    /// Every sentence in it is known, and every name in it looks like one.
    whole: bool,
}

/// Everything that can be translated into Chinese.
struct Catalogue {
    templates: Vec<(Template, Template)>,
    /// What the operating system says of its errors, by their numbers.
    system: BTreeMap<String, String>,
}

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::of(include_str!("../../../locales/zh-CN/sentences.toml")))
}

/// Tables need these alone.
fn words() -> &'static BTreeMap<String, String> {
    static WORDS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    WORDS.get_or_init(|| table(include_str!("../../../locales/zh-CN/words.toml")))
}

/// The file is part of the program; a test reads it.
fn table(text: &str) -> BTreeMap<String, String> {
    toml::from_str(text).unwrap_or_default()
}

impl Catalogue {
    fn of(file: &str) -> Self {
        let mut templates: Vec<(Template, Template)> =
            table(file).iter().map(|(english, other)| (Template::of_english(english), Template::new(other))).collect();
        // What stands before the first value is the program's own: nobody who chooses a value chooses the sentence.
        templates.sort_by_key(|(english, _)| std::cmp::Reverse((english.beginning().len(), english.own_letters())));
        Catalogue { templates, system: table(include_str!("../../../locales/zh-CN/system.toml")) }
    }

    fn sentence(&self, text: &str) -> String {
        self.sentences(text).map_or_else(|| quoted(text), |found| found.text)
    }

    /// One sentence, or several with semicolons between them.
    fn sentences(&self, text: &str) -> Option<Translated> {
        let several = || {
            let parts: Option<Vec<Translated>> = text.split("; ").map(|part| self.one(part)).collect();
            let parts = parts.filter(|parts| parts.len() > 1)?;
            let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
            Some(Translated { text: texts.join("；"), whole: parts.iter().all(|part| part.whole) })
        };
        match self.one(text) {
            Some(found) if found.whole => Some(found),
            half => several().filter(|found| found.whole).or(half),
        }
    }

    fn one(&self, text: &str) -> Option<Translated> {
        if let Some(said) = self.of_system(text) {
            return Some(Translated { text: said, whole: true });
        }
        let mut half = None;
        for (english, other) in &self.templates {
            let Some(values) = english.values(text) else { continue };
            let found = self.filled(other, &values);
            if found.whole {
                return Some(found);
            }
            // `{what}: {why}` alone says nothing of what it is about.
            if english.own_letters() > 4 {
                half.get_or_insert(found);
            }
        }
        half
    }

    fn filled(&self, template: &Template, values: &[(String, String)]) -> Translated {
        let mut whole = true;
        let text = template.fill(|name, kind| {
            let value = values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
            match kind {
                "词" => word(Language::Chinese, value).to_owned(),
                "句" => {
                    let found = self.sentences(value);
                    whole &= found.as_ref().is_some_and(|found| found.whole);
                    found.map_or_else(|| quoted(value), |found| found.text)
                }
                "列" => {
                    let each = value.split(", ").map(|one| self.sentence(one));
                    each.collect::<Vec<_>>().join("、")
                }
                _ => {
                    whole &= !value.contains(' ');
                    value.to_owned()
                }
            }
        });
        Translated { text, whole }
    }

    /// `No such file or directory (os error 2)`
    fn of_system(&self, text: &str) -> Option<String> {
        let (said, number) = text.strip_suffix(')')?.rsplit_once(" (os error ")?;
        let known = self.system.get(number);
        // Nothing else than the system's own words stands before it.
        (!said.contains(':')).then(|| known.cloned().unwrap_or_else(|| format!("系统错误 {number}")))
    }
}

/// Somebody else's words. A single one is a name.
fn quoted(text: &str) -> String {
    // Some of our words are said in the reader's language from the beginning.
    let is_ours = text.contains(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let is_name = is_ours || !text.contains(' ') || !text.contains(|c: char| c.is_ascii_lowercase());
    if is_name { text.to_owned() } else { format!("“{text}”") }
}

#[cfg(test)]
mod tests;
