//! Documents whose length nobody knows when they begin, one after the other on a connection: pieces, each behind its length in
//! four bytes, the least significant first, and an empty one at the end.

use std::io::{self, Read, Write};

/// Makes a piece of whatever is written at once. What stands before it gathers small writings.
#[derive(Debug)]
pub struct Pieces<W>(pub W);

impl<W: Write> Write for Pieces<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // An empty piece would be the end.
        if !bytes.is_empty() {
            let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
            self.0.write_all(&length.to_le_bytes())?;
            self.0.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Ends a document: a reader now has the whole.
///
/// # Errors
/// Nobody takes it.
pub fn end_document(to: &mut impl Write) -> io::Result<()> {
    to.write_all(&0u32.to_le_bytes())?;
    to.flush()
}

/// The next document, of at most so many bytes; none where the connection has ended before it.
///
/// # Errors
/// It is longer, or the connection ends within it.
pub fn read_document(from: &mut impl Read, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut document = Vec::new();
    loop {
        let mut length = [0; 4];
        match from.read(&mut length)? {
            0 if document.is_empty() => return Ok(None),
            count => from.read_exact(&mut length[count..])?,
        }
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
        if length == 0 {
            return Ok(Some(document));
        }
        let begun = document.len();
        if length > most.saturating_sub(begun) {
            return Err(io::Error::other("a document is longer than it may be"));
        }
        document.resize(begun + length, 0);
        from.read_exact(&mut document[begun..])?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(documents: &[&[&[u8]]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for pieces in documents {
            pieces.iter().for_each(|piece| Pieces(&mut bytes).write_all(piece).unwrap());
            end_document(&mut bytes).unwrap();
        }
        bytes
    }

    #[test]
    fn documents_of_any_length_come_one_after_the_other() {
        let long = vec![7; 100_000];
        let bytes = written(&[&[b"sh", b"", b"ort"], &[&long, &long], &[]]);
        let mut from = &bytes[..];
        let mut next = || read_document(&mut from, 200_000).unwrap();
        assert_eq!(next().as_deref(), Some(&b"short"[..]));
        assert_eq!(next(), Some(long.repeat(2)));
        assert_eq!(next().as_deref(), Some(&b""[..]));
        assert_eq!(next(), None, "the connection has ended");
    }

    #[test]
    fn a_document_that_is_too_long_or_cut_off_is_none() {
        let bytes = written(&[&[&[1; 100]]]);
        assert!(read_document(&mut &bytes[..], 99).is_err());
        for cut in 1..bytes.len() {
            assert!(read_document(&mut &bytes[..cut], 100).is_err(), "{cut}");
        }
        let lying = [&u32::MAX.to_le_bytes()[..], b"little"].concat();
        assert!(read_document(&mut &lying[..], 1 << 20).is_err());
    }
}
