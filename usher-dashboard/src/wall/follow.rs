//! Follows one host: its sessions and rules, and then what happens to them. A host that is gone is tried again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{interval, timeout};
use usher::client::events::{EventReader, SILENCE};
use usher::client::{AnswerStream, ClientError};
use usher_core::clock;
use usher_core::event::{Event, EventKind};
use usher_core::outcome::ErrorId;
use usher_core::request::{Action, WatchQuery};
use usher_core::session::{Rule, Session};
use usher_core::status::HostStatus;

use super::{HeardHost, HostReach, Wall, WallHost, bounds};
use crate::words::key;

/// How long to wait before a host that is gone is tried again: at first, and at most.
const RETRY: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(5)];
/// How often a host is asked for what it tells nobody, such as how long sessions have been idle.
const REFRESH: Duration = Duration::from_secs(10);

/// Follows a host for good.
pub async fn follow(wall: Arc<Wall>, index: usize) {
    let mut wait = RETRY[0];
    loop {
        let mut reached = false;
        let why = match follow_once(&wall, index, &mut reached).await {
            Ok(()) => key!("dashboard-host-stopped").text(&[]),
            // The sign-in is over; the page says so when it asks next. A joined host may say no for itself.
            Err(error) if error.error.id == ErrorId::AccessDenied && wall.of_sign_in && index == 0 => {
                return wall.end();
            }
            Err(error) => error.error.message,
        };
        wall.change(index, |host| {
            host.reach = HostReach::Lost;
            host.why = Some(why.chars().take(300).collect());
        });
        wait = if reached { RETRY[0] } else { (wait * 2).min(RETRY[1]) };
        tokio::time::sleep(wait).await;
    }
}

/// Follows it for as long as one connection lasts. What happens while the list is asked for is told after it.
async fn follow_once(wall: &Arc<Wall>, index: usize, reached: &mut bool) -> Result<(), ClientError> {
    let Some(host) = wall.host(index) else { return Ok(()) };
    let mut events = watched(host).await?;
    ask(wall, index).await?;
    ask_version(wall, index).await;
    *reached = true;
    let mut reader = EventReader::default();
    let mut refresh = interval(REFRESH);
    refresh.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    refresh.reset();
    loop {
        let heard = tokio::select! {
            heard = timeout(SILENCE, events.next()) => heard,
            _ = refresh.tick() => {
                if !wall.is_unseen() {
                    ask(wall, index).await?;
                }
                continue;
            }
        };
        let Some(bytes) = heard.unwrap_or(Ok(None))? else { return Ok(()) };
        if !take(wall, index, &mut reader, &bytes).await? {
            return Ok(());
        }
    }
}

/// What happens on a host, its screens included where it tells of them.
async fn watched(host: &WallHost) -> Result<AnswerStream, ClientError> {
    let ask = |screens| Action::Watch(WatchQuery { screens, ..WatchQuery::default() });
    match host.client().call_stream(&ask(true)).await {
        // A host of before 0.2.0.
        Err(error) if error.error.id == ErrorId::InvalidRequest => host.client().call_stream(&ask(false)).await,
        watched => watched,
    }
}

/// Takes what a host says; false if it is not what usherd would say, or the last of it.
async fn take(wall: &Arc<Wall>, index: usize, reader: &mut EventReader, bytes: &[u8]) -> Result<bool, ClientError> {
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
        if !reader.take(piece) {
            return Ok(false);
        }
        let Some(block) = reader.whole() else { continue };
        if block.denied {
            return Ok(false);
        }
        let Some(json) = block.data else { continue };
        // A kind of event that a newer daemon knows: the list has what came of it.
        match serde_json::from_slice::<Event>(&json) {
            Ok(event) if event.event != EventKind::Lagged => wall.change(index, |host| host.happened(event)),
            _ => ask(wall, index).await?,
        }
    }
    if let Some(host) = wall.host(index) {
        host.known().last_word = Some(clock::now());
    }
    Ok(true)
}

/// Asks for the version. A host that does not say has none that is known.
async fn ask_version(wall: &Arc<Wall>, index: usize) {
    let Some(host) = wall.host(index) else { return };
    let status = host.client().call::<HostStatus>(&Action::Status).await.ok();
    wall.change(index, |host| {
        host.tells_looks = status.as_ref().is_some_and(|status| status.tells_looks);
        host.version = status.map(|status| status.version.chars().take(40).collect());
    });
}

/// Asks for all sessions and rules.
async fn ask(wall: &Arc<Wall>, index: usize) -> Result<(), ClientError> {
    let Some(host) = wall.host(index) else { return Ok(()) };
    let sessions: Vec<Session> = host.client().call(&Action::List).await?;
    let rules = match host.client().call::<Vec<Rule>>(&Action::Blocks).await {
        Ok(rules) => Some(bounds::rules(rules)),
        Err(error) if error.error.id == ErrorId::AccessDenied => None,
        Err(error) => return Err(error),
    };
    wall.change(index, |host| {
        host.sessions = bounds::sessions(sessions);
        let sessions = &host.sessions;
        host.changes.retain(|id, _| sessions.contains_key(id));
        host.rules = rules;
        (host.reach, host.why, host.last_word) = (HostReach::Here, None, Some(clock::now()));
    });
    Ok(())
}

impl HeardHost {
    /// Takes in what happened.
    fn happened(&mut self, event: Event) {
        if event.event == EventKind::ScreenChanged {
            // A session that is not known has no tile.
            let known = event.session.map(|session| session.session_id).filter(|id| self.sessions.contains_key(id));
            known.into_iter().for_each(|id| *self.changes.entry(id).or_default() += 1);
            return;
        }
        if let Some(session) = event.session {
            self.session_is(event.event, session);
        }
        if let (Some(rule), Some(rules)) = (event.rule, &mut self.rules) {
            rules.retain(|known| known.name != rule.name);
            if event.event == EventKind::Blocked {
                rules.push(bounds::rule(rule));
            }
        }
    }

    fn session_is(&mut self, kind: EventKind, session: Session) {
        let id = session.session_id;
        if matches!(kind, EventKind::Closed | EventKind::HolderDied) {
            self.sessions.remove(&id);
            self.changes.remove(&id);
        } else if bounds::has_room(&self.sessions, id) {
            // Events are the same for all who watch: only the list says which session is the caller's own.
            let own = self.sessions.get(&id).is_some_and(|known| known.own);
            self.sessions.insert(id, bounds::session(Session { own, ..session }));
        }
    }
}
