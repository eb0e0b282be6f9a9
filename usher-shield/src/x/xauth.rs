//! Cookies, from the contents of authority files (`Xau(3)`, `Xsecurity(7)`).

/// The only protocol that local servers use (`Xsecurity(7)`).
pub const PROTOCOL: &[u8] = b"MIT-MAGIC-COOKIE-1";
/// More cookies than these are not tried; each costs a connection.
const MAX: usize = 16;

/// The cookies that may open `display`, the likeliest first, none twice.
///
/// A user writes these files: what does not parse ends a file and nothing else.
pub fn cookies(files: &[Vec<u8>], display: u32) -> Vec<Vec<u8>> {
    let entries: Vec<Entry> = files.iter().flat_map(|file| parse(file)).collect();
    let number = display.to_string();
    let named = entries.iter().filter(|entry| entry.number == number.as_bytes());
    // An empty number means any display.
    let any = entries.iter().filter(|entry| entry.number.is_empty());
    // A server takes every cookie of its file, whatever display that names (`Xserver(1)`, "-auth").
    let others = entries.iter().filter(|entry| !entry.number.is_empty() && entry.number != number.as_bytes());
    let mut cookies: Vec<Vec<u8>> = Vec::new();
    for entry in named.chain(any).chain(others) {
        if !cookies.iter().any(|cookie| cookie == entry.data) {
            cookies.push(entry.data.to_vec());
        }
    }
    cookies.truncate(MAX);
    cookies
}

struct Entry<'f> {
    number: &'f [u8],
    data: &'f [u8],
}

/// The file's cookies: a 16-bit family, then address, display number, protocol and data, each behind
/// a 16-bit length, all in network order.
fn parse(mut rest: &[u8]) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    while let Some(entry) = next(&mut rest) {
        entries.extend(entry);
    }
    entries
}

/// One entry; `Some(None)` for one of another protocol.
fn next<'f>(rest: &mut &'f [u8]) -> Option<Option<Entry<'f>>> {
    let _family = take(rest, 2)?;
    let _address = counted(rest)?;
    let number = counted(rest)?;
    let protocol = counted(rest)?;
    let data = counted(rest)?;
    Some((protocol == PROTOCOL).then_some(Entry { number, data }))
}

fn counted<'f>(rest: &mut &'f [u8]) -> Option<&'f [u8]> {
    let length = take(rest, 2)?;
    take(rest, usize::from(u16::from_be_bytes([length[0], length[1]])))
}

fn take<'f>(rest: &mut &'f [u8], count: usize) -> Option<&'f [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: &str, protocol: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![1, 0];
        for part in [b"host".as_slice(), number.as_bytes(), protocol.as_bytes(), data] {
            bytes.extend_from_slice(&u16::try_from(part.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }

    #[test]
    fn cookies_of_the_display_come_first_and_those_of_other_displays_last() {
        let mut file = entry("", "MIT-MAGIC-COOKIE-1", b"any");
        file.extend(entry("9", "MIT-MAGIC-COOKIE-1", b"other"));
        file.extend(entry("10", "XDM-AUTHORIZATION-1", b"old"));
        file.extend(entry("10", "MIT-MAGIC-COOKIE-1", b"mine"));
        assert_eq!(cookies(&[file.clone(), file], 10), [b"mine".to_vec(), b"any".to_vec(), b"other".to_vec()]);
    }

    #[test]
    fn a_file_cut_anywhere_gives_what_is_whole() {
        let mut file = entry("1", "MIT-MAGIC-COOKIE-1", b"one");
        let whole = file.len();
        file.extend(entry("1", "MIT-MAGIC-COOKIE-1", b"two"));
        for end in 0..file.len() {
            assert_eq!(cookies(&[file[..end].to_vec()], 1).len(), usize::from(end >= whole), "{end}");
        }
    }
}
