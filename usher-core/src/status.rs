//! What a daemon tells of itself, as `GET /v1/status` answers it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};
use utoipa::ToSchema;

/// A daemon, as far as the caller may know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HostStatus {
    /// The host's name.
    pub host: String,
    /// The daemon's version.
    pub version: String,
    /// The version of its API.
    pub api_version: String,
    /// Whose sessions it controls: `system` for the host's, `user` for its own user's.
    pub mode: String,
    /// Since when it runs.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The socket that it answers on.
    pub socket: String,
    /// The caller's name. Daemons of before do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The caller's role: `administrator`, `operator` or `user`.
    pub role: String,
    /// Users read on their screens who looks at them. Daemons of before tell nobody.
    #[serde(default)]
    pub tells_looks: bool,
    /// The sessions that the caller may see.
    pub sessions: usize,
    /// How many of them are locked.
    pub locked: usize,
    /// The standing rules; null for ordinary users.
    pub rules: Option<usize>,
    /// The remote identities that joined this host and are not revoked; null for all but administrators.
    pub identities: Option<usize>,
    /// Where the gateway listens for them; null where it does not run, and for all but administrators.
    pub gateway: Option<String>,
    /// The database; null for all but administrators.
    pub store: Option<StoreStatus>,
    /// What does not work as it should.
    pub degraded: Vec<Degradation>,
}

/// The daemon's database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreStatus {
    /// Its directory.
    pub directory: String,
    /// The version of its tables.
    pub schema: i64,
    /// The size of its files.
    pub bytes: u64,
}

/// Something that does not work as it should, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Degradation {
    /// What it is; one of a fixed list, to which later versions may add.
    pub id: String,
    /// A sentence that says so.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// What may be wrong with a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray)]
pub enum HostTrouble {
    /// No text session can be opened.
    NoHolder,
    /// No display can be covered.
    NoShield,
    /// Lock screens of displays show no words.
    NoFont,
    /// Nobody learns of logins.
    LogindNotFollowed,
    /// Remote callers reach nobody.
    NoGateway,
    /// Nothing can be written.
    StoreReadOnly,
    /// Only what frees somebody can be written.
    StoreFull,
    /// What was last to be written was not.
    StoreFailing,
    /// The database does not answer.
    StoreSilent,
}

impl HostTrouble {
    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    fn sentences(self) -> (&'static str, &'static str) {
        match self {
            HostTrouble::NoHolder => {
                ("usher-tty is not beside usherd: no text session can be opened", "install the whole package again")
            }
            HostTrouble::NoShield => {
                ("usher-shield is not beside usherd: no display can be locked", "install the whole package again")
            }
            HostTrouble::NoFont => (
                "the host has no font: lock screens of displays show no words",
                "install one, such as fonts-dejavu-core, and fonts-noto-cjk for Chinese",
            ),
            HostTrouble::LogindNotFollowed => (
                "logind cannot be followed: logins and their ends are not noticed",
                "see `systemctl status systemd-logind dbus`; usherd goes on trying",
            ),
            HostTrouble::NoGateway => (
                "identities have joined this host, and usher-gateway does not run: they reach nobody",
                "see `systemctl status usher-gateway`; in --user mode start `usher-gateway --user`",
            ),
            HostTrouble::StoreReadOnly => (
                "the state directory is read-only: nothing can be locked, unlocked or closed",
                "make it writable; `usherd --release-all` frees every session meanwhile",
            ),
            HostTrouble::StoreFull => (
                "the state directory's disk is full: locks are refused; unlocking and closing still work",
                "free some space there",
            ),
            HostTrouble::StoreFailing => {
                ("the database could not be written the last time", "see usherd's log; mend the state directory's disk")
            }
            HostTrouble::StoreSilent => (
                "the database does not answer: its disk is slow or hangs",
                "mend the state directory's disk; `usherd --release-all` frees every session meanwhile",
            ),
        }
    }
}

impl From<HostTrouble> for Degradation {
    fn from(trouble: HostTrouble) -> Self {
        let (message, hint) = trouble.sentences();
        Degradation { id: trouble.as_str().to_owned(), message: message.to_owned(), hint: hint.to_owned() }
    }
}
