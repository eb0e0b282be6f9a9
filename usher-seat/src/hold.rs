//! Taking the seat, seeing that it is taken, and giving it back.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use usher_core::session::Cover;
use usher_core::wire::seat::SeatDuty;

use crate::cards::{self, Card};
use crate::painter::{self, SeatPainter};
use crate::record::SeatRecord;
use crate::switches;
use crate::terminal::{self, FrontTerminal};

/// Painters are started no quicker than this: one may end at once, again and again.
const PAUSE: Duration = Duration::from_secs(1);
/// What stands on a seat without a graphics card that we can draw on.
const WITHOUT_CARD: &str = "the seat has no graphics card that can be drawn on: its message is plain text, without the scripts that a console lacks";

/// A seat that is taken.
pub struct HeldSeat {
    duty: SeatDuty,
    path: PathBuf,
    record: SeatRecord,
    terminal: FrontTerminal,
    cards: Vec<Card>,
    pub painter: Option<SeatPainter>,
    /// When a painter was last started.
    started: Option<Instant>,
    /// What is shown.
    cover: Option<Cover>,
    /// Ctrl-Alt-Del is to be masked, as soon as the message stands.
    masks: bool,
    /// It is being masked.
    masking: Option<Child>,
}

impl HeldSeat {
    /// Takes everything, each thing on record before it is taken. What an earlier warden took stays taken.
    ///
    /// # Errors
    /// It cannot be taken. What was taken until then stays taken, and on record.
    pub fn take(duty: &SeatDuty) -> io::Result<Self> {
        let path = PathBuf::from(&duty.record);
        let mut record = SeatRecord::read(&path);
        let own = record.own.map_or_else(terminal::choose, Ok)?;
        if record.own.is_none() {
            (record.own, record.before) = (Some(own), Some(terminal::active()?));
        }
        let masks = withhold_switches(&mut record, &path)?;
        let terminal = FrontTerminal::open(own)?;
        terminal.take()?;
        let left = record.painter();
        let mut found = Vec::new();
        for card in cards::of(&duty.seat) {
            found.push(Card::take(&card, left)?);
        }
        found.retain(Card::has_connectors);
        terminal.draw_text(found.is_empty())?;
        // What it had open is ours now.
        left.into_iter().for_each(painter::end);
        Ok(HeldSeat {
            duty: duty.clone(),
            path,
            record,
            terminal,
            cards: found,
            painter: None,
            started: None,
            cover: None,
            masks,
            masking: None,
        })
    }

    /// Shows a message, which takes a new drawing only where it is another one.
    pub fn show(&mut self, cover: &Cover) {
        let is_shown = self.cover.replace(cover.clone()).is_some_and(|before| before == *cover);
        if is_shown && self.painter.is_some() {
            return;
        }
        if self.cards.is_empty() {
            let words = [cover.message.to_string(), String::new(), format!("{} @ {}", cover.by, self.duty.host)];
            let _ = self.terminal.show(&words);
            return;
        }
        match &mut self.painter {
            Some(painter) => painter.paint(cover),
            None => self.start_painter(),
        }
    }

    fn start_painter(&mut self) {
        let Some(cover) = &self.cover else { return };
        if self.started.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        self.started = Some(Instant::now());
        match SeatPainter::start(&self.duty, &self.cards) {
            Ok(mut painter) => {
                painter.paint(cover);
                self.record.painter = painter.process().map(|process| (process.pid, process.start));
                let _ = self.record.write(&self.path);
                self.painter = Some(painter);
            }
            Err(error) => eprintln!("usher-seat: the painter cannot be started: {error}"),
        }
    }

    /// Does again what somebody may have undone, and starts another painter for one that is gone.
    pub fn keep(&mut self) {
        if switches::sysrq().is_ok_and(|now| now != "0") {
            let _ = switches::set_sysrq("0");
        }
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
        }
        if self.painter.is_none() && !self.cards.is_empty() {
            self.start_painter();
        }
        let _ = self.masking.as_mut().map(Child::try_wait);
        if self.painted().is_some() && std::mem::take(&mut self.masks) {
            self.masking = switches::mask(true).ok();
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

    /// Gives everything back, what was taken last first. What is left to be done then is waited for by nobody but the next that
    /// takes the seat: systemd reads its units again.
    ///
    /// # Errors
    /// Something could not be given back, and stays on record.
    pub fn give_back(self) -> io::Result<JoinHandle<()>> {
        let HeldSeat { path, record, terminal, cards, painter, masking, .. } = self;
        drop(painter);
        cards.iter().for_each(Card::give_up);
        drop(cards);
        terminal.give_back(record.before.unwrap_or(1))?;
        record.sysrq.as_deref().map_or(Ok(()), switches::set_sysrq)?;
        Ok(std::thread::spawn(move || {
            // In this order, or it stays masked.
            masking.into_iter().for_each(|mut masking| drop(masking.wait()));
            if record.masked
                && let Ok(mut unmasking) = switches::mask(false)
            {
                let _ = unmasking.wait();
            }
            let _ = std::fs::remove_file(path);
        }))
    }
}

/// SysRq reaches nothing. Whether Ctrl-Alt-Del is to be masked: the terminal takes no keys, so that is a second lock on the same
/// door, and has time.
fn withhold_switches(record: &mut SeatRecord, path: &Path) -> io::Result<bool> {
    if record.sysrq.is_none() {
        record.sysrq = Some(switches::sysrq()?);
    }
    let masks = !record.masked && !switches::is_masked();
    record.masked |= masks;
    record.write(path)?;
    switches::set_sysrq("0")?;
    Ok(masks)
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
    record.sysrq.as_deref().map_or(Ok(()), switches::set_sysrq)?;
    if record.masked {
        switches::mask(false)?.wait()?;
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
