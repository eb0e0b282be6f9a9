//! A manual page (`man(7)`).

use usher_core::language::Language;

use super::page::{Part, page};
use crate::cmdlet::Cmdlet;
use crate::words;

/// The page in section 1.
pub fn manual(cmdlet: &Cmdlet, language: Language) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let name = words::key!("help-name").in_language(language, &[]);
    let synopsis = words::text_in(language, &format!("{}-synopsis", cmdlet.key()), &[]);
    let head = format!(
        ".TH {} 1 \" \" \"usher {version}\" usher\n.SH {name}\n{} \\- {synopsis}\n",
        cmdlet.name,
        escaped(cmdlet.name)
    );
    // The first section says what NAME said.
    page(cmdlet, language).iter().skip(2).fold(head, |text, part| text + &lines(part))
}

fn lines(part: &Part) -> String {
    match part {
        Part::Section(head) => format!(".SH {}\n", escaped(&head.to_uppercase())),
        Part::Head(head) => format!(".SS {}\n", escaped(head)),
        Part::Text(text) => format!(".PP\n{}\n", escaped(text)),
        Part::Code(code) => format!(".PP\n.nf\n{}\n.fi\n", escaped(code)),
        Part::Table(rows) => {
            rows.iter().map(|(name, value)| format!(".TP\n{}\n{}\n", escaped(name), escaped(value))).collect()
        }
    }
}

/// A hyphen is one that can be copied, and nothing begins a request.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
