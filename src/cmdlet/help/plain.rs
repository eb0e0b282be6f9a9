//! A page as a terminal shows it.

use unicode_width::UnicodeWidthStr;

use super::page::Part;

/// Lines are no longer than this, but for those that are to be copied.
const MEASURE: usize = 88;

pub(super) fn plain(parts: &[Part]) -> String {
    let mut page = String::new();
    for part in parts {
        match part {
            Part::Section(head) => page += &format!("\n{}\n", head.to_uppercase()),
            Part::Head(head) => page += &format!("\n    {head}\n"),
            Part::Text(text) => page += &(wrapped(text, "    ") + "\n"),
            Part::Code(code) => page += &format!("        {code}\n"),
            Part::Table(rows) => rows.iter().for_each(|row| page += &table_row(row, rows)),
        }
    }
    page.trim_start_matches('\n').to_owned()
}

fn table_row((name, value): &(String, String), rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    let gap = " ".repeat(width - name.width());
    format!("        {name}{gap}  {value}\n")
}

/// Between words, and between the characters of scripts that have no spaces.
fn wrapped(text: &str, indent: &str) -> String {
    let options = textwrap::Options::new(MEASURE).initial_indent(indent).subsequent_indent(indent);
    textwrap::wrap(text, options).join("\n")
}
