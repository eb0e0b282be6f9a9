//! May this actor ask this at all? A pure function of actor, action and settings.
//!
//! This stage judges by role alone. What depends on a target (is it there, is it the caller's own,
//! whose is it) is judged in `plan`, which can only be reached with an [`Authorized`].

use crate::actor::{Actor, Role};
use crate::outcome::{Error, ErrorId};
use crate::request::Action;

/// An action that its actor's role allows. Only [`authorize`] makes one.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an authorization that nobody plans with does nothing"]
pub struct Authorized {
    actor: Actor,
    action: Action,
}

impl Authorized {
    /// Who asks.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What is asked.
    pub fn action(&self) -> &Action {
        &self.action
    }
}

/// Decides by role alone.
///
/// # Errors
/// [`ErrorId::AccessDenied`], the first in the order of refusals.
pub fn authorize(actor: Actor, action: Action) -> Result<Authorized, Error> {
    let needed = match &action {
        Action::Lock(_) | Action::Unlock(_) | Action::Disconnect(_) | Action::Close(_) => Role::Operator,
        Action::Block(..) | Action::Unblock(_) | Action::Blocks => Role::Operator,
        Action::Audit(_) => Role::Administrator,
        // Whose session it is decides the rest, in `plan`.
        Action::Thumbnail(..) => Role::User,
        Action::Open(_) | Action::Attach(..) | Action::List | Action::Watch => Role::User,
    };
    if actor.role >= needed {
        return Ok(Authorized { actor, action });
    }
    let who = match needed {
        Role::Administrator => "administrators",
        Role::Operator | Role::User => "operators and administrators",
    };
    let verb = action.verb();
    Err(Error::new(ErrorId::AccessDenied, format!("{} may not {verb}: that is for {who} of this host", actor.name))
        .hint("ask an administrator to add you to the operators' group, or to do it for you"))
}
