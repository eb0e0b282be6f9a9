//! The cmdlets: command lines of the form `Lock-WmsSession -SessionId 3 -Message "…"`, for whoever has scripts
//! or habits of that form.
//!
//! Each is [defined](Cmdlet) once, as data. From the definition come the [binder](bind::bind), which turns words
//! into a [call](call::Call), the help, the manual pages, the completions and the reference. A call goes the one
//! way through that every verb goes; nothing here does I/O.
//!
//! What is compatible, and with what: the public reference of the `multipoint` PowerShell module for the names,
//! PowerShell 7 (`src/System.Management.Automation/engine/` of its repository, and its `about_*` pages) for how
//! command lines are read.

pub mod bind;
pub mod call;
mod definition;
mod definitions;
pub mod help;
pub mod input;
pub mod object;
pub mod record;

pub use definition::{Cmdlet, CmdletVerb, Example, Parameter, ParameterGroup, Sets, Type};
pub use definitions::{ALL, find};
