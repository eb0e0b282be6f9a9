//! The links of a session's text (OSC 8). Cells hold a link's number alone, so that a program cannot fill the holder's memory
//! with addresses.

use std::collections::VecDeque;
use std::sync::Arc;

/// How many links are kept; text that names an older one is plain.
const MOST: usize = 1024;
/// The longest address, in bytes.
const MAX_ADDRESS: usize = 1000;
/// The longest name that a program gives a link, in bytes.
const MAX_NAME: usize = 100;
/// What a link may lead to.
const SCHEMES: [&str; 6] = ["https://", "http://", "file://", "ftp://", "mailto:", "ssh://"];

/// A link as a program wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TextLink {
    number: u32,
    /// The program's own name for it: links of one name are one link, in several pieces.
    name: Option<String>,
    address: Arc<str>,
}

/// The newest links.
#[derive(Debug, Default)]
pub(super) struct LinkTable {
    links: VecDeque<TextLink>,
    last: u32,
}

impl LinkTable {
    /// The number of a link. None for an address that no terminal should be given.
    pub(super) fn number(&mut self, name: Option<&str>, address: &str) -> Option<u32> {
        if !may_lead_to(address) || name.is_some_and(|name| name.len() > MAX_NAME) {
            return None;
        }
        let known = self.links.iter().rev().find(|link| link.name.as_deref() == name && *link.address == *address);
        if let Some(link) = known {
            return Some(link.number);
        }
        if self.links.len() == MOST {
            self.links.pop_front();
        }
        self.last = self.last.wrapping_add(1);
        self.links.push_back(TextLink { number: self.last, name: name.map(str::to_owned), address: address.into() });
        Some(self.last)
    }

    /// Where the link of this number leads.
    pub(super) fn address(&self, number: u32) -> Option<Arc<str>> {
        self.links.iter().rev().find(|link| link.number == number).map(|link| Arc::clone(&link.address))
    }
}

/// Printable ASCII alone, as the convention wants it: everything else is written with percent signs.
fn may_lead_to(address: &str) -> bool {
    address.len() <= MAX_ADDRESS
        && address.bytes().all(|byte| byte.is_ascii_graphic())
        && SCHEMES.iter().any(|scheme| address.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_one_number_and_old_ones_are_forgotten() {
        let mut table = LinkTable::default();
        let first = table.number(None, "https://a").unwrap();
        assert_eq!(table.number(None, "https://a"), Some(first));
        assert_ne!(table.number(Some("x"), "https://a"), Some(first));
        assert_eq!(table.address(first).as_deref(), Some("https://a"));
        let more = (0..MOST).filter_map(|n| table.number(None, &format!("https://{n}"))).count();
        assert_eq!(more, MOST);
        assert_eq!((table.address(first), table.links.len()), (None, MOST));
    }

    #[test]
    fn an_address_that_is_none_is_no_link() {
        let long = format!("https://{}", "x".repeat(MAX_ADDRESS));
        for address in ["javascript:alert(1)", "https://a b", "https://\u{1b}", "https://é", "", &long] {
            assert_eq!(LinkTable::default().number(None, address), None, "{address:?}");
        }
    }
}
