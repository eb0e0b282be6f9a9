//! Users and groups as callers name them, by name or by number, looked up before anything is decided about them.

use futures_util::future::join_all;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, AuditQuery, Name, RuleName, Targets};

use crate::accounts::{self, Lookup};
use crate::host::Host;

/// How many names of one request are looked up. Of more of them no more is said than that they have no session.
const MOST: usize = 64;

/// An action with the names that the host's databases have.
pub(super) struct NamedAction {
    /// The action.
    pub(super) action: Action,
    /// The users whom it names and who are not there.
    pub(super) absent: Vec<Name>,
}

/// Looks up whom the action names. A database that does not answer does not mean that there is nobody.
///
/// # Errors
/// The action is about one user or group, who is not there.
pub(super) async fn looked_up(host: &Host, mut action: Action) -> Result<NamedAction, Error> {
    let mut absent = Vec::new();
    match &mut action {
        Action::Block(RuleName::User(name), _) => *name = existing(user(host, name).await, name, "user")?,
        Action::Block(RuleName::Group(name), _) => *name = existing(group(host, name).await, name, "group")?,
        Action::Unblock(rule) => standing(host, rule).await,
        Action::OfUser(name) => *name = existing(user(host, name).await, name, "user")?,
        Action::Audit(AuditQuery { user: Some(name), .. }) => {
            if let Lookup::Found(found) = user(host, name).await {
                *name = found;
            }
        }
        _ => {
            if let Some(Targets::Users(names)) = action.targets_mut() {
                absent = named(host, names).await;
            }
        }
    }
    Ok(NamedAction { action, absent })
}

/// Gives every user the name that the database has, and tells who is not there.
async fn named(host: &Host, names: &mut [Name]) -> Vec<Name> {
    let mut unique = names.to_owned();
    unique.sort();
    unique.dedup();
    unique.truncate(MOST);
    let found = join_all(unique.iter().map(|name| user(host, name))).await;
    let mut absent = Vec::new();
    for (asked, found) in unique.into_iter().zip(found) {
        match found {
            Lookup::Found(real) => {
                names.iter_mut().filter(|name| **name == asked).for_each(|name| *name = real.clone())
            }
            Lookup::Absent => absent.push(asked),
            Lookup::Unknown => {}
        }
    }
    absent
}

/// A rule that stands is removed by its name, whether or not there is still anybody of that name.
async fn standing(host: &Host, rule: &mut RuleName) {
    if host.registry().rule(rule).is_some() {
        return;
    }
    let found = match rule {
        RuleName::All => return,
        RuleName::User(name) => user(host, name).await,
        RuleName::Group(name) => group(host, name).await,
    };
    if let (Lookup::Found(real), RuleName::User(name) | RuleName::Group(name)) = (found, rule) {
        *name = real;
    }
}

/// The user of this name or number. Whoever has a session is there, whatever the database says.
async fn user(host: &Host, asked: &Name) -> Lookup {
    let by = |is: &dyn Fn(&crate::session::Tracked) -> bool| {
        host.registry().sessions().find(|session| is(session)).and_then(|session| session.user.parse().ok())
    };
    if let Some(name) = by(&|session| session.user == asked.as_str()) {
        return Lookup::Found(name);
    }
    match accounts::find_user(asked).await {
        Lookup::Found(name) => Lookup::Found(name),
        other => match asked.as_str().parse::<u32>().ok().and_then(|uid| by(&|session| session.uid == uid)) {
            Some(name) => Lookup::Found(name),
            None => other,
        },
    }
}

/// The group of this name or number. One that a session's user is in is there.
async fn group(host: &Host, asked: &Name) -> Lookup {
    let known = host.registry().sessions().any(|s| !s.groups.are_unknown() && s.groups.may_include(asked.as_str()));
    if known { Lookup::Found(asked.clone()) } else { accounts::find_group(asked).await }
}

/// The name to go on with.
fn existing(found: Lookup, asked: &Name, what: &str) -> Result<Name, Error> {
    let is_number = asked.as_str().bytes().all(|b| b.is_ascii_digit());
    match found {
        Lookup::Found(name) => Ok(name),
        Lookup::Absent => Err(absent(asked, what)),
        Lookup::Unknown if is_number => {
            let message = format!("the host's {what} database did not say whose number {asked} is");
            Err(Error::new(ErrorId::Timeout, message).hint("give the name, or try again later"))
        }
        Lookup::Unknown => Ok(asked.clone()),
    }
}

fn absent(asked: &Name, what: &str) -> Error {
    let (id, database) = match what {
        "group" => (ErrorId::GroupNotFound, "group"),
        _ => (ErrorId::UserNotFound, "passwd"),
    };
    let hint =
        format!("check the spelling: `getent {database} {asked}` finds nothing; a rule is for those who are there");
    Error::new(id, format!("there is no {what} {asked} on this host")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::lab::Lab;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn whoever_has_a_session_is_there_by_name_and_by_number() {
        let lab = Lab::new();
        lab.session(1).await;
        assert_eq!(user(&lab.host, &name("alice")).await, Lookup::Found(name("alice")));
        assert_eq!(user(&lab.host, &name("4711")).await, Lookup::Found(name("alice")));
        assert_eq!(user(&lab.host, &name("0")).await, Lookup::Found(name("root")));
        assert_eq!(user(&lab.host, &name("nobody-has-this-name")).await, Lookup::Absent);
        assert_eq!(group(&lab.host, &name("0")).await, Lookup::Found(name("root")));
        assert_eq!(group(&lab.host, &name("nobody-has-this-name")).await, Lookup::Absent);
    }

    #[tokio::test]
    async fn targets_are_named_as_the_database_has_them() {
        let lab = Lab::new();
        let mut names = vec![name("0"), name("nobody-has-this-name"), name("0"), name("root")];
        assert_eq!(named(&lab.host, &mut names).await, [name("nobody-has-this-name")]);
        assert_eq!(names, [name("root"), name("nobody-has-this-name"), name("root"), name("root")]);
    }

    #[test]
    fn a_database_that_does_not_answer_hides_nobody() {
        assert_eq!(existing(Lookup::Unknown, &name("alice"), "user"), Ok(name("alice")));
        assert_eq!(existing(Lookup::Unknown, &name("1001"), "user").unwrap_err().id, ErrorId::Timeout);
        assert_eq!(existing(Lookup::Absent, &name("alice"), "user").unwrap_err().id, ErrorId::UserNotFound);
        assert_eq!(existing(Lookup::Absent, &name("x"), "group").unwrap_err().id, ErrorId::GroupNotFound);
    }
}
