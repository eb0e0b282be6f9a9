//! The actor behind a connection, established anew at every request.

use std::time::Duration;

use usher_core::clock;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, DeclaredSession, IdentityName, PagePerson, Pin};
use usher_core::session::Kind;
use usher_core::sys::cgroup::Membership;
use usher_core::sys::peer::Peer;
use usher_core::sys::process::Process;
use usher_core::sys::{cgroup, proc};

use super::web::by_the_dashboard;
use crate::actor::{Actor, Role, WebPerson, Who};
use crate::host::Host;
use crate::host::gateway::{self, Vouched};
use crate::host::web::WebClaim;

/// Where a connection came from when it was made. Its maker may end and leave it to a process of which nobody knows
/// where it sits.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Its maker was still there to be looked at.
    known: bool,
    /// The sessions that its maker sits in.
    sessions: Vec<u32>,
    /// Its maker's program and the program that started it, as the kernel calls them.
    program: Option<String>,
}

impl Origin {
    /// Looks at the maker of a connection.
    pub fn of(host: &Host, peer: Peer) -> Self {
        // First the descent, then whether it was this very process's all the time.
        let sessions = descent(host, peer);
        let still_there = peer.process().is_some_and(Process::lives);
        let known = sessions.as_ref().is_ok_and(|sessions| !sessions.is_empty() || still_there);
        Origin { known, sessions: sessions.unwrap_or_default(), program: peer.process().and_then(program) }
    }
}

/// Nobody, or nobody any more.
const SIGNED_OUT: &str = "nobody is signed in with this: the sign-in is over, or was ended";

/// A caller as its connection shows it.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The kernel's word about the process at the other end.
    pub peer: Peer,
    /// Where the connection came from.
    pub origin: Origin,
    /// The session that the caller says it sits in.
    pub declared: Option<DeclaredSession>,
    /// The identity that it says it asks for.
    pub vouched: Option<Vouched>,
    /// The secret of somebody who signed in on the web page.
    pub web: Option<WebClaim>,
}

/// `bash > usher`: a process's program behind the one that started it. Nothing of the process's memory is read, which it
/// could make slow; what its user called the program may hold anything.
fn program(process: Process) -> Option<String> {
    let parent = proc::stat(process.pid).ok().flatten().map(|stat| stat.parent).filter(|parent| *parent > 0);
    let names: Vec<String> = parent.into_iter().chain([process.pid]).filter_map(proc::name).collect();
    // Its number was not another's meanwhile.
    process.lives().then(|| names.join(" > "))
}

impl Caller {
    /// Nobody acts on their own session: a caller of whom nobody knows which one that is acts on none.
    ///
    /// # Errors
    /// The process that made the connection had ended before it was looked at.
    pub(super) fn admit(&self, action: &Action) -> Result<(), Error> {
        if self.origin.known || action.reads() {
            return Ok(());
        }
        Err(nobody_knows("had ended before it was looked at, or cannot be looked at"))
    }
}

/// Which session a caller sits in is not known: it might be any.
pub(super) fn nobody_knows(why: &str) -> Error {
    let process = format!("the process that made this connection {why}");
    Error::new(ErrorId::AccessDenied, format!("{process}: nobody knows which session it calls from"))
        .hint("ask again from a process that stays until it is answered")
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

/// The actor behind a caller, and whether it may ask at all.
pub(super) async fn identify(host: &Host, caller: &Caller) -> (Actor, Result<(), Error>) {
    if let Some(claim) = &caller.web {
        return web(host, caller, claim).await;
    }
    if host.web.uid() == Some(caller.peer.uid) {
        let why = "usher-dashboard is served nothing for itself";
        let refusal = Error::new(ErrorId::AccessDenied, why).hint("it asks for those who signed in");
        return (user(host, caller).await, Err(refusal));
    }
    let remote = |who, name: String, role| {
        let here = || format!("process {}", caller.peer.pid);
        let from = caller.vouched.as_ref().map_or_else(here, |v| format!("TLS from {}", v.from));
        Actor { who, name, role, from, own_sessions: declared(host, caller).into_iter().collect() }
    };
    match gateway::speaker(host, caller.peer, caller.vouched.as_ref()) {
        Ok(Who::Identity { name, key }) => {
            let person = caller.vouched.as_ref().and_then(|vouched| vouched.person.as_ref());
            let (role, admitted) = standing(host, &name, &key, person);
            let shown = match (person, name.page_of()) {
                (Some(person), Some(page)) => format!("{} at {page}, by the dashboard", person.user),
                _ => by_tls(&name),
            };
            (remote(Who::Identity { name, key }, shown, role), admitted)
        }
        Ok(Who::Gateway) => (remote(Who::Gateway, "usher-gateway".to_owned(), Role::User), Ok(())),
        Ok(Who::User(_) | Who::Web { .. }) => (user(host, caller).await, Ok(())),
        Err(refusal) => (user(host, caller).await, Err(refusal)),
    }
}

/// Whoever signed in on the web page, with the rights that they have now.
async fn web(host: &Host, caller: &Caller, claim: &WebClaim) -> (Actor, Result<(), Error>) {
    let Some(person) = host.web.whose(caller.peer.uid, &claim.secret, clock::now()) else {
        let refusal = Error::new(ErrorId::AccessDenied, SIGNED_OUT).hint("sign in again");
        return (user(host, caller).await, Err(refusal));
    };
    let from = by_the_dashboard(claim.from);
    let who = Who::Web { person: person.clone(), secret: claim.secret.clone() };
    let uid = match person {
        WebPerson::User(uid) => uid,
        WebPerson::Identity { name, key } => {
            let (role, admitted) = standing(host, &name, &key, None);
            return (Actor { who, name: by_tls(&name), role, from, own_sessions: Vec::new() }, admitted);
        }
    };
    let (name, role) = host.look_up_caller(uid).await;
    // A browser on this very host may run in any of the user's sessions.
    let own = |id| claim.from.to_canonical().is_loopback().then_some(id);
    let own_sessions = host.registry().sessions().filter(|s| s.uid == uid).filter_map(|s| own(s.id)).collect();
    (Actor { who, name, role, from, own_sessions }, Ok(()))
}

/// What an identity is called. A local user may have the same name, as directory services give them, and is never called this.
fn by_tls(name: &IdentityName) -> String {
    format!("{name} via TLS")
}

/// Whether somebody is still signed in on the web page.
pub(super) fn still_signed_in(host: &Host, secret: &Pin) -> Result<(), Error> {
    let known = host.web.is_signed_in(secret, clock::now());
    known.map(drop).ok_or_else(|| Error::new(ErrorId::AccessDenied, SIGNED_OUT).hint("sign in again"))
}

/// The present role of an identity that proved to have this key, and whether it may ask at all. A person for whom
/// another host's web page asks has the lesser of its role here and of their own there.
pub(super) fn standing(
    host: &Host,
    name: &IdentityName,
    key: &Pin,
    person: Option<&PagePerson>,
) -> (Role, Result<(), Error>) {
    let admitted = host.registry().identities.admit(name, key).and_then(|role| match person {
        Some(_) if name.page_of().is_none() => {
            let why = format!("{name} is no host's web page, and asks for nobody else");
            let hint = format!("invite a page by its name: `usher invite {}@HOST`", IdentityName::PAGE);
            Err(Error::new(ErrorId::AccessDenied, why).hint(hint))
        }
        Some(person) => Ok(role.min(person.role)),
        None => Ok(role),
    });
    (admitted.as_ref().map_or(Role::User, |role| Role::from(*role)), admitted.map(drop))
}

/// The user behind a caller.
async fn user(host: &Host, caller: &Caller) -> Actor {
    let uid = caller.peer.uid;
    let (name, role) = host.look_up_caller(uid).await;
    await_own_login(host, caller.peer).await;
    let mut own_sessions: Vec<u32> = Vec::new();
    let descended = descent(host, caller.peer).unwrap_or_default();
    let sits_in = caller.origin.sessions.iter().copied().chain(descended).chain(declared(host, caller));
    for id in sits_in {
        if !own_sessions.contains(&id) {
            own_sessions.push(id);
        }
    }
    let from = from(own_sessions.first().copied(), caller);
    // Nothing of this is the caller's word: the kernel knows the login, and sshd told logind where it came from.
    let came_from =
        host.host_sessions.as_ref().and_then(|sessions| sessions.ssh_origin(&cgroup::of(caller.peer.pid).ok()??));
    let name = came_from.map_or_else(|| name.clone(), |address| format!("{name} via ssh from {address}"));
    Actor { who: Who::User(uid), name, role, from, own_sessions }
}

/// Where a request came from, as the audit log says it: the session and the program, which mean something after both have
/// ended. Of a program that ended too soon there is only the number.
fn from(session: Option<u32>, caller: &Caller) -> String {
    match (session, &caller.origin.program) {
        (Some(id), Some(program)) => format!("session {id}, {program}"),
        (None, Some(program)) => program.clone(),
        (Some(id), None) => format!("session {id}"),
        (None, None) => format!("process {}", caller.peer.pid),
    }
}

/// The session that a caller says it sits in, if there is such a one.
fn declared(host: &Host, caller: &Caller) -> Option<u32> {
    let declared = caller.declared.as_ref().filter(|d| d.boot_id == host.daemon.boot_id)?;
    host.registry().find(&declared.session).map(|session| session.id)
}

/// The sessions that a connection's maker sits in, if it is still there: the text session whose holder
/// it descends from, and logind's, by its control group, which no process of a user's can leave.
///
/// # Errors
/// It cannot be told. That is not the same as none: whoever cannot be placed acts on nobody's session.
pub(super) fn descent(host: &Host, peer: Peer) -> std::io::Result<Vec<u32>> {
    let held = proc::ancestry(peer.pid)?.into_iter().filter_map(|process| host.text.session_of_holder(process));
    let mut sessions: Vec<u32> = held.collect();
    if let Some(host_sessions) = &host.host_sessions
        && let Some(group) = cgroup::of(peer.pid)?
    {
        sessions.extend(host_sessions.sessions_of_group(&group));
        sessions.extend(text_sessions_of_group(host, &group));
    }
    Ok(sessions)
}

/// The text sessions that a process of this control group may sit in: the one that has the login, or every one of the
/// user's whose service manager it belongs to.
fn text_sessions_of_group(host: &Host, group: &str) -> Vec<u32> {
    let registry = host.registry();
    match cgroup::membership(group) {
        Membership::Session(native_id) => registry.hosted_login(&native_id).map(|s| s.id).into_iter().collect(),
        Membership::UserManager(uid) => {
            registry.sessions().filter(|s| s.kind == Kind::Text && s.uid == uid).map(|s| s.id).collect()
        }
        Membership::Other => Vec::new(),
    }
}

/// Waits a little for the news of a login from which a request comes right away, as over `--server`: before it is
/// known, nobody knows that it is the caller's own.
async fn await_own_login(host: &Host, peer: Peer) {
    const STEP: Duration = Duration::from_millis(10);
    // A login that logind does not count as a user's, such as a job of cron's, is never known, and waits in vain.
    const STEPS: usize = 30;
    let Some(sessions) = &host.host_sessions else { return };
    let Ok(Some(group)) = cgroup::of(peer.pid) else { return };
    if let Membership::Session(native_id) = cgroup::membership(&group)
        && host.registry().hosted_login(&native_id).is_none()
    {
        for _ in 0..STEPS {
            if !sessions.sessions_of_group(&group).is_empty() {
                return;
            }
            tokio::time::sleep(STEP).await;
        }
    }
}
