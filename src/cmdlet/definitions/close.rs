//! `Close-WmsSession`

use super::{ALL_SESSIONS, SERVER, SESSION_ID};
use crate::cmdlet::{Cmdlet, CmdletVerb, Example};

/// Ends sessions.
pub const CLOSE: Cmdlet = Cmdlet {
    name: "Close-WmsSession",
    verb: CmdletVerb::Close,
    sets: ["CloseById", "CloseAll"],
    declared: &[SESSION_ID, ALL_SESSIONS, SERVER],
    should_process: true,
    examples: &[
        Example::new("Close-WmsSession -SessionId 3"),
        Example::new("Close-WmsSession 3, 4 -Confirm"),
        Example::new("Get-WmsSession -All | Close-WmsSession -WhatIf"),
    ],
    inputs: &["WmsSession", "System.UInt32[]", "System.String"],
    outputs: &[],
};
