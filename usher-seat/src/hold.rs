//! Taking the seat, seeing that it is taken, and giving it back.

use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use usher_core::session::Cover;
use usher_core::wire::seat::SeatDuty;

use crate::cards::{self, Card};
use crate::painter::{self, Painters, SeatPainter};
use crate::record::SeatRecord;
use crate::switches::Switches;
use crate::terminal::{self, FrontTerminal};

/// What stands on a seat without a graphics card that we can draw on.
const WITHOUT_CARD: &str = "the seat has no graphics card that can be drawn on: its message is plain text, without the scripts that a console lacks";

/// A seat that is taken.
pub struct HeldSeat {
    path: PathBuf,
    record: SeatRecord,
    terminal: FrontTerminal,
    cards: Vec<Card>,
    pub painter: Option<SeatPainter>,
    withholding: Withholding,
    /// What is shown.
    cover: Option<Cover>,
}

impl HeldSeat {
    /// Takes everything for this message, each thing on record before it is taken. What an earlier warden took stays taken.
    ///
    /// # Errors
    /// It cannot be taken. What was taken until then stays taken, and on record.
    pub fn take(cover: &Cover, duty: &SeatDuty, painters: &mut Painters) -> io::Result<Self> {
        let path = PathBuf::from(&duty.record);
        let mut record = SeatRecord::read(&path);
        let own = record.own.map_or_else(terminal::choose, Ok)?;
        if record.own.is_none() {
            (record.own, record.before) = (Some(own), Some(terminal::active()?));
        }
        if record.switches.is_none() {
            record.switches = Some(Switches::read()?);
        }
        record.write(&path)?;
        let withholding = Withholding::begin();
        let cards = cards::of(&duty.seat);
        // It gets itself ready meanwhile.
        let painter = if cards.is_empty() { None } else { painters.next(duty) };
        let terminal = FrontTerminal::open(own)?;
        terminal.take()?;
        let left = record.painter();
        let mut found = Vec::new();
        for card in cards {
            found.push(Card::take(&card, left)?);
        }
        found.retain(Card::has_connectors);
        terminal.draw_text(found.is_empty())?;
        // What it had open is ours now.
        left.into_iter().for_each(painter::end);
        let mut held =
            HeldSeat { path, record, terminal, cards: found, painter: None, withholding, cover: Some(cover.clone()) };
        if !held.cards.is_empty() {
            painter.into_iter().for_each(|painter| held.employ(painter, painters));
        }
        Ok(held)
    }

    /// Shows a message, which takes a new drawing only where it is another one.
    pub fn show(&mut self, cover: &Cover, duty: &SeatDuty, painters: &mut Painters) {
        let is_shown = self.cover.replace(cover.clone()).is_some_and(|before| before == *cover);
        match &mut self.painter {
            _ if self.cards.is_empty() => {
                let words = [cover.message.to_string(), String::new(), format!("{} @ {}", cover.by, duty.host)];
                let _ = self.terminal.show(&words);
            }
            Some(_) if is_shown => {}
            Some(painter) => painter.paint(cover),
            None => self.employ_another(duty, painters),
        }
        self.withholding.end();
        withhold_switches();
    }

    /// Gives a painter the cards, and what it is to paint.
    fn employ(&mut self, mut painter: SeatPainter, painters: &mut Painters) {
        // It begins to draw as soon as it sees how large the screens are.
        self.cover.iter().for_each(|cover| painter.paint(cover));
        if let Err(error) = painter.give(&self.cards) {
            eprintln!("usher-seat: the painter does not take the cards: {error}");
            painters.lost();
            return;
        }
        self.record.painter = painter.process().map(|process| (process.pid, process.start));
        let _ = self.record.write(&self.path);
        self.painter = Some(painter);
    }

    fn employ_another(&mut self, duty: &SeatDuty, painters: &mut Painters) {
        painters.next(duty).into_iter().for_each(|painter| self.employ(painter, painters));
    }

    /// Does again what somebody may have undone, and starts another painter for one that is gone.
    pub fn keep(&mut self, duty: &SeatDuty, painters: &mut Painters) {
        withhold_switches();
        if let Err(error) = self.terminal.keep() {
            eprintln!("usher-seat: {error}");
        }
        for card in &self.cards {
            if let Err(error) = card.master() {
                eprintln!("usher-seat: a graphics card is not ours: {error}");
            }
        }
        if self.painter.as_mut().is_some_and(|painter| !painter.hear()) {
            self.painter = None;
            painters.lost();
        }
        if self.painter.is_none() && !self.cards.is_empty() {
            self.employ_another(duty, painters);
        }
    }

    /// What the kernel says against it that the seat shows nothing but ours; nothing where it shows that alone.
    pub fn hindrance(&self) -> Option<String> {
        if !self.terminal.is_in_front() {
            return Some("another virtual terminal is in front".to_owned());
        }
        if !self.terminal.takes_no_keys() {
            return Some("the virtual terminal takes keys".to_owned());
        }
        match Switches::read() {
            Ok(now) if now == Switches::withheld() => {}
            Ok(_) => return Some("SysRq or Ctrl-Alt-Del is not off".to_owned()),
            Err(error) => return Some(format!("the kernel does not say whether SysRq is off: {error}")),
        }
        for card in &self.cards {
            if let Err(error) = card.master() {
                return Some(format!("another program draws on the graphics card: {error}"));
            }
            match card.shows_ours() {
                Ok(true) => {}
                Ok(false) => return Some("a screen does not show the lock screen yet".to_owned()),
                Err(error) => return Some(format!("the graphics card does not say what it shows: {error}")),
            }
        }
        None
    }

    /// How the message came out: nothing while it is not there yet.
    pub fn painted(&self) -> Option<Vec<String>> {
        if self.cards.is_empty() {
            return Some(vec![WITHOUT_CARD.to_owned()]);
        }
        match self.painter.as_ref()?.done.as_ref()? {
            Ok(notes) => Some(notes.clone()),
            Err(message) => Some(vec![message.clone()]),
        }
    }

    /// Gives everything back, what was taken last first.
    ///
    /// # Errors
    /// Something could not be given back, and stays on record.
    pub fn give_back(self) -> io::Result<()> {
        let HeldSeat { path, record, terminal, cards, painter, withholding, .. } = self;
        drop((painter, withholding));
        cards.iter().for_each(Card::give_up);
        drop(cards);
        terminal.give_back(record.before.unwrap_or(1))?;
        record.switches.as_ref().map_or(Ok(()), Switches::set)?;
        forget(&path)
    }
}

/// SysRq and Ctrl-Alt-Del are being turned off beside all else that is taken: the kernel waits for a moment in which nobody looks at its
/// keys. Whatever comes of it has come before this value is gone: nobody gives anything back meanwhile.
struct Withholding(Option<JoinHandle<()>>);

impl Withholding {
    fn begin() -> Self {
        Withholding(std::thread::Builder::new().spawn(withhold_switches).ok())
    }

    fn end(&mut self) {
        self.0.take().into_iter().for_each(|thread| drop(thread.join()));
    }
}

impl Drop for Withholding {
    fn drop(&mut self) {
        self.end();
    }
}

/// SysRq and Ctrl-Alt-Del do nothing: a second lock on the same door, as the terminal takes no keys.
fn withhold_switches() {
    if Switches::read().is_ok_and(|now| now == Switches::withheld()) {
        return;
    }
    if let Err(error) = Switches::withheld().set() {
        eprintln!("usher-seat: SysRq or Ctrl-Alt-Del cannot be turned off: {error}");
    }
}

/// Gives back what was taken before something failed; nothing where nothing is on record.
///
/// # Errors
/// Something could not be given back, and stays on record.
pub fn release_if_taken(path: &Path) -> io::Result<()> {
    if path.exists() { release(path) } else { Ok(()) }
}

/// Gives back what a warden took that is dead.
///
/// # Errors
/// Something could not be given back, and stays on record.
pub fn release(path: &Path) -> io::Result<()> {
    let record = SeatRecord::read(path);
    record.painter().into_iter().for_each(painter::end);
    if let Some(own) = record.own {
        FrontTerminal::open(own)?.give_back(record.before.unwrap_or(1))?;
    }
    record.switches.as_ref().map_or(Ok(()), Switches::set)?;
    forget(path)
}

fn forget(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
