//! Invitations, identities, their keys and their end: written first, then they count.

use jiff::Timestamp;
use tokio::sync::MutexGuard;
use usher_core::clock;
use usher_core::outcome::{Error, ErrorId, Outcome};
use usher_core::request::{Identity, IdentityName, Invitation, Revocation, Secret, Verb};
use usher_core::token::Token;

use super::{Answer, Execution};
use crate::host::gateway;
use crate::identities::{IdentityChange, InvitationRecord};
use crate::plan::IdentityWork;
use crate::session::Change;
use crate::store::{Attempt, OpenRecord, Urgency};

impl Execution<'_> {
    /// Does what was planned about an identity, or answers why not.
    pub(super) async fn identity(
        &self,
        work: Result<IdentityWork, Error>,
        attempt: Option<Attempt>,
        order: MutexGuard<'_, ()>,
    ) -> Result<Answer, Error> {
        let work = match work {
            Ok(work) => work,
            Err(refusal) => {
                drop(order);
                self.record_refusal(attempt, &mut [self.whole_outcome(None, None, Some(&refusal))]).await;
                return Err(refusal);
            }
        };
        match work {
            IdentityWork::Invite { name, role, addresses } => {
                // The gateway may have to be started first; other requests need not wait for that.
                drop(order);
                let made = self.invite(name.clone(), role, addresses, attempt.clone()).await;
                if let Err(error) = &made {
                    self.record_refusal(attempt, &mut [self.whole_outcome(None, None, Some(error))]).await;
                }
                let (invitation, record) = made?;
                self.conclude(record, &[self.of_identity(name.as_ref())]).await?;
                Ok(Answer::Invited(Box::new(invitation)))
            }
            IdentityWork::Write(name, change) => {
                let withdrawn = self.host.registry().identities.invited(&name);
                self.write(&name, change, attempt).await?;
                drop(order);
                Ok(self.about(&name, withdrawn, true))
            }
            IdentityWork::Unchanged(name) => {
                drop(order);
                Ok(self.about(&name, 0, false))
            }
        }
    }

    /// Writes a change and its audit record; from then on it counts, also for what is under way.
    async fn write(&self, name: &IdentityName, change: IdentityChange, attempt: Option<Attempt>) -> Result<(), Error> {
        let revoked = matches!(change, IdentityChange::Revoked { .. });
        let record = self.host.commit(vec![Change::Identity(change)], attempt, super::urgency(self.verb)).await?;
        if revoked {
            self.host.web.forget(name, clock::now());
        }
        self.host.gateway.identities_changed();
        self.conclude(record, &[self.of_identity(Some(name))]).await
    }

    fn about(&self, name: &IdentityName, withdrawn: usize, changed: bool) -> Answer {
        let identity = self.shown(name);
        match (self.verb, identity) {
            (Verb::Revoke, identity) => {
                let changed = changed && identity.is_some();
                Answer::Revoked(Box::new(Revocation { identity, changed, withdrawn }))
            }
            (_, Some(identity)) => Answer::Identity(Box::new(identity)),
            (_, None) => Answer::Identities(Vec::new()),
        }
    }

    fn shown(&self, name: &IdentityName) -> Option<Identity> {
        let registry = self.host.registry();
        registry.identities.get(name).map(|record| registry.identities.show(record))
    }

    /// Makes a secret up, keeps its hash, and puts into a token what its bearer needs.
    async fn invite(
        &self,
        name: Option<IdentityName>,
        role: usher_core::request::IdentityRole,
        mut addresses: Vec<usher_core::request::Address>,
        attempt: Option<Attempt>,
    ) -> Result<(Invitation, Option<OpenRecord>), Error> {
        let host = self.host;
        let published = host.gateway.ready(host).await?;
        if addresses.is_empty() {
            addresses = gateway::addresses(published.listen, &host.name, gateway::interfaces());
        }
        if addresses.is_empty() {
            let why = "this host knows no address of its own under which others reach it";
            return Err(Error::new(ErrorId::InvalidRequest, why).hint("name one with --address"));
        }
        let secret = Secret::new()
            .map_err(|e| Error::new(ErrorId::BackendFailed, format!("the kernel gives no random numbers: {e}")))?;
        let now = clock::now();
        let expires = now.checked_add(host.registry().identities.lifetime()).unwrap_or(Timestamp::MAX);
        let invitation = InvitationRecord {
            secret: secret.hash(),
            name: name.clone(),
            role,
            created: now,
            created_by: self.actor.name.clone(),
            expires,
            used: None,
        };
        let order = host.order.lock().await;
        let change = Change::Identity(IdentityChange::Invited(invitation));
        let record = host.commit(vec![change], attempt, Urgency::Binding).await?;
        drop(order);
        let authority = published.authority;
        let token =
            Token { host: host.name.clone(), addresses: addresses.clone(), authority: authority.clone(), secret };
        Ok((Invitation { token: token.to_string(), name, role, expires, addresses, authority }, record))
    }

    fn of_identity(&self, name: Option<&IdentityName>) -> Outcome {
        self.whole_outcome(None, name.map(ToString::to_string), None)
    }
}
