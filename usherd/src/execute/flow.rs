//! The one way through: identify the actor, authorize, plan, execute, observe, answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use usher_core::clock;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, RuleName, SessionRef, Targets};

pub use super::caller::{Caller, Origin, stands};
use super::caller::{descent, identify, nobody_knows, standing, still_signed_in};
use super::names::{NamedAction, looked_up};
pub use super::web::page_person;
use super::{Answer, attempt_of, execute, read, refuse};
use crate::accounts;
use crate::actor::{Actor, WebPerson, Who};
use crate::authorize::{Authorized, authorize};
use crate::host::Host;
use crate::paths::Mode;
use crate::plan::{LocalName, Snapshot, plan};
use crate::session::Registry;

/// How many sessions or users one request may name.
const MAX_TARGETS: usize = 10_000;

/// How old the stations that a list shows may be: however often somebody asks, nobody reads the host's sockets more often.
const A_MOMENT: Duration = Duration::from_millis(500);

/// Takes an action the whole way, also when the caller hangs up meanwhile: dropping this future
/// cancels nothing. An action that ended between its write and what follows from it would leave
/// memory behind the disk, and its audit record without outcomes.
///
/// # Errors
/// The request as a whole was refused or could not be carried out; what concerns single targets is
/// in their outcomes.
pub async fn handle(host: &Arc<Host>, caller: &Caller, action: Action) -> Result<Answer, Error> {
    let (host, caller) = (Arc::clone(host), caller.clone());
    let whole = tokio::spawn(async move { carry_through(&host, &caller, action).await });
    whole.await.unwrap_or_else(|broken| {
        tracing::error!("a request could not be carried out: {broken}");
        Err(Error::new(ErrorId::BackendFailed, "usherd failed over this request; its log says more"))
    })
}

async fn carry_through(host: &Arc<Host>, caller: &Caller, action: Action) -> Result<Answer, Error> {
    let arrived = Instant::now();
    check_targets(&action)?;
    let (actor, standing) = identify(host, caller).await;
    let admitted = standing.and_then(|()| caller.admit(&action));
    let judged = admitted.and_then(|()| authorize(actor.clone(), action.clone()));
    if let Err(refusal) = judged {
        return refuse(host, &actor, &action, refusal, arrived).await;
    }
    let NamedAction { action, absent } = match looked_up(host, action.clone()).await {
        Ok(named) => named,
        Err(refusal) => return refuse(host, &actor, &action, refusal, arrived).await,
    };
    look_freshly(host, &action).await;
    let asked_name = asked_name(&action).await;
    // The same, with the names that the host has for those whom the caller named.
    let authorized = authorize(actor.clone(), action.clone())?;
    if action.reads() {
        // Nothing is decided, so that it needs no order.
        let plan =
            plan(authorized, Snapshot { registry: &host.registry(), asked_name, absent: &absent, now: clock::now() });
        return read(host, plan, arrived);
    }
    // From here to the order that reaches the backend, one request at a time.
    let order = host.order.lock().await;
    let (actor, authorized) = match again(host, caller, actor, &action) {
        (actor, Ok(again)) => (actor, again.unwrap_or(authorized)),
        (actor, Err(refusal)) => {
            drop(order);
            return refuse(host, &actor, &action, refusal, arrived).await;
        }
    };
    let plan =
        plan(authorized, Snapshot { registry: &host.registry(), asked_name, absent: &absent, now: clock::now() });
    execute(host, plan, attempt_of(&actor, &action), order, arrived).await
}

/// Looks at groups and stations, which change without news, where they matter to the action. Actions that only read
/// work with groups that are some seconds old, and with stations that are a moment old.
async fn look_freshly(host: &Host, action: &Action) {
    let of_group = matches!(action, Action::Block(RuleName::Group(_), _));
    let system = host.daemon.mode == Mode::System;
    if of_group || system && !action.reads() && !concerns_identities(action) {
        let targets = action.targets().and_then(|targets| users_of(&host.registry(), targets));
        match targets {
            Some(uids) => host.tell_groups_of(uids).await,
            None => host.look_at_groups().await,
        }
    }
    match action {
        Action::List | Action::Show(_) | Action::OfUser(_) | Action::End(..) if system => {
            host.look_at_stations(A_MOMENT).await
        }
        Action::Status => host.look_at_condition().await,
        Action::Disconnect(_) if system => host.look_at_stations(Duration::ZERO).await,
        _ => {}
    }
}

/// Whose groups matter to an action on these targets; none where it may be everybody's. That of others would cost a lock
/// of one session the more, the more sessions there are.
fn users_of(registry: &Registry, targets: &Targets) -> Option<BTreeSet<u32>> {
    match targets {
        Targets::Ids(ids) => {
            // What a name means is told later.
            let named = |reference: &SessionRef| matches!(reference, SessionRef::Own(_) | SessionRef::Of(..));
            let found = ids.iter().filter_map(|id| registry.find(id)).map(|session| session.uid);
            (!ids.iter().any(named)).then(|| found.collect())
        }
        Targets::Users(users) => {
            let theirs = registry.sessions().filter(|session| users.iter().any(|user| user.as_str() == session.user));
            Some(theirs.map(|session| session.uid).collect())
        }
        Targets::All => None,
    }
}

/// Whether the action is about remote identities: no session's groups matter to it.
fn concerns_identities(action: &Action) -> bool {
    matches!(
        action,
        Action::Invite(_)
            | Action::Redeem(_)
            | Action::Rekey(_)
            | Action::Revoke(_)
            | Action::SignIn(_)
            | Action::SignOut(_)
    )
}

/// Whether the name that an invitation's bearer asks for is a local user's.
async fn asked_name(action: &Action) -> LocalName {
    let Action::Redeem(request) = action else { return LocalName::Free };
    match accounts::is_user(request.name.as_str()).await {
        Some(true) => LocalName::Taken,
        Some(false) => LocalName::Free,
        None => LocalName::Unknown,
    }
}

/// Judges an actor once more, now that nobody else can change what is known, where something did while the request
/// waited for its turn: an identity may have been revoked, or have joined again; a login from which the request came may
/// have become known only now. Nothing if all is as it was.
fn again(
    host: &Host,
    caller: &Caller,
    mut actor: Actor,
    action: &Action,
) -> (Actor, Result<Option<Authorized>, Error>) {
    let admitted = match &actor.who {
        Who::Identity { name, key } => {
            let person = caller.vouched.as_ref().and_then(|vouched| vouched.person.as_ref());
            let (role, admitted) = standing(host, name, key, person);
            actor.role = role;
            admitted
        }
        Who::Web { secret, person } => match still_signed_in(host, secret) {
            Err(refusal) => Err(refusal),
            Ok(()) => match person {
                WebPerson::User(_) => return (actor, Ok(None)),
                WebPerson::Identity { name, key } => {
                    let (role, admitted) = standing(host, name, key, None);
                    actor.role = role;
                    admitted
                }
            },
        },
        Who::User(_) | Who::Gateway => {
            let known = actor.own_sessions.len();
            let Ok(sits_in) = descent(host, caller.peer) else {
                return (actor, Err(nobody_knows("cannot be looked at")));
            };
            for id in sits_in {
                if !actor.own_sessions.contains(&id) {
                    actor.own_sessions.push(id);
                }
            }
            if actor.own_sessions.len() == known {
                return (actor, Ok(None));
            }
            Ok(())
        }
    };
    let judged = admitted.and_then(|()| authorize(actor.clone(), action.clone()));
    (actor, judged.map(Some))
}

/// More targets than anybody has sessions would only keep everybody waiting.
fn check_targets(action: &Action) -> Result<(), Error> {
    let named = match action.targets() {
        Some(Targets::Ids(ids)) => ids.len(),
        Some(Targets::Users(users)) => users.len(),
        Some(Targets::All) | None => 0,
    };
    if named <= MAX_TARGETS {
        return Ok(());
    }
    let message = format!("the request names {named} targets; the most is {MAX_TARGETS}");
    Err(Error::new(ErrorId::InvalidRequest, message).hint("send several requests, or give --all"))
}

#[cfg(test)]
mod tests {
    use usher_core::session::{Kind, SessionKey};

    use super::*;
    use crate::accounts::Groups;
    use crate::session::{Change, SessionRecord};

    /// Three sessions of two users.
    fn registry() -> Registry {
        let mut registry = Registry::default();
        for (id, user, uid) in [(1, "alice", 1001), (2, "bob", 1002), (3, "alice", 1001)] {
            let native_id = format!("u{id}");
            registry.apply(&Change::SessionOpened(SessionRecord {
                id,
                key: SessionKey { boot_id: "boot".to_owned(), native_id, leader_pid: id, leader_start: 7 },
                user: user.to_owned(),
                uid,
                since: clock::now(),
                name: None,
                program: "sh".to_owned(),
                kind: Kind::Text,
                groups: Groups::Unknown,
            }));
        }
        registry
    }

    #[test]
    fn the_groups_of_targets_are_looked_up_and_of_everybody_where_anybody_may_be_one() {
        let asked = |targets: Targets| users_of(&registry(), &targets);
        let ids = |words: &[&str]| Targets::Ids(words.iter().map(|word| word.parse().unwrap()).collect());
        let users = |names: &[&str]| Targets::Users(names.iter().map(|name| name.parse().unwrap()).collect());
        let some = |uids: &[u32]| Some(uids.iter().copied().collect::<BTreeSet<u32>>());
        assert_eq!(asked(ids(&["1", "3", "9"])), some(&[1001]));
        assert_eq!(asked(ids(&["u2"])), some(&[1002]));
        assert_eq!(asked(users(&["bob", "nobody"])), some(&[1002]));
        for anybody in [ids(&["1", "exam"]), ids(&["bob/exam"]), Targets::All] {
            assert_eq!(asked(anybody), None);
        }
    }
}
