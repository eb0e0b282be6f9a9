//! How objects and outcomes are written.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use base64::Engine as _;
use rustix::fs::{FileType, fstat};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::cli::output::{OutputFormat, TableRow};
use crate::cli::{output, thumbnail};
use crate::cmdlet::object::WmsSession;
use crate::words;

/// How to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As somebody asked for.
    Asked(OutputFormat),
    /// For the next program in a pipe: one object a line.
    Piped,
    /// For a person: a list of properties.
    Shown,
}

impl Form {
    /// What `--output` says, else `$USHER_OUTPUT`, else what standard output is.
    pub(super) fn chosen(option: Option<&str>) -> Result<Self, String> {
        let variable = std::env::var("USHER_OUTPUT").ok().filter(|value| !value.is_empty());
        match option.map(str::to_owned).or(variable).as_deref() {
            Some("table") => Ok(Form::Asked(OutputFormat::Table)),
            Some("list") => Ok(Form::Asked(OutputFormat::List)),
            Some("json") => Ok(Form::Asked(OutputFormat::Json)),
            Some("jsonl") => Ok(Form::Asked(OutputFormat::Jsonl)),
            Some(other) => Err(words::with!("cmdlet-no-such-form", &[("value", &output::printable(other))])),
            None => Ok(if stdout_is_pipe() { Form::Piped } else { Form::Shown }),
        }
    }

    /// The format for objects.
    pub(super) fn format(self) -> OutputFormat {
        match self {
            Form::Asked(format) => format,
            Form::Piped => OutputFormat::Jsonl,
            Form::Shown => OutputFormat::List,
        }
    }

    /// The format for outcomes, which are shown only on request: the cmdlets that act write no objects.
    pub(super) fn outcomes(self) -> Option<OutputFormat> {
        match self {
            Form::Asked(format) => Some(format),
            Form::Piped | Form::Shown => None,
        }
    }
}

fn stdout_is_pipe() -> bool {
    let out = io::stdout();
    let pipe = |mode| matches!(FileType::from_raw_mode(mode), FileType::Fifo | FileType::Socket);
    !out.is_terminal() && fstat(&out).is_ok_and(|stat| pipe(stat.st_mode))
}

/// Rows that are written at once where each is a line, and at the end where they are one table or array.
pub(super) struct ObjectRows<T> {
    format: OutputFormat,
    kept: Vec<T>,
    written: usize,
}

impl<T: TableRow> ObjectRows<T> {
    pub(super) fn new(format: OutputFormat) -> Self {
        ObjectRows { format, kept: Vec::new(), written: 0 }
    }

    /// Whether the rows are JSON.
    pub(super) fn is_for_programs(&self) -> bool {
        matches!(self.format, OutputFormat::Json | OutputFormat::Jsonl)
    }

    /// A thumbnail as these rows hold it: programs get it whole, people get told how large it is.
    pub(super) fn thumbnail_cell(&self, png: &[u8]) -> String {
        match self.is_for_programs() {
            true => base64::engine::general_purpose::STANDARD.encode(png),
            false => thumbnail::described(png),
        }
    }

    /// # Errors
    /// Standard output cannot be written.
    pub(super) fn push(&mut self, row: T) -> io::Result<()> {
        match self.format {
            OutputFormat::Table | OutputFormat::Json => {
                self.kept.push(row);
                return Ok(());
            }
            OutputFormat::List => {
                if self.written > 0 {
                    writeln!(io::stdout())?;
                }
                properties(&mut io::stdout(), &row)?;
            }
            OutputFormat::Jsonl => output::print_line(&mut io::stdout().lock(), &row)?,
        }
        self.written += 1;
        io::stdout().flush()
    }

    /// # Errors
    /// Standard output cannot be written.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match self.format {
            OutputFormat::Table | OutputFormat::Json => output::print(std::mem::take(&mut self.kept), self.format),
            OutputFormat::List | OutputFormat::Jsonl => Ok(()),
        }
    }
}

/// One `Name : value` per property, the colons below each other, as `Format-List` writes them.
fn properties<T: Serialize>(out: &mut impl Write, row: &T) -> io::Result<()> {
    // Through text, which keeps the properties in their order.
    let OrderedProperties(properties) = serde_json::from_str(&serde_json::to_string(row)?)?;
    let width = properties.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in &properties {
        writeln!(out, "{}", format!("{name:<width$} : {}", output::printable(&shown(value))).trim_end())?;
    }
    Ok(())
}

/// A value as PowerShell shows it.
fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::Bool(on) => if *on { "True" } else { "False" }.to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The properties of a JSON object as they stand in it.
struct OrderedProperties(Vec<(String, serde_json::Value)>);

impl<'de> Deserialize<'de> for OrderedProperties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PropertiesVisitor;
        impl<'de> Visitor<'de> for PropertiesVisitor {
            type Value = OrderedProperties;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OrderedProperties, A::Error> {
                let mut properties = Vec::new();
                while let Some(property) = map.next_entry()? {
                    properties.push(property);
                }
                Ok(OrderedProperties(properties))
            }
        }
        deserializer.deserialize_map(PropertiesVisitor)
    }
}

/// Writes a line to standard output.
///
/// # Errors
/// It cannot be written.
pub(super) fn print_line(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{text}")?;
    out.flush()
}

impl TableRow for WmsSession {
    fn heads() -> Vec<&'static str> {
        vec!["SessionId", "UserName", "State", "StationId", "ClientName", "IsLocked", "LockedBy", "LockMessage"]
    }

    fn cells(&self) -> Vec<String> {
        let value = serde_json::to_value(self).unwrap_or_default();
        let cell = |head: &&str| shown(&value[*head]);
        Self::heads().iter().map(cell).collect()
    }
}
