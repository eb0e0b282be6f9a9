//! Looking back: what of a station's keys concerns what it looks at, and not the session's program.

use std::borrow::Cow;

use usher_core::language::sentence;

use super::super::lookback::{LookBack, Looked, wheel_up};
use super::Holder;
use super::pasting::{PASTE_BEGIN, PASTE_END};

/// How a terminal begins to tell of the mouse (xterm's SGR mouse mode).
const REPORT: &[u8] = b"\x1b[<";
/// The longest mouse report.
const MAX_REPORT: usize = 24;

impl Holder {
    /// Shows a station the pages before what it sees, or after.
    pub(super) fn scroll(&mut self, index: usize, pages: i16) {
        let station = &mut self.stations[index];
        if self.covers.is_empty() && (station.look.is_some() || pages > 0) {
            let look = station.look.get_or_insert_with(|| LookBack::begin(&self.emulator, station.size));
            let looked = look.pages(pages, &self.emulator, station.size);
            self.after_look(index, looked);
        }
    }

    /// Begins to look back, and does what the keys mean there. `]` types what was copied last.
    pub(super) fn look_back(&mut self, index: usize, keys: &[u8], confirmed: u64) {
        if self.locked() {
            return;
        }
        if keys == b"]" {
            let text = self.copied.clone().unwrap_or_default().replace('\n', "\r");
            let (begin, end) =
                if self.emulator.marks_pastes() { (PASTE_BEGIN, PASTE_END) } else { (&b""[..], &b""[..]) };
            self.stations[index].look = None;
            self.dirty = true;
            self.typed(index, &[begin, text.as_bytes(), end].concat(), confirmed);
            return;
        }
        let station = &mut self.stations[index];
        let look = station.look.get_or_insert_with(|| LookBack::begin(&self.emulator, station.size));
        let looked = look.typed(keys, &self.emulator, station.size);
        self.after_look(index, looked);
    }

    /// Lines that scrolled off move what is looked at.
    pub(super) fn move_looks(&mut self, lines: usize) {
        let looks = self.stations.iter_mut().filter_map(|station| station.look.as_mut());
        looks.for_each(|look| look.moved(lines));
    }

    /// What the program is to get of these keys: none while the station looks back, and no turn of a wheel that scrolls.
    pub(super) fn for_program<'k>(&mut self, index: usize, keys: &'k [u8]) -> Cow<'k, [u8]> {
        let station = &mut self.stations[index];
        if let Some(look) = &mut station.look {
            let looked = look.typed(keys, &self.emulator, station.size);
            self.after_look(index, looked);
            return Cow::Borrowed(&[]);
        }
        if !station.terminal.mouse || !self.emulator.leaves_wheel() {
            return Cow::Borrowed(keys);
        }
        let typed = [std::mem::take(&mut station.report).as_slice(), keys].concat();
        let (keys, reports, begun) = without_reports(&typed);
        station.report = begun;
        if reports.iter().any(|report| wheel_up(report)) {
            let mut look = LookBack::begin(&self.emulator, station.size);
            let turns: Vec<u8> = reports.iter().flat_map(|report| [REPORT, report].concat()).collect();
            let looked = look.typed(&turns, &self.emulator, station.size);
            station.look = Some(look);
            self.after_look(index, looked);
        }
        Cow::Owned(keys)
    }

    /// Whoever only looks on may look back, and types nothing else.
    pub(super) fn looks_on(&mut self, index: usize, keys: &[u8]) {
        if !self.for_program(index, keys).is_empty() {
            self.stations[index].hint = Some(sentence(self.locale.language, "looks-on", &[]));
            self.dirty = true;
        }
    }

    fn after_look(&mut self, index: usize, looked: Looked) {
        let station = &mut self.stations[index];
        match looked {
            Looked::On => {}
            Looked::Left => station.look = None,
            Looked::Copied(text) => {
                station.look = None;
                let prefix = station.terminal.prefix.as_deref().unwrap_or("^\\").to_owned();
                let key = if station.clip(&text) { "look-copied-out" } else { "look-copied" };
                let count = text.chars().count().to_string();
                let said = [("count", count.as_str()), ("prefix", prefix.as_str())];
                station.hint = Some(sentence(self.locale.language, key, &said));
                self.copied = Some(text);
            }
        }
        self.dirty = true;
    }

    /// Passes on what a program sets the clipboard to, to the station typed at last alone.
    pub(super) fn clip(&mut self, text: &str) {
        let owner = self.owner();
        if let Some(station) = self.stations.iter_mut().find(|station| Some(station.id) == owner) {
            station.clip(text);
        }
    }

    /// The station that sets the size: the one typed at last.
    pub(super) fn owner(&self) -> Option<u32> {
        let here = self.stations.iter().filter(|station| station.leaving.is_none() && !station.read_only);
        here.max_by_key(|station| station.typed).map(|station| station.id)
    }

    /// Which station sets the size, where there are several.
    pub(in super::super) fn size_line(&self, station: u32) -> Option<String> {
        let owner = self.stations.iter().find(|s| Some(s.id) == self.owner())?;
        if self.stations.iter().filter(|station| station.leaving.is_none()).count() < 2 {
            return None;
        }
        let size = self.emulator.size();
        let (size, id) = (format!("{}×{}", size.cols, size.rows), owner.id.to_string());
        let client = owner.seen.client.as_ref().map_or(id.clone(), |client| format!("{id} ({client})"));
        let key = if owner.id == station { "size-by-this" } else { "size-by-other" };
        Some(sentence(self.locale.language, key, &[("size", &size), ("id", &client)]))
    }
}

/// What was typed without mouse reports, the reports without their introducer, and the beginning of one that is not whole.
fn without_reports(typed: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>, Vec<u8>) {
    let (mut keys, mut reports, mut rest) = (Vec::new(), Vec::new(), typed);
    while let Some(at) = rest.windows(REPORT.len()).position(|window| window == REPORT) {
        keys.extend_from_slice(&rest[..at]);
        let report = &rest[at + REPORT.len()..];
        let Some(end) = report.iter().position(|byte| !byte.is_ascii_digit() && *byte != b';') else {
            let begun = if report.len() <= MAX_REPORT { rest[at..].to_vec() } else { Vec::new() };
            return (keys, reports, begun);
        };
        reports.push(report[..=end].to_vec());
        rest = &report[end + 1..];
    }
    keys.extend_from_slice(rest);
    (keys, reports, Vec::new())
}
