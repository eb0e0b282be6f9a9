//! The one way through: who asks, may they, what is to be done, do it, see it, say it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use usher_core::clock;
use usher_core::outcome::{Error, ErrorId, Outcome, OutcomeResult};
use usher_core::request::{Action, DeclaredSession, IdentityName, Pin, RuleName, SessionRef, Targets};
use usher_core::sys::peer::Peer;
use usher_core::sys::process::Process;
use usher_core::sys::{cgroup, proc};

use crate::actor::{Actor, Role, Who};
use crate::authorize::{Authorized, authorize};
use crate::execute::{Answer, attempt_of, execute, read};
use crate::host::Host;
use crate::host::gateway::{self, Vouched};
use crate::paths::Mode;
use crate::plan::plan;

/// How many sessions or users one request may name.
const MAX_TARGETS: usize = 10_000;

/// How old the stations that a list shows may be: however often somebody asks, nobody reads the host's sockets more often.
const A_MOMENT: Duration = Duration::from_millis(500);

/// Where a connection came from, as it was when it was made: whoever made it may end and leave it to a
/// process of which nobody knows where it sits.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Its maker was still there to be looked at.
    known: bool,
    /// The sessions that its maker sits in.
    sessions: Vec<u32>,
}

impl Origin {
    /// Looks at the maker of a connection.
    pub fn of(host: &Host, peer: Peer) -> Self {
        // First the descent, then whether it was this very process's all the time.
        let sessions = descent(host, peer);
        let still_there = peer.process().is_some_and(Process::lives);
        let known = sessions.as_ref().is_ok_and(|sessions| !sessions.is_empty() || still_there);
        Origin { known, sessions: sessions.unwrap_or_default() }
    }
}

/// A caller as its connection shows it.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who the kernel says is there.
    pub peer: Peer,
    /// Where the connection came from.
    pub origin: Origin,
    /// The session that the caller says it sits in.
    pub declared: Option<DeclaredSession>,
    /// For whom it says that it asks.
    pub vouched: Option<Vouched>,
}

/// Takes an action the whole way, also when the caller hangs up meanwhile: dropping this future
/// cancels nothing. An action that ended between its write and what follows from it would leave
/// memory behind the disk, and its audit record without outcomes.
///
/// # Errors
/// The request as a whole was refused or could not be carried out; what concerns single targets is
/// in their outcomes.
pub async fn handle(host: &Arc<Host>, caller: &Caller, action: Action) -> Result<Answer, Error> {
    let (host, caller) = (Arc::clone(host), caller.clone());
    let whole = tokio::spawn(async move { take(&host, &caller, action).await });
    whole.await.unwrap_or_else(|broken| {
        tracing::error!("a request could not be carried out: {broken}");
        Err(Error::new(ErrorId::BackendFailed, "usherd failed over this request; its log says more"))
    })
}

async fn take(host: &Arc<Host>, caller: &Caller, action: Action) -> Result<Answer, Error> {
    let arrived = Instant::now();
    check_targets(&action)?;
    let (actor, standing) = identify(host, caller).await;
    let admitted = standing.and_then(|()| admit(caller, &action));
    let authorized = match admitted.and_then(|()| authorize(actor.clone(), action.clone())) {
        Ok(authorized) => authorized,
        Err(refusal) => return refuse(host, &actor, &action, refusal, arrived).await,
    };
    if let Action::Block(RuleName::Group(_), _) = &action
        && host.mode == Mode::User
    {
        host.look_at_groups().await;
    }
    if host.mode == Mode::System {
        // Groups and stations as they are now: neither tells when it changes. Readers see groups that are some
        // seconds old, and stations that are a moment old.
        if !reads(&action) && !concerns_identities(&action) {
            host.look_at_groups().await;
        }
        match action {
            Action::List => host.look_at_stations(A_MOMENT).await,
            Action::Disconnect(_) => host.look_at_stations(Duration::ZERO).await,
            _ => {}
        }
    }
    if reads(&action) {
        // Nothing is decided, so that it needs no order.
        let plan = plan(authorized, &host.registry(), clock::now());
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
    let plan = plan(authorized, &host.registry(), clock::now());
    execute(host, plan, attempt_of(&actor, &action), order, arrived).await
}

/// The action changes nothing.
fn reads(action: &Action) -> bool {
    matches!(action, Action::List | Action::Blocks | Action::Audit(_) | Action::Watch | Action::Identities)
}

/// The action is about who may call from afar: nobody's groups matter to it.
fn concerns_identities(action: &Action) -> bool {
    matches!(action, Action::Invite(_) | Action::Redeem(_) | Action::Rekey(_) | Action::Revoke(_))
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
            let (role, admitted) = standing(host, name, key);
            actor.role = role;
            admitted
        }
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

/// What an identity that proved to have this key may do now, and whether it may ask at all.
fn standing(host: &Host, name: &IdentityName, key: &Pin) -> (Role, Result<(), Error>) {
    let admitted = host.registry().identities.admit(name, key);
    (admitted.as_ref().map_or(Role::User, |role| Role::from(*role)), admitted.map(drop))
}

/// Nobody acts on the own session, so who cannot say which one that is acts on none.
fn admit(caller: &Caller, action: &Action) -> Result<(), Error> {
    if caller.origin.known || reads(action) {
        return Ok(());
    }
    Err(nobody_knows("had ended before it was looked at, or cannot be looked at"))
}

fn nobody_knows(why: &str) -> Error {
    let who = format!("the process that made this connection {why}");
    Error::new(ErrorId::AccessDenied, format!("{who}: nobody knows which session it calls from"))
        .hint("ask again from a process that stays until it is answered")
}

/// The sessions that a connection's maker sits in, if it is still there: the text session whose holder
/// it descends from, and logind's, by its control group, which no process of a user's can leave.
///
/// # Errors
/// It cannot be told. That is not the same as none: whoever cannot be placed acts on nobody's session.
fn descent(host: &Host, peer: Peer) -> std::io::Result<Vec<u32>> {
    let held = proc::ancestry(peer.pid)?.into_iter().filter_map(|process| host.text.session_of_holder(process));
    let mut sessions: Vec<u32> = held.collect();
    if let Some(login) = &host.login
        && let Some(group) = cgroup::of(peer.pid)?
    {
        sessions.extend(login.sessions_of_group(&group));
    }
    Ok(sessions)
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

/// Whether a caller may ask at all, for what needs no more than that.
///
/// # Errors
/// It vouches without being the gateway, or is the gateway and vouches for nobody who may ask.
pub async fn stands(host: &Host, caller: &Caller) -> Result<(), Error> {
    match identify(host, caller).await {
        (Actor { who: Who::Gateway, .. }, Ok(())) => {
            Err(Error::new(ErrorId::AccessDenied, "usher-gateway is served nothing for itself"))
        }
        (_, standing) => standing,
    }
}

/// The actor behind a caller, and whether it may ask at all: both asked freshly at every request.
async fn identify(host: &Host, caller: &Caller) -> (Actor, Result<(), Error>) {
    let remote = |who, name: String, role| {
        let here = || format!("process {}", caller.peer.pid);
        let from = caller.vouched.as_ref().map_or_else(here, |v| format!("TLS from {}", v.from));
        Actor { who, name, role, from, own_sessions: declared(host, caller).into_iter().collect() }
    };
    match gateway::speaker(host, caller.peer, caller.vouched.as_ref()) {
        Ok(Who::Identity { name, key }) => {
            let (role, admitted) = standing(host, &name, &key);
            let called = name.to_string();
            (remote(Who::Identity { name, key }, called, role), admitted)
        }
        Ok(Who::Gateway) => (remote(Who::Gateway, "usher-gateway".to_owned(), Role::User), Ok(())),
        Ok(Who::User(_)) => (user(host, caller).await, Ok(())),
        Err(refusal) => (user(host, caller).await, Err(refusal)),
    }
}

/// The session that a caller says it sits in, if there is such a one.
fn declared(host: &Host, caller: &Caller) -> Option<u32> {
    let declared = caller.declared.as_ref().filter(|d| d.boot_id == host.boot_id)?;
    host.registry().find(&declared.session).map(|session| session.id)
}

/// The user behind a caller, but for where the connection came from.
async fn user(host: &Host, caller: &Caller) -> Actor {
    let uid = caller.peer.uid;
    let (name, role) = host.look_up_caller(uid).await;
    await_own_login(host, caller.peer).await;
    let mut own_sessions: Vec<u32> = Vec::new();
    let sits_in = caller
        .origin
        .sessions
        .iter()
        .copied()
        .chain(descent(host, caller.peer).unwrap_or_default())
        .chain(declared(host, caller));
    for id in sits_in {
        if !own_sessions.contains(&id) {
            own_sessions.push(id);
        }
    }
    let from = match own_sessions.first() {
        Some(id) => format!("session {id}, process {}", caller.peer.pid),
        None => format!("process {}", caller.peer.pid),
    };
    // Nothing of this is the caller's word: the kernel knows the login, and sshd told logind where it came from.
    let came_from = host.login.as_ref().and_then(|login| login.ssh_origin(&cgroup::of(caller.peer.pid).ok()??));
    let name = came_from.map_or_else(|| name.clone(), |address| format!("{name} via ssh from {address}"));
    Actor { who: Who::User(uid), name, role, from, own_sessions }
}

/// Waits a little for the news of a login from which a request comes right away, as over `--server`: before it is
/// known, nobody knows that it is the caller's own.
async fn await_own_login(host: &Host, peer: Peer) {
    const STEP: Duration = Duration::from_millis(10);
    // A login that logind does not count as a user's, such as a job of cron's, is never known, and waits in vain.
    const STEPS: usize = 30;
    let Some(login) = &host.login else { return };
    let Ok(Some(group)) = cgroup::of(peer.pid) else { return };
    if let cgroup::Membership::Session(_) = cgroup::membership(&group) {
        for _ in 0..STEPS {
            if !login.sessions_of_group(&group).is_empty() {
                return;
            }
            tokio::time::sleep(STEP).await;
        }
    }
}

/// A refusal by role: an outcome for each target that was named, one for a selection, an error for the rest.
async fn refuse(
    host: &Host,
    actor: &Actor,
    action: &Action,
    refusal: Error,
    arrived: Instant,
) -> Result<Answer, Error> {
    let outcome = |session_id| Outcome {
        host: host.name.clone(),
        session_id,
        user: None,
        action: action.verb(),
        result: OutcomeResult::Failed,
        observed: false,
        millis: arrived.elapsed().as_secs_f64() * 1000.0,
        error: Some(refusal.clone()),
        notes: Vec::new(),
    };
    let outcomes: Vec<_> = match action.targets() {
        // The number as it was named: whether there is such a session is not for everybody.
        Some(Targets::Ids(ids)) => unique(ids).map(|id| outcome(number(id))).collect(),
        Some(Targets::All | Targets::Users(_)) | None => vec![outcome(None)],
    };
    if let Some(attempt) = attempt_of(actor, action)
        && let Err(error) = host.store.refused(attempt, outcomes.clone()).await
    {
        tracing::warn!("a refusal could not be recorded: {error}");
    }
    host.metrics.count(action.verb(), &outcomes, arrived.elapsed());
    if action.targets().is_some() { Ok(Answer::Outcomes(outcomes)) } else { Err(refusal) }
}

/// The sessions that were named, each once, in the order in which they were named.
fn unique(ids: &[SessionRef]) -> impl Iterator<Item = &SessionRef> {
    let mut seen = HashSet::new();
    ids.iter().filter(move |id| seen.insert(id.to_string()))
}

fn number(reference: &SessionRef) -> Option<u32> {
    match reference {
        SessionRef::Id(id) => Some(*id),
        SessionRef::Native(_) => None,
    }
}
