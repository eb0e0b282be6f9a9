//! Rows: as a table, as lists of properties, as JSON; at once or as they come.

use std::io::{self, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use serde::Serialize;

use super::{OutputFormat, json, printable};
use crate::cli::localized;

/// Something that can be printed as a row or as a list of properties.
pub trait TableRow: Serialize {
    /// The columns' heads.
    fn heads() -> Vec<&'static str>;
    /// The cells.
    fn cells(&self) -> Vec<String>;
    /// How wide the columns usually get, for a table whose rows are not all there when it begins.
    fn widths() -> Vec<u16> {
        Vec::new()
    }
}

/// Prints everything in one of the formats.
///
/// # Errors
/// Standard output cannot be written.
pub fn print<T: TableRow>(rows: Vec<T>, format: OutputFormat) -> io::Result<()> {
    let mut all = Rows::new(format);
    all.push(rows)?;
    all.end()
}

/// Rows that are printed as they come. One JSON array is printed at the end.
pub struct Rows<T> {
    format: OutputFormat,
    kept: Vec<T>,
    written: usize,
    /// How wide the columns of the table are so far.
    widths: Vec<u16>,
}

impl<T: TableRow> Rows<T> {
    /// Nothing is printed yet.
    pub fn new(format: OutputFormat) -> Self {
        Rows { format, kept: Vec::new(), written: 0, widths: Vec::new() }
    }

    /// The same for rows that come in several pieces, with a first column for these names.
    pub fn in_pieces<'n>(format: OutputFormat, names: impl Iterator<Item = &'n str>) -> Self {
        let mut widths = T::widths();
        if let (Some(first), Some(longest)) = (widths.first_mut(), names.map(str::len).max()) {
            *first = u16::try_from(longest).unwrap_or(u16::MAX).min(60);
        }
        Rows { widths, ..Rows::new(format) }
    }

    /// Prints these rows.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn push(&mut self, rows: Vec<T>) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut out = io::BufWriter::new(io::stdout().lock());
        match self.format {
            OutputFormat::Table => writeln!(out, "{}", self.table(&rows))?,
            OutputFormat::List => {
                for (index, row) in rows.iter().enumerate() {
                    if index + self.written > 0 {
                        writeln!(out)?;
                    }
                    write_properties(&mut out, row)?;
                }
            }
            OutputFormat::Jsonl => {
                for row in &rows {
                    print_line(&mut out, row)?;
                }
            }
            OutputFormat::Json => {
                self.kept.extend(rows);
                return Ok(());
            }
        }
        self.written += rows.len();
        out.flush()
    }

    /// Prints what waited for the end.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn end(&mut self) -> io::Result<()> {
        if self.format != OutputFormat::Json {
            return Ok(());
        }
        let mut out = io::BufWriter::new(io::stdout().lock());
        json::pretty(&mut out, &self.kept)?;
        writeln!(out)?;
        out.flush()
    }

    /// The rows in columns that are at least as wide as those printed before, whose heads stand above.
    fn table(&mut self, rows: &[T]) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if self.written == 0 {
            table.set_header(T::heads().iter().map(|head| localized::head(head)));
        }
        for row in rows {
            table.add_row(row.cells().iter().map(|cell| printable(cell)));
        }
        let content = table.column_max_content_widths();
        self.widths.resize(content.len(), 0);
        for (column, (before, now)) in table.column_iter_mut().zip(self.widths.iter_mut().zip(content)) {
            *before = now.max(*before);
            column.set_padding((0, 2));
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(before.saturating_add(2))));
        }
        let lines = table.lines().map(|line| line.trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Writes one JSON object on a line.
///
/// # Errors
/// The writer's.
pub fn print_line<T: Serialize>(out: &mut impl Write, value: &T) -> io::Result<()> {
    json::compact(out, value)?;
    writeln!(out)
}

/// One `name: value` per property of the JSON form, nested ones with their parents' names.
fn write_properties<T: Serialize>(out: &mut impl Write, row: &T) -> io::Result<()> {
    fn flatten(out: &mut impl Write, name: &str, value: &serde_json::Value) -> io::Result<()> {
        match value {
            serde_json::Value::Object(map) => map.iter().try_for_each(|(key, value)| {
                let full = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(out, &full, value)
            }),
            serde_json::Value::Null => writeln!(out, "{name:<18}:"),
            serde_json::Value::String(text) => writeln!(out, "{name:<18}: {}", printable(text)),
            other => writeln!(out, "{name:<18}: {}", printable(&other.to_string())),
        }
    }
    flatten(out, "", &serde_json::to_value(row)?)
}
