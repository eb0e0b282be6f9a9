//! What one process of the shield knows and does, as leader or as twin.

use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use usher::request::ThumbnailSize;
use usher::session::Cover;
use usher::shield::wire::{Arming, FromShield, Hello, PROTOCOL, Status, ToShield};
use usher::tty::wire::Notice;

use crate::capture::{self, Capture};
use crate::conn::Conn;
use crate::drawing::Drawing;
use crate::incidents::Incidents;
use crate::mate::{FromTwin, Mate, State, ToTwin};
use crate::picture::{Order, Words};
use crate::stage::Stage;
use crate::user::User;
use crate::words;
use crate::x::{Grabs, Trouble};

/// Grabs that somebody else holds are tried again so often at first, and then so often without end.
const EAGER: Duration = Duration::from_millis(2);
const STEADY: Duration = Duration::from_millis(50);
/// When the other's grab is broken: pop-ups first, then everything.
const WREST: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];
/// How often a locked display is looked at even when nothing happened.
const LOOK: Duration = Duration::from_millis(500);

/// A connection to usherd.
pub struct Control {
    pub id: u64,
    pub conn: Conn,
    pub greeted: bool,
}

/// An order that is not answered yet.
struct Pending {
    control: u64,
    seq: u64,
    since: Instant,
    /// It took more than one try to hold the input.
    late: bool,
    /// How long it took until cover and input were held.
    held: Option<u64>,
}

/// One process of the shield.
pub struct Shield {
    pub arming: Arming,
    pub stage: Stage,
    pub listener: UnixListener,
    pub leader: bool,
    pub mate: Option<Mate>,
    pub controls: Vec<Control>,
    pub covers: Vec<Cover>,
    pub notice: Option<Notice>,
    pub released: Option<(String, Timestamp)>,
    pub user: User,
    pub incidents: Incidents,
    pending: Vec<Pending>,
    pub drawing: Option<Drawing>,
    /// Pictures of the display that are being taken.
    pub captures: Vec<Capture>,
    /// What the screen shows, and the sentences that came with it.
    painted: Option<(Order, Vec<String>)>,
    /// Drawing it failed: it is not tried again.
    unpaintable: Option<Order>,
    pub hung: bool,
    pub trouble: Option<String>,
    /// Since when the input is wanted and not held.
    unheld_since: Option<Instant>,
    wrested: usize,
    pub retry_at: Option<Instant>,
    look_at: Instant,
    said: Option<Status>,
    told_twin: State,
    /// As a twin: the number of the leader's last message.
    pub followed: u64,
    reported: (Vec<u32>, bool, Grabs, u64),
    pub retire: bool,
}

impl Shield {
    pub fn new(arming: Arming, stage: Stage, listener: UnixListener, leader: bool) -> Self {
        let user = User::new(&stage.x);
        Shield {
            arming,
            stage,
            listener,
            leader,
            mate: None,
            controls: Vec::new(),
            covers: Vec::new(),
            notice: None,
            released: None,
            user,
            incidents: Incidents::default(),
            pending: Vec::new(),
            drawing: None,
            captures: Vec::new(),
            painted: None,
            unpaintable: None,
            hung: false,
            trouble: None,
            unheld_since: None,
            wrested: 0,
            retry_at: None,
            look_at: Instant::now(),
            said: None,
            told_twin: State::default(),
            followed: 0,
            reported: Default::default(),
            retire: false,
        }
    }

    /// Does what usherd says.
    pub fn obey(&mut self, control: u64, message: ToShield) {
        match message {
            ToShield::Arm(_) => {}
            ToShield::Cover { seq, covers } => {
                if !covers.is_empty() {
                    self.released = None;
                }
                self.set_covers(covers, Some((control, seq)));
            }
            ToShield::Announce(notice) => self.notice = Some(notice),
            ToShield::Picture { seq, size } => self.take_picture((control, seq), size),
            ToShield::Release { seq, by } => {
                self.released = Some((by, Timestamp::now()));
                self.set_covers(Vec::new(), Some((control, seq)));
            }
            ToShield::Retire => {
                self.set_covers(Vec::new(), None);
                self.notice = None;
                self.retire = true;
            }
        }
    }

    /// Has a picture taken of what the display shows.
    fn take_picture(&mut self, asker: (u64, u64), size: ThumbnailSize) {
        let to = self.controls.iter_mut().find(|c| c.id == asker.0).and_then(|c| c.conn.descriptors.pop_front());
        let started = match to {
            Some(_) if self.captures.len() >= capture::AT_ONCE => Err("others are being taken".to_owned()),
            Some(to) => Capture::start(&self.arming, size, to, asker).map_err(|error| error.to_string()),
            None => Err("there is no place for it".to_owned()),
        };
        match started {
            Ok(capture) => self.captures.push(capture),
            Err(why) => self.say_to(asker.0, &FromShield::Pictured { seq: asker.1, error: Some(why) }),
        }
    }

    /// Tells who asked for pictures what came of them.
    pub fn hear_captures(&mut self) {
        let mut taken = Vec::new();
        self.captures.retain_mut(|capture| match capture.look() {
            None => true,
            Some(error) => {
                taken.push((capture.asker, error));
                false
            }
        });
        for ((control, seq), error) in taken {
            self.say_to(control, &FromShield::Pictured { seq, error });
        }
    }

    /// These are the covers from now on.
    pub fn set_covers(&mut self, covers: Vec<Cover>, order: Option<(u64, u64)>) {
        for Pending { control, seq, .. } in std::mem::take(&mut self.pending) {
            self.say_to(control, &FromShield::Covered { seq, superseded: true, notes: Vec::new(), held_micros: None });
        }
        let since = Instant::now();
        self.pending.extend(order.map(|(control, seq)| Pending { control, seq, since, late: false, held: None }));
        self.covers = covers.into_iter().filter(|cover| cover.holds(Timestamp::now())).collect();
        self.unheld_since = None;
        self.wrested = 0;
        self.user.covered(!self.covers.is_empty());
        if self.covers.is_empty() {
            // The twin first: its cover is to go together with ours.
            self.tell_twin();
        }
        self.settle();
    }

    /// Drops covers whose end has come: also where no usherd lives any more.
    pub fn expire(&mut self) {
        let now = Timestamp::now();
        if self.covers.iter().any(|cover| !cover.holds(now)) {
            let left = self.covers.iter().filter(|cover| cover.holds(now)).cloned().collect();
            self.set_covers(left, None);
        }
        if self.notice.as_ref().is_some_and(|notice| words::is_over(notice, now)) {
            self.notice = None;
        }
    }

    /// Makes the display what it is to be. Whatever fails is tried again.
    pub fn settle(&mut self) {
        self.retry_at = None;
        let wanted = !self.covers.is_empty();
        let result = match (wanted, self.stage.shown || !self.stage.leftovers.is_empty()) {
            (true, _) => self.cover(),
            (false, true) => self.uncover(),
            (false, false) => Ok(()),
        };
        self.took(result);
    }

    fn cover(&mut self) -> Result<(), Trouble> {
        self.stage.cover(self.leader)?;
        self.hung = false;
        self.look_at = Instant::now() + LOOK;
        if self.leader {
            self.note_grabs()?;
        }
        if !self.stage.covered || self.leader && !self.held() {
            self.retry_soon();
        } else {
            let micros = |since: Instant| u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.pending.iter_mut().for_each(|p| p.held = p.held.or_else(|| Some(micros(p.since))));
        }
        Ok(())
    }

    fn uncover(&mut self) -> Result<(), Trouble> {
        self.stage.uncover(self.leader)?;
        self.hung = false;
        self.painted = None;
        self.drawing = None;
        Ok(())
    }

    /// Whether keyboard and pointer are held, each by this process or the other.
    ///
    /// After one of them was cut off, the other may have got the one device and it the other. That is as good:
    /// nothing reaches an application, and handing a grab over would let keys through meanwhile.
    pub fn held(&self) -> bool {
        // A server that does not answer is not known to hold anything for us.
        let ours = if self.hung || self.trouble.is_some() { Grabs::default() } else { self.stage.grabs };
        ours.with(self.mate.as_ref().map(|mate| mate.held).unwrap_or_default()).both()
    }

    /// As the leader: takes what the twin reports. What it lost is taken at once.
    pub fn twin_reported(&mut self, report: FromTwin) {
        let FromTwin::Report { windows, shown, held, serial } = report;
        let before = self.held();
        self.stage.friends = windows;
        if let Some(mate) = &mut self.mate {
            (mate.ready, mate.shown, mate.held, mate.serial) = (true, shown, held, serial);
        }
        if before && !self.held() && !self.covers.is_empty() && !self.hung && self.trouble.is_none() {
            self.settle();
        }
    }

    /// The connection to the server is cut, and with it the grabs ended: who relies on them is told before
    /// anything else is tried.
    pub fn lost_connection(&mut self) {
        (self.stage.covered, self.stage.grabs) = (false, Grabs::default());
        if self.leader {
            self.tell_usherd();
        } else {
            self.report();
        }
    }

    /// A pop-up that is open holds its grabs as long as its application likes. They are asked for
    /// until they are free, and after a while taken.
    fn note_grabs(&mut self) -> Result<(), Trouble> {
        if self.held() {
            self.unheld_since = None;
            return Ok(());
        }
        let since = *self.unheld_since.get_or_insert_with(Instant::now);
        self.pending.iter_mut().for_each(|pending| pending.late = true);
        if WREST.get(self.wrested).is_some_and(|after| since.elapsed() >= *after) {
            let managed = self.wrested == 1;
            self.wrested += 1;
            self.stage.wrest(managed)?;
            if self.held() {
                self.incident("another program's grab was broken, to hold the input", None);
            }
        }
        Ok(())
    }

    fn retry_soon(&mut self) {
        let young = self.unheld_since.is_none_or(|since| since.elapsed() < WREST[1] * 2);
        self.retry_at = Some(Instant::now() + if young { EAGER } else { STEADY });
    }

    /// Notes how a request to the server went.
    pub fn took(&mut self, result: Result<(), Trouble>) {
        match result {
            Ok(()) => {}
            Err(Trouble::Hung) => {
                self.hung = true;
                (self.stage.covered, self.stage.grabs) = (false, Grabs::default());
            }
            Err(Trouble::Gone(why)) => self.trouble = Some(why),
            // A window that somebody destroyed at the wrong moment.
            Err(Trouble::Refused) => self.retry_at = Some(Instant::now() + EAGER),
        }
    }

    /// What is to be on the screen.
    fn order(&self) -> Option<Order> {
        self.lock_order().or_else(|| Some(self.drawn_for(Words::Notice(Box::new(self.notice.clone()?)))))
    }

    /// What is to be on the cover.
    fn lock_order(&self) -> Option<Order> {
        let cover = Box::new(self.covers.first()?.clone());
        Some(self.drawn_for(Words::Cover { cover, host: self.arming.host.clone() }))
    }

    fn drawn_for(&self, words: Words) -> Order {
        let mut sizes: Vec<(u16, u16)> = self.stage.monitors.iter().map(|m| (m.width, m.height)).collect();
        sizes.sort_unstable();
        sizes.dedup();
        Order { words, sizes, language: self.arming.language.clone() }
    }

    /// Has the message drawn where it is not on the screen yet.
    pub fn draw(&mut self) {
        if self.notice.is_none() && self.stage.banner.is_shown() && !self.hung {
            let hidden = self.stage.banner.hide(&self.stage.x);
            self.took(hidden);
        }
        let ready = self.leader && self.stage.shown != self.covers.is_empty();
        let Some(order) = self.order().filter(|_| ready) else { return };
        let is = |other: Option<&Order>| other == Some(&order);
        if is(self.painted.as_ref().map(|(order, _)| order)) || is(self.unpaintable.as_ref()) {
            return;
        }
        if is(self.drawing.as_ref().map(|drawing| &drawing.order)) {
            return;
        }
        match Drawing::start(order.clone()) {
            Ok(drawing) => self.drawing = Some(drawing),
            Err(_) => self.unpaintable = Some(order),
        }
    }

    /// Takes what was drawn.
    pub fn hear_drawing(&mut self) {
        use crate::drawing::Progress;
        let Some(drawing) = &mut self.drawing else { return };
        let progress = drawing.look();
        let given_up = Instant::now() >= drawing.until + crate::drawing::GIVE_UP;
        let order = drawing.order.clone();
        match progress {
            Progress::NotYet if !given_up => return,
            // An announcement would be above a cover that was ordered meanwhile.
            Progress::Drawn(..) if self.order().as_ref() != Some(&order) => {}
            Progress::Drawn(pictures, notes) if !self.hung => {
                let pictures: Vec<_> = order.sizes.iter().copied().zip(pictures).collect();
                self.stage.x.patience(crate::stage::PATIENCE);
                let result = match order.words {
                    Words::Cover { .. } => self.stage.paint(&pictures).and_then(|()| self.stage.kill_leftovers()),
                    Words::Notice(_) => self.stage.announce(&pictures),
                };
                self.took(result);
                self.painted = Some((order, notes));
            }
            Progress::Drawn(..) => {}
            Progress::NotYet | Progress::Failed => self.unpaintable = Some(order),
        }
        self.drawing = None;
    }

    /// Whether the display is as it was ordered.
    fn done(&self) -> bool {
        if self.hung || self.trouble.is_some() {
            return false;
        }
        let Some(order) = self.lock_order() else {
            // A twin that was slow to cover may be about to: its last word must be about this order.
            let followed = |mate: &Mate| !mate.shown && mate.serial == self.told_twin.serial;
            return !self.stage.shown && self.mate.as_ref().is_none_or(followed);
        };
        let is = |other: Option<&Order>| other == Some(&order);
        let late = self.drawing.as_ref().is_some_and(|drawing| Instant::now() >= drawing.until);
        let drawn = late || is(self.painted.as_ref().map(|(order, _)| order)) || is(self.unpaintable.as_ref());
        self.stage.covered && self.held() && drawn
    }

    /// Answers what is done.
    pub fn answer(&mut self) {
        if self.pending.is_empty() || !self.done() {
            return;
        }
        let mut notes = Vec::new();
        if !self.covers.is_empty() {
            match &self.painted {
                Some((order, said)) if Some(order) == self.lock_order().as_ref() => notes.extend(said.iter().cloned()),
                _ => notes.push(words::NOT_DRAWN.to_owned()),
            }
        }
        for Pending { control, seq, late, held: held_micros, .. } in std::mem::take(&mut self.pending) {
            let mut notes = notes.clone();
            if late && !self.covers.is_empty() {
                notes.push(words::HELD_LATE.to_owned());
            }
            self.say_to(control, &FromShield::Covered { seq, superseded: false, notes, held_micros });
        }
    }

    /// On a new connection, everything is painted anew and the user watched anew.
    pub fn restart_user(&mut self) {
        self.user.restart(&self.stage.x);
    }

    pub fn repaint(&mut self) {
        (self.painted, self.drawing) = (None, None);
    }

    pub fn say_to(&mut self, control: u64, message: &FromShield) {
        if let Some(control) = self.controls.iter_mut().find(|c| c.id == control) {
            control.conn.say(message);
        }
    }

    pub fn say(&mut self, message: &FromShield) {
        self.controls.iter_mut().filter(|c| c.greeted).for_each(|control| control.conn.say(message));
    }

    /// Notes that somebody fought the covers.
    pub fn incident(&mut self, what: &'static str, uncovered: Option<Duration>) {
        let micros = uncovered.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        if let Some(message) = self.incidents.note(what, micros, Instant::now()) {
            self.say(&message);
        }
    }

    /// The display as usherd is to know it.
    pub fn status(&self) -> Status {
        let holds = self.stage.covered && self.held() && !self.covers.is_empty();
        Status {
            covers: if holds { self.covers.clone() } else { Vec::new() },
            covered: self.stage.covered || !self.stage.leftovers.is_empty(),
            input_held: self.held(),
            title: self.user.title.clone(),
            last_input: self.user.last_input,
            released: self.released.clone(),
        }
    }

    /// Greets who is new, and tells everybody else what changed.
    pub fn tell_usherd(&mut self) {
        let status = self.status();
        if self.said.as_ref() != Some(&status) {
            self.say(&FromShield::Status(status.clone()));
            self.said = Some(status.clone());
        }
        if self.mate.as_ref().is_some_and(|mate| !mate.ready) {
            return;
        }
        let pids = std::iter::once(std::process::id()).chain(self.mate.as_ref().map(|mate| mate.pid)).collect();
        let hello = FromShield::Hello(Box::new(Hello {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            session_id: self.arming.session_id,
            key: self.arming.key.clone(),
            display: self.arming.display,
            server_pid: self.arming.server_pid,
            pids,
            status,
        }));
        for control in self.controls.iter_mut().filter(|control| !control.greeted) {
            control.greeted = true;
            control.conn.say(&hello);
        }
    }

    /// Tells the twin what it would have to know.
    pub fn tell_twin(&mut self) {
        let mut state = State {
            serial: self.told_twin.serial,
            covers: self.covers.clone(),
            notice: self.notice.clone(),
            released: self.released.clone(),
            title: self.user.title.clone(),
            last_input: self.user.last_input,
            before: self.stage.before.clone(),
            keys: self.stage.keys.original.clone(),
            windows: self.stage.windows(),
        };
        // Also before it is ready: a twin that does not know of the covers would succeed to none.
        let Some(mate) = self.mate.as_mut() else { return };
        if self.told_twin != state {
            state.serial += 1;
            mate.conn.say(&ToTwin::State(Box::new(state.clone())));
            self.told_twin = state;
        }
    }

    /// A new twin knows nothing.
    pub fn forget_twin(&mut self) {
        self.told_twin = State::default();
    }

    /// As a twin: tells the leader how it is.
    pub fn report(&mut self) {
        let report = (self.stage.windows(), self.stage.shown, self.stage.grabs, self.followed);
        if let Some(mate) = self.mate.as_mut().filter(|_| report != self.reported) {
            let (windows, shown, held, serial) = report.clone();
            mate.conn.say(&FromTwin::Report { windows, shown, held, serial });
            self.reported = report;
        }
    }

    /// Looks whether everything is as it should be, though nothing was heard of a change.
    pub fn look_around(&mut self) {
        if self.covers.is_empty() || self.hung || Instant::now() < self.look_at {
            return;
        }
        let was = self.stage.covered && (!self.leader || self.held());
        self.settle();
        if was && self.leader && !(self.stage.covered && self.held()) && !self.hung {
            self.incident("the cover or the input was found lost", None);
        }
        // Where that failed when the message was painted, or there is none to be painted.
        let drawn = self.drawing.is_none() && (self.painted.is_some() || self.unpaintable.is_some());
        if self.leader && drawn && self.stage.covered && !self.stage.leftovers.is_empty() {
            let cleaned = self.stage.kill_leftovers();
            self.took(cleaned);
        }
    }

    /// When something is to be done though nothing is heard.
    pub fn next_deadline(&self) -> Option<Duration> {
        let now = Instant::now();
        let until = |at: Timestamp| {
            let left = at.duration_since(Timestamp::now());
            Duration::try_from(left).unwrap_or_default() + Duration::from_millis(1)
        };
        let moments = [
            self.retry_at,
            (!self.covers.is_empty() && !self.hung).then_some(self.look_at),
            self.drawing.as_ref().map(|drawing| drawing.until + drawing.overdue()),
            self.incidents.next(),
            self.captures.iter().map(Capture::until).min(),
            // Only the leader looks at the user, and only at a server that answers.
            self.user.next().filter(|_| self.leader && !self.hung),
        ];
        let times = self.covers.iter().filter_map(|cover| cover.until).map(until);
        let notice = self.notice.iter().map(|notice| until(words::end(notice)));
        let moments = moments.into_iter().flatten().map(|at| at.saturating_duration_since(now));
        moments.chain(times).chain(notice).min()
    }
}
