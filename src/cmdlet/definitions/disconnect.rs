//! `Disconnect-WmsSession`

use super::{ALL_SESSIONS, SERVER, SESSION_ID};
use crate::cmdlet::{Cmdlet, CmdletVerb, Example};

/// Frees the stations of sessions.
pub const DISCONNECT: Cmdlet = Cmdlet {
    name: "Disconnect-WmsSession",
    verb: CmdletVerb::Disconnect,
    sets: ["DisconnectById", "DisconnectAll"],
    declared: &[SESSION_ID, ALL_SESSIONS, SERVER],
    should_process: true,
    examples: &[Example::new("Disconnect-WmsSession -SessionId 3"), Example::new("Disconnect-WmsSession -All -WhatIf")],
    inputs: &["WmsSession", "System.UInt32[]", "System.String"],
    outputs: &[],
};
