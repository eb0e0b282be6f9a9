//! May this actor ask this at all? A pure function of actor, action and settings.
//!
//! This stage judges by role alone. What depends on a target (is it there, is it the caller's own,
//! whose is it) is judged in `plan`, which can only be reached with an [`Authorized`].

use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, SignInRequest, SignInStep, WhichSignIn};

use crate::actor::{Actor, Role, Who};

/// An action that its actor's role allows. Only [`authorize`] makes one.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an authorization that nobody plans with does nothing"]
pub struct Authorized {
    actor: Actor,
    action: Action,
}

impl Authorized {
    /// The actor.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The action.
    pub fn action(&self) -> &Action {
        &self.action
    }
}

/// Decides by the actor's kind and role alone.
///
/// # Errors
/// [`ErrorId::AccessDenied`], the first in the order of refusals.
pub fn authorize(actor: Actor, action: Action) -> Result<Authorized, Error> {
    suits(&actor.who, &action)?;
    let needed = match &action {
        Action::Lock(_) | Action::Unlock(_) | Action::Disconnect(_) => Role::Operator,
        Action::Close(_) | Action::CancelClose(_) => Role::Operator,
        Action::Block(..) | Action::Unblock(_) | Action::Blocks => Role::Operator,
        Action::Audit(_) | Action::Invite(_) | Action::Revoke(_) | Action::Identities => Role::Administrator,
        Action::SignIn(SignInRequest { step: SignInStep::Certified { .. }, .. }) => Role::User,
        Action::SignIn(_) | Action::SignIns | Action::SignOut(WhichSignIn::Number(_)) => Role::Administrator,
        Action::SignOut(WhichSignIn::Own) => Role::User,
        Action::Redeem(_) | Action::Rekey(_) => Role::User,
        // Whose session it is decides the rest, in `plan`.
        Action::Thumbnail(..) | Action::Screen(_) | Action::Rename(..) | Action::OfUser(_) => Role::User,
        Action::Open(_) | Action::Attach(..) | Action::List | Action::Show(_) | Action::Watch(_) => Role::User,
        Action::Status | Action::Ended | Action::End(..) => Role::User,
    };
    if actor.role.max(Role::User) >= needed {
        return Ok(Authorized { actor, action });
    }
    let verb = action.verb();
    if actor.role == Role::Unknown {
        let why =
            format!("{} may not {verb} now: this host could not look up the groups of {}", actor.name, actor.name);
        return Err(Error::new(ErrorId::AccessDenied, why)
            .hint("try again; if that does not help, an administrator has to mend the host's user database"));
    }
    let who = match needed {
        Role::Administrator => "administrators",
        Role::Operator | Role::User | Role::Unknown => "operators and administrators",
    };
    Err(Error::new(ErrorId::AccessDenied, format!("{} may not {verb}: that is for {who} of this host", actor.name))
        .hint("ask an administrator to add you to the operators' group, or to do it for you"))
}

/// Whether this is for users of the host, for remote identities, or for the gateway itself.
fn suits(who: &Who, action: &Action) -> Result<(), Error> {
    let verb = action.verb();
    let refused = |why: String, hint: &str| Err(Error::new(ErrorId::AccessDenied, why).hint(hint));
    match (who, action) {
        (Who::Gateway, Action::Redeem(_)) | (Who::Identity { .. }, Action::Rekey(_)) => Ok(()),
        (_, Action::Redeem(_) | Action::Rekey(_)) => {
            refused(format!("{verb} is for usher-gateway alone"), "`usher join` redeems a token, from another machine")
        }
        // The gateway verified the identity's certificate in this very connection.
        (Who::Identity { .. }, Action::SignIn(SignInRequest { step: SignInStep::Certified { .. }, .. })) => Ok(()),
        (_, Action::SignIn(SignInRequest { step: SignInStep::Certified { .. }, .. })) => {
            refused(format!("{verb} by a certificate is for usher-gateway alone"), "sign in on the host's web page")
        }
        // Whoever is root needs no word of usher-auth's; nobody else's word counts.
        (Who::User(0), Action::SignIn(_)) | (Who::Web { .. }, Action::SignOut(WhichSignIn::Own)) => Ok(()),
        (_, Action::SignIn(_)) => refused(format!("{verb} is for usher-auth alone"), "sign in on the host's web page"),
        (_, Action::SignOut(WhichSignIn::Own)) => {
            refused("only who is signed in on the web page signs out there".to_owned(), "give the sign-in's number")
        }
        (Who::Gateway, _) => refused(
            format!("usher-gateway may not {verb} by itself"),
            "it vouches for an identity, which may or may not",
        ),
        (Who::Identity { name, .. }, Action::Open(_) | Action::Attach(..) | Action::End(..)) => refused(
            format!("{name} is a remote identity and has no sessions on this host: it may not {verb}"),
            "log in by ssh and do it there",
        ),
        (Who::Identity { name, .. }, Action::Invite(_) | Action::Revoke(_) | Action::Identities) => refused(
            format!("{name} is a remote identity: who may call from afar is decided on the host itself"),
            "log in by ssh and do it there",
        ),
        (Who::Identity { name, .. }, Action::SignIns | Action::SignOut(_)) => refused(
            format!("{name} is a remote identity: who is signed in on a host's web page is seen on the host itself"),
            "log in by ssh and do it there",
        ),
        // The page can do so much and no more, whoever has taken it over.
        (
            Who::Web { .. },
            Action::Open(_)
            | Action::Attach(..)
            | Action::End(..)
            | Action::Rename(..)
            | Action::Invite(_)
            | Action::Revoke(_)
            | Action::Identities
            | Action::SignIns
            | Action::SignOut(_),
        ) => refused(format!("nobody may {verb} by the web page"), "use the command line, on the host itself"),
        (
            Who::Identity { .. } | Who::Web { .. },
            Action::Lock(_)
            | Action::Unlock(_)
            | Action::Disconnect(_)
            | Action::Close(_)
            | Action::CancelClose(_)
            | Action::Block(..)
            | Action::Unblock(_)
            | Action::Thumbnail(..)
            | Action::Screen(_)
            | Action::Rename(..)
            | Action::List
            | Action::Show(_)
            | Action::OfUser(_)
            | Action::Ended
            | Action::Blocks
            | Action::Audit(_)
            | Action::Watch(_)
            | Action::Status,
        )
        | (Who::User(_), _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(role: Role, action: Action) -> Option<String> {
        let (name, from) = ("olga".to_owned(), String::new());
        let actor = Actor { who: Who::User(1000), name, role, from, own_sessions: Vec::new() };
        authorize(actor, action).err().map(|error| format!("{} {}", error.id.as_str(), error.message))
    }

    #[test]
    fn whose_groups_are_not_known_has_a_users_rights_and_is_told_why() {
        assert_eq!(refusal(Role::Unknown, Action::List), None);
        let told = refusal(Role::Unknown, Action::Blocks).expect("a refusal");
        assert!(told.starts_with("AccessDenied") && told.ends_with("could not look up the groups of olga"), "{told}");
        let told = refusal(Role::User, Action::Blocks).expect("a refusal");
        assert!(told.ends_with("that is for operators and administrators of this host"), "{told}");
        assert_eq!(refusal(Role::Operator, Action::Blocks), None);
    }
}
