//! One guarded terminal: asked what its screen is, covered, and made as it was.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::io::Errno;
use usher_core::clock::time_of_day;
use usher_core::language::sentence;
use usher_core::request::{Colours, Size};
use usher_core::session::Cover;
use usher_core::wire::guard::{GuardedScreen, ScreenBefore, TerminalHandover};

use super::super::frame::Frame;
use super::super::lockscreen::{Locale, lock_frame};
use super::super::paint::Painter;
use super::answers::{AnswerParser, TerminalAnswer};

/// How long a terminal may take until it is told in plain text: one that knows no questions shows nothing else.
const ASK: Duration = Duration::from_millis(1000);
/// Readings of one terminal before others get their turn.
const TURN: usize = 16;

/// Ends what a program that was stopped in the middle of a sequence has begun, then asks.
const QUESTIONS: &[u8] = b"\x18\x1b\\\x1b[?1049$p\x1b[?25$p\x1b[?7$p\x1b[6n\x1b[5n";
/// Asks for an answer to everything before it.
const BARRIER: &[u8] = b"\x1b[5n";
/// The alternate screen, with the cursor kept aside.
const ENTER: &[u8] = b"\x1b[?1049h";
/// The usual characters, written over what is there, at places counted from the screen's corner; nothing goes on in the next row.
const SETTLE: &[u8] = b"\x0f\x1b(B\x1b[?6l\x1b[4l\x1b[?7l\x1b[0m\x1b[2J\x1b[H";

/// A terminal that the guard has.
pub(super) struct GuardedTerminal {
    name: String,
    fd: OwnedFd,
    /// No control sequence is sent to it.
    plain: bool,
    parser: AnswerParser,
    /// What it has answered until now.
    heard: ScreenBefore,
    before: Option<ScreenBefore>,
    out: VecDeque<u8>,
    painter: Painter,
    size: Size,
    phase: Phase,
    /// It is to be painted whole.
    due: bool,
    /// It was told in plain text.
    told: bool,
    /// Barriers that were sent, and that came back.
    sent: u64,
    back: u64,
    /// The barrier behind what was painted last.
    barrier: u64,
    pub(super) gone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Untouched,
    /// Its answers are awaited since then.
    Asked(Instant),
    Covered,
    /// It is being made as it was.
    Leaving,
    Left,
}

impl GuardedTerminal {
    pub(super) fn new(handover: TerminalHandover, fd: OwnedFd) -> Self {
        GuardedTerminal {
            size: size_of(fd.as_fd()),
            name: handover.name,
            fd,
            plain: handover.plain,
            parser: AnswerParser::default(),
            heard: ScreenBefore::default(),
            before: handover.before,
            out: VecDeque::new(),
            painter: Painter::new(Colours::Sixteen),
            phase: Phase::Untouched,
            due: false,
            told: false,
            sent: 0,
            back: 0,
            barrier: 0,
            gone: false,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(super) fn has_unsent(&self) -> bool {
        !self.out.is_empty()
    }

    /// It is covered, or about to be.
    pub(super) fn is_covered(&self) -> bool {
        matches!(self.phase, Phase::Asked(_) | Phase::Covered)
    }

    /// It is as it was, or about to be.
    pub(super) fn leaves(&self) -> bool {
        matches!(self.phase, Phase::Leaving | Phase::Left)
    }

    /// It confirmed what was painted last.
    pub(super) fn answered(&self) -> bool {
        self.phase == Phase::Covered && !self.plain && !self.due && self.back >= self.barrier
    }

    /// It shows what is to be shown as far as anybody can tell: it confirmed it, or cannot.
    pub(super) fn is_settled(&self) -> bool {
        self.answered() || (self.plain && !self.due && self.out.is_empty())
    }

    /// It is as it was, and has confirmed that.
    pub(super) fn has_left(&self) -> bool {
        match self.phase {
            Phase::Left => true,
            Phase::Leaving => self.back >= self.barrier,
            Phase::Untouched | Phase::Asked(_) | Phase::Covered => false,
        }
    }

    pub(super) fn seen(&self) -> GuardedScreen {
        GuardedScreen { name: self.name.clone(), answered: self.answered(), before: self.before }
    }

    /// There are other covers, or the first ones.
    pub(super) fn cover(&mut self) {
        self.due = true;
        match self.phase {
            Phase::Untouched | Phase::Leaving | Phase::Left if self.plain || self.before.is_some() => {
                self.phase = Phase::Covered;
            }
            Phase::Untouched | Phase::Leaving | Phase::Left => {
                self.ask(QUESTIONS);
                self.phase = Phase::Asked(Instant::now());
            }
            Phase::Asked(_) | Phase::Covered => {}
        }
        self.told = false;
    }

    /// Makes it as it was before.
    pub(super) fn leave(&mut self) {
        self.due = false;
        self.phase = match self.phase {
            Phase::Covered if !self.plain => {
                self.out.extend(restoring(self.before.take().unwrap_or_default()));
                self.ask(BARRIER);
                Phase::Leaving
            }
            // What it answers still must reach no program.
            Phase::Asked(_) => Phase::Leaving,
            Phase::Untouched | Phase::Covered | Phase::Leaving | Phase::Left => Phase::Left,
        };
    }

    /// Sends something that ends with a barrier.
    fn ask(&mut self, bytes: &[u8]) {
        self.out.extend(bytes);
        self.sent += 1;
        self.barrier = self.sent;
    }

    /// Paints what is due, or what changed by itself since.
    pub(super) fn work(&mut self, cover: Option<&Cover>, now: Timestamp, locale: &Locale) {
        if let Some(cover) = cover.filter(|_| self.out.is_empty()) {
            match self.phase {
                Phase::Asked(since) if since.elapsed() >= ASK => self.tell(cover, now, locale),
                Phase::Covered if self.plain => {
                    self.tell(cover, now, locale);
                    self.due = false;
                }
                Phase::Covered => self.paint(cover, now, locale),
                Phase::Untouched | Phase::Asked(_) | Phase::Leaving | Phase::Left => {}
            }
        }
        self.flush();
    }

    fn paint(&mut self, cover: &Cover, now: Timestamp, locale: &Locale) {
        let size = size_of(self.fd.as_fd());
        let whole = std::mem::take(&mut self.due) | (size != self.size);
        self.size = size;
        if whole {
            self.out.extend(SETTLE);
            self.painter = Painter::new(Colours::Sixteen);
            let mut blank = Frame::blank(size);
            blank.cursor = Some((0, 0));
            self.painter.assume(blank);
        }
        let changes = self.painter.paint(lock_frame(cover, size, now, locale));
        self.out.extend(changes);
        if whole {
            self.ask(BARRIER);
        }
    }

    /// Writes the message as lines, once.
    fn tell(&mut self, cover: &Cover, now: Timestamp, locale: &Locale) {
        if std::mem::replace(&mut self.told, true) {
            return;
        }
        let since = time_of_day(cover.since, now, &locale.zone);
        let lines = [
            sentence(locale.language, "lock-title", &[]),
            cover.message.as_str().to_owned(),
            sentence(locale.language, "lock-by", &[("by", &cover.by), ("since", &since)]),
        ];
        for line in lines {
            let line: String = line.chars().filter(|c| !c.is_control()).collect();
            self.out.extend(format!("\r\n*** {line}").as_bytes());
        }
        self.out.extend(b"\r\n");
    }

    /// Reads what was typed, which nobody gets, and what the terminal answers.
    pub(super) fn read(&mut self) {
        let mut buffer = [0; 4096];
        for _ in 0..TURN {
            match rustix::io::read(&self.fd, &mut buffer) {
                Ok(0) => self.gone = true,
                Ok(count) => {
                    for answer in self.parser.take(&buffer[..count]) {
                        self.hear(answer);
                    }
                    continue;
                }
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(_) => self.gone = true,
            }
            return;
        }
    }

    fn hear(&mut self, answer: TerminalAnswer) {
        match answer {
            TerminalAnswer::Mode(1049, set) => self.heard.alternate = set,
            TerminalAnswer::Mode(25, set) => self.heard.cursor_visible = set,
            TerminalAnswer::Mode(7, set) => self.heard.wraps = set,
            TerminalAnswer::Mode(..) => {}
            TerminalAnswer::Cursor(row, column) => self.heard.cursor = Some((row, column)),
            TerminalAnswer::Ready => {
                self.back = (self.back + 1).min(self.sent);
                if matches!(self.phase, Phase::Asked(_)) {
                    self.enter();
                }
            }
        }
    }

    /// It has said what its screen is: now it can be covered.
    fn enter(&mut self) {
        self.before = Some(self.heard);
        if self.heard.alternate != Some(true) {
            self.out.extend(ENTER);
        }
        self.phase = Phase::Covered;
    }

    /// Writes as much as the terminal takes now.
    pub(super) fn flush(&mut self) {
        while !self.out.is_empty() && !self.gone {
            match rustix::io::write(&self.fd, self.out.as_slices().0) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => self.gone = true,
            }
        }
    }
}

/// The terminal's size as the kernel has it; the usual one where nobody said.
fn size_of(fd: BorrowedFd<'_>) -> Size {
    match rustix::termios::tcgetwinsize(fd) {
        Ok(size) if size.ws_row > 0 && size.ws_col > 0 => Size { rows: size.ws_row, cols: size.ws_col }.clamped(),
        _ => Size { rows: 24, cols: 80 },
    }
}

/// Makes a screen as it was. A program on the alternate screen draws it anew; the other screen comes back by itself.
fn restoring(before: ScreenBefore) -> Vec<u8> {
    let mut bytes = b"\x1b[0m\x1b[8h".to_vec();
    bytes.extend_from_slice(if before.wraps == Some(false) { b"\x1b[?7l" } else { b"\x1b[?7h" });
    if before.alternate == Some(true) {
        let (row, column) = before.cursor.unwrap_or((1, 1));
        bytes.extend_from_slice(format!("\x1b[2J\x1b[{row};{column}H").as_bytes());
    } else {
        bytes.extend_from_slice(b"\x1b[?1049l");
    }
    bytes.extend_from_slice(if before.cursor_visible == Some(false) { b"\x1b[?25l" } else { b"\x1b[?25h" });
    bytes
}
