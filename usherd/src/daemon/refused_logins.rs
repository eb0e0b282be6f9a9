//! Logins that PAM's module refused, for the audit log.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::net::UnixDatagram;
use usher_core::audit::AuditTarget;
use usher_core::clock;
use usher_core::logins::RefusedLogin;
use usher_core::outcome::{Error, ErrorId, Outcome, OutcomeResult};
use usher_core::paths::refused_logins_of;
use usher_core::request::Verb;

use crate::host::Host;
use crate::store::{Attempt, Share};

/// The most bytes of one refusal. Names of users and services are short.
const MOST_BYTES: usize = 2048;

/// Listens to login programs: only root's can write here.
///
/// # Errors
/// There can be no socket.
pub(super) fn listen(socket: &Path) -> io::Result<UnixDatagram> {
    let path = refused_logins_of(socket);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => UnixDatagram::bind(path),
    }
}

/// Records what login programs tell, one refusal after the other. What finds no room waits for nobody: the host's log has
/// it.
pub(super) async fn record(host: Arc<Host>, socket: UnixDatagram) {
    let mut buffer = [0; MOST_BYTES];
    loop {
        let refused = match socket.recv(&mut buffer).await {
            Ok(length) => serde_json::from_slice::<RefusedLogin>(&buffer[..length]),
            Err(error) => {
                tracing::error!("refused logins are no longer recorded: {error}");
                return;
            }
        };
        let Ok(refused) = refused else { continue };
        let (attempt, outcome) = (attempt(&refused), outcome(&host.name, &refused));
        if let Err(fault) = host.store.record(attempt, vec![outcome]).await {
            tracing::warn!("a refused login could not be recorded: {fault}");
        }
    }
}

/// The record takes room from the part of what happens to the user's sessions: the user can try as often as they like.
fn attempt(refused: &RefusedLogin) -> Attempt {
    let from = match &refused.from {
        Some(host) => format!("{} from {host}", refused.service),
        None => refused.service.clone(),
    };
    Attempt {
        time: clock::now(),
        actor: refused.user.clone(),
        share: Share::of_sessions(refused.uid),
        from,
        action: Verb::Login,
        targets: vec![AuditTarget::Name(refused.rule.clone())],
        left_out: 0,
        message: None,
    }
}

fn outcome(host: &str, refused: &RefusedLogin) -> Outcome {
    let why = Error::new(ErrorId::AccessDenied, format!("the rule `{}` refuses new logins", refused.rule));
    let outcome = Outcome::new(host, Verb::Login, OutcomeResult::Failed);
    Outcome { observed: true, ..outcome.of(None, Some(refused.user.clone())).because(Some(why)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_is_recorded_as_its_users() {
        let refused = RefusedLogin {
            user: "alice".to_owned(),
            uid: 1000,
            service: "sshd".to_owned(),
            from: Some("10.0.0.7".to_owned()),
            rule: "group:pupils".to_owned(),
        };
        let record = attempt(&refused);
        assert_eq!((record.actor.as_str(), record.from.as_str()), ("alice", "sshd from 10.0.0.7"));
        assert_eq!(attempt(&RefusedLogin { from: None, ..refused.clone() }).from, "sshd");
        assert!(!record.share.privileged);
        let outcome = outcome("lab1", &refused);
        assert!(outcome.is_refusal() && outcome.user.as_deref() == Some("alice"));
    }
}
