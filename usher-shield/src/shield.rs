//! What one process of the shield knows and decides, as leader or as twin: what the display is to be. What is drawn on it, told of
//! it, and brought about by time alone is in the files below this one.

use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use usher_core::session::Cover;
use usher_core::wire::Conn;
use usher_core::wire::holder::Notice;
use usher_core::wire::shield::{Arming, Crowd, FromShield, Status, ToShield};

use crate::capture::Captures;
use crate::drawing::{Drawer, Drawing};
use crate::incidents::Incidents;
use crate::mate::{FromTwin, Mate, State, TwinReport};
use crate::picture::Order;
use crate::reserve::Reserve;
use crate::stage::Stage;
use crate::user::User;
use crate::x::{Grabs, ScreenWatch, Trouble};

mod looks;
mod painting;
mod telling;
mod time;

/// Grabs that somebody else holds are tried again so often at first, and then so often without end.
const EAGER: Duration = Duration::from_millis(2);
const STEADY: Duration = Duration::from_millis(50);
/// When the other's grab is broken: pop-ups first, then everything.
const WREST: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];
/// How often a locked display is looked at even when nothing happened.
const LOOK: Duration = Duration::from_millis(500);
/// How often a locked display is searched for what dead processes left.
const SEARCH: Duration = Duration::from_secs(5);

/// What is told where a cover was seen to be gone.
pub const REBUILT: &str = "a window of the cover was destroyed or taken away, and made anew";

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
    pub reserve: Reserve,
    pub listener: UnixListener,
    pub leader: bool,
    pub mate: Option<Mate>,
    pub controls: Vec<Control>,
    pub covers: Vec<Cover>,
    pub notice: Option<Notice>,
    /// Who looks at the screen, and the connection that says so.
    pub looked: Option<(u64, String)>,
    pub released: Option<(String, Timestamp)>,
    pub user: User,
    pub incidents: Incidents,
    pending: Vec<Pending>,
    pub drawing: Option<Drawing>,
    /// What draws the next message, if it could be started, while nothing is shown.
    drawer: Option<Drawer>,
    /// That was started, or tried, since the last message was drawn.
    prepared: bool,
    /// Pictures of the display that are being taken.
    pub captures: Captures,
    /// Whether the screen changes after a picture of it.
    pub changes: ScreenWatch,
    /// What the screen shows, and the sentences that came with it.
    painted: Option<(Order, Vec<String>)>,
    /// Drawing it failed: it is not tried again.
    unpaintable: Option<Order>,
    pub hung: bool,
    pub trouble: Option<String>,
    /// When a new connection is tried in place of one that was cut.
    pub knock_at: Instant,
    /// Whose connections keep us from one that we need.
    pub crowd: Option<Crowd>,
    /// Since when the input is wanted and not held.
    unheld_since: Option<Instant>,
    wrested: usize,
    pub retry_at: Option<Instant>,
    look_at: Instant,
    /// How often to look soon for what another process left, though nothing of it is known.
    pub searches: u8,
    /// When it is looked for all the same.
    search_at: Instant,
    said: Option<Status>,
    told_twin: State,
    /// As a twin: the number of the leader's last message.
    pub followed: u64,
    reported: TwinReport,
    pub retire: bool,
}

impl Shield {
    pub fn new(arming: Arming, (stage, reserve): (Stage, Reserve), listener: UnixListener, leader: bool) -> Self {
        let user = User::new(&stage.x);
        Shield {
            arming,
            stage,
            reserve,
            listener,
            leader,
            mate: None,
            controls: Vec::new(),
            covers: Vec::new(),
            notice: None,
            looked: None,
            released: None,
            user,
            incidents: Incidents::default(),
            pending: Vec::new(),
            drawing: None,
            drawer: None,
            prepared: false,
            captures: Captures::default(),
            changes: ScreenWatch::default(),
            painted: None,
            unpaintable: None,
            hung: false,
            trouble: None,
            knock_at: Instant::now(),
            crowd: None,
            unheld_since: None,
            wrested: 0,
            retry_at: None,
            look_at: Instant::now(),
            searches: 0,
            search_at: Instant::now(),
            said: None,
            told_twin: State::default(),
            followed: 0,
            reported: TwinReport::default(),
            retire: false,
        }
    }

    /// Does what usherd says.
    pub fn obey(&mut self, control: u64, message: ToShield) {
        match message {
            ToShield::Arm(_) => {}
            // For Wayland's alone.
            ToShield::Connection => {
                let control = self.controls.iter_mut().find(|c| c.id == control);
                drop(control.and_then(|control| control.conn.next_descriptor()));
            }
            ToShield::Cover { seq, covers, frozen } => {
                self.stage.frozen = frozen || covers.iter().any(|cover| cover.freeze);
                if !covers.is_empty() {
                    self.released = None;
                }
                self.set_covers(covers, Some((control, seq)));
            }
            ToShield::Announce(notice) => self.notice = Some(notice),
            ToShield::Withdraw => self.notice = None,
            ToShield::Looked { by } => self.looked = by.map(|by| (control, by)),
            ToShield::Picture { seq, size, watch } => self.take_picture((control, seq), size, watch),
            ToShield::Release { seq, by } => {
                self.released = Some((by, Timestamp::now()));
                self.set_covers(Vec::new(), Some((control, seq)));
            }
            ToShield::Retire => {
                self.set_covers(Vec::new(), None);
                (self.notice, self.looked) = (None, None);
                self.retire = true;
            }
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
        } else if self.drawer.is_some() {
            // Drawn while the screen is being covered.
            self.start_drawing();
        }
        self.settle();
    }

    /// Makes the display what it is to be. Whatever fails is tried again.
    pub fn settle(&mut self) {
        self.retry_at = None;
        let wanted = !self.covers.is_empty();
        let result = match (wanted, self.stage.begun || !self.stage.leftovers.is_empty() || !self.stage.kept.is_empty())
        {
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
            if std::mem::take(&mut self.stage.rebuilt) {
                self.incident(REBUILT, None);
            }
            if std::mem::take(&mut self.stage.outlets.reopened) {
                self.incident("what was turned off for the lock was turned on, and off again", None);
            }
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
        let ours = if self.hung { Grabs::default() } else { self.stage.keeper.grabs };
        ours.with(self.mate.as_ref().map(|mate| mate.report.held).unwrap_or_default()).all()
    }

    /// As the leader: takes what the twin reports. What it lost is taken at once.
    pub fn twin_reported(&mut self, report: FromTwin) {
        let FromTwin::Report(report) = report else {
            self.mate.iter_mut().for_each(|mate| mate.kept_out = true);
            return;
        };
        let before = self.held();
        self.stage.friends.clone_from(&report.windows);
        if let Some(mate) = &mut self.mate {
            (mate.ready, mate.report) = (true, report);
        }
        if before && !self.held() && !self.covers.is_empty() && !self.hung {
            self.settle();
        }
    }

    /// A connection to the server is over: who relies on it is told before anything else is tried.
    pub fn lost_connection(&mut self) {
        self.stage.lose();
        self.repaint();
        if self.changes.lost() {
            self.tell_change();
        }
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
                (self.hung, self.stage.slow) = (true, true);
                // What it says from now on tells that it answers again.
                self.stage.x.heard();
                self.stage.keeper.x.heard();
                (self.stage.covered, self.stage.keeper.covered) = (false, false);
                self.stage.keeper.grabs = Grabs::default();
                // What was sent last may need no answer: then nothing would tell.
                let _ = self.stage.keeper.x.ask_for_a_sign();
            }
            Err(Trouble::Gone(why)) => self.trouble = Some(why),
            // A window that somebody destroyed at the wrong moment.
            Err(Trouble::Refused) => self.retry_at = Some(Instant::now() + EAGER),
        }
    }

    /// On a new connection, everything is painted anew and the user watched anew.
    pub fn restart_user(&mut self) {
        self.user.restart(&self.stage.x);
    }
}
