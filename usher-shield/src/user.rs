//! What usherd is told of the user: the title of the active window, and the time of the last input.
//! Nothing here polls an idle display.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use x11rb::connection::Connection as _;
use x11rb::protocol::sync::{self, ALARMSTATE, ConnectionExt as _, CreateAlarmAux, Int64, TESTTYPE, VALUETYPE};
use x11rb::protocol::xproto::{AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, Window};

use crate::x::{Asked, Display};

/// The user counts as active until this long after the last input.
const IDLE: Duration = Duration::from_secs(10);
/// A title is read at most so often: a program may change it as fast as it can.
pub const TITLE_EVERY: Duration = Duration::from_millis(250);
const TITLE_CHARS: usize = 200;

/// The user, as the display shows it.
#[derive(Debug, Default)]
pub struct User {
    pub title: Option<String>,
    pub last_input: Option<Timestamp>,
    counter: Option<u32>,
    alarms: [u32; 2],
    atoms: Option<[u32; 3]>,
    window: Window,
    read_title_at: Option<Instant>,
    read_idle_at: Option<Instant>,
    /// While covered, the title stays what it was.
    covered: bool,
}

impl User {
    /// Asks the server to tell of both.
    pub fn new(x: &Display) -> Self {
        let mut user = User { read_title_at: Some(Instant::now()), ..User::default() };
        // Without them, a session is locked as well.
        let _ = user.name_atoms(x);
        if x.has.sync {
            let _ = user.watch_input(x);
        }
        user
    }

    /// The same on another connection.
    pub fn restart(&mut self, x: &Display) {
        let new = User::new(x);
        *self = User { title: self.title.take(), last_input: self.last_input, covered: self.covered, ..new };
    }

    fn name_atoms(&mut self, x: &Display) -> Asked {
        self.atoms = Some([x.atom("_NET_ACTIVE_WINDOW")?, x.atom("_NET_WM_NAME")?, x.atom("UTF8_STRING")?]);
        Ok(())
    }

    /// One alarm for the end of the user's activity, one for its beginning (X Synchronization Extension
    /// Protocol, alarms; the server's system counter IDLETIME counts milliseconds since the last input).
    fn watch_input(&mut self, x: &Display) -> Asked {
        let counters = x.listed(x.conn.sync_list_system_counters()?, 8, 14)?.counters;
        let Some(counter) = counters.iter().find(|counter| counter.name == b"IDLETIME") else { return Ok(()) };
        self.counter = Some(counter.counter);
        let value = Int64 { hi: 0, lo: u32::try_from(IDLE.as_millis()).unwrap_or(u32::MAX) };
        for (alarm, test) in self.alarms.iter_mut().zip([TESTTYPE::POSITIVE_TRANSITION, TESTTYPE::NEGATIVE_TRANSITION])
        {
            *alarm = x.conn.generate_id()?;
            let how = CreateAlarmAux::new().counter(counter.counter).value_type(VALUETYPE::ABSOLUTE).value(value);
            let how = how.test_type(test).delta(Int64 { hi: 0, lo: 0 }).events(1);
            x.conn.sync_create_alarm(*alarm, &how)?;
        }
        self.read_idle_at = Some(Instant::now());
        Ok(())
    }

    /// The display is covered, or not any more.
    pub fn covered(&mut self, covered: bool) {
        self.covered = covered;
        self.title_changed();
    }

    /// The active window or its title may be another.
    pub fn title_changed(&mut self) {
        if !self.covered && self.read_title_at.is_none() {
            self.read_title_at = Some(Instant::now() + TITLE_EVERY);
        }
    }

    /// An alarm went off.
    pub fn alarm(&mut self, alarm: &sync::AlarmNotifyEvent) {
        if self.alarms.contains(&alarm.alarm) && alarm.state != ALARMSTATE::DESTROYED {
            // With a delta of zero an alarm goes off once and then sleeps until it is changed.
            self.read_idle_at = Some(Instant::now());
        }
    }

    /// When something is to be read.
    pub fn next(&self) -> Option<Instant> {
        [self.read_title_at, self.read_idle_at].into_iter().flatten().min()
    }

    /// Reads what is due.
    pub fn look(&mut self, x: &Display) -> Asked {
        let due = |at: Option<Instant>| at.is_some_and(|at| Instant::now() >= at);
        if due(self.read_idle_at) {
            self.read_idle_at = None;
            self.read_idle(x)?;
        }
        if due(self.read_title_at) {
            self.read_title_at = None;
            if !self.covered {
                self.title = self.read_title(x)?;
            }
        }
        Ok(())
    }

    fn read_idle(&mut self, x: &Display) -> Asked {
        let Some(counter) = self.counter else { return Ok(()) };
        let value = x.conn.sync_query_counter(counter)?.reply()?.counter_value;
        let idle = Duration::from_millis(u64::from(value.lo) | u64::from(value.hi.cast_unsigned()) << 32);
        self.last_input = Timestamp::now().checked_sub(idle).ok();
        // An active user is looked at again; an idle one is left to the alarm.
        self.read_idle_at = (idle < IDLE).then(|| Instant::now() + IDLE);
        Ok(())
    }

    fn read_title(&mut self, x: &Display) -> Asked<Option<String>> {
        let Some([active, name, utf8]) = self.atoms else { return Ok(None) };
        let reply = x.conn.get_property(false, x.root, active, AtomEnum::WINDOW, 0, 1)?.reply()?;
        let window = reply.value32().and_then(|mut values| values.next()).unwrap_or(0);
        if window != self.window {
            let events = |mask| ChangeWindowAttributesAux::new().event_mask(mask);
            if self.window != 0 {
                x.conn.change_window_attributes(self.window, &events(EventMask::NO_EVENT))?;
            }
            if window != 0 && window != x.root {
                x.conn.change_window_attributes(window, &events(EventMask::PROPERTY_CHANGE))?;
            }
            self.window = window;
        }
        if window == 0 {
            return Ok(None);
        }
        let modern = x.conn.get_property(false, window, name, utf8, 0, 256)?;
        let old = x.conn.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 256)?;
        let read = |reply: Result<_, x11rb::errors::ReplyError>| {
            reply.ok().map(|r: x11rb::protocol::xproto::GetPropertyReply| r.value).filter(|value| !value.is_empty())
        };
        let (modern, old) = (read(modern.reply()), read(old.reply()));
        Ok(modern.or(old).map(|bytes| clean(&bytes)))
    }
}

/// A title as it may be shown to others: anybody can set one.
pub fn clean(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).take(TITLE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_bounded_and_has_no_control_characters() {
        assert_eq!(clean(b"a\x1b[31mb\xff"), "a[31mb\u{fffd}");
        assert_eq!(clean("ü".repeat(500).as_bytes()).chars().count(), TITLE_CHARS);
    }
}
