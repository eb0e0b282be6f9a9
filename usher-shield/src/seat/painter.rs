//! The painter's loop: orders come in, and every screen shows the last one.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use usher_core::session::Cover;
use usher_core::sys::program::beside_this_program;
use usher_core::wire::Conn;
use usher_core::wire::seat::{FromPainter, ToPainter};

use super::card::PaintedCard;
use crate::drawing::{Drawer, Drawing, GIVE_UP, Progress};
use crate::picture::{Order, Picture, Words};

/// How often it is looked whether a screen came or went.
const LOOK: Duration = Duration::from_millis(250);

/// What a seat's screens are to show.
struct ScreenPainter {
    conn: Conn,
    host: String,
    language: String,
    cards: Vec<PaintedCard>,
    /// The number of the order, and what stands there; 0 for what is most likely ordered next.
    order: Option<(u64, Words)>,
    /// How large the screens most likely are, while there is no card.
    expected: Vec<(u16, u16)>,
    /// Reads its fonts while the screens are covered. The first order takes it.
    drawer: Option<Drawer>,
    drawing: Option<Drawing>,
    /// What was drawn of the order, by size, until every screen shows it.
    pictures: Vec<((u16, u16), Picture)>,
    notes: Vec<String>,
    /// How the order came out was said.
    told: bool,
    looked: Option<Instant>,
}

/// Paints for the warden at the other end of standard input, until it is gone.
pub fn paint() -> io::Result<()> {
    let stream = UnixStream::from(rustix::io::fcntl_dupfd_cloexec(io::stdin().as_fd(), 3)?);
    let mut painter = ScreenPainter::new(stream)?;
    loop {
        painter.hear();
        if painter.conn.is_closed() {
            return if painter.cards.is_empty() { Ok(()) } else { painter.stay() };
        }
        painter.look();
        painter.hear_drawing();
        painter.draw();
        painter.put();
        crate::children::reap();
        painter.wait()?;
    }
}

/// The painter runs in the warden's program, which is small, and knows no font.
fn drawer(language: &str) -> io::Result<Drawer> {
    Drawer::of(&beside_this_program("usher-shield"), language)
}

impl ScreenPainter {
    /// One that has no order yet.
    fn new(warden: UnixStream) -> io::Result<Self> {
        Ok(ScreenPainter {
            conn: Conn::with_descriptors(warden)?,
            host: String::new(),
            language: String::new(),
            cards: Vec::new(),
            order: None,
            expected: Vec::new(),
            drawer: None,
            drawing: None,
            pictures: Vec::new(),
            notes: Vec::new(),
            told: true,
            looked: None,
        })
    }

    fn hear(&mut self) {
        for message in self.conn.receive_messages::<ToPainter>() {
            match message {
                ToPainter::Begin { host, language } => {
                    self.drawer = drawer(&language).ok();
                    (self.host, self.language) = (host, language);
                    // It would be in other words now.
                    if matches!(self.order, Some((0, _))) {
                        self.take_in(0, None);
                    }
                }
                ToPainter::Prepare { cover, sizes } => {
                    self.take_in(0, Some(cover));
                    self.expected = sizes;
                }
                ToPainter::Card => {
                    self.cards.extend(self.conn.next_descriptor().map(PaintedCard::new));
                    self.looked = None;
                }
                ToPainter::Paint { number, cover } => {
                    self.take_in(number, Some(cover));
                    (self.told, self.looked) = (false, None);
                }
            }
        }
    }

    /// This is the order now. What was drawn before it came counts where that is what it orders.
    fn take_in(&mut self, number: u64, cover: Option<Box<Cover>>) {
        let words = cover.map(|cover| Words::Cover { cover, host: self.host.clone() });
        let before = self.order.take();
        if !matches!((&before, &words), (Some((0, expected)), Some(words)) if expected == words) {
            self.drawing = None;
            self.pictures.clear();
        }
        self.order = words.map(|words| (number, words));
    }

    /// Looks at the screens, and covers those that are new. The message is drawn for them meanwhile.
    fn look(&mut self) {
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        for card in &mut self.cards {
            if let Err(error) = card.look() {
                eprintln!("usher-seat: a card of the seat cannot be looked at: {error}");
            }
        }
        self.draw();
        for card in &mut self.cards {
            if let Err(error) = card.cover() {
                eprintln!("usher-seat: a screen of the seat cannot be covered: {error}");
            }
        }
    }

    /// Has the message drawn for sizes for which it is not there yet.
    fn draw(&mut self) {
        let Some((number, words)) = self.order.as_ref().filter(|_| self.drawing.is_none()) else { return };
        let mut sizes: Vec<(u16, u16)> = self.cards.iter().flat_map(|card| card.lacking(*number)).collect();
        if self.cards.is_empty() {
            sizes.clone_from(&self.expected);
        }
        sizes.retain(|size| !self.pictures.iter().any(|(known, _)| known == size));
        sizes.sort_unstable();
        sizes.dedup();
        if sizes.is_empty() {
            return;
        }
        let order = Order { words: words.clone(), sizes, language: self.language.clone() };
        let waits = self.drawer.is_some();
        let drawer = self.drawer.take().map_or_else(|| drawer(&self.language), Ok);
        match drawer.and_then(|drawer| drawer.draw(order, waits)) {
            Ok(drawing) => self.drawing = Some(drawing),
            Err(error) => self.fail(&error.to_string()),
        }
    }

    fn hear_drawing(&mut self) {
        let Some(drawing) = &mut self.drawing else { return };
        match drawing.look() {
            Progress::NotYet if Instant::now() < drawing.until + GIVE_UP => return,
            // It may have ended before the order came: another one draws.
            Progress::Failed if drawing.waited => {}
            Progress::NotYet | Progress::Failed => self.fail(crate::words::NOT_DRAWN),
            Progress::Drawn(pictures, notes) => {
                self.pictures.extend(drawing.order.sizes.iter().copied().zip(pictures));
                self.notes = notes;
            }
        }
        self.drawing = None;
    }

    fn fail(&mut self, message: &str) {
        if let Some((number, _)) = self.order.take() {
            self.conn.send_message(&FromPainter::NotPainted { number, message: message.to_owned() });
            self.told = true;
        }
    }

    /// Shows what was drawn, and says so once every screen has it.
    fn put(&mut self) {
        let Some(number) = self.order.as_ref().map(|(number, _)| *number) else { return };
        if self.cards.is_empty() {
            return;
        }
        for card in &mut self.cards {
            if let Err(error) = card.put(number, &self.pictures) {
                eprintln!("usher-seat: a screen of the seat does not take the message: {error}");
            }
        }
        if self.pictures.is_empty() || !self.cards.iter().all(|card| card.shows(number)) {
            return;
        }
        // For as long as nothing changes, a lock is to be small.
        self.pictures = Vec::new();
        if !std::mem::replace(&mut self.told, true) {
            self.conn.send_message(&FromPainter::Painted { number, notes: self.notes.clone() });
        }
    }

    fn wait(&self) -> io::Result<()> {
        let mut fds = vec![PollFd::from_borrowed_fd(self.conn.fd(), PollFlags::IN)];
        fds.extend(self.drawing.as_ref().map(|drawing| PollFd::from_borrowed_fd(drawing.fd(), PollFlags::IN)));
        let rest = Timespec { tv_sec: 0, tv_nsec: LOOK.subsec_nanos().into() };
        // Who waits for a lock wakes nobody.
        match poll(&mut fds, (!self.cards.is_empty()).then_some(&rest)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The warden is gone. The pictures are shown for as long as somebody has the cards open: the next warden takes over what this
    /// process has, and ends it.
    fn stay(&mut self) -> io::Result<()> {
        loop {
            self.looked = None;
            self.look();
            let _ = poll(&mut [], Some(&Timespec { tv_sec: 0, tv_nsec: LOOK.subsec_nanos().into() }));
        }
    }
}

#[cfg(test)]
mod tests {
    use usher_core::session::{CoverSource, Terms};

    use super::*;

    fn cover(message: &str) -> Box<Cover> {
        let (message, since) = (message.parse().unwrap(), jiff::Timestamp::UNIX_EPOCH);
        let terms = Terms { message, by: "olga".to_owned(), by_uid: 1001, since, until: None, freeze: false };
        Box::new(Cover { terms, source: CoverSource::Session })
    }

    #[test]
    fn what_was_drawn_before_the_order_came_is_shown_where_it_is_what_was_ordered() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut warden = Conn::without_descriptors(theirs).unwrap();
        let mut painter = ScreenPainter::new(ours).unwrap();
        let mut told = |painter: &mut ScreenPainter, message: ToPainter| {
            warden.send_message(&message);
            painter.hear();
        };
        let drawn = || vec![((2, 2), Picture { width: 1, height: 1, bytes: vec![0], stamps: Vec::new() })];
        let listen = cover("listen");
        for (ordered, counts) in [(&listen, true), (&cover("look"), false)] {
            told(&mut painter, ToPainter::Prepare { cover: listen.clone(), sizes: vec![(2, 2)] });
            assert!(painter.pictures.is_empty() && painter.told);
            painter.pictures = drawn();
            told(&mut painter, ToPainter::Paint { number: 1, cover: ordered.clone() });
            assert_eq!((painter.pictures.is_empty(), painter.told), (!counts, false));
            painter.told = true;
        }
        told(&mut painter, ToPainter::Prepare { cover: listen.clone(), sizes: vec![(2, 2)] });
        painter.pictures = drawn();
        told(&mut painter, ToPainter::Begin { host: "lab1".to_owned(), language: "zh-CN".to_owned() });
        assert!(painter.pictures.is_empty() && painter.order.is_none(), "it is in the wrong language");
    }
}
