//! The first line of a stream that leads to a daemon of another host.
//!
//! Only a program that is connected to the daemon writes it. Nothing is sent before it was read, so no request reached a
//! host that did not write it. It also says which version speaks there.

use std::io::{self, Write};

use super::headers::API_VERSION;
use crate::outcome::{Error, ErrorId};

/// The line's beginning. A login shell's output may stand before it in the same line.
const MARK: &str = "usher-stream ";

/// The longest line that is read.
pub const LONGEST: usize = 16 << 10;

/// Says that the stream leads to a daemon from here on.
///
/// # Errors
/// The writer's.
pub fn write_good(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{MARK}{API_VERSION} {}", env!("CARGO_PKG_VERSION"))?;
    out.flush()
}

/// Says why there is no daemon at the end of the stream.
///
/// # Errors
/// The writer's.
pub fn write_error(out: &mut impl Write, error: &Error) -> io::Result<()> {
    let text = serde_json::to_string(error)?;
    writeln!(out, "{MARK}{API_VERSION} error {text}")?;
    out.flush()
}

/// A line's meaning.
#[derive(Debug, PartialEq, Eq)]
pub enum Greeting {
    /// The stream leads to a daemon from here on.
    Good,
    /// The host said why it does not.
    Refused(Error),
    /// Another version of the API, or a line that this one does not write.
    Foreign(String),
}

/// Reads a line; `None` if it is no greeting, such as a login shell's output.
pub fn read(line: &[u8]) -> Option<Greeting> {
    let text = String::from_utf8_lossy(line);
    let (_, text) = text.trim_end_matches(['\r', '\n']).split_once(MARK)?;
    let (version, rest) = text.split_once(' ')?;
    if version != API_VERSION {
        return Some(Greeting::Foreign(version.chars().filter(|c| !c.is_control()).take(40).collect()));
    }
    let Some(error) = rest.strip_prefix("error ") else { return Some(Greeting::Good) };
    let unreadable = || Error::new(ErrorId::HostUnreachable, "the host gave a reason that cannot be read");
    Some(Greeting::Refused(serde_json::from_str(error).unwrap_or_else(|_| unreadable())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Vec<u8> {
        let mut line = Vec::new();
        write(&mut line).unwrap();
        line
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&written(write_good)), Some(Greeting::Good));
        let error = Error::new(ErrorId::HostUnreachable, "line\nbreak \u{9b}").hint("none");
        let line = written(|out| write_error(out, &error));
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1, "one line: {line:?}");
        assert_eq!(read(&line), Some(Greeting::Refused(error)));
    }

    #[test]
    fn other_lines_are_none_and_other_versions_are_named() {
        for line in ["", "\n", "Welcome to lab1\n", "usher-stream", "usher-stream 1\n"] {
            assert_eq!(read(line.as_bytes()), None, "{line:?}");
        }
        assert_eq!(read(b"usher-stream 2 9.9\r\n"), Some(Greeting::Foreign("2".into())));
        assert_eq!(read(b"usher-stream 1 0.0.7\n"), Some(Greeting::Good));
        assert!(matches!(read(b"usher-stream 1 error {}\n"), Some(Greeting::Refused(_))));
        assert_eq!(read(&[b'u', 0xff, b'\n']), None);
        assert_eq!(read(b"\xff\x1b]0;lab1\x07usher-stream 1 0.1.0\n"), Some(Greeting::Good));
    }
}
