//! The machine's monitor: what a person at it sees and types.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::PATIENCE;

/// The way to the one who plays the machine's hardware.
pub struct Monitor(UnixStream);

impl Monitor {
    /// Connects; none if nobody is there yet.
    pub fn connect(path: &Path) -> Option<Monitor> {
        let stream = UnixStream::connect(path).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let mut monitor = Monitor(stream);
        monitor.prompt();
        Some(monitor)
    }

    /// One order, to its end, and what was said to it.
    #[track_caller]
    pub fn ask(&mut self, order: &str) -> String {
        self.0.write_all(format!("{order}\n").as_bytes()).expect("the machine runs");
        let said = self.prompt();
        assert!(!said.contains("Error:"), "{order}: {said}");
        said
    }

    #[track_caller]
    fn prompt(&mut self) -> String {
        let mut said = Vec::new();
        let mut byte = [0];
        while !said.ends_with(b"(qemu) ") {
            let read = self.0.read(&mut byte).expect("the machine's monitor answers");
            assert!(read > 0, "the machine ended: {}", String::from_utf8_lossy(&said));
            said.extend(byte);
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Presses keys together, as in `ctrl-alt-f2`.
    pub fn key(&mut self, keys: &str) {
        self.ask(&format!("sendkey {keys} 20"));
        std::thread::sleep(Duration::from_millis(60));
    }

    /// Types a text of small letters, digits, blanks and line ends.
    pub fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                ' ' => self.key("spc"),
                '\n' => self.key("ret"),
                '/' => self.key("slash"),
                '.' => self.key("dot"),
                '-' => self.key("minus"),
                '>' => self.key("shift-dot"),
                other => self.key(&other.to_string()),
            }
        }
    }
}
