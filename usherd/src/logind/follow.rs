//! Follows logind: its list once, then its signals. Nothing is asked periodically. When logind or the
//! bus restarts, the list is read again.

use std::time::Duration;

use futures_util::StreamExt;
use zbus::message::Type;
use zbus::{Connection, MatchRule, Message, MessageStream, OwnedObjectPath};

use super::Login;
use super::bus::{Bus, LOGIND, MANAGER};

/// How long to wait before the bus is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// What logind says.
#[derive(Debug)]
pub enum News {
    /// These are all.
    All(Vec<Login>),
    /// One is new, or something about it changed.
    One(Box<Login>),
    /// The one with this ID is gone.
    Removed(String),
}

/// Follows logind; `tell` says whether anybody still listens.
pub async fn follow(bus: Bus, tell: impl Fn(News) -> bool) {
    let mut said = false;
    loop {
        match once(&bus, &tell).await {
            Ok(()) => return,
            Err(error) if !said => {
                tracing::warn!("logind cannot be followed: {error}; trying again until it can");
                said = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One life of the connection: an error when it ends, success when nobody listens any more.
async fn once(bus: &Bus, tell: &impl Fn(News) -> bool) -> Result<(), String> {
    let connection = Connection::system().await.map_err(|e| e.to_string())?;
    // Following begins before the list is read, so that nothing falls between the two.
    let mut signals = futures_util::stream::SelectAll::new();
    for rule in rules().map_err(|e| e.to_string())? {
        signals.push(MessageStream::for_match_rule(rule, &connection, None).await.map_err(|e| e.to_string())?);
    }
    bus.set(Some(connection));
    let followed = listen(bus, tell, signals).await;
    bus.set(None);
    followed
}

async fn listen(
    bus: &Bus,
    tell: &impl Fn(News) -> bool,
    mut signals: futures_util::stream::SelectAll<MessageStream>,
) -> Result<(), String> {
    if !tell(News::All(bus.logins().await.map_err(|e| e.to_string())?)) {
        return Ok(());
    }
    while let Some(message) = signals.next().await {
        let message = message.map_err(|e| e.to_string())?;
        // What a signal says is a hint: what counts is what logind answers when it is asked.
        let told = match heard(&message) {
            Heard::Session(path) => bus.login(&path).await.ok().flatten().map(|login| News::One(Box::new(login))),
            Heard::Removed(id) => match bus.login_by_id(&id).await {
                Ok(None) => Some(News::Removed(id)),
                Ok(Some(login)) => Some(News::One(Box::new(login))),
                Err(_) => None,
            },
            Heard::Restarted => Some(News::All(bus.logins().await.map_err(|e| e.to_string())?)),
            Heard::Nothing => None,
        };
        if told.is_some_and(|told| !tell(told)) {
            return Ok(());
        }
    }
    Err("the connection to the system bus ended".to_owned())
}

/// What a message means.
enum Heard {
    Session(OwnedObjectPath),
    Removed(String),
    /// logind is there again.
    Restarted,
    Nothing,
}

fn heard(message: &Message) -> Heard {
    let header = message.header();
    let member = header.member().map(|name| name.as_str().to_owned()).unwrap_or_default();
    let body = message.body();
    match member.as_str() {
        "SessionNew" => {
            body.deserialize::<(String, OwnedObjectPath)>().map_or(Heard::Nothing, |(_, p)| Heard::Session(p))
        }
        "SessionRemoved" => {
            body.deserialize::<(String, OwnedObjectPath)>().map_or(Heard::Nothing, |(id, _)| Heard::Removed(id))
        }
        "PropertiesChanged" => header.path().map_or(Heard::Nothing, |path| Heard::Session(path.to_owned().into())),
        "NameOwnerChanged" => match body.deserialize::<(String, String, String)>() {
            Ok((_, _, owner)) if !owner.is_empty() => Heard::Restarted,
            _ => Heard::Nothing,
        },
        _ => Heard::Nothing,
    }
}

fn rules() -> zbus::Result<[MatchRule<'static>; 3]> {
    let signal = || MatchRule::builder().msg_type(Type::Signal);
    Ok([
        signal().sender(LOGIND).interface(MANAGER).build()?,
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
