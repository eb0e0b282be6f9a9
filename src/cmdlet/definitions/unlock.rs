//! `Unlock-WmsSession`

use super::{ALL_SESSIONS, SERVER, SESSION_ID};
use crate::cmdlet::{Cmdlet, CmdletVerb, Example};

/// Takes the sessions' own locks away.
pub const UNLOCK: Cmdlet = Cmdlet {
    name: "Unlock-WmsSession",
    verb: CmdletVerb::Unlock,
    sets: ["UnlockById", "UnlockAll"],
    declared: &[SESSION_ID, ALL_SESSIONS, SERVER],
    should_process: false,
    examples: &[Example::new("Unlock-WmsSession -SessionId 3"), Example::new("Unlock-WmsSession -All")],
    inputs: &["WmsSession", "System.UInt32[]", "System.String"],
    outputs: &[],
};
