//! The files and variables that verbs read.

use usher_core::login_shells::RECORD;

use crate::words::{Key, key};

pub(super) const DAEMON_SETTINGS: (&str, Key) = ("/etc/usher/usherd.toml", key!("file-usherd"));
pub(super) const STATION_SETTINGS: (&str, Key) = ("~/.config/usher/usher.toml", key!("file-usher"));
pub(super) const GROUPS: (&str, Key) = ("~/.config/usher/groups.toml", key!("file-groups"));
pub(super) const LOGIN_FILE: (&str, Key) = ("/etc/ssh/sshd_config.d/50-usher-login.conf", key!("file-login"));
pub(super) const LOGIN_SHELLS: (&str, Key) = (RECORD, key!("file-login-shells"));

/// What a login reads beside what a station does.
pub(super) const LOGIN: [(&str, Key); 3] = [
    ("SSH_ORIGINAL_COMMAND", key!("env-ssh-command")),
    ("SSH_AUTH_SOCK", key!("env-ssh-agent")),
    ("TERM", key!("env-term")),
];

/// What a station reads.
pub(super) const STATION: [(&str, Key); 5] = [
    ("USHER_DETACH_KEYS", key!("env-detach-keys")),
    ("USHER_MOUSE", key!("env-mouse")),
    ("USHER_CLIPBOARD", key!("env-clipboard")),
    ("TERM", key!("env-term")),
    ("COLORTERM", key!("env-colorterm")),
];
