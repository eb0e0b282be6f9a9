//! A manual page (`man(7)`).

use usher_core::language::Language;

use super::page::page;
use super::roff::{head, lines};
use crate::cmdlet::Cmdlet;
use crate::words;

/// The page in section 1.
pub fn manual(cmdlet: &Cmdlet, language: Language) -> String {
    let name = words::key!("help-name").in_language(language, &[]);
    let synopsis = words::text_in(language, &format!("{}-synopsis", cmdlet.key()), &[]);
    let head = head(cmdlet.name, &name, &synopsis);
    // The first section says what NAME said.
    page(cmdlet, language).iter().skip(2).fold(head, |text, part| text + &lines(part))
}
