//! Signing in and out on the host's web page. usher-auth tells of every try, also of those that PAM refused; the gateway of
//! certificates that it verified.

use std::net::IpAddr;
use std::time::Instant;

use tokio::sync::MutexGuard;
use usher_core::audit::AuditTarget;
use usher_core::clock;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{
    IdentityRole, Name, PagePerson, Pin, SignInAnswer, SignInRequest, SignInStep, Verb, WebSignIn, WhichSignIn,
};

use super::caller::{Caller, identify};
use super::{Answer, Execution};
use crate::accounts;
use crate::actor::{Actor, Role, WebPerson, Who};
use crate::host::Host;
use crate::host::web;
use crate::store::{Attempt, Share, Urgency};

impl Execution<'_> {
    /// Takes note of a try.
    pub(super) async fn sign_in(
        &self,
        request: SignInRequest,
        attempt: Option<Attempt>,
        order: MutexGuard<'_, ()>,
    ) -> Result<Answer, Error> {
        drop(order);
        let SignInRequest { user, from, step } = request;
        let mut answer = SignInAnswer { wait_seconds: 0, sign_in: None };
        match step {
            SignInStep::Begins => {
                self.host.web.look_up(self.host.daemon.mode).await;
                let wait = self.host.web.patience.begin(user.as_str(), from, Instant::now());
                if !wait.is_zero() {
                    answer.wait_seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
                    self.tried(user.as_str(), from, "too many tries to sign in; somebody must wait").await;
                }
            }
            SignInStep::Refused => self.tried(user.as_str(), from, "PAM refused the sign-in").await,
            SignInStep::Proved { uid, secret } => {
                answer.sign_in = Some(self.signed_in(user.as_str(), from, uid, secret).await?);
            }
            SignInStep::Certified { secret } => {
                answer.sign_in = Some(self.certified(&user, from, secret, attempt).await?);
            }
        }
        Ok(Answer::SignIn(Box::new(answer)))
    }

    async fn signed_in(&self, user: &str, from: IpAddr, uid: u32, secret: Pin) -> Result<WebSignIn, Error> {
        let (name, role) = self.host.look_up_caller(uid).await;
        let share = Share { privileged: role > crate::actor::Role::User, owner: format!("uid {uid}") };
        let attempt = Attempt { share, ..attempt(name.clone(), from) };
        let signed_in = self.let_in(secret, name, (WebPerson::User(uid), from), attempt).await?;
        self.host.web.patience.proved(user, from);
        Ok(signed_in)
    }

    /// An identity shows that it has its certificate's key, in the connection to the gateway by which it asks.
    async fn certified(
        &self,
        user: &Name,
        from: IpAddr,
        secret: Pin,
        attempt: Option<Attempt>,
    ) -> Result<WebSignIn, Error> {
        self.host.web.look_up(self.host.daemon.mode).await;
        let (Who::Identity { name, key }, Some(attempt)) = (&self.actor.who, attempt) else {
            return Err(Error::new(ErrorId::AccessDenied, "only an identity has a certificate"));
        };
        if name.as_str() != user.as_str() {
            return Err(Error::new(ErrorId::AccessDenied, format!("the certificate is of {name}, and not of {user}")));
        }
        let person = WebPerson::Identity { name: name.clone(), key: key.clone() };
        self.let_in(secret, name.to_string(), (person, from), attempt).await
    }

    /// Lets somebody in who proved who they are: on record first.
    async fn let_in(
        &self,
        secret: Pin,
        name: String,
        (person, from): (WebPerson, IpAddr),
        attempt: Attempt,
    ) -> Result<WebSignIn, Error> {
        let record = self.host.commit(Vec::new(), Some(attempt), Urgency::Binding).await?;
        let times = web::times(clock::now(), self.host.settings.sign_in_lifetime());
        let signed_in = self.host.web.sign_in(secret, name, person, from, times);
        let signed_in = signed_in.ok_or_else(|| {
            let why = "as many people are signed in on the web page as may at once";
            Error::new(ErrorId::BackendFailed, why).hint("`usher identities --web` shows them, and ends sign-ins")
        });
        self.conclude(record, &[self.whole_outcome(None, None, signed_in.as_ref().err())]).await?;
        signed_in
    }

    /// Records a try that came to nothing. What was typed as a name that nobody has may have been a password.
    async fn tried(&self, user: &str, from: IpAddr, why: &str) {
        let known = accounts::is_user(user).await == Some(true);
        let name = if known { user } else { "unknown user" };
        let share = Share { privileged: false, owner: format!("sign-ins of {name}") };
        let error = Error::new(ErrorId::AccessDenied, why);
        let mut outcomes = [self.whole_outcome(None, None, Some(&error))];
        self.record_refusal(Some(Attempt { share, ..attempt(name.to_owned(), from) }), &mut outcomes).await;
    }

    /// Ends a sign-in, also what is read by it at the moment.
    pub(super) async fn sign_out(
        &self,
        which: WhichSignIn,
        attempt: Option<Attempt>,
        order: MutexGuard<'_, ()>,
    ) -> Result<Answer, Error> {
        let own = match &self.actor.who {
            Who::Web { secret, .. } => Some(secret),
            Who::User(_) | Who::Identity { .. } | Who::Gateway => None,
        };
        let Some(ended) = self.host.web.sign_out(which, own, clock::now()) else {
            drop(order);
            let unknown = Error::new(ErrorId::IdentityNotFound, format!("there is no sign-in {which}"))
                .hint("`usher identities --web` lists them");
            self.record_refusal(attempt, &mut [self.whole_outcome(None, None, Some(&unknown))]).await;
            return Err(unknown);
        };
        drop(order);
        self.host.gateway.identities_changed();
        let attempt =
            attempt.map(|attempt| Attempt { targets: vec![AuditTarget::Name(ended.user.clone())], ..attempt });
        let outcome = self.whole_outcome(None, Some(ended.user.clone()), None);
        self.record_refusal(attempt, &mut [outcome]).await;
        Ok(Answer::SignIns(vec![ended]))
    }
}

/// Who signed in, for whom the page's service may reach joined hosts: those who see others' sessions here.
///
/// # Errors
/// They are not signed in, or are nobody who signs in.
pub async fn page_person(host: &Host, caller: &Caller) -> Result<Option<PagePerson>, Error> {
    let (actor, standing) = identify(host, caller).await;
    standing?;
    let Actor { who: Who::Web { person, .. }, name, role, .. } = actor else {
        let why = "joined hosts are for those who signed in on the web page";
        return Err(Error::new(ErrorId::AccessDenied, why).hint("`usher --server` reaches yours"));
    };
    let role = match role {
        Role::Administrator => IdentityRole::Administrator,
        Role::Operator => IdentityRole::Operator,
        Role::Unknown | Role::User => return Ok(None),
    };
    let nameless = |_| Error::new(ErrorId::AccessDenied, "this user has no name by which other hosts could call them");
    let name = match &person {
        WebPerson::User(_) => name.as_str(),
        WebPerson::Identity { name, .. } => name.as_str(),
    };
    Ok(Some(PagePerson { user: name.parse().map_err(nameless)?, role }))
}

fn attempt(actor: String, from: IpAddr) -> Attempt {
    Attempt {
        time: clock::now(),
        actor,
        share: Share::of_host(),
        from: by_the_dashboard(from),
        action: Verb::SignIn,
        targets: Vec::new(),
        left_out: 0,
        message: None,
    }
}

/// Where somebody calls from who signed in on the page.
pub(super) fn by_the_dashboard(from: IpAddr) -> String {
    format!("{}, by the dashboard", from.to_canonical())
}
