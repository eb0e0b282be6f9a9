//! The help of a cmdlet, made from its definition and the sentences of `locales/`: one page in every format.

mod completions;
mod maml;
mod manual;
mod markdown;
mod page;
mod plain;
pub(crate) mod roff;

use usher_core::language::Language;

use super::{ALL, Cmdlet};
use crate::words;

pub use completions::{about, synopsis};
pub use maml::maml;
pub use manual::manual;
pub use markdown::markdown;
pub use page::Part;

/// The help as a terminal shows it.
pub fn text(cmdlet: &Cmdlet, language: Language) -> String {
    plain::plain(cmdlet, &page::page(cmdlet, language), language)
}

/// Every cmdlet with its synopsis, a line each.
pub fn list(language: Language) -> String {
    let line = |cmdlet: &&Cmdlet| {
        let synopsis = words::text_in(language, &format!("{}-synopsis", cmdlet.key()), &[]);
        format!("  {:<24}{synopsis}\n", cmdlet.name)
    };
    format!("{}\n{}", words::key!("help-cmdlets").in_language(language, &[]), ALL.iter().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_of_every_page_is_there_in_every_language() {
        for language in Language::ALL {
            for cmdlet in ALL {
                let text = text(cmdlet, language);
                for parameter in cmdlet.parameters() {
                    assert!(text.contains(&format!("-{}", parameter.name)), "{} {language}", parameter.name);
                }
                // A key that is not there stands for its sentence.
                let words: Vec<&str> = text.split_whitespace().filter(|w| w.starts_with(cmdlet.key())).collect();
                assert!(!words.iter().any(|word| word.contains('-')), "{language}: {words:?}");
                assert!(!text.contains("help-") && !text.contains("parameter-"), "{language}: {text}");
            }
        }
    }

    #[test]
    fn the_syntax_is_that_of_the_reference() {
        let text = text(crate::cmdlet::find("lock-wmssession").unwrap(), Language::English);
        assert!(text.contains(
            "Lock-WmsSession [-SessionId] <UInt32[]> [-Message] <String> [-Server <String>] [<CommonParameters>]"
        ));
        assert!(text.contains("Lock-WmsSession -All [-Message] <String> [-Server <String>] [<CommonParameters>]"));
    }
}
