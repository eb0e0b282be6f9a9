//! Remote identities: those that joined, open invitations, and the roles that the configuration gives them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Identity, IdentityName, IdentityRole, Pin};

/// How long an invitation is remembered after its end, so that its bearer hears why it is refused.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// A remote identity as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentityRecord {
    /// Its name.
    pub name: IdentityName,
    /// The role it was invited with.
    pub role: IdentityRole,
    /// The hash of the public key that it was last seen to use.
    pub key: Pin,
    /// The hash of the one that it was given at its last renewal. Both are good, because the answer to a renewal may be lost.
    pub next_key: Option<Pin>,
    /// When it joined.
    pub created: Timestamp,
    /// The name of the actor that invited it.
    pub created_by: String,
    /// Since when it is refused, and the name of the actor that revoked it.
    pub revoked: Option<(Timestamp, String)>,
}

/// An invitation as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct InvitationRecord {
    /// The hash of its secret.
    pub secret: Pin,
    /// The name of the one who is invited, if the invitation is for one.
    pub name: Option<IdentityName>,
    /// Their role.
    pub role: IdentityRole,
    /// When it was made.
    pub created: Timestamp,
    /// The name of the actor that made it.
    pub created_by: String,
    /// Until when it can be used.
    pub expires: Timestamp,
    /// When, by whom and from where it was used.
    pub used: Option<(Timestamp, IdentityName, String)>,
}

/// A change of the remote identities.
#[derive(Debug, Clone, PartialEq)]
pub enum IdentityChange {
    /// An invitation was made. Those that ended long before are forgotten.
    Invited(InvitationRecord),
    /// An invitation was used: the identity is new, or has another key and role.
    Joined {
        /// The identity.
        identity: IdentityRecord,
        /// The hash of the invitation's secret.
        secret: Pin,
        /// From where.
        from: String,
    },
    /// An identity that used one key has another one from now on, if the one that it used is still its own.
    Rekeyed {
        /// Its name.
        name: IdentityName,
        /// The key that it used to ask.
        used: Pin,
        /// The new one.
        next: Pin,
    },
    /// An identity is refused from now on, and its open invitations are withdrawn.
    Revoked {
        /// Its name.
        name: IdentityName,
        /// Since when.
        at: Timestamp,
        /// By whom.
        by: String,
    },
}

impl IdentityChange {
    /// Invitations that ended before this are forgotten when another is made at `now`.
    pub fn forgotten_before(now: Timestamp) -> Timestamp {
        now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN)
    }
}

/// Every identity and invitation of a host.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    known: BTreeMap<IdentityName, IdentityRecord>,
    invitations: BTreeMap<Pin, InvitationRecord>,
    configured: BTreeMap<IdentityName, IdentityRole>,
    lifetime: SignedDuration,
}

impl Identities {
    /// From what was stored and configured: the roles of some names, and how long an invitation lasts.
    pub fn new(
        known: Vec<IdentityRecord>,
        invitations: Vec<InvitationRecord>,
        configured: BTreeMap<IdentityName, IdentityRole>,
        lifetime: SignedDuration,
    ) -> Self {
        Identities {
            known: known.into_iter().map(|record| (record.name.clone(), record)).collect(),
            invitations: invitations.into_iter().map(|record| (record.secret.clone(), record)).collect(),
            configured,
            lifetime,
        }
    }

    /// How long an invitation lasts.
    pub fn lifetime(&self) -> SignedDuration {
        self.lifetime
    }

    /// The identity of this name.
    pub fn get(&self, name: &IdentityName) -> Option<&IdentityRecord> {
        self.known.get(name)
    }

    /// The invitation with this secret's hash.
    pub fn invitation(&self, secret: &Pin) -> Option<&InvitationRecord> {
        self.invitations.get(secret)
    }

    /// How many invitations of this name nobody has used yet.
    pub fn invited(&self, name: &IdentityName) -> usize {
        self.invitations.values().filter(|i| i.used.is_none() && i.name.as_ref() == Some(name)).count()
    }

    /// Whether somebody is invited by this name at this time, and has not come yet.
    pub fn is_invited(&self, name: &IdentityName, now: Timestamp) -> bool {
        let by_name = |i: &&InvitationRecord| i.name.as_ref() == Some(name);
        self.invitations.values().filter(by_name).any(|i| i.used.is_none() && i.expires > now)
    }

    /// Whether the configuration gives this name a role.
    pub fn is_configured(&self, name: &IdentityName) -> bool {
        self.configured.contains_key(name)
    }

    /// Every identity, as callers see it.
    pub fn shown(&self) -> Vec<Identity> {
        self.known.values().map(|record| self.show(record)).collect()
    }

    /// An identity, as callers see it.
    pub fn show(&self, record: &IdentityRecord) -> Identity {
        Identity {
            name: record.name.clone(),
            role: self.role(record),
            key: record.next_key.as_ref().unwrap_or(&record.key).clone(),
            created: record.created,
            created_by: record.created_by.clone(),
            revoked: record.revoked.as_ref().map(|(at, _)| *at),
            revoked_by: record.revoked.as_ref().map(|(_, by)| by.clone()),
        }
    }

    fn role(&self, record: &IdentityRecord) -> IdentityRole {
        self.configured.get(&record.name).copied().unwrap_or(record.role)
    }

    /// The role of an identity that proved to have this key.
    ///
    /// # Errors
    /// [`ErrorId::AccessDenied`]: nobody of this name may call, or not with this key.
    pub fn admit(&self, name: &IdentityName, key: &Pin) -> Result<IdentityRole, Error> {
        let ask = "ask an administrator of the host for a new invitation (`usher invite`), and join again";
        let denied = |why: String| Error::new(ErrorId::AccessDenied, why).hint(ask);
        let record = self.known.get(name).ok_or_else(|| denied(format!("this host knows no identity {name}")))?;
        if let Some((at, by)) = &record.revoked {
            return Err(denied(format!("{name} was revoked on this host by {by} at {at}")));
        }
        if record.key != *key && record.next_key.as_ref() != Some(key) {
            return Err(denied(format!("{name} has another key on this host: it joined again, or renewed elsewhere")));
        }
        match self.role(record) {
            IdentityRole::None => {
                let why = format!("the configuration of this host gives {name} no role");
                Err(Error::new(ErrorId::AccessDenied, why).hint("ask an administrator of the host"))
            }
            role => Ok(role),
        }
    }

    /// Applies a change that the store has written.
    pub fn apply(&mut self, change: &IdentityChange) {
        match change {
            IdentityChange::Invited(invitation) => {
                let before = IdentityChange::forgotten_before(invitation.created);
                self.invitations.retain(|_, i| i.expires >= before);
                self.invitations.insert(invitation.secret.clone(), invitation.clone());
            }
            IdentityChange::Joined { identity, secret, from } => {
                self.known.insert(identity.name.clone(), identity.clone());
                if let Some(invitation) = self.invitations.get_mut(secret) {
                    invitation.used = Some((identity.created, identity.name.clone(), from.clone()));
                }
            }
            IdentityChange::Rekeyed { name, used, next } => {
                let has = |r: &&mut IdentityRecord| r.key == *used || r.next_key.as_ref() == Some(used);
                if let Some(record) = self.known.get_mut(name).filter(has) {
                    record.key = used.clone();
                    record.next_key = Some(next.clone());
                }
            }
            IdentityChange::Revoked { name, at, by } => {
                if let Some(record) = self.known.get_mut(name) {
                    record.revoked = Some((*at, by.clone()));
                }
                self.invitations.retain(|_, i| i.used.is_some() || i.name.as_ref() != Some(name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_is_given_only_to_whoever_has_a_key_that_is_good() {
        let pin = |text: &str| Pin::of(text.as_bytes());
        let name: IdentityName = "olga@laptop".parse().unwrap();
        let joined = |key: &str| IdentityRecord {
            name: name.clone(),
            role: IdentityRole::Operator,
            key: pin(key),
            next_key: None,
            created: Timestamp::UNIX_EPOCH,
            created_by: "root".to_owned(),
            revoked: None,
        };
        let mut identities =
            Identities::new(vec![joined("a")], Vec::new(), BTreeMap::new(), SignedDuration::from_hours(1));
        let rekey =
            |used: &str, next: &str| IdentityChange::Rekeyed { name: name.clone(), used: pin(used), next: pin(next) };
        identities.apply(&rekey("a", "b"));
        identities.apply(&rekey("b", "c"));
        assert!(identities.admit(&name, &pin("b")).is_ok() && identities.admit(&name, &pin("c")).is_ok());
        // She joined again: what was asked with the key of before comes too late.
        identities.apply(&IdentityChange::Joined { identity: joined("x"), secret: pin("s"), from: String::new() });
        identities.apply(&rekey("c", "d"));
        assert!(identities.admit(&name, &pin("c")).is_err() && identities.admit(&name, &pin("d")).is_err());
        assert!(identities.admit(&name, &pin("x")).is_ok());
    }
}
