//! `Lock-WmsSession`

use super::{ALL_SESSIONS, SERVER, SESSION_ID};
use crate::cmdlet::{Cmdlet, CmdletVerb, Example, Parameter, Type};

/// Covers sessions with a message.
pub const LOCK: Cmdlet = Cmdlet {
    name: "Lock-WmsSession",
    verb: CmdletVerb::Lock,
    sets: ["LockById", "LockAll"],
    declared: &[SESSION_ID, ALL_SESSIONS, MESSAGE, SERVER],
    should_process: false,
    examples: &[
        Example::new("Lock-WmsSession -SessionId 3 -Message \"Your station is locked\""),
        Example::new("Lock-WmsSession -All \"Eyes on the teacher, please\""),
    ],
    inputs: &["WmsSession", "System.UInt32[]", "System.String"],
    outputs: &[],
};

/// What the user reads. It belongs to both sets, in which it comes after the IDs, if there are any.
const MESSAGE: Parameter = Parameter::new("Message", Type::Text).mandatory().at(1);
