//! How many colours a terminal has, by the host's description of it (`term(5)`).

use std::io::Read;
use std::path::PathBuf;

use usher_core::request::Colours;

/// The most bytes of a description that are read; the format allows 32 KiB.
const MOST: u64 = 32 << 10;
/// Which of the numbers says how many colours there are.
const COLOURS: usize = 13;

/// What the description of this terminal says; none without one.
pub(super) fn colours(term: &str) -> Option<Colours> {
    let first = term.bytes().next().filter(|_| !term.contains('/') && !term.starts_with('.'))?;
    let places = places();
    let entries = places.iter().flat_map(|place| {
        [place.join(char::from(first).to_string()).join(term), place.join(format!("{first:x}")).join(term)]
    });
    let mut entries = entries.filter_map(|entry| {
        let mut bytes = Vec::new();
        std::fs::File::open(entry).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
        said(&bytes)
    });
    entries.next()
}

/// Where descriptions are, in the order of `terminfo(5)`.
fn places() -> Vec<PathBuf> {
    let own = std::env::var_os("TERMINFO").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".terminfo"));
    let more = std::env::var_os("TERMINFO_DIRS").unwrap_or_default();
    let more: Vec<PathBuf> = std::env::split_paths(&more).filter(|place| place.is_absolute()).collect();
    let system = ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo"].map(PathBuf::from);
    own.into_iter().chain(home).chain(more).chain(system).collect()
}

/// What a compiled description says.
fn said(bytes: &[u8]) -> Option<Colours> {
    let short = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let width = match short(0)? {
        0o432 => 2,
        0o1036 => 4,
        _ => return None,
    };
    let count = |index: usize| short(2 * index).map(usize::from);
    let (names, switches, numbers, strings, table) = (count(1)?, count(2)?, count(3)?, count(4)?, count(5)?);
    let even = |at: usize| at + at % 2;
    let begin = even(12 + names + switches);
    // Numbers that are left out at the end are none.
    let number = if numbers > COLOURS { bytes.get(begin + COLOURS * width..)?.get(..width)? } else { &[0xff][..] };
    let negative = number.last()? & 0x80 != 0;
    let colours = number.iter().rev().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
    let more = even(begin + numbers * width + 2 * strings + table);
    Some(match colours {
        _ if says_direct(bytes.get(more..).unwrap_or_default(), width) => Colours::True,
        _ if negative => Colours::Mono,
        0x0100_0000.. => Colours::True,
        256.. => Colours::Palette,
        8.. => Colours::Sixteen,
        _ => Colours::Mono,
    })
}

/// Whether the names that terminals have added since, `Tc` and `RGB`, say that every colour can be shown.
fn says_direct(more: &[u8], width: usize) -> bool {
    let names = || {
        let short = |at: usize| Some(usize::from(u16::from_le_bytes(more.get(at..at + 2)?.try_into().ok()?)));
        let (switches, numbers, strings) = (short(0)?, short(2)?, short(4)?);
        let begin = 10 + switches + switches % 2;
        let table = begin + numbers * width + 2 * (strings + switches + numbers + strings);
        let on = more.get(10..10 + switches)?;
        let names: Vec<&[u8]> = more.get(table..)?.split(|byte| *byte == 0).collect();
        // The values of the strings stand before the names, those of the switches first.
        let first = names.len().checked_sub(1 + switches + numbers + strings)?;
        Some(names[first..].iter().zip(on).any(|(name, on)| *on == 1 && matches!(*name, b"Tc" | b"RGB")))
    };
    names().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A description with so many colours, and these switches beside the usual.
    fn described(colours: i32, wide: bool, switches: &[&str]) -> Vec<u8> {
        let short = |value: i32| u16::try_from(value & 0xffff).unwrap().to_le_bytes().to_vec();
        let number = |value: i32| if wide { value.to_le_bytes().to_vec() } else { short(value) };
        let head = [if wide { 0o1036 } else { 0o432 }, 3, 1, 14, 0, 0].map(short).concat();
        let mut bytes = [head, b"ab\0\x01".to_vec()].concat();
        (0..13).for_each(|_| bytes.extend(number(-1)));
        bytes.extend(number(colours));
        if !switches.is_empty() {
            let count = i32::try_from(switches.len()).unwrap();
            bytes.extend([count, 0, 0, count, 0].map(short).concat());
            bytes.extend(switches.iter().map(|_| 1));
            bytes.extend(vec![0; switches.len() % 2]);
            bytes.extend(switches.iter().flat_map(|_| short(0)));
            switches.iter().for_each(|name| bytes.extend([name.as_bytes(), b"\0"].concat()));
        }
        bytes
    }

    #[test]
    fn a_description_says_how_many_colours_there_are() {
        assert_eq!(said(&described(8, false, &[])), Some(Colours::Sixteen));
        assert_eq!(said(&described(256, false, &[])), Some(Colours::Palette));
        assert_eq!(said(&described(0x0100_0000, true, &[])), Some(Colours::True));
        assert_eq!(said(&described(256, true, &["AX", "Tc"])), Some(Colours::True));
        assert_eq!(said(&described(256, false, &["AX"])), Some(Colours::Palette));
        assert_eq!(said(&described(-1, false, &[])), Some(Colours::Mono));
    }

    #[test]
    fn what_is_no_description_says_nothing_and_never_panics() {
        let whole = described(256, true, &["AX", "Tc"]);
        let cut = (0..60).filter_map(|length| said(&whole[..length])).count();
        assert!(cut < 60);
        assert_eq!(
            (said(b""), said(b"no description at all"), colours("../passwd"), colours("")),
            (None, None, None, None)
        );
    }

    #[test]
    fn the_hosts_own_descriptions_are_understood() {
        if std::path::Path::new("/lib/terminfo/x/xterm-256color").is_file() {
            assert_eq!(colours("xterm-256color"), Some(Colours::Palette));
            assert_eq!((colours("vt220"), colours("linux")), (Some(Colours::Mono), Some(Colours::Sixteen)));
        }
    }
}
