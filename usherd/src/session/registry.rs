//! The host's sessions, locks and rules in memory: the snapshot that `plan` reads.
//!
//! Every change to what must last is a [`Change`]: the store writes it first, then the registry
//! applies it, so that memory never knows more than the disk.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use usher_core::request::{RuleName, SessionName, SessionRef};
use usher_core::session::{Cover, Kind, Rule, SeenStation, Session, SessionKey, State, Terms};

use super::covers_of;
use crate::accounts::Groups;
use crate::actor::Role;
use crate::identities::Identities;
use crate::session::{Change, CloseOrder, EndedSession, EndedSessions, RuleRecord, SessionRecord};

/// The most groups of a user that callers are told of.
const MOST_GROUPS: usize = 32;

/// A session taken out of a rule. It stands until the rule is removed, and matches no other session.
pub type Exemption = (RuleName, SessionKey);

/// One session with everything that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// The session ID.
    pub id: u32,
    /// The key by which it is recognised.
    pub key: SessionKey,
    /// The user's name.
    pub user: String,
    /// The user's number.
    pub uid: u32,
    /// How it is shown.
    pub kind: Kind,
    /// When it began.
    pub since: Timestamp,
    /// The name that its user gave it.
    pub name: Option<String>,
    /// The program it was opened with.
    pub program: String,
    /// The user's groups, as of the last look that was answered.
    pub groups: Groups,
    /// The user is an administrator.
    pub admin: bool,
    /// The user is an operator.
    pub operator: bool,
    /// The session's own lock.
    pub own_lock: Option<Terms>,
    /// The order to close it, if there is one.
    pub closing: Option<CloseOrder>,
    /// That order is being carried out: nothing calls it off any more.
    pub close_begun: bool,
    /// The last report of its backend.
    pub seen: Seen,
}

/// A session as its backend last observed it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// The covers that hold, as the backend reported them.
    pub covers: Vec<Cover>,
    /// The stations at which somebody sits, the one typed at last first.
    pub stations: Vec<SeenStation>,
    /// The title that the session's program set.
    pub title: Option<String>,
    /// When the user last typed.
    pub last_input: Option<Timestamp>,
    /// How the session is shown, where that turns out only while it runs.
    pub kind: Option<Kind>,
    /// Its login manager says that it is ending.
    pub closing: bool,
    /// Nothing runs in it but what logged its user in and `usher`.
    pub only_usher: bool,
    /// Why this session cannot be locked, in a sentence; none if it can.
    pub unlockable: Option<String>,
    /// Why this session cannot be disconnected, in a sentence; none if it can.
    pub undetachable: Option<String>,
}

/// All sessions and rules of one host.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    sessions: BTreeMap<u32, Tracked>,
    rules: BTreeMap<RuleName, RuleRecord>,
    exemptions: BTreeSet<Exemption>,
    /// Whether administrators' and operators' sessions may be locked.
    pub orchestrate_admins: bool,
    /// Whether the daemon is the system's, which serves every user.
    pub of_system: bool,
    /// How many text sessions a user of the system's daemon may have at once.
    pub most_text_sessions: u32,
    /// The remote identities.
    pub identities: Identities,
    /// The sessions that ended a while ago at most.
    pub ended: EndedSessions,
}

impl Registry {
    /// The sessions in the order of their IDs.
    pub fn sessions(&self) -> impl Iterator<Item = &Tracked> {
        self.sessions.values()
    }

    /// The session with this ID.
    pub fn get(&self, id: u32) -> Option<&Tracked> {
        self.sessions.get(&id)
    }

    /// The session with this ID or native ID. What a name means depends on the caller: `plan` knows.
    pub fn find(&self, reference: &SessionRef) -> Option<&Tracked> {
        match reference {
            SessionRef::Id(id) => self.get(*id).or_else(|| self.hosted_login(&id.to_string())),
            SessionRef::Native(_) => self.sessions.values().find(|s| reference.names(s.id, &s.key.native_id)),
            SessionRef::Own(_) | SessionRef::Of(..) => None,
        }
    }

    /// The text session that logind knows by this ID.
    pub fn hosted_login(&self, native_id: &str) -> Option<&Tracked> {
        self.sessions().find(|session| session.kind == Kind::Text && session.key.native_id == native_id)
    }

    /// The sessions of this user's that have this name: one at most, but for those that were named before names had to
    /// differ.
    pub fn called(&self, uid: u32, name: &SessionName) -> impl Iterator<Item = &Tracked> {
        self.sessions().filter(move |session| session.uid == uid && session.is_called(name))
    }

    /// The rules in the order of their names.
    pub fn rules(&self) -> impl Iterator<Item = &RuleRecord> {
        self.rules.values()
    }

    /// The rule of this name.
    pub fn rule(&self, name: &RuleName) -> Option<&RuleRecord> {
        self.rules.get(name)
    }

    /// Whether the session is but the login of a station at a text session: that one is listed, and locked.
    pub fn is_station(&self, session: &Tracked) -> bool {
        let sits =
            |other: &Tracked| other.kind == Kind::Text && other.uid == session.uid && !other.seen.stations.is_empty();
        matches!(session.kind, Kind::Ssh | Kind::Console) && session.seen.only_usher && self.sessions().any(sits)
    }

    /// Whether the session may be locked.
    pub fn orchestratable(&self, session: &Tracked) -> bool {
        self.orchestrate_admins || !(session.admin || session.operator)
    }

    /// Whether `rule` locks `session`: it matches, may be locked, was not exempted, and is not the
    /// one the rule was set from.
    pub fn rule_covers(&self, rule: &RuleRecord, session: &Tracked) -> bool {
        rule.matches(session)
            && !self.is_station(session)
            && self.orchestratable(session)
            && !rule.except.contains(&session.key)
            && !self.exemptions.contains(&(rule.name.clone(), session.key.clone()))
    }

    /// What covers the session at `now`.
    pub fn covers(&self, id: u32, now: Timestamp) -> Vec<Cover> {
        self.get(id).map(|session| covers_of(self, session, now)).unwrap_or_default()
    }

    /// Records what a backend saw; false if there is no such session.
    pub fn see(&mut self, id: u32, update: impl FnOnce(&mut Seen)) -> bool {
        match self.sessions.get_mut(&id) {
            Some(session) => {
                update(&mut session.seen);
                session.kind = session.seen.kind.unwrap_or(session.kind);
                true
            }
            None => false,
        }
    }

    /// Records the groups of every session's user, and the roles that follow from them, by uid. Where nothing is
    /// known now, what was known before stays.
    pub fn set_groups(&mut self, known_of: impl Fn(u32) -> Option<(BTreeSet<String>, Role)>) {
        for session in self.sessions.values_mut() {
            if let Some((groups, role)) = known_of(session.uid) {
                session.groups = Groups::Known(groups);
                session.admin = role == Role::Administrator;
                session.operator = role == Role::Operator;
            }
        }
    }

    /// Puts a session in as it is.
    #[cfg(test)]
    pub(crate) fn put(&mut self, session: Tracked) {
        self.sessions.insert(session.id, session);
    }

    /// Applies a change that the store has written.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::SessionOpened(record) => {
                self.sessions.insert(record.id, Tracked::from(record));
            }
            Change::SessionEnded(id) => {
                if let Some(ended) = self.sessions.remove(id) {
                    self.rules.values_mut().for_each(|rule| rule.except.retain(|key| *key != ended.key));
                }
            }
            Change::Renamed(id, name) => self.with(*id, |s| s.name = Some(name.to_string())),
            Change::LockSet(id, lock) => self.with(*id, |s| s.own_lock = Some(lock.clone())),
            Change::LockRemoved(id) => self.with(*id, |s| s.own_lock = None),
            Change::CloseOrdered(id, order) => self.with(*id, |s| s.closing = Some(order.clone())),
            Change::CloseCancelled(id) => self.with(*id, |s| s.closing = None),
            Change::RuleSet(rule) => {
                self.rules.insert(rule.name.clone(), rule.clone());
            }
            Change::RuleRemoved(name) => {
                self.rules.remove(name);
                self.exemptions.retain(|(rule, _)| rule != name);
            }
            Change::Exempted(rule, key) => {
                self.exemptions.insert((rule.clone(), key.clone()));
            }
            Change::Identity(change) => self.identities.apply(change),
        }
    }

    /// Takes up the order to close this session, if there is one and its time has come.
    pub fn begin_close(&mut self, key: &SessionKey, id: u32, now: Timestamp) -> Option<CloseOrder> {
        let session = self.sessions.get_mut(&id).filter(|session| session.key == *key)?;
        let due = session.closing.as_ref().filter(|order| order.at <= now)?;
        session.close_begun = true;
        Some(due.clone())
    }

    fn with(&mut self, id: u32, update: impl FnOnce(&mut Tracked)) {
        if let Some(session) = self.sessions.get_mut(&id) {
            update(session);
        }
    }

    /// The session as callers see it at `now`: what covers it is what its backend observed.
    pub fn present(&self, session: &Tracked, host: &str, now: Timestamp) -> Session {
        let shown = session.seen.covers.iter().find(|cover| cover.holds(now));
        let station = session.seen.stations.first();
        let state = match station {
            _ if session.closing.is_some() || session.seen.closing => State::Closing,
            Some(SeenStation { client: Some(_), .. }) => State::Remote,
            Some(_) => State::Connected,
            None => State::Disconnected,
        };
        let active = session.seen.last_input.unwrap_or(session.since);
        Session {
            session_id: session.id,
            native_id: session.key.native_id.clone(),
            host: host.to_owned(),
            user: session.user.clone(),
            uid: session.uid,
            kind: session.kind,
            state,
            closing_at: session.closing.as_ref().map(|order| order.at),
            station_id: station.map(|s| if s.client.is_some() { 0 } else { s.id }),
            client: station.and_then(|s| s.client.clone()),
            admin: session.admin,
            operator: session.operator,
            orchestratable: self.orchestratable(session),
            locked: shown.is_some(),
            lock: shown.map(Cover::info),
            since: session.since,
            idle_seconds: u64::try_from(now.duration_since(active).as_secs()).unwrap_or(0),
            title: session.title().to_owned(),
            name: session.name.clone(),
            own: false,
            groups: session.groups.some(MOST_GROUPS),
            end: None,
        }
    }

    /// A session that has ended, as callers see it.
    pub fn present_ended(&self, ended: &EndedSession, host: &str) -> Session {
        let session = self.present(&ended.session, host, ended.end.at);
        Session {
            state: State::Ended,
            closing_at: None,
            station_id: None,
            client: None,
            locked: false,
            lock: None,
            end: Some(ended.end),
            ..session
        }
    }

    /// The rule as callers see it.
    pub fn present_rule(&self, rule: &RuleRecord) -> Rule {
        let exempt = |session: &&Tracked| self.exemptions.contains(&(rule.name.clone(), session.key.clone()));
        Rule {
            name: rule.name.clone(),
            message: rule.terms.message.clone(),
            by: rule.terms.by.clone(),
            since: rule.terms.since,
            until: rule.terms.until,
            except: self.sessions().filter(|session| rule.except.contains(&session.key)).map(|s| s.id).collect(),
            freeze: rule.terms.freeze,
            exempt: self.sessions().filter(exempt).map(|session| session.id).collect(),
        }
    }
}

impl Tracked {
    /// Only administrators may act on it: its user is one, or an operator, or might be for all that is known.
    pub fn is_privileged(&self) -> bool {
        self.admin || self.operator || self.groups.are_unknown()
    }

    /// Whether this is its name.
    pub fn is_called(&self, name: &SessionName) -> bool {
        self.name.as_deref() == Some(name.as_str())
    }

    /// The session's name, or the title its program set, or the program.
    pub fn title(&self) -> &str {
        self.name.as_deref().or(self.seen.title.as_deref()).unwrap_or(&self.program)
    }
}

impl From<&SessionRecord> for Tracked {
    fn from(record: &SessionRecord) -> Self {
        Tracked {
            id: record.id,
            key: record.key.clone(),
            user: record.user.clone(),
            uid: record.uid,
            kind: record.kind,
            since: record.since,
            name: record.name.clone(),
            program: record.program.clone(),
            groups: record.groups.clone(),
            admin: false,
            operator: false,
            own_lock: None,
            closing: None,
            close_begun: false,
            seen: Seen::default(),
        }
    }
}
