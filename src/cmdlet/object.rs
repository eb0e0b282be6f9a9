//! A session as an object: what `Get-WmsSession` writes, and every cmdlet reads from a pipe.

use jiff::Timestamp;
use serde::Serialize;
use usher_core::session::{Session, State};

/// A session with the property names of the reference, and ours behind them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct WmsSession {
    session_id: u32,
    state: &'static str,
    is_orchestratable: bool,
    is_admin: bool,
    #[serde(rename = "IsMOGUser")]
    is_mog_user: bool,
    user_name: String,
    /// 0 for a remote client, null where nobody sits.
    station_id: Option<u32>,
    computer_name: String,
    client_name: Option<String>,
    domain_name: String,
    is_rail: bool,
    is_locked: bool,
    lock_message: Option<String>,
    locked_by: Option<String>,
    locked_since: Option<Timestamp>,
    /// Only where one was asked for; null where none could be taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail: Option<Option<String>>,
}

impl WmsSession {
    /// The session with a picture of its screen, as text: null where none could be taken.
    #[must_use]
    pub fn with_thumbnail(self, thumbnail: Option<String>) -> Self {
        WmsSession { thumbnail: Some(thumbnail), ..self }
    }
}

impl From<Session> for WmsSession {
    fn from(session: Session) -> Self {
        let Session { session_id, user, station_id, host, client, admin, operator, orchestratable, .. } = session;
        let lock = session.lock;
        WmsSession {
            session_id,
            state: state(session.state),
            is_orchestratable: orchestratable,
            is_admin: admin,
            is_mog_user: operator,
            domain_name: domain(&user).unwrap_or(&host).to_owned(),
            user_name: user,
            station_id,
            computer_name: host,
            client_name: client,
            is_rail: false,
            is_locked: session.locked,
            lock_message: lock.as_ref().map(|lock| lock.message.to_string()),
            locked_by: lock.as_ref().map(|lock| lock.by.clone()),
            locked_since: lock.map(|lock| lock.since),
            thumbnail: None,
        }
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Connected => "ConnectedToStation",
        State::Remote => "RemoteConnection",
        State::Disconnected => "Disconnected",
        // No cmdlet is shown a session that has ended.
        State::Closing | State::Ended => "Closing",
    }
}

/// The domain in a name that a directory service gave (`alice@corp`, `CORP\alice`); a local account is the host's.
fn domain(user: &str) -> Option<&str> {
    let behind = user.rsplit_once('@').map(|(_, domain)| domain);
    behind.or_else(|| user.split_once('\\').map(|(domain, _)| domain)).filter(|domain| !domain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_directory_service_has_its_domain_in_it() {
        assert_eq!(domain("alice@corp.example"), Some("corp.example"));
        assert_eq!(domain("CORP\\alice"), Some("CORP"));
        assert_eq!(domain("alice"), None);
    }
}
