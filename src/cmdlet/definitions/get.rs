//! `Get-WmsSession`

use super::{ALL_SESSIONS, SERVER, SESSION_ID};
use crate::cmdlet::{Cmdlet, CmdletVerb, Example, Parameter, Type};

/// Shows sessions as objects.
pub const GET: Cmdlet = Cmdlet {
    name: "Get-WmsSession",
    verb: CmdletVerb::Get,
    sets: ["GetById", "GetAll"],
    declared: &[SESSION_ID, ALL_SESSIONS, THUMBNAIL, SERVER],
    should_process: false,
    examples: &[
        Example { line: "Get-WmsSession -All" },
        Example { line: "Get-WmsSession 3,4" },
        Example { line: "Get-WmsSession -All | jq -c 'select(.UserName==\"alice\")' | Lock-WmsSession -Message hi" },
        Example { line: "Get-WmsSession 3 -Thumbnail Large | jq -r .Thumbnail | base64 -d > 3.png" },
    ],
    inputs: &["WmsSession", "System.UInt32[]", "System.String"],
    outputs: &["WmsSession"],
};

/// A picture of each session, in one of these sizes.
const THUMBNAIL: Parameter = Parameter::new(
    "Thumbnail",
    Type::Choice("ThumbnailSize", &[("Small", 0), ("Medium", 1), ("Large", 2), ("FullScreen", 3)]),
);
