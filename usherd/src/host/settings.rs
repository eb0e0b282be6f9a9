//! The daemon's configuration file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{IdentityName, IdentityRole};

use crate::accounts::Groups;
use crate::actor::Role;
use crate::store::AuditLimits;

/// The PAM services of Debian's by which people log in. What runs for a user who is there already, such as `su`, `sudo`, `cron`
/// and `systemd-user`, is none.
const LOGIN_SERVICES: [&str; 19] = [
    "sshd",
    "login",
    "remote",
    "gdm-password",
    "gdm-fingerprint",
    "gdm-smartcard",
    "gdm-autologin",
    "lightdm",
    "lightdm-autologin",
    "sddm",
    "sddm-autologin",
    "xdm",
    "lxdm",
    "slim",
    "greetd",
    "xrdp-sesman",
    "tigervnc",
    "cockpit",
    "usher-login",
];

/// What `usherd --config FILE` may set, in TOML.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seconds between SIGHUP and SIGKILL when a session is closed.
    pub close_grace_seconds: u64,
    /// Days for which audit records are kept.
    pub audit_days: u32,
    /// Bytes that the audit log may have.
    pub audit_bytes: u64,
    /// Whether administrators' and operators' sessions may be locked.
    pub orchestrate_admins: bool,
    /// Groups whose members are administrators; root always is. System mode only.
    pub admin_groups: Vec<String>,
    /// Groups whose members are operators. System mode only.
    pub operator_groups: Vec<String>,
    /// Every lock also stops the user's other processes. System mode only.
    pub freeze_while_locked: bool,
    /// How many text sessions a user may have at once. System mode only.
    pub text_sessions_per_user: u32,
    /// Lines above the screen that a text session keeps.
    pub scrollback_lines: u32,
    /// The user as which usher-gateway runs, the only one that may speak for remote identities. System mode only.
    pub gateway_user: String,
    /// Seconds for which an invitation can be used.
    pub invitation_seconds: u32,
    /// The PAM services at which PAM's module refuses new logins under a block. System mode only.
    pub login_services: Vec<String>,
    /// Those of them that let in root and administrators alone until the daemon has started. System mode only.
    pub closed_login_services: Vec<String>,
    /// Seconds after which whoever signed in on the web page signs in again. System mode only.
    pub sign_in_seconds: u32,
    /// Users are told on their screens who looks at them.
    pub tell_looks: bool,
    /// Roles of remote identities, whatever they were invited with.
    pub identities: BTreeMap<IdentityName, IdentityRole>,
}

impl Default for Settings {
    fn default() -> Self {
        let audit = AuditLimits::default();
        Settings {
            close_grace_seconds: 5,
            audit_days: audit.days,
            audit_bytes: audit.bytes,
            orchestrate_admins: false,
            admin_groups: ["usher-admin", "sudo", "wheel"].map(str::to_owned).to_vec(),
            operator_groups: vec!["usher-operator".to_owned()],
            freeze_while_locked: false,
            text_sessions_per_user: 16,
            scrollback_lines: 1000,
            gateway_user: "usher-gateway".to_owned(),
            invitation_seconds: 15 * 60,
            login_services: LOGIN_SERVICES.map(str::to_owned).to_vec(),
            closed_login_services: Vec::new(),
            sign_in_seconds: 8 * 3600,
            tell_looks: false,
            identities: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Reads the file; without one, the defaults.
    ///
    /// # Errors
    /// The file cannot be read, or says something that is no setting.
    pub fn read(path: Option<&Path>) -> Result<Settings, Error> {
        let Some(path) = path else { return Ok(Settings::default()) };
        let wrong = |why: String| {
            Error::new(ErrorId::InvalidRequest, format!("the configuration {}: {why}", path.display()))
                .hint("docs/configuration.md lists the settings")
        };
        let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
        toml::from_str(&text).map_err(|e| wrong(e.to_string()))
    }

    /// The role of a user who is in these groups. Groups that are not known give none.
    pub fn role(&self, uid: u32, groups: &Groups) -> Role {
        if uid == 0 || groups.include_any(&self.admin_groups) {
            Role::Administrator
        } else if groups.include_any(&self.operator_groups) {
            Role::Operator
        } else if groups.are_unknown() {
            Role::Unknown
        } else {
            Role::User
        }
    }

    /// The time between SIGHUP and SIGKILL.
    pub fn close_grace(&self) -> Duration {
        Duration::from_secs(self.close_grace_seconds)
    }

    /// How long an invitation can be used.
    pub fn invitation_lifetime(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.invitation_seconds))
    }

    /// How long a sign-in on the web page lasts.
    pub fn sign_in_lifetime(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.sign_in_seconds))
    }

    /// The audit log's limits.
    pub fn audit_limits(&self) -> AuditLimits {
        AuditLimits { days: self.audit_days, bytes: self.audit_bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_from_groups_and_root_needs_none() {
        let settings = Settings::default();
        let groups = |names: &[&str]| Groups::Known(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(settings.role(0, &groups(&[])), Role::Administrator);
        assert_eq!(settings.role(1000, &groups(&["users", "sudo"])), Role::Administrator);
        assert_eq!(settings.role(1000, &groups(&["usher-operator", "usher-admin"])), Role::Administrator);
        assert_eq!(settings.role(1000, &groups(&["usher-operator"])), Role::Operator);
        assert_eq!(settings.role(1000, &groups(&["users"])), Role::User);
        assert_eq!(settings.role(1000, &Groups::Unknown), Role::Unknown);
        assert_eq!(settings.role(0, &Groups::Unknown), Role::Administrator);
    }
}
