//! What a test has shown of a kind of session, for the table in `docs/support.md`.

use std::fs::File;
use std::io::Write;
use std::panic::Location;

use super::{Compositor, Host, X11};

impl Host {
    /// This test has seen that the verb does on this kind of session what it is for, and how that was observed.
    #[track_caller]
    pub fn shows(&self, kind: &str, verb: &str, observed: &str) {
        self.showed(kind, verb, "done", observed);
    }

    /// This test has seen that the verb is refused on this kind of session, and why.
    #[track_caller]
    pub fn shows_refusal(&self, kind: &str, verb: &str, why: &str) {
        self.showed(kind, verb, "refused", why);
    }

    /// Writes a line to the file that `cargo verify` compares the table with.
    #[track_caller]
    fn showed(&self, kind: &str, verb: &str, result: &str, how: &str) {
        let Some(file) = std::env::var_os("USHER_SHOWN") else { return };
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        let (file_of_test, suite) = (Location::caller().file(), self.suite().name());
        let line = [kind, verb, suite, result, how, file_of_test, &test].join("\t");
        let mut file = File::options().append(true).create(true).open(file).expect("the file of what was shown");
        // In one piece: other tests write there at the same time.
        file.write_all(format!("{line}\n").as_bytes()).expect("the file of what was shown");
    }
}

impl X11 {
    /// The kind of session in the table.
    pub fn kind(self) -> &'static str {
        match self {
            X11::Xvfb => "x11-xvfb",
            X11::Xvnc => "x11-vnc",
        }
    }
}

impl Compositor {
    /// The kind of session in the table.
    pub fn kind(self) -> &'static str {
        match self {
            Compositor::Sway => "wayland-sway",
            Compositor::Labwc => "wayland-labwc",
            Compositor::Cage => "wayland-without",
        }
    }
}
