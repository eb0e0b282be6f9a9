//! The definition of a cmdlet: its parameters, their sets, and the keys of its sentences.

/// A command of the form Verb-Noun.
#[derive(Debug)]
pub struct Cmdlet {
    /// The name as it is shown; in a command line, its casing does not matter.
    pub name: &'static str,
    /// What it does.
    pub verb: CmdletVerb,
    /// The names of its parameter sets. A call is in exactly one of them.
    pub sets: [&'static str; 2],
    /// Its own parameters, in the order in which they are shown.
    pub declared: &'static [Parameter],
    /// Whether it changes what cannot be brought back, and so takes `-WhatIf` and `-Confirm`.
    pub should_process: bool,
    /// Command lines to learn from.
    pub examples: &'static [Example],
    /// The types of the objects it takes from a pipe, for the help.
    pub inputs: &'static [&'static str],
    /// The types of the objects it writes, for the help.
    pub outputs: &'static [&'static str],
}

/// What a cmdlet does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CmdletVerb {
    /// Shows sessions.
    Get,
    /// Locks them.
    Lock,
    /// Unlocks them.
    Unlock,
    /// Disconnects them.
    Disconnect,
    /// Closes them.
    Close,
}

/// A command line with a sentence about it, whose key is the cmdlet's key, `-example-` and the number.
#[derive(Debug)]
pub struct Example {
    /// As typed in a shell.
    pub line: &'static str,
    /// As typed in PowerShell, where that is another line, with a sentence of its own.
    pub powershell: Option<&'static str>,
}

impl Example {
    /// A line that is the same in every shell.
    pub const fn new(line: &'static str) -> Self {
        Example { line, powershell: None }
    }

    /// The same, which is another line in PowerShell.
    pub const fn powershell(self, line: &'static str) -> Self {
        Example { powershell: Some(line), ..self }
    }
}

/// One parameter.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Parameter {
    /// The name as it is shown.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What its value is.
    pub kind: Type,
    /// The sets it belongs to.
    pub sets: Sets,
    /// Whether a call in these sets must have it.
    pub mandatory: bool,
    /// Its place among words without a name.
    pub position: Option<u8>,
    /// The names under which a piped object may have it, besides its own name and aliases; `None` if it is not
    /// taken from a pipe.
    pub pipeline: Option<&'static [&'static str]>,
    /// Whether an empty text is refused.
    pub non_empty: bool,
    /// Who brings it.
    pub group: ParameterGroup,
}

/// The sets a parameter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sets {
    /// Every set.
    All,
    /// The set of this number.
    Only(u8),
}

/// Who brings a parameter. A name that could be one of the cmdlet's own and one that every cmdlet has is the
/// cmdlet's own (`MergedCommandParameterMetadata.cs`, `GetMatchingParameter`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterGroup {
    /// The cmdlet.
    Declared,
    /// Every cmdlet.
    Common,
    /// Cmdlets that ask before they act.
    ShouldProcess,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Session IDs.
    Ids,
    /// One text.
    Text,
    /// There or not.
    Switch,
    /// One of these names, which have these numbers.
    Choice(&'static str, &'static [(&'static str, i64)]),
    /// A whole number that is not negative.
    Number,
}

impl Type {
    /// The name in syntax lines.
    pub fn short(self) -> &'static str {
        match self {
            Type::Ids => "UInt32[]",
            Type::Text => "String",
            Type::Switch => "SwitchParameter",
            Type::Choice(name, _) => name.rsplit_once('.').map_or(name, |(_, short)| short),
            Type::Number => "Int32",
        }
    }

    /// The name in messages.
    pub fn full(self) -> &'static str {
        match self {
            Type::Ids => "System.UInt32[]",
            Type::Text => "System.String",
            Type::Switch => "System.Management.Automation.SwitchParameter",
            Type::Choice(name, _) => name,
            Type::Number => "System.Int32",
        }
    }
}

impl Parameter {
    /// An optional parameter of the cmdlet's own, in every set.
    pub const fn new(name: &'static str, kind: Type) -> Self {
        Parameter {
            name,
            aliases: &[],
            kind,
            sets: Sets::All,
            mandatory: false,
            position: None,
            pipeline: None,
            non_empty: false,
            group: ParameterGroup::Declared,
        }
    }

    /// The same in one set alone.
    pub const fn only(self, set: u8) -> Self {
        Parameter { sets: Sets::Only(set), ..self }
    }

    /// The same, without which there is no call.
    pub const fn mandatory(self) -> Self {
        Parameter { mandatory: true, non_empty: true, ..self }
    }

    /// The same with a place among words without a name.
    pub const fn at(self, position: u8) -> Self {
        Parameter { position: Some(position), ..self }
    }

    /// The same with other names.
    pub const fn also(self, aliases: &'static [&'static str]) -> Self {
        Parameter { aliases, ..self }
    }

    /// The same, taken from piped objects also under these names.
    pub const fn piped(self, names: &'static [&'static str]) -> Self {
        Parameter { pipeline: Some(names), ..self }
    }

    /// The same, which refuses an empty text.
    pub const fn non_empty(self) -> Self {
        Parameter { non_empty: true, ..self }
    }

    /// The same, brought by something else than the cmdlet.
    pub const fn of(self, group: ParameterGroup) -> Self {
        Parameter { group, ..self }
    }

    /// Whether it belongs to any of these sets, one bit each.
    pub fn is_in(&self, sets: u8) -> bool {
        match self.sets {
            Sets::All => true,
            Sets::Only(set) => sets & (1 << set) != 0,
        }
    }

    /// Its own name, then its others.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

impl Cmdlet {
    /// Every parameter, in the order in which messages list them.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        let asking = if self.should_process { SHOULD_PROCESS } else { &[] };
        self.declared.iter().chain(COMMON).chain(asking)
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters().find(|parameter| parameter.name.eq_ignore_ascii_case(name))
    }

    /// The names of its links: as the reference writes it, and as people type it.
    pub fn links(&self) -> [String; 2] {
        [self.name.to_owned(), self.name.to_lowercase()]
    }

    /// The beginning of the keys of its words: `lock` for `Lock-WmsSession`.
    pub fn key(&self) -> &'static str {
        match self.verb {
            CmdletVerb::Get => "get",
            CmdletVerb::Lock => "lock",
            CmdletVerb::Unlock => "unlock",
            CmdletVerb::Disconnect => "disconnect",
            CmdletVerb::Close => "close",
        }
    }
}

/// What to do about a kind of message (`ActionPreference.cs`; the two that only a debugger or a workflow has are
/// left out).
pub const PREFERENCES: Type = Type::Choice(
    "System.Management.Automation.ActionPreference",
    &[("SilentlyContinue", 0), ("Stop", 1), ("Continue", 2), ("Inquire", 3), ("Ignore", 4)],
);

const fn common(name: &'static str, kind: Type, alias: &'static [&'static str]) -> Parameter {
    Parameter::new(name, kind).also(alias).of(ParameterGroup::Common)
}

/// The parameters of every cmdlet (about_CommonParameters, and `CommonCommandParameters.cs` for the order).
const COMMON: &[Parameter] = &[
    common("Verbose", Type::Switch, &["vb"]),
    common("Debug", Type::Switch, &["db"]),
    common("ErrorAction", PREFERENCES, &["ea"]),
    common("WarningAction", PREFERENCES, &["wa"]),
    common("InformationAction", PREFERENCES, &["infa"]),
    common("ProgressAction", PREFERENCES, &["proga"]),
    common("ErrorVariable", Type::Text, &["ev"]).non_empty(),
    common("WarningVariable", Type::Text, &["wv"]).non_empty(),
    common("InformationVariable", Type::Text, &["iv"]).non_empty(),
    common("OutVariable", Type::Text, &["ov"]).non_empty(),
    common("OutBuffer", Type::Number, &["ob"]),
    common("PipelineVariable", Type::Text, &["pv"]).non_empty(),
];

/// The parameters of cmdlets that ask before they act (`ShouldProcessParameters.cs`).
const SHOULD_PROCESS: &[Parameter] = &[
    Parameter::new("WhatIf", Type::Switch).also(&["wi"]).of(ParameterGroup::ShouldProcess),
    Parameter::new("Confirm", Type::Switch).also(&["cf"]).of(ParameterGroup::ShouldProcess),
];
