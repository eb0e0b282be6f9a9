//! Follows logind: its list once, then its signals. Nothing is asked periodically. When logind or the
//! bus restarts, the list is read again.
//!
//! A task takes the signals as they come, on a connection that nothing else uses, and notes what they are about. Calls
//! have another connection: an answer never waits behind signals, nor do signals wait while somebody reads the list.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, SelectAll};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use zbus::message::Type;
use zbus::{Connection, MatchRule, Message, MessageStream, OwnedObjectPath};

use super::LoginChange;
use super::bus::{Bus, DEADLINE, LOGIND};
use super::changes::{Hint, Hints, MOST, PendingHints};

/// How long to wait before the bus, or a session that could not be looked at, is tried again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long to rest after a look at sessions that are new or gone.
const SHORT_REST: Duration = Duration::from_millis(20);
/// How long to rest after a look at sessions that were looked at before: a user who changes one all the time is looked at
/// so often and no more.
const LONG_REST: Duration = Duration::from_millis(250);
/// The most sessions that are looked at side by side.
const BESIDE: usize = 16;

/// Follows logind for as long as somebody listens. Each change waits until the listener has room for it.
pub async fn follow(bus: Bus, listener: mpsc::Sender<LoginChange>) {
    let mut warned = false;
    while !listener.is_closed() {
        if let Err(error) = follow_once(&bus, &listener).await
            && !std::mem::replace(&mut warned, true)
        {
            tracing::warn!("logind cannot be followed: {error}; trying again until it can");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One life of the connections: an error when it ends, success when nobody listens any more.
async fn follow_once(bus: &Bus, listener: &mpsc::Sender<LoginChange>) -> Result<(), String> {
    let connections = async { tokio::try_join!(connect_to_signals(), Connection::system()) };
    let connections = tokio::time::timeout(DEADLINE, connections).await;
    let (signals, calls) = connections.map_err(|_| "the bus does not answer")?.map_err(|e| e.to_string())?;
    let pending = Arc::new(PendingHints::default());
    // Following begins before the list is read, so that nothing falls between the two.
    let mut draining = JoinSet::new();
    draining.spawn(drain(signals, Arc::clone(&pending)));
    bus.set(Some(calls));
    pending.note(Hint::Everything);
    let followed = report(bus, listener, &pending).await;
    bus.set(None);
    followed
}

async fn connect_to_signals() -> zbus::Result<SelectAll<MessageStream>> {
    let connection = Connection::system().await?;
    let mut signals = SelectAll::new();
    for rule in rules()? {
        signals.push(MessageStream::for_match_rule(rule, &connection, None).await?);
    }
    Ok(signals)
}

/// Takes every signal at once, so that the bus never waits for us.
async fn drain(mut signals: SelectAll<MessageStream>, pending: Arc<PendingHints>) {
    while let Some(Ok(message)) = signals.next().await {
        if let Some(hint) = hint(&message) {
            pending.note(hint);
        }
    }
    pending.end();
}

/// Looks at what signals hint at, and passes on what logind answers.
async fn report(bus: &Bus, listener: &mpsc::Sender<LoginChange>, pending: &PendingHints) -> Result<(), String> {
    let mut known = BTreeSet::new();
    while let Some(hints) = pending.next().await {
        let rest = if is_news(&hints, &mut known) { SHORT_REST } else { LONG_REST };
        let (changes, missed) = look(bus, hints).await?;
        for change in changes {
            if listener.send(change).await.is_err() {
                return Ok(());
            }
        }
        let rest = if missed.is_empty() { rest } else { PAUSE };
        missed.into_iter().for_each(|hint| pending.note(hint));
        tokio::time::sleep(rest).await;
    }
    Err("the connection to the system bus ended".to_owned())
}

/// Whether these hints are about more than sessions that are `known` already. They are from now on.
fn is_news(hints: &Hints, known: &mut BTreeSet<String>) -> bool {
    let new = hints.sessions.difference(known).count();
    if hints.everything || known.len() + new > MOST {
        known.clear();
    }
    known.extend(hints.sessions.iter().cloned());
    hints.everything || !hints.removed.is_empty() || new > 0
}

/// What logind answers, and the hints about which it did not answer. A signal is a hint: what counts is the answer.
async fn look(bus: &Bus, hints: Hints) -> Result<(Vec<LoginChange>, Vec<Hint>), String> {
    if hints.everything {
        let all = bus.logins().await.map_err(|e| e.to_string())?;
        return Ok((vec![LoginChange::All(all)], Vec::new()));
    }
    let removed = hints.removed.into_iter().map(Hint::Removed);
    let looks = removed.chain(hints.sessions.into_iter().map(Hint::Session)).map(|hint| look_at(bus, hint));
    let looked: Vec<_> = stream::iter(looks).buffer_unordered(BESIDE).collect().await;
    let (mut changes, mut missed) = (Vec::new(), Vec::new());
    for one in looked {
        match one {
            Ok(change) => changes.extend(change),
            Err(hint) => missed.push(hint),
        }
    }
    Ok((changes, missed))
}

async fn look_at(bus: &Bus, hint: Hint) -> Result<Option<LoginChange>, Hint> {
    let changed = |login| LoginChange::One(Box::new(login));
    let answer = match &hint {
        Hint::Session(path) => bus.login(path).await.map(|login| login.map(changed)),
        Hint::Removed(id) => {
            let gone = LoginChange::Removed(id.clone());
            bus.login_by_id(id).await.map(|login| Some(login.map_or(gone, changed)))
        }
        Hint::Everything => return Ok(None),
    };
    answer.map_err(|_| hint)
}

/// What a signal is about.
fn hint(message: &Message) -> Option<Hint> {
    let header = message.header();
    let body = message.body();
    match header.member()?.as_str() {
        "SessionNew" => {
            let (_, path): (String, OwnedObjectPath) = body.deserialize().ok()?;
            Some(Hint::Session(path.to_string()))
        }
        "SessionRemoved" => {
            let (id, _): (String, OwnedObjectPath) = body.deserialize().ok()?;
            Some(Hint::Removed(id))
        }
        "PropertiesChanged" => Some(Hint::Session(header.path()?.to_string())),
        "NameOwnerChanged" => {
            let (_, _, owner): (String, String, String) = body.deserialize().ok()?;
            (!owner.is_empty()).then_some(Hint::Everything)
        }
        _ => None,
    }
}

fn rules() -> zbus::Result<[MatchRule<'static>; 3]> {
    let signal = || MatchRule::builder().msg_type(Type::Signal);
    Ok([
        signal().sender(LOGIND).interface("org.freedesktop.login1.Manager").build()?,
        signal()
            .sender(LOGIND)
            .interface("org.freedesktop.DBus.Properties")
            .member("PropertiesChanged")
            .path_namespace("/org/freedesktop/login1/session")
            .build()?,
        signal()
            .sender("org.freedesktop.DBus")
            .interface("org.freedesktop.DBus")
            .member("NameOwnerChanged")
            .arg(0, LOGIND)
            .build()?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_news_once() {
        let (hints, mut known) = (Hints { sessions: ["a".to_owned()].into(), ..Hints::default() }, BTreeSet::new());
        assert!(is_news(&hints, &mut known) && !is_news(&hints, &mut known));
        assert!(is_news(&Hints { removed: ["1".to_owned()].into(), ..hints.clone() }, &mut known));
        assert!(is_news(&Hints { sessions: ["b".to_owned()].into(), ..hints.clone() }, &mut known));
        assert!(is_news(&Hints { everything: true, ..Hints::default() }, &mut known) && is_news(&hints, &mut known));
    }
}
