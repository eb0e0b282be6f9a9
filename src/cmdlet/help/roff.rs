//! Pages in the language of `man(7)`.

use super::page::Part;

/// How a page of section 1 begins: its title, and what it is about.
pub(crate) fn head(title: &str, name: &str, about: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    // No date: the pages change with the code alone. An empty one would let the fields after it move up.
    format!(".TH {title} 1 \" \" \"usher {version}\" usher\n.SH {name}\n{} \\- {}\n", escaped(title), escaped(about))
}

/// A part of a page in `man(7)`.
pub(crate) fn lines(part: &Part) -> String {
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
pub(crate) fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
