//! Rows: as a table, as lists of properties, as JSON; at once or as they come.

use std::io::{self, Write};

use serde::Serialize;

use super::table::{Emphasis, GivingWay, TableCell, TableScreen, TextTable};
use super::{OutputFormat, json, printable};
use crate::cli::localized;
use crate::words::{self, Key};

/// From how many rows on a table says at its end how many there were.
const MANY: usize = 11;

/// Something that can be printed as a row or as a list of properties.
pub trait TableRow: Serialize {
    /// The columns' heads.
    fn heads() -> Vec<&'static str>;
    /// The cells, whole.
    fn cells(&self) -> Vec<String>;
    /// How wide the columns usually get, for a table whose rows are not all there when it begins.
    fn widths() -> Vec<u16> {
        Vec::new()
    }
    /// The heads of the columns that are cut where a screen is too narrow, the first of them first.
    fn cuttable() -> Vec<&'static str> {
        Vec::new()
    }
    /// The heads of the columns that are left out where cutting is not enough, the first of them first.
    fn spare() -> Vec<&'static str> {
        Vec::new()
    }
    /// What a reader should notice about the cell below this head.
    fn emphasis(&self, _head: &str) -> Emphasis {
        Emphasis::Plain
    }
    /// The sentences of the sum in which the row is counted.
    fn counted(&self) -> Vec<Key> {
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
    screen: TableScreen,
    table: TextTable,
    sum: Vec<(Key, usize)>,
    /// A row of the caller's own was marked.
    marked: bool,
}

impl<T: TableRow> Rows<T> {
    /// Nothing is printed yet.
    pub fn new(format: OutputFormat) -> Self {
        Rows::of_widths(format, Vec::new())
    }

    /// The same for rows that come in several pieces, with a first column for these names.
    pub fn in_pieces<'n>(format: OutputFormat, names: impl Iterator<Item = &'n str>) -> Self {
        let mut widths: Vec<usize> = T::widths().into_iter().map(usize::from).collect();
        if let (Some(first), Some(longest)) = (widths.first_mut(), names.map(str::len).max()) {
            *first = longest.min(60);
        }
        Rows::of_widths(format, widths)
    }

    /// The same for rows that go on coming.
    pub fn growing(format: OutputFormat) -> Self {
        Rows::of_widths(format, T::widths().into_iter().map(usize::from).collect())
    }

    fn of_widths(format: OutputFormat, widths: Vec<usize>) -> Self {
        let screen = TableScreen::of_stdout();
        let heads = T::heads();
        let places = |names: Vec<&str>| {
            names.iter().filter_map(|name| heads.iter().position(|head| head == name)).collect::<Vec<usize>>()
        };
        let giving_way = GivingWay { cut: places(T::cuttable()), left_out: places(T::spare()) };
        let table = TextTable::new(screen, giving_way, widths);
        Rows { format, kept: Vec::new(), written: 0, screen, table, sum: Vec::new(), marked: false }
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
            OutputFormat::Table => {
                for line in self.table(&rows) {
                    writeln!(out, "{line}")?;
                }
            }
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

    /// Prints what waited for the end: the array, or below a table on a terminal what its marks mean and how many rows
    /// it has. A program that reads the table in a pipe gets rows alone.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn end(&mut self) -> io::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match self.format {
            OutputFormat::Json => {
                json::pretty(&mut out, &self.kept)?;
                writeln!(out)?;
            }
            OutputFormat::Table if self.screen.is_terminal() => {
                let own = self.marked.then(|| words::text!("table-own"));
                let sum = (self.written >= MANY && !self.sum.is_empty()).then(|| self.summed());
                let lines: Vec<String> = own.into_iter().chain(sum).collect();
                if !lines.is_empty() {
                    writeln!(out, "\n{}", lines.join("\n"))?;
                }
            }
            OutputFormat::Table | OutputFormat::List | OutputFormat::Jsonl => {}
        }
        out.flush()
    }

    /// Says on standard error that there is nothing, to people: a program that counts lines counts none.
    pub fn say_if_none(&self, sentence: Key) {
        if self.written == 0 && matches!(self.format, OutputFormat::Table | OutputFormat::List) {
            eprintln!("{}", sentence.text(&[]));
        }
    }

    fn summed(&self) -> String {
        let counts = self.sum.iter().map(|(key, count)| key.text(&[("count", &count.to_string())]));
        counts.collect::<Vec<_>>().join(&words::text!("sum-separator"))
    }

    /// The lines of these rows; the heads stand above the first.
    fn table(&mut self, rows: &[T]) -> Vec<String> {
        let heads = T::heads();
        let cells: Vec<Vec<TableCell>> = rows.iter().map(|row| self.cells(&heads, row)).collect();
        for key in rows.iter().flat_map(T::counted) {
            match self.sum.iter_mut().find(|(known, _)| *known == key) {
                Some((_, count)) => *count += 1,
                None => self.sum.push((key, 1)),
            }
        }
        let heads = heads.iter().map(|head| localized::head(head)).collect();
        self.table.lines((self.written == 0).then_some(heads), &cells)
    }

    fn cells(&mut self, heads: &[&str], row: &T) -> Vec<TableCell> {
        let mut cells = Vec::new();
        for (head, cell) in heads.iter().zip(row.cells()) {
            let emphasis = row.emphasis(head);
            // Scripts take the cell as it is; on a terminal somebody looks for the own session.
            let mark = emphasis == Emphasis::Own && self.screen.is_terminal();
            self.marked |= mark;
            let cell = localized::cell(head, cell);
            cells.push(TableCell { text: printable(&cell) + if mark { "*" } else { "" }, emphasis });
        }
        cells
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
