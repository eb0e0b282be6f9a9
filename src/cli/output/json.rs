//! JSON without characters that a terminal would obey.
//!
//! The answer of a host may be shown on a terminal. JSON must not have the control characters of ASCII in a string (RFC 8259
//! section 7); the other ones, and those that turn the direction of text, are escaped here too. Programs read the same.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::obeyed;

/// Writes a value without spaces.
///
/// # Errors
/// The writer's.
pub(super) fn compact<T: Serialize + ?Sized>(out: &mut impl Write, value: &T) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(out, Escaping(CompactFormatter)))?)
}

/// Writes a value over several lines.
///
/// # Errors
/// The writer's.
pub(super) fn pretty<T: Serialize + ?Sized>(out: &mut impl Write, value: &T) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(out, Escaping(PrettyFormatter::new())))?)
}

/// Another formatter, with more escaped in strings.
struct Escaping<F>(F);

/// Passes these methods on.
macro_rules! as_it_is {
    ($($method:ident $(($argument:ident: $kind:ty))?),*) => {$(
        fn $method<W: Write + ?Sized>(&mut self, writer: &mut W $(, $argument: $kind)?) -> io::Result<()> {
            self.0.$method(writer $(, $argument)?)
        }
    )*};
}

impl<F: Formatter> Formatter for Escaping<F> {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_escaped(writer, fragment, obeyed)
    }

    as_it_is!(
        begin_array,
        end_array,
        begin_array_value(first: bool),
        end_array_value,
        begin_object,
        end_object,
        begin_object_key(first: bool),
        end_object_key,
        begin_object_value,
        end_object_value
    );
}

/// Writes text with these characters escaped.
fn write_escaped<W: Write + ?Sized>(writer: &mut W, text: &str, escaped: fn(char) -> bool) -> io::Result<()> {
    let mut rest = text;
    while let Some(at) = rest.find(escaped) {
        let (before, behind) = rest.split_at(at);
        writer.write_all(before.as_bytes())?;
        let mut chars = behind.chars();
        let mut units = [0; 2];
        for unit in chars.next().unwrap_or_default().encode_utf16(&mut units) {
            write!(writer, "\\u{unit:04x}")?;
        }
        rest = chars.as_str();
    }
    writer.write_all(rest.as_bytes())
}

/// JSON that a host wrote, escaped piece by piece as it passes.
#[derive(Debug, Default)]
pub struct Passing {
    /// The beginning of a character whose end is in the next piece.
    begun: Vec<u8>,
}

impl Passing {
    /// Writes the next piece. What is no text at all becomes the replacement character.
    ///
    /// # Errors
    /// The writer's.
    pub fn write(&mut self, out: &mut impl Write, piece: &[u8]) -> io::Result<()> {
        // Between JSON's words a line break and other white space may stand; of these the host writes only the first.
        let escaped = |c| obeyed(c) && c != '\n';
        self.begun.extend_from_slice(piece);
        let bytes = std::mem::take(&mut self.begun);
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            write_escaped(out, chunk.valid(), escaped)?;
            match (chunk.invalid(), chunks.peek()) {
                ([], _) => {}
                (begun, None)
                    if begun.len() < 4 && std::str::from_utf8(begun).is_err_and(|e| e.error_len().is_none()) =>
                {
                    self.begun = begun.to_vec();
                }
                _ => out.write_all("\u{fffd}".as_bytes())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_read_as_before() {
        let value =
            json!({"title": "a\u{9b}31mb\u{202e}c\u{7f}\u{1b}]0;x\u{7} 眼睛", "list": [1, {"a": null}], "empty": []});
        let mut written = [Vec::new(), Vec::new()];
        compact(&mut written[0], &value).unwrap();
        pretty(&mut written[1], &value).unwrap();
        for text in written.map(|bytes| String::from_utf8(bytes).unwrap()) {
            assert!(!text.chars().any(|c| obeyed(c) && c != '\n'), "{text:?}");
            assert!(text.contains("眼睛") && text.contains("\\u009b"));
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }

    #[test]
    fn what_passes_is_escaped_wherever_it_is_cut() {
        let value = json!([{"message": "a\u{9b}b\u{202e}c 眼睛 𝄞"}, {"message": "d"}]);
        let text = serde_json::to_string(&value).unwrap().replace("},{", "},\n{");
        for size in 1..8 {
            let (mut passing, mut written) = (Passing::default(), Vec::new());
            text.as_bytes().chunks(size).for_each(|piece| passing.write(&mut written, piece).unwrap());
            let written = String::from_utf8(written).unwrap();
            assert!(written.contains("a\\u009bb\\u202ec 眼睛 𝄞\"},\n{"), "{written:?}");
            assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
        }
    }

    #[test]
    fn what_is_no_text_is_not_passed_on() {
        let (mut passing, mut written) = (Passing::default(), Vec::new());
        passing.write(&mut written, b"\"a\xff\xe2\"").unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "\"a\u{fffd}\u{fffd}\"");
    }

    #[test]
    fn all_else_is_written_as_serde_json_does() {
        let value = json!([{"a": 1.5, "b": ["x", true]}, [], {}]);
        let mut written = Vec::new();
        pretty(&mut written, &value).unwrap();
        assert_eq!(written, serde_json::to_vec_pretty(&value).unwrap());
    }
}
