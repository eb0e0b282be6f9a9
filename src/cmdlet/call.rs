//! A bound call in the terms of what it asks for.

use usher_core::request::{Message, ThumbnailSize};

use super::bind::{BindError, Bound, Value};
use super::{Cmdlet, CmdletVerb};

/// Which sessions a call is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// These.
    Ids(Vec<u32>),
    /// Every one; none at all if the switch is there and off.
    All(bool),
    /// Those that piped objects name.
    Piped,
}

/// What to do about messages of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// Keep silent and go on.
    Silent,
    /// Say it and end.
    Stop,
    /// Say it and go on.
    Continue,
    /// Say it and ask.
    Inquire,
}

/// The streams beside the objects, and what to do after a message on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    /// Say what is done.
    pub verbose: bool,
    /// Say how it is done.
    pub debug: bool,
    /// Errors.
    pub error: Preference,
    /// Warnings.
    pub warning: Preference,
    /// What is worth knowing when all went well.
    pub information: Preference,
}

/// A call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The cmdlet.
    pub cmdlet: &'static Cmdlet,
    /// Which sessions.
    pub selection: Selection,
    /// The host; `None` for this one, or the one that a piped object names.
    pub server: Option<String>,
    /// What the user of a locked session reads.
    pub message: Option<Message>,
    /// Only say what would be done.
    pub what_if: bool,
    /// Ask before each session.
    pub confirm: bool,
    /// A picture of each session is wanted, in this size.
    pub thumbnail: Option<ThumbnailSize>,
    /// What is said beside the objects.
    pub streams: Streams,
}

impl Call {
    /// The call that the words amount to.
    ///
    /// # Errors
    /// The message is none that can be shown.
    pub fn new(bound: &Bound) -> Result<Self, BindError> {
        let text = |name| match bound.value(name) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let message = text("Message").map(|text| text.parse::<Message>()).transpose();
        let message = message.map_err(|why| BindError::refused("Message", &sentence(&why.to_string())))?;
        debug_assert!(bound.cmdlet.verb != CmdletVerb::Lock || message.is_some());
        Ok(Call {
            cmdlet: bound.cmdlet,
            selection: selection(bound),
            server: text("Server"),
            message,
            what_if: switch(bound, "WhatIf"),
            // A dry run has nothing to ask about.
            confirm: switch(bound, "Confirm") && !switch(bound, "WhatIf"),
            thumbnail: thumbnail(bound),
            streams: Streams {
                verbose: switch(bound, "Verbose"),
                debug: switch(bound, "Debug"),
                error: preference(bound, "ErrorAction", Preference::Continue),
                warning: preference(bound, "WarningAction", Preference::Continue),
                information: preference(bound, "InformationAction", Preference::Silent),
            },
        })
    }
}

fn selection(bound: &Bound) -> Selection {
    match (bound.value("SessionId"), bound.value("All")) {
        (Some(Value::Ids(ids)), _) => Selection::Ids(ids.clone()),
        // `-All:$false` is the set of all, and not all of them.
        (_, Some(Value::Switch(on))) => Selection::All(*on),
        _ => Selection::Piped,
    }
}

fn thumbnail(bound: &Bound) -> Option<ThumbnailSize> {
    match bound.value("Thumbnail") {
        Some(Value::Choice(number)) => ThumbnailSize::ALL.get(usize::try_from(*number).ok()?).copied(),
        _ => None,
    }
}

fn switch(bound: &Bound, name: &str) -> bool {
    bound.value(name) == Some(&Value::Switch(true))
}

fn preference(bound: &Bound, name: &str, otherwise: Preference) -> Preference {
    match bound.value(name) {
        Some(Value::Choice(0 | 4)) => Preference::Silent,
        Some(Value::Choice(1)) => Preference::Stop,
        Some(Value::Choice(2)) => Preference::Continue,
        Some(Value::Choice(3)) => Preference::Inquire,
        _ => otherwise,
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}
