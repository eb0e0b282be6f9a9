//! What can stand in a plain verb's command line: clap knows verbs, options and words; what there is at the moment is
//! [`KnownWords`].

use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};
use usher_core::request::RuleName;
use usher_core::session::{Kind, Session};

use super::answer::{Suggestion, Suggestions};
use super::cmdlets::WITH_VALUE;
use super::known::{KnownWords, own_text};
use super::line::Line;
use crate::cli::localized;
use crate::cmdlet::{self, help};
use crate::words;

/// What can stand at the cursor.
pub(super) fn choice(line: &Line, known: KnownWords) -> Suggestions {
    if let Some(at) = line.command {
        return Suggestions::Command(at);
    }
    let asked = Arc::new(Lookup { known, files: AtomicBool::new(false) });
    let mut command = equipped(localized::command(words::language()), &asked);
    for cmdlet in cmdlet::ALL {
        command = command.subcommand(Command::new(cmdlet.name).about(help::synopsis(cmdlet, words::language())));
    }
    let typed: Vec<OsString> = line.words.iter().map(OsString::from).collect();
    let at = typed.len() - 1;
    let found = complete(&mut command, typed, at, None).unwrap_or_default();
    if asked.files.load(Ordering::Relaxed) {
        return Suggestions::Files;
    }
    let candidate = |found: &CompletionCandidate| Suggestion {
        value: found.get_value().to_string_lossy().into_owned(),
        about: found
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    Suggestions::Of(found.iter().filter(|found| !found.is_hide_set()).map(candidate).collect())
}

struct Lookup {
    known: KnownWords,
    /// The word is a file's name.
    files: AtomicBool,
}

/// What an argument's value is.
#[derive(Debug, Clone, Copy)]
enum Subject {
    Files,
    Sessions(fn(&Session) -> bool),
    Users,
    Groups,
    RuledUsers,
    RuledGroups,
    Identities,
    Hosts,
    HostGroups,
    Joined,
    Verbs,
    Times,
}

/// The command, with what there is at the moment at each argument that is for it.
fn equipped(command: Command, asked: &Arc<Lookup>) -> Command {
    let verb = command.get_name().to_owned();
    let inner: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let command = command.mut_args(|argument| match subject(&verb, &argument) {
        Some(subject) => {
            let asked = Arc::clone(asked);
            argument.add(ArgValueCompleter::new(move |current: &OsStr| candidates(&asked, subject, current)))
        }
        None => argument,
    });
    inner.into_iter().fold(command, |command, verb| command.mut_subcommand(verb, |verb| equipped(verb, asked)))
}

fn subject(verb: &str, argument: &Arg) -> Option<Subject> {
    Some(match (verb, argument.get_id().as_str()) {
        (_, "socket" | "file" | "directory") => Subject::Files,
        (_, "server") | ("test", "names") | ("group", "members") => Subject::Hosts,
        ("group" | "ungroup", "name") => Subject::HostGroups,
        ("remove", "name") => Subject::Joined,
        ("unblock", "user") => Subject::RuledUsers,
        ("unblock", "group") => Subject::RuledGroups,
        (_, "user" | "users") => Subject::Users,
        (_, "group") => Subject::Groups,
        ("unlock", "ids") => Subject::Sessions(|session| session.locked),
        ("attach", "id") => Subject::Sessions(own_text),
        ("rename" | "show", "id") => Subject::Sessions(|session| session.kind == Kind::Text),
        (_, "ids" | "id" | "session") => Subject::Sessions(|_| true),
        ("revoke", "name") => Subject::Identities,
        ("help", "name") => Subject::Verbs,
        (_, "duration" | "notice") => Subject::Times,
        _ => return None,
    })
}

fn candidates(asked: &Lookup, subject: Subject, current: &OsStr) -> Vec<CompletionCandidate> {
    let known = &asked.known;
    let all = match subject {
        Subject::Files => {
            asked.files.store(true, Ordering::Relaxed);
            Vec::new()
        }
        Subject::Sessions(wanted) => known.sessions(wanted),
        Subject::Users => known.users(),
        Subject::Groups => known.groups(),
        Subject::RuledUsers => known.ruled(|rule| match rule {
            RuleName::User(name) => Some(name.to_string()),
            _ => None,
        }),
        Subject::RuledGroups => known.ruled(|rule| match rule {
            RuleName::Group(name) => Some(name.to_string()),
            _ => None,
        }),
        Subject::Identities => known.identities(),
        Subject::Hosts => known.hosts(),
        Subject::HostGroups => known.host_groups(),
        Subject::Joined => known.joined(),
        Subject::Verbs => explained(known.typed()),
        Subject::Times => ["1m", "5m", "10m", "45m", "1h"]
            .map(|time| Suggestion { value: time.to_owned(), about: String::new() })
            .into(),
    };
    let current = current.to_string_lossy();
    let found = all.into_iter().filter(|candidate| candidate.value.starts_with(&*current));
    found.map(|it| CompletionCandidate::new(it.value).help(Some(it.about.into()))).collect()
}

/// What `usher help` explains behind these words: every verb and every cmdlet, or the verbs of a verb.
fn explained(typed: &[String]) -> Vec<Suggestion> {
    let language = words::language();
    let command = localized::command(language);
    let Some(of) = named_verb(&command, typed) else { return Vec::new() };
    let about = |verb: &Command| verb.get_about().map(ToString::to_string).unwrap_or_default();
    let shown = of.get_subcommands().filter(|verb| !verb.is_hide_set());
    let verbs = shown.map(|verb| Suggestion { value: verb.get_name().to_owned(), about: about(verb) });
    let is_first = of.get_name() == command.get_name();
    let cmdlets = cmdlet::ALL.into_iter().filter(|_| is_first);
    let cmdlets = cmdlets.map(|it| Suggestion { value: it.name.to_owned(), about: help::synopsis(it, language) });
    verbs.chain(cmdlets).collect()
}

/// The verb that the words behind `help` name; the program itself where there are none.
fn named_verb<'c>(command: &'c Command, typed: &[String]) -> Option<&'c Command> {
    let mut words = typed.iter().skip_while(|word| *word != "help").skip(1);
    let mut verb = command;
    while let Some(word) = words.next() {
        match word {
            option if WITH_VALUE.contains(&option.as_str()) => drop(words.next()),
            option if option.starts_with('-') => {}
            name => verb = verb.find_subcommand(name)?,
        }
    }
    Some(verb)
}
