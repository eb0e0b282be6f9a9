//! Inviting, joining, renewing keys and revoking, judged by the identities that the host knows.

use usher_core::request::{Address, IdentityName, IdentityRole, InviteRequest, RedeemRequest, RekeyRequest};

use super::{Error, ErrorId, View};
use crate::actor::Who;
use crate::identities::{IdentityChange, IdentityRecord, InvitationRecord};

/// Whether a name is a local user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalName {
    /// No user has it.
    Free,
    /// A user of this host has it.
    Taken,
    /// The user database did not say.
    Unknown,
}

/// The work that a plan about an identity leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum IdentityWork {
    /// A secret is made up and kept as this invitation, whose hash is not known yet.
    Invite {
        /// Who is invited.
        name: Option<IdentityName>,
        /// What they may do.
        role: IdentityRole,
        /// Where the host is reached; empty for what the host knows of itself.
        addresses: Vec<Address>,
    },
    /// This is written; the answer is the identity of this name.
    Write(IdentityName, IdentityChange),
    /// It is so already.
    Unchanged(IdentityName),
}

impl View<'_> {
    pub(super) fn invite(&self, request: &InviteRequest) -> IdentityWork {
        IdentityWork::Invite { name: request.name.clone(), role: request.role, addresses: request.addresses.clone() }
    }

    /// An invitation is good once and for its time; a free one takes nobody's name.
    pub(super) fn redeem(&self, request: &RedeemRequest) -> Result<IdentityWork, Error> {
        let identities = &self.registry.identities;
        let secret = request.secret.hash();
        let again = "ask an administrator of the host for a new token: `usher invite` there";
        let refused = |id, why: String| Err(Error::new(id, why).hint(again));
        let Some(invitation) = identities.invitation(&secret) else {
            let why = "this host knows no such invitation: it was withdrawn, is long over, or is for another host";
            return refused(ErrorId::InvitationUnknown, why.to_owned());
        };
        if let Some((at, name, from)) = &invitation.used {
            let why = format!("this token was used already, at {at} by {name} ({from}): a token is good once");
            return refused(ErrorId::InvitationUsed, why);
        }
        if invitation.expires <= self.now {
            let why = format!("this token was good until {}: nobody used it in its time", invitation.expires);
            return refused(ErrorId::InvitationExpired, why);
        }
        let name = self.name_for(invitation, request)?;
        let identity = IdentityRecord {
            name: name.clone(),
            role: invitation.role,
            key: request.key.clone(),
            next_key: None,
            created: self.now,
            created_by: invitation.created_by.clone(),
            revoked: None,
        };
        Ok(IdentityWork::Write(name, IdentityChange::Joined { identity, secret, from: self.actor.from.clone() }))
    }

    /// The name that an invitation gives, or the asked one if it is nobody's.
    fn name_for(&self, invitation: &InvitationRecord, request: &RedeemRequest) -> Result<IdentityName, Error> {
        let denied = |why: String, hint: &str| Err(Error::new(ErrorId::AccessDenied, why).hint(hint));
        let asked = &request.name;
        match &invitation.name {
            Some(given) if request.named && given != asked => {
                denied(format!("this token is for {given}, not for {asked}"), "join without --as")
            }
            Some(given) => Ok(given.clone()),
            // The bearer of a free token must not become somebody who is known, or whom the configuration trusts more.
            None if self.registry.identities.get(asked).is_some() => denied(
                format!("this host knows an identity {asked} already"),
                "join with another --as, or ask to be invited by this name: `usher invite NAME` on the host",
            ),
            None if self.registry.identities.is_configured(asked) => denied(
                format!("the configuration of this host keeps the name {asked} for somebody who is invited by it"),
                "join with another --as, or ask to be invited by this name: `usher invite NAME` on the host",
            ),
            None if self.registry.identities.is_invited(asked, self.now) => denied(
                format!("somebody is invited to this host as {asked}, and has not joined yet"),
                "join with another --as, or with the token that is for this name",
            ),
            // Whoever is called so speaks for the people of another host.
            None if asked.page_of().is_some() => denied(
                format!("{asked} is the name of a host's web page, which is invited by its name"),
                "join with another --as, or ask to be invited by this name: `usher invite NAME` on the host",
            ),
            None => self.free_of_users(asked),
        }
    }

    /// The name, unless it is a local user's, as directory services give names with an @: in the audit log and on a lock
    /// screen one would be taken for the other.
    fn free_of_users(&self, asked: &IdentityName) -> Result<IdentityName, Error> {
        match self.asked_name {
            LocalName::Free => Ok(asked.clone()),
            LocalName::Taken => {
                let why = format!("this host has a user {asked}: nobody else is called that here");
                let hint = "join with another --as, or ask to be invited by this name: `usher invite NAME` on the host";
                Err(Error::new(ErrorId::AccessDenied, why).hint(hint))
            }
            LocalName::Unknown => {
                let why = format!("the host's user database does not say whether there is a user {asked}");
                Err(Error::new(ErrorId::BackendFailed, why).hint("try again in a while"))
            }
        }
    }

    pub(super) fn rekey(&self, request: &RekeyRequest) -> Result<IdentityWork, Error> {
        match &self.actor.who {
            Who::Identity { name, key } => {
                let change =
                    IdentityChange::Rekeyed { name: name.clone(), used: key.clone(), next: request.key.clone() };
                Ok(IdentityWork::Write(name.clone(), change))
            }
            Who::User(_) | Who::Web { .. } | Who::Gateway => {
                Err(Error::new(ErrorId::AccessDenied, "only an identity has a key"))
            }
        }
    }

    pub(super) fn revoke(&self, name: &IdentityName) -> Result<IdentityWork, Error> {
        let identities = &self.registry.identities;
        let invited = identities.invited(name) > 0;
        match identities.get(name) {
            None if !invited => {
                let why = format!("this host knows no identity {name}");
                return Err(Error::new(ErrorId::IdentityNotFound, why).hint("`usher identities` lists them"));
            }
            Some(record) if record.revoked.is_some() && !invited => return Ok(IdentityWork::Unchanged(name.clone())),
            Some(_) | None => {}
        }
        let change = IdentityChange::Revoked { name: name.clone(), at: self.now, by: self.actor.name.clone() };
        Ok(IdentityWork::Write(name.clone(), change))
    }
}
