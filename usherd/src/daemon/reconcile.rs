//! Makes the observed state equal to the desired one: after news from a backend, when a lock or a
//! rule reaches its end, when a close is due, and now and then in case something was missed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;
use usher_core::audit::AuditTarget;
use usher_core::clock;
use usher_core::event::EventKind;
use usher_core::outcome::{Error, ErrorId, OutcomeResult};
use usher_core::request::Verb;
use usher_core::session::{Cover, CoverSource, Kind, LockInfo, Session};

use super::expire::{expire, record};
use super::logins;
use crate::backend::Noticed;
use crate::execute::record_ended_looks;
use crate::host::Host;
use crate::session::{Change, Seen, Target, Tracked};

/// How often everything is looked at, whatever happens or does not.
const REST: Duration = Duration::from_secs(5);

/// Runs until the daemon ends.
pub async fn run(host: Arc<Host>, mut noticed: mpsc::UnboundedReceiver<Noticed>) {
    let (mut sweeping, mut tidying) = (every(REST), every(12 * REST));
    let closing: Arc<Closing> = Arc::default();
    let mut retry = Instant::now();
    loop {
        // What could not be written is due still: it waits for its next try.
        let wait = next_deadline(&host).unwrap_or(REST).max(retry.saturating_duration_since(Instant::now()));
        tokio::select! {
            Some(news) = noticed.recv() => {
                notice(&host, &closing, news).await;
                while let Ok(news) = noticed.try_recv() {
                    notice(&host, &closing, news).await;
                }
            }
            () = host.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
            _ = sweeping.tick() => {
                sweep(&host).await;
                record_ended_looks(&host, false).await;
            }
            _ = tidying.tick() => {
                if let Err(error) = host.store.tidy().await {
                    tracing::warn!("the store could not be tidied: {error}");
                }
            }
        }
        if Instant::now() >= retry && expire(&host).await.is_err() {
            retry = Instant::now() + REST;
        }
        close_due(&host, &closing);
    }
}

/// The sessions that are being closed now.
pub(super) type Closing = std::sync::Mutex<BTreeSet<u32>>;

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    interval
}

/// Before anybody is served: what living holders report, ends that passed while nobody looked, and
/// every cover seen to hold.
pub async fn catch_up(host: &Arc<Host>, noticed: &mut mpsc::UnboundedReceiver<Noticed>) {
    while let Ok(news) = noticed.try_recv() {
        notice(host, &Closing::default(), news).await;
    }
    // What could not be written is tried again soon.
    let _ = expire(host).await;
    let targets: Vec<Target> = host.registry().sessions().map(Target::from).collect();
    let covered: Vec<_> = targets.iter().map(|target| (target.id, host.cover_as_desired(target))).collect();
    for (id, covered) in covered {
        if let Err(error) = covered.await {
            tracing::warn!("session {id}: {error}");
        }
    }
    if let Some(sessions) = &host.host_sessions {
        sessions.reconciled();
    }
    let ids: Vec<u32> = host.registry().sessions().map(|session| session.id).collect();
    ids.into_iter().for_each(|id| crate::execute::show_as_ordered(host, id));
}

/// The next moment at which something ends or is due by itself.
fn next_deadline(host: &Host) -> Option<Duration> {
    let now = clock::now();
    let registry = host.registry();
    let locks = registry.sessions().filter_map(|s| s.own_lock.as_ref()?.until);
    let closings = registry.sessions().filter_map(|s| s.closing.as_ref()).map(|order| order.at).filter(|at| *at > now);
    let rules = registry.rules().filter_map(|rule| rule.terms.until);
    let next = locks.chain(closings).chain(rules).min()?;
    Some(Duration::try_from(next.duration_since(now)).unwrap_or_default() + Duration::from_millis(1))
}

pub(super) async fn notice(host: &Arc<Host>, closing: &Closing, news: Noticed) {
    match news {
        Noticed::Changed { id, seen, released } => {
            if let Some((by, at)) = released {
                take_release(host, id, &by, at).await;
            }
            see(host, id, seen);
            cover_if_needed(host, id);
        }
        Noticed::ScreenChanged { id } => host.screen_changed(id),
        Noticed::Logins(news) => logins::take(host, closing, news).await,
        Noticed::Barrier(known) => drop(known.send(())),
        Noticed::Gone { id, how } => {
            let being_closed = closing.lock().is_ok_and(|closing| closing.contains(&id));
            // Whoever closes it sees for itself that it is gone.
            if !being_closed {
                host.session_gone(id, how).await;
            }
            host.text.heard(id);
        }
    }
}

/// Records what a backend saw, and tells those who watch what changed.
fn see(host: &Host, id: u32, seen: Seen) {
    if let Some(highest) = seen.stations.iter().map(|s| s.id).max() {
        host.station_ids_beyond(highest);
    }
    let before = shown(host, id);
    host.registry().see(id, |known| *known = seen);
    let (Some(before), Some(after)) = (before, shown(host, id)) else { return };
    for kind in changes(&before, &after) {
        host.announce(kind, Some(after.session.clone()), None);
    }
}

/// A session, and the cover that its backend saw on it: also one whose time is over, for as long as it is seen.
struct ShownSession {
    session: Session,
    cover: Option<LockInfo>,
}

fn shown(host: &Host, id: u32) -> Option<ShownSession> {
    let registry = host.registry();
    let tracked = registry.get(id)?;
    Some(ShownSession {
        session: host.present_in(&registry, tracked),
        cover: tracked.seen.covers.first().map(|cover| cover.info()),
    })
}

fn changes(before: &ShownSession, after: &ShownSession) -> Vec<EventKind> {
    let mut kinds = Vec::new();
    match (&before.cover, &after.cover) {
        (_, Some(cover)) if before.cover.as_ref() != Some(cover) => kinds.push(EventKind::Locked),
        (Some(_), None) => kinds.push(EventKind::Unlocked),
        _ => {}
    }
    let (before, after) = (&before.session, &after.session);
    match (before.station_id, after.station_id) {
        (None, Some(_)) => kinds.push(EventKind::Attached),
        (Some(_), None) => kinds.push(EventKind::Detached),
        _ => {}
    }
    if before.title != after.title {
        kinds.push(EventKind::Retitled);
    }
    kinds
}

/// Orders the cover that locks and rules say, where the backend saw another.
pub(super) fn cover_if_needed(host: &Host, id: u32) {
    let now = clock::now();
    let target = {
        let registry = host.registry();
        let Some(session) = registry.get(id) else { return };
        let held: Vec<&Cover> = session.seen.covers.iter().filter(|cover| cover.holds(now)).collect();
        let desired = registry.covers(id, now);
        if held.into_iter().eq(desired.iter()) {
            return;
        }
        Target::from(session)
    };
    // A request that is under way has ordered the same already: saying it twice harms nobody.
    let observation = host.cover_as_desired(&target);
    let complaints = Arc::clone(&host.complaints);
    tokio::spawn(async move {
        let failed = observation.await.err().map(|error| error.to_string());
        // It is tried again and again: what is wrong is said once.
        if complaints.is_new(target.id, failed.as_deref()) {
            tracing::warn!("session {}: {}", target.id, failed.unwrap_or_default());
        }
    });
}

/// `usherd --release-all` freed a session: that counts as an unlock by an administrator, also from rules.
///
/// The holder repeats it with everything it reports until the next cover, so it is taken once, and
/// what was set after it stands.
async fn take_release(host: &Arc<Host>, id: u32, by: &str, at: Timestamp) {
    if host.releases.taken(id, at) {
        return;
    }
    let order = host.order.lock().await;
    let (changes, session) = {
        let registry = host.registry();
        let Some(session) = registry.get(id) else { return };
        let covers = registry.covers(id, clock::now()).into_iter().filter(|cover| cover.since <= at);
        let exemptions = covers.filter_map(|cover| match cover.source {
            CoverSource::Rule(rule) => Some(Change::Exempted(rule, session.key.clone())),
            CoverSource::Session => None,
        });
        let own = session.own_lock.as_ref().is_some_and(|lock| lock.since <= at).then_some(Change::LockRemoved(id));
        (own.into_iter().chain(exemptions).collect::<Vec<_>>(), host.present_in(&registry, session))
    };
    if !changes.is_empty() {
        tracing::warn!("session {id} was freed by {by} with --release-all");
        let target = vec![(AuditTarget::Session(id), session.user, OutcomeResult::Done)];
        if record(host, changes.clone(), Verb::Release, by, at, target).await.is_err() {
            // Freed is freed, whatever the disk says: otherwise a disk that fails would keep everybody locked. The holder
            // or shield tells the next daemon too.
            let mut registry = host.registry();
            changes.iter().for_each(|change| registry.apply(change));
        }
    }
    host.releases.take(id, at);
    drop(order);
}

/// Looks at every session, and for every holder that is not connected.
async fn sweep(host: &Arc<Host>) {
    if let Some(sessions) = &host.host_sessions {
        let asking = Arc::clone(host);
        tokio::spawn(async move { asking.look_at_groups().await });
        sessions.look_for_displays();
        sessions.look_at_stations();
    }
    let held = |s: &Tracked| s.kind != Kind::Text || host.text.holds(s.id);
    let sessions: Vec<(u32, bool)> = host.registry().sessions().map(|s| (s.id, held(s))).collect();
    for (id, held) in sessions {
        if held {
            cover_if_needed(host, id);
        } else {
            tokio::spawn(super::adopt::look_again(Arc::clone(host), id));
        }
    }
}

/// Starts the closes whose time has come; one that fails is tried again with the next sweep.
fn close_due(host: &Arc<Host>, closing: &Arc<Closing>) {
    let now = clock::now();
    let due: Vec<_> = {
        let registry = host.registry();
        let due = registry.sessions().filter(|s| s.closing.as_ref().is_some_and(|order| order.at <= now));
        due.map(|session| (Target::from(session), session.kind)).collect()
    };
    for (target, kind) in due {
        let Ok(true) = closing.lock().map(|mut closing| closing.insert(target.id)) else { continue };
        let (host, closing) = (Arc::clone(host), Arc::clone(closing));
        tokio::spawn(async move {
            close(&host, &target, kind).await;
            if let Ok(mut closing) = closing.lock() {
                closing.remove(&target.id);
            }
        });
    }
}

/// Carries out the order to close a session, if it stands still: whoever calls it off holds the host's order.
async fn close(host: &Host, target: &Target, kind: Kind) {
    let turn = host.order.lock().await;
    let begun = host.registry().begin_close(&target.key, target.id, clock::now());
    drop(turn);
    let Some(order) = begun else { return };
    let closed = match host.backend(kind) {
        Some(backend) => backend.close(target, &order.by, host.settings.close_grace()).await,
        None => Err(Error::new(ErrorId::NotSupported, "this kind of session cannot be closed")),
    };
    match closed {
        Ok(killed) => host.session_closed(target.id, killed).await,
        Err(error) => {
            // It is tried again and again: what is wrong is said once.
            if host.complaints.is_new(target.id, Some(&error.to_string())) {
                tracing::warn!("session {} could not be closed: {error}", target.id);
            }
            host.ended(target.id, &Err(error));
        }
    }
}

#[cfg(test)]
mod tests;
