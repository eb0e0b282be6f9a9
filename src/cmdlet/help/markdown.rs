//! A page of the reference.

use usher_core::language::Language;

use super::page::{Part, page};
use crate::cmdlet::{ALL, Cmdlet};
use crate::words;

/// The reference of every cmdlet in one language.
pub fn markdown(language: Language) -> String {
    let head = format!(
        "<!-- Written by `cargo xtask docs` from the code. -->\n\n# {}\n\n{}\n",
        words::key!("help-cmdlets-title").in_language(language, &[]),
        words::key!("help-cmdlets-intro").in_language(language, &[])
    );
    ALL.into_iter().fold(head, |text, cmdlet| text + &section(cmdlet, language))
}

fn section(cmdlet: &Cmdlet, language: Language) -> String {
    let mut text = format!("\n## {}\n", cmdlet.name);
    for part in page(cmdlet, language) {
        text += &match part {
            Part::Section(head) => format!("\n### {head}\n"),
            Part::Head(head) => format!("\n#### `{head}`\n"),
            Part::Text(paragraph) => format!("\n{}\n", paragraph.replace('<', "\\<")),
            Part::Code(code) => format!("\n```text\n{code}\n```\n"),
            Part::Table(rows) => table(&rows),
        };
    }
    text
}

fn table(rows: &[(String, String)]) -> String {
    let row = |(name, value): &(String, String)| format!("| {} | {} |\n", cell(name), cell(value));
    format!("\n|  |  |\n|---|---|\n{}", rows.iter().map(row).collect::<String>())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "\\<")
}
