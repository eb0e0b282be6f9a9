//! The names of actions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;
use utoipa::ToSchema;

use super::InvalidValue;

/// The name of an action, without its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Verb {
    /// `usher lock`
    Lock,
    /// `usher unlock`
    Unlock,
    /// `usher disconnect`
    Disconnect,
    /// `usher close`
    Close,
    /// `usher close --cancel`
    #[serde(rename = "cancel-close")]
    #[strum(serialize = "cancel-close")]
    CancelClose,
    /// `usher block`
    Block,
    /// `usher unblock`
    Unblock,
    /// `usher open`
    Open,
    /// `usher attach`
    Attach,
    /// `usher thumbnail`
    Thumbnail,
    /// `usher show`
    Show,
    /// `usher rename`
    Rename,
    /// `usher list`
    List,
    /// `usher blocks`
    Blocks,
    /// `usher audit`
    Audit,
    /// `usher watch`
    Watch,
    /// `usher status`
    Status,
    /// `usher invite`
    Invite,
    /// `usher join`, as the host sees it
    Redeem,
    /// A remote identity renewed its certificate with another key.
    Rekey,
    /// `usher revoke`
    Revoke,
    /// `usher identities`
    Identities,
    /// Somebody signed in on the web page, or tried to.
    #[serde(rename = "sign-in")]
    #[strum(serialize = "sign-in")]
    SignIn,
    /// Somebody signed out, or was.
    #[serde(rename = "sign-out")]
    #[strum(serialize = "sign-out")]
    SignOut,
    /// A lock or a block reached its end; asked for by the one who set it, done by the daemon.
    Expire,
    /// `usherd --release-all`
    Release,
    /// A session came to its end without a caller: its program ended or its holder died.
    End,
    /// A new login that a rule refused, told by PAM's module.
    Login,
}

impl Verb {
    /// Every verb that the audit log can hold.
    pub const AUDITED: [Verb; 22] = [
        Verb::Lock,
        Verb::Unlock,
        Verb::Disconnect,
        Verb::Close,
        Verb::CancelClose,
        Verb::Block,
        Verb::Unblock,
        Verb::Open,
        Verb::Attach,
        Verb::Thumbnail,
        Verb::Show,
        Verb::Rename,
        Verb::Invite,
        Verb::Redeem,
        Verb::Rekey,
        Verb::Revoke,
        Verb::SignIn,
        Verb::SignOut,
        Verb::Expire,
        Verb::Release,
        Verb::End,
        Verb::Login,
    ];

    /// The verb in lower case.
    ///
    /// Not inlined: LLVM 22 spends ten minutes on what becomes of the loops over all verbs otherwise (constraint elimination).
    #[inline(never)]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Verb {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Verb::AUDITED.into_iter().find(|verb| verb.as_str() == text).ok_or_else(|| {
            let known = audited();
            InvalidValue::new(format!("`{text}` is not an audited action; those are {known}"))
        })
    }
}

/// The names of all verbs that the audit log can hold. Not by `join`, see [`Verb::as_str`].
fn audited() -> String {
    let mut names = String::new();
    for verb in Verb::AUDITED {
        if !names.is_empty() {
            names += ", ";
        }
        names += verb.as_str();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_is_spelled_as_in_json() {
        for verb in Verb::AUDITED {
            assert_eq!(serde_json::to_value(verb).unwrap(), verb.as_str());
            assert_eq!(verb.as_str().parse(), Ok(verb));
        }
    }
}
