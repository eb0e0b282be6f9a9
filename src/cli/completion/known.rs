//! What there is at the moment. Whoever types waits for it, so each look has a deadline, and what cannot be had is left out.

use std::fs;
use std::io::Read;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};
use usher_core::request::{Action, Identity, RuleName};
use usher_core::servers::{Book, ServerName};
use usher_core::session::{Kind, Rule, Session};

use super::answer::Suggestion;
use crate::cli::hosts::{AT_ONCE, Hosts, Manner};
use crate::words;

/// How long a daemon may take. Beyond that, a shell seems to hang.
const PATIENCE: Duration = Duration::from_millis(700);
/// The longest file of users or groups.
const LONGEST_FILE: u64 = 1 << 20;
/// The first number of a person's, and the last: `login.defs(5)`.
const PEOPLE: std::ops::RangeInclusive<u32> = 1000..=60_000;

/// The hosts that a command line is for, and what was typed already.
pub(super) struct KnownWords {
    manner: Manner,
    servers: Vec<ServerName>,
    typed: Vec<String>,
    runtime: Runtime,
}

impl KnownWords {
    /// What these words choose.
    pub(super) fn new(words: &[String]) -> Option<Self> {
        let typed = words.get(..words.len().saturating_sub(1)).unwrap_or_default();
        let value = |names: &[&str]| {
            typed.iter().enumerate().rev().find_map(|(at, word)| {
                names.iter().find_map(|name| match word.strip_prefix(name)? {
                    "" => typed.get(at + 1).cloned(),
                    joined => joined.strip_prefix('=').map(str::to_owned),
                })
            })
        };
        let servers = value(&["--server", "-Server"]).unwrap_or_default();
        let servers = servers.split(',').filter_map(|name| name.parse().ok()).collect();
        let socket = value(&["--socket"]).map(Into::into);
        let manner = Manner { socket, patience: Some(PATIENCE), at_once: usize::from(AT_ONCE) };
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        Some(KnownWords { manner, servers, typed: typed.to_vec(), runtime })
    }

    /// What was typed before the word at the cursor.
    pub(super) fn typed(&self) -> &[String] {
        &self.typed
    }

    /// What the hosts answer in time.
    fn ask<T: DeserializeOwned>(&self, action: &Action) -> Vec<T> {
        let mut all = Vec::new();
        let Ok(hosts) = Hosts::choose(&self.servers, &self.manner) else { return all };
        let collect = hosts.each(
            async |host| host.client.call::<Vec<T>>(action).await,
            |_, answer| {
                all.extend(answer.unwrap_or_default());
                Ok(())
            },
        );
        let _ = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, collect).await });
        all
    }

    /// The sessions that are wanted, by ID and by name, without those that were typed already.
    pub(super) fn sessions(&self, wanted: impl Fn(&Session) -> bool) -> Vec<Suggestion> {
        let sessions: Vec<Session> = self.ask(&Action::List);
        let wanted: Vec<&Session> = sessions.iter().filter(|session| wanted(session)).collect();
        let ids =
            wanted.iter().map(|session| Suggestion { value: session.session_id.to_string(), about: about(session) });
        let names = wanted.iter().filter_map(|session| {
            let value = named(session)?;
            Some(Suggestion { value, about: format!("{} · {}", session.session_id, about(session)) })
        });
        ids.chain(names).filter(|candidate| !self.typed.contains(&candidate.value)).collect()
    }

    /// Who has sessions, and who could have some.
    pub(super) fn users(&self) -> Vec<Suggestion> {
        let sessions: Vec<Session> = self.ask(&Action::List);
        let with = |user: &str| sessions.iter().filter(|session| session.user == user).count();
        let mut users: Vec<String> = sessions.iter().map(|session| session.user.clone()).collect();
        if self.servers.is_empty() {
            users.extend(names_in("/etc/passwd", 2));
        }
        let count = |user: &str| match with(user) {
            0 => String::new(),
            count => words::with!("completion-sessions", &[("count", &count.to_string())]),
        };
        sorted(users).into_iter().map(|user| Suggestion { about: count(&user), value: user }).collect()
    }

    /// The groups of this host.
    pub(super) fn groups(&self) -> Vec<Suggestion> {
        plain(if self.servers.is_empty() { names_in("/etc/group", 2) } else { Vec::new() })
    }

    /// The users, or the groups, that rules stand for.
    pub(super) fn ruled(&self, of: impl Fn(&RuleName) -> Option<String>) -> Vec<Suggestion> {
        let rules: Vec<Rule> = self.ask(&Action::Blocks);
        let candidate = |rule: Rule| Some(Suggestion { value: of(&rule.name)?, about: rule.message.to_string() });
        rules.into_iter().filter_map(candidate).collect()
    }

    /// Who joined this host.
    pub(super) fn identities(&self) -> Vec<Suggestion> {
        let known: Vec<Identity> = self.ask(&Action::Identities);
        let candidate = |it: Identity| Suggestion { value: it.name.to_string(), about: it.role.as_str().to_owned() };
        known.into_iter().map(candidate).collect()
    }

    /// The hosts that were joined, groups, and what groups hold.
    pub(super) fn hosts(&self) -> Vec<Suggestion> {
        let Ok(book) = Book::load() else { return Vec::new() };
        let members = book.groups().flat_map(|(_, members)| members.iter().map(ToString::to_string));
        let joined = book.servers().map(|(name, _)| name.to_string());
        let mut all = self.host_groups();
        all.extend(plain(members.chain(joined).collect()));
        all
    }

    /// The groups of hosts, with those in them.
    pub(super) fn host_groups(&self) -> Vec<Suggestion> {
        let Ok(book) = Book::load() else { return Vec::new() };
        let about = |members: &[ServerName]| members.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        book.groups().map(|(name, members)| Suggestion { value: name.to_string(), about: about(members) }).collect()
    }

    /// The hosts that were joined.
    pub(super) fn joined(&self) -> Vec<Suggestion> {
        let Ok(book) = Book::load() else { return Vec::new() };
        book.servers()
            .map(|(name, it)| Suggestion { value: name.to_string(), about: it.addresses.join(", ") })
            .collect()
    }
}

/// A session in a few words.
fn about(session: &Session) -> String {
    let title: String = session.title.chars().take(40).collect();
    let parts = [session.user.as_str(), session.kind.as_str(), session.state.as_str(), &title];
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" · ")
}

/// The name by which this caller calls it.
fn named(session: &Session) -> Option<String> {
    let own = session.uid == rustix::process::getuid().as_raw();
    session.name.as_ref().map(|name| if own { name.clone() } else { format!("{}/{name}", session.user) })
}

/// Whether it is a text session of the caller's own: no other can be attached to.
pub(super) fn own_text(session: &Session) -> bool {
    session.kind == Kind::Text && session.uid == rustix::process::getuid().as_raw()
}

/// The names of people or groups in a file of this host's; `field` holds their numbers. Services are left out. Directories
/// are not asked: they can be slow, and hold very many.
fn names_in(file: &str, field: usize) -> Vec<String> {
    let mut text = String::new();
    let read = fs::File::open(file).and_then(|file| file.take(LONGEST_FILE).read_to_string(&mut text));
    if read.is_err() {
        return Vec::new();
    }
    let name = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        let number: u32 = fields.get(field)?.parse().ok()?;
        PEOPLE.contains(&number).then(|| fields[0].to_owned())
    };
    text.lines().filter_map(name).collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}

fn plain(names: Vec<String>) -> Vec<Suggestion> {
    sorted(names).into_iter().map(|value| Suggestion { value, about: String::new() }).collect()
}
