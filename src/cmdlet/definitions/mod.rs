//! The five cmdlets, one file each.

use super::{Cmdlet, Parameter, Type};

mod close;
mod disconnect;
mod get;
mod lock;
mod unlock;

/// Every cmdlet.
pub const ALL: [&Cmdlet; 5] = [&get::GET, &lock::LOCK, &unlock::UNLOCK, &disconnect::DISCONNECT, &close::CLOSE];

/// The cmdlet of this name, in whatever casing.
pub fn find(name: &str) -> Option<&'static Cmdlet> {
    ALL.into_iter().find(|cmdlet| cmdlet.name.eq_ignore_ascii_case(name))
}

/// The first set: sessions by their IDs. Piped objects may have them under the name that `usher list` writes.
const SESSION_ID: Parameter = Parameter::new("SessionId", Type::Ids).only(0).mandatory().at(0).piped(&["session_id"]);

/// The second set: every session.
const ALL_SESSIONS: Parameter = Parameter::new("All", Type::Switch).only(1).mandatory();

/// The host. An empty name is a variable that nobody set, and not this host.
const SERVER: Parameter = Parameter::new("Server", Type::Text).also(&["ComputerName"]).piped(&["host"]).non_empty();
