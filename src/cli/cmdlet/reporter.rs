//! Messages beside the objects: errors, warnings, and information that the caller asked for.

use std::io::{self, Write};

use super::prompt::{INQUIRE, PromptAnswer, PromptTerminal};
use crate::cli::output::printable;
use crate::cmdlet::Cmdlet;
use crate::cmdlet::call::{Preference, Streams};
use crate::cmdlet::record::Record;
use crate::words;

/// The most characters of a message; none of ours comes near it without what the caller gave.
const LONGEST: usize = 1000;

/// Writes a line. Nobody reading it is no reason to stop.
pub(super) fn write_line(out: &mut impl Write, text: &str) {
    let _ = writeln!(out, "{text}");
}

/// The record's lines without what a terminal would obey, and without megabytes of what the caller gave.
pub(super) fn lines(record: &Record, cmdlet: &Cmdlet) -> String {
    let safe = |text: &str| {
        let short: String = text.chars().take(LONGEST).collect();
        printable(&short) + if short.len() < text.len() { "…" } else { "" }
    };
    let target = record.target.as_ref().map(|(value, kind)| (safe(value), *kind));
    Record { message: safe(&record.message), target, ..record.clone() }.lines(cmdlet)
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Next {
    /// Go on.
    GoOn,
    /// End here.
    Stop,
}

/// Writes messages as the preferences of the call demand.
pub(super) struct Reporter {
    cmdlet: &'static Cmdlet,
    streams: Streams,
}

impl Reporter {
    pub(super) fn new(cmdlet: &'static Cmdlet, streams: Streams) -> Self {
        Reporter { cmdlet, streams }
    }

    /// An error.
    pub(super) fn error(&mut self, record: &Record) -> Next {
        let next = write_message(self.streams.error, &lines(record, self.cmdlet), &record.message);
        self.streams.error = next.1;
        next.0
    }

    pub(super) fn warning(&mut self, text: &str) -> Next {
        let preference = self.streams.warning;
        let next = write_message(preference, &format!("{}: {}", words::text!("stream-warning"), printable(text)), text);
        self.streams.warning = next.1;
        next.0
    }

    /// Information. It is silent by default, and then not even formatted.
    pub(super) fn information(&mut self, text: impl FnOnce() -> String) -> Next {
        if self.streams.information == Preference::Silent {
            return Next::GoOn;
        }
        let text = text();
        let next = write_message(self.streams.information, &printable(&text), &text);
        self.streams.information = next.1;
        next.0
    }

    pub(super) fn verbose(&self, text: impl FnOnce() -> String) {
        if self.streams.verbose {
            write_line(&mut io::stderr(), &format!("{}: {}", words::text!("stream-verbose"), printable(&text())));
        }
    }

    pub(super) fn debug(&self, text: &str) {
        if self.streams.debug {
            write_line(&mut io::stderr(), &format!("{}: {}", words::text!("stream-debug"), printable(text)));
        }
    }
}

/// Writes a message as the preference demands, and returns the preference for the next one.
fn write_message(preference: Preference, text: &str, question: &str) -> (Next, Preference) {
    if preference != Preference::Silent {
        write_line(&mut io::stderr(), text);
    }
    match preference {
        Preference::Silent | Preference::Continue => (Next::GoOn, preference),
        Preference::Stop => (Next::Stop, preference),
        Preference::Inquire => inquire(question),
    }
}

/// Asks whether to go on; where nobody can be asked, nothing more is done.
fn inquire(question: &str) -> (Next, Preference) {
    let title = words::text!("ask-confirm");
    let lines = [printable(question), words::text!("ask-go-on")];
    let answer = PromptTerminal::open().and_then(|mut terminal| terminal.choose(&title, &lines, &INQUIRE));
    match answer {
        Some(PromptAnswer::Yes) => (Next::GoOn, Preference::Inquire),
        Some(PromptAnswer::YesToAll) => (Next::GoOn, Preference::Continue),
        Some(PromptAnswer::No | PromptAnswer::NoToAll | PromptAnswer::Suspend) | None => {
            (Next::Stop, Preference::Inquire)
        }
    }
}
