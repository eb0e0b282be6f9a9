//! A page as a terminal shows it.

use unicode_width::UnicodeWidthStr;
use usher_core::language::Language;

use super::page::Part;
use crate::cmdlet::Cmdlet;
use crate::words;

/// Lines are no longer than this, but for those that are to be copied.
const MEASURE: usize = 88;

pub(super) fn plain(cmdlet: &Cmdlet, parts: &[Part], language: Language) -> String {
    let mut page = format!("{}\n    {}\n", words::key!("help-name").in_language(language, &[]), cmdlet.name);
    // What stands under a head stands further in, and paragraphs apart.
    let (mut indent, mut after_text) = ("    ", false);
    for part in parts {
        let gap = if after_text && matches!(part, Part::Text(_)) { "\n" } else { "" };
        after_text = matches!(part, Part::Text(_));
        page += gap;
        match part {
            Part::Section(head) => {
                indent = "    ";
                page += &format!("\n{}\n", head.to_uppercase());
            }
            Part::Head(head) => {
                indent = "        ";
                page += &format!("\n    {head}\n");
            }
            Part::Text(text) => page += &(wrapped(text, indent, indent, MEASURE) + "\n"),
            Part::Code(code) => page += &format!("        {code}\n"),
            Part::Table(rows) => page += &table(rows),
        }
    }
    page
}

/// Names and values; the values below each other.
fn table(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    let behind = " ".repeat(10 + width);
    let row = |(name, value): &(String, String)| {
        let head = format!("        {name}{}  ", " ".repeat(width - name.width()));
        wrapped(value, &head, &behind, MEASURE.max(behind.len() + 40)) + "\n"
    };
    format!("\n{}", rows.iter().map(row).collect::<String>())
}

/// Broken between words, and between the characters of scripts that have no spaces.
fn wrapped(text: &str, first: &str, indent: &str, width: usize) -> String {
    textwrap::wrap(text, textwrap::Options::new(width).initial_indent(first).subsequent_indent(indent)).join("\n")
}
