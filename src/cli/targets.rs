//! The sessions that a session verb is for, as arguments.

use clap::Args;
use usher_core::request::{Name, SessionRef, Targets};

/// Exactly one way of naming sessions.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct TargetArguments {
    /// Session IDs, as `usher list` shows them, or names
    #[arg(value_name = "ID", help_heading = "Targets", display_order = 0)]
    ids: Vec<SessionRef>,
    /// Every session except the one that you call from
    #[arg(long, help_heading = "Targets")]
    all: bool,
    /// Every session of this user, by name or uid; can be given several times
    #[arg(short, long, value_name = "NAME", help_heading = "Targets")]
    user: Vec<Name>,
}

impl TargetArguments {
    /// The targets that the arguments name.
    pub fn targets(self) -> Targets {
        if self.all {
            Targets::All
        } else if self.user.is_empty() {
            Targets::Ids(self.ids)
        } else {
            Targets::Users(self.user)
        }
    }
}

/// The rule that `block` and `unblock` are about, as arguments.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct RuleArguments {
    /// The rule for every session
    #[arg(long, help_heading = "Rule")]
    all: bool,
    /// The rule for the sessions of this user, by name or uid
    #[arg(short, long, value_name = "NAME", help_heading = "Rule")]
    user: Option<Name>,
    /// The rule for the sessions of this group's members, by name or gid
    #[arg(short, long, value_name = "NAME", help_heading = "Rule")]
    group: Option<Name>,
}

impl RuleArguments {
    /// The rule's name.
    pub fn rule(self) -> usher_core::request::RuleName {
        use usher_core::request::RuleName;
        match (self.user, self.group) {
            (Some(user), _) => RuleName::User(user),
            (None, Some(group)) => RuleName::Group(group),
            (None, None) => RuleName::All,
        }
    }
}
