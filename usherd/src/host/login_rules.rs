//! What PAM's module reads: whom rules refuse a new login. Login programs read it also while no daemon runs.

use std::io;
use std::path::Path;

use usher_core::files;
use usher_core::logins::{LoginRules, MOST_BYTES};
use usher_core::paths::{login_rules_of, login_settings_in};
use usher_core::session::Rule;

use super::Host;
use super::settings::Settings;
use crate::paths::Mode;
use crate::session::Change;

/// Root alone: who is blocked is not for everybody.
const MODE: u32 = 0o600;

impl Change {
    /// Whether it changes whom rules refuse.
    pub(super) fn concerns_logins(&self) -> bool {
        matches!(self, Change::RuleSet(_) | Change::RuleRemoved(_))
    }
}

impl Host {
    /// Says to login programs what the rules are now. Where that fails, they go by what was said before, and the log has it:
    /// sessions are covered all the same, once they are there.
    pub async fn publish_login_rules(&self) {
        if self.daemon.mode != Mode::System {
            return;
        }
        let rules: Vec<Rule> = {
            let registry = self.registry();
            registry.rules().map(|rule| registry.present_rule(rule)).collect()
        };
        let written = record(&self.settings, rules);
        let path = login_rules_of(&self.daemon.socket);
        let writing = tokio::task::spawn_blocking(move || files::replace(&path, &written?, MODE));
        match writing.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("new logins are judged by the rules of before: {error}"),
            Err(error) => tracing::error!("new logins are judged by the rules of before: {error}"),
        }
    }
}

/// Leaves the settings where login programs find them before the daemon has started after the host did.
///
/// # Errors
/// They cannot be written.
pub fn leave_login_settings(state: &Path, settings: &Settings) -> io::Result<()> {
    files::replace(&login_settings_in(state), &record(settings, Vec::new())?, MODE)
}

/// Takes back what the daemon with this socket, and with this state, said to login programs: they refuse nobody.
///
/// # Errors
/// Something is still there.
pub fn refuse_no_logins(socket: &Path, state: Option<&Path>) -> io::Result<()> {
    for path in [Some(login_rules_of(socket)), state.map(login_settings_in)].into_iter().flatten() {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn record(settings: &Settings, rules: Vec<Rule>) -> io::Result<Vec<u8>> {
    let bytes = serde_json::to_vec(&login_rules(settings, rules))?;
    let long = || io::Error::other(format!("the rules have {} bytes; the most is {MOST_BYTES}", bytes.len()));
    if bytes.len() > MOST_BYTES { Err(long()) } else { Ok(bytes) }
}

fn login_rules(settings: &Settings, rules: Vec<Rule>) -> LoginRules {
    // Administrators are never refused, whatever may be done to their sessions.
    let operators = settings.operator_groups.iter().filter(|_| !settings.orchestrate_admins);
    LoginRules {
        services: settings.login_services.clone(),
        closed_services: settings.closed_login_services.clone(),
        exempt_groups: settings.admin_groups.iter().chain(operators).cloned().collect(),
        rules,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_exempt_unless_they_may_be_locked_and_administrators_always() {
        let groups = |orchestrate_admins| {
            let settings = Settings { orchestrate_admins, ..Settings::default() };
            login_rules(&settings, Vec::new()).exempt_groups
        };
        assert_eq!(groups(false), ["usher-admin", "sudo", "wheel", "usher-operator"]);
        assert_eq!(groups(true), ["usher-admin", "sudo", "wheel"]);
    }

    #[test]
    fn what_was_left_is_taken_back_and_nothing_is_taken_back_twice() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("usher.sock");
        leave_login_settings(directory.path(), &Settings::default()).unwrap();
        let left = std::fs::read(login_settings_in(directory.path())).unwrap();
        let settings: LoginRules = serde_json::from_slice(&left).unwrap();
        assert!(settings.concern("sshd") && settings.rules.is_empty());
        for _ in 0..2 {
            refuse_no_logins(&socket, Some(directory.path())).unwrap();
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        }
    }
}
