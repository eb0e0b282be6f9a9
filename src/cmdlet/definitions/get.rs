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
        Example::new("Get-WmsSession -All"),
        Example::new("usher --output table Get-WmsSession -All").powershell("Get-WmsSession -All | Format-Table"),
        Example::new("Get-WmsSession 3,4"),
        Example::new("Get-WmsSession -All | jq -c 'select(.UserName==\"alice\")' | Lock-WmsSession -Message hi")
            .powershell("Get-WmsSession -All | Where-Object UserName -EQ alice | Lock-WmsSession -Message hi"),
        Example::new("Get-WmsSession 3 -Thumbnail Large | jq -r .Thumbnail | base64 -d > 3.png")
            .powershell("Set-Content 3.png -AsByteStream (Get-WmsSession 3 -Thumbnail Large).Thumbnail"),
    ],
    inputs: &["WmsSession", "System.UInt32[]", "System.String"],
    outputs: &["WmsSession"],
};

/// A picture of each session, in one of these sizes.
const THUMBNAIL: Parameter = Parameter::new(
    "Thumbnail",
    Type::Choice("ThumbnailSize", &[("Small", 0), ("Medium", 1), ("Large", 2), ("FullScreen", 3)]),
);
