//! Columns: as wide as their cells in a pipe, fitted to the screen and coloured on a terminal.

use std::io::{self, IsTerminal};

use anstyle::{AnsiColor, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Blanks between two columns.
const GAP: usize = 2;
/// A column that is cut keeps this many cells.
const NARROWEST: usize = 6;
/// The width of a terminal that does not say how wide it is.
const USUAL_WIDTH: usize = 80;

/// What standard output leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TableScreen {
    /// How many cells a line has; none where nobody looks at it directly.
    pub(super) width: Option<usize>,
    coloured: bool,
}

impl TableScreen {
    /// Of this program's standard output.
    pub(super) fn of_stdout() -> Self {
        let out = io::stdout();
        if !out.is_terminal() {
            return TableScreen { width: None, coloured: false };
        }
        let said = rustix::termios::tcgetwinsize(&out).map_or(0, |size| usize::from(size.ws_col));
        let variable = || std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let width = Some(said).filter(|width| *width > 0).or_else(variable).unwrap_or(USUAL_WIDTH);
        // The convention of no-color.org: any value but none.
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        TableScreen { width: Some(width), coloured: !refused && !dumb }
    }

    /// Somebody looks at it directly.
    pub(super) fn is_terminal(self) -> bool {
        self.width.is_some()
    }
}

/// What a reader should notice about a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Emphasis {
    /// Nothing.
    #[default]
    Plain,
    /// It is a column's head.
    Head,
    /// It is as asked for.
    Good,
    /// It is out of the ordinary.
    Notable,
    /// It failed, or comes to its end.
    Bad,
    /// The caller's own. It is marked without colours, too.
    Own,
}

impl Emphasis {
    fn style(self) -> Style {
        match self {
            Emphasis::Plain => Style::new(),
            Emphasis::Good => AnsiColor::Green.on_default(),
            Emphasis::Notable => AnsiColor::Yellow.on_default(),
            Emphasis::Bad => AnsiColor::Red.on_default(),
            Emphasis::Head | Emphasis::Own => Style::new().bold(),
        }
    }
}

/// A cell without anything that a terminal would obey.
pub(super) struct TableCell {
    pub(super) text: String,
    pub(super) emphasis: Emphasis,
}

/// Which columns give way on a screen that is too narrow, by their places; of each the first one first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GivingWay {
    /// They are cut.
    pub(super) cut: Vec<usize>,
    /// They are left out where cutting is not enough.
    pub(super) left_out: Vec<usize>,
}

/// A table of which some rows may be printed already.
pub(super) struct TextTable {
    screen: TableScreen,
    giving_way: GivingWay,
    /// How wide the columns are so far.
    widths: Vec<usize>,
    /// The columns that are shown, once a row was printed.
    shown: Option<Vec<usize>>,
}

impl TextTable {
    /// A table whose columns are at least this wide.
    pub(super) fn new(screen: TableScreen, giving_way: GivingWay, widths: Vec<usize>) -> Self {
        TextTable { screen, giving_way, widths, shown: None }
    }

    /// The lines of these rows, below their heads where there are any.
    pub(super) fn lines(&mut self, heads: Option<Vec<String>>, rows: &[Vec<TableCell>]) -> Vec<String> {
        let head = |text| TableCell { text, emphasis: Emphasis::Head };
        let heads: Option<Vec<TableCell>> = heads.map(|heads| heads.into_iter().map(head).collect());
        let rows: Vec<&Vec<TableCell>> = heads.iter().chain(rows).collect();
        for row in &rows {
            self.widths.resize(row.len().max(self.widths.len()), 0);
            for (width, cell) in self.widths.iter_mut().zip(*row) {
                *width = cell.text.width().max(*width);
            }
        }
        let all = || (0..self.widths.len()).collect::<Vec<_>>();
        let shown = match (self.screen.width, self.shown.take()) {
            (None, _) => all(),
            (Some(_), Some(shown)) => shown,
            (Some(screen), None) => shown(&self.widths, &self.giving_way, screen),
        };
        let widths = match self.screen.width {
            Some(screen) => fitted(&self.widths, &shown, &self.giving_way.cut, screen),
            None => self.widths.clone(),
        };
        let lines = rows.iter().map(|row| self.line(row, &shown, &widths)).collect();
        self.shown = Some(shown);
        lines
    }

    /// One line, without blanks at its end and within the screen.
    fn line(&self, cells: &[TableCell], shown: &[usize], widths: &[usize]) -> String {
        let mut line = String::new();
        let (mut used, mut wanted) = (0, 0);
        for (cell, width) in shown.iter().filter_map(|column| cells.get(*column).zip(widths.get(*column))) {
            let room = self.screen.width.map_or(usize::MAX, |screen| screen.saturating_sub(wanted));
            let text = cut(&cell.text, if self.screen.is_terminal() { (*width).min(room) } else { usize::MAX });
            if !text.is_empty() {
                line.push_str(&" ".repeat(wanted - used));
                line.push_str(&self.styled(&text, cell.emphasis.style()));
                used = wanted + text.width();
            }
            wanted += width + GAP;
        }
        line
    }

    fn styled(&self, text: &str, style: Style) -> String {
        if self.screen.coloured { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// The columns that have room on a screen when all that can be cut are cut as far as may be.
fn shown(widths: &[usize], giving_way: &GivingWay, screen: usize) -> Vec<usize> {
    let mut shown: Vec<usize> = (0..widths.len()).collect();
    let narrowest = |column: &usize| {
        let width = widths[*column];
        if giving_way.cut.contains(column) { width.min(NARROWEST) } else { width }
    };
    for column in &giving_way.left_out {
        let needed = shown.iter().map(narrowest).sum::<usize>() + GAP * shown.len().saturating_sub(1);
        if needed <= screen {
            break;
        }
        shown.retain(|known| known != column);
    }
    shown
}

/// The widths within a screen: columns that may be cut give up what is missing, one after the other.
fn fitted(widths: &[usize], shown: &[usize], cuttable: &[usize], screen: usize) -> Vec<usize> {
    let mut fitted = widths.to_vec();
    let whole = shown.iter().map(|column| widths[*column]).sum::<usize>() + GAP * shown.len().saturating_sub(1);
    let mut missing = whole.saturating_sub(screen);
    for column in cuttable.iter().filter(|column| shown.contains(column)) {
        let given = missing.min(fitted[*column].saturating_sub(NARROWEST));
        fitted[*column] -= given;
        missing -= given;
    }
    fitted
}

/// The text in at most so many cells; what is cut ends with an ellipsis.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let Some(room) = width.checked_sub(1) else { return String::new() };
    let mut short = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        used += cluster.width();
        if used > room {
            break;
        }
        short.push_str(cluster);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(texts: &[&str]) -> Vec<TableCell> {
        texts.iter().map(|text| TableCell { text: (*text).to_owned(), emphasis: Emphasis::Bad }).collect()
    }

    fn heads() -> Option<Vec<String>> {
        Some(["ID", "TITLE", "END"].map(str::to_owned).to_vec())
    }

    fn table(width: Option<usize>, coloured: bool) -> TextTable {
        let giving_way = GivingWay { cut: vec![1], left_out: vec![2] };
        TextTable::new(TableScreen { width, coloured }, giving_way, Vec::new())
    }

    #[test]
    fn a_pipe_gets_every_cell_whole() {
        let long = "x".repeat(300);
        let lines = table(None, false).lines(heads(), &[cells(&["1", &long, "-"]), cells(&["眼睛", "a", ""])]);
        assert_eq!(lines[1], format!("1     {long}  -"));
        assert_eq!(lines[2], "眼睛  a");
    }

    #[test]
    fn no_line_is_wider_than_the_screen_at_any_width() {
        let rows = [cells(&["1", "Eyes up, 眼睛看前面 and more of it", "here"]), cells(&["1000001", "a", "there"])];
        for width in 1..60 {
            let lines = table(Some(width), false).lines(heads(), &rows);
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:?}");
            assert!(width < 22 || lines[1].ends_with("here"), "{width}: only the title is cut: {lines:?}");
            assert!(
                !(16..22).contains(&width) || lines[1].contains("Eyes "),
                "{width}: the end is left out: {lines:?}"
            );
        }
    }

    #[test]
    fn columns_give_way_in_their_order() {
        let all = [0, 1, 2];
        assert_eq!(fitted(&[10, 40, 20], &all, &[1, 2], 74), [10, 40, 20]);
        assert_eq!(fitted(&[10, 40, 20], &all, &[1, 2], 60), [10, 26, 20]);
        assert_eq!(fitted(&[10, 40, 20], &all, &[1, 2], 36), [10, NARROWEST, 16]);
        let giving_way = GivingWay { cut: vec![1], left_out: vec![0, 2] };
        assert_eq!(shown(&[10, 40, 20], &giving_way, 40), [0, 1, 2]);
        assert_eq!(shown(&[10, 40, 20], &giving_way, 39), [1, 2]);
        assert_eq!(shown(&[10, 40, 20], &giving_way, 10), [1]);
    }

    #[test]
    fn colours_cost_no_room_and_come_only_where_they_are_wanted() {
        let row = [cells(&["1", "failed", "-"])];
        let plain = table(Some(40), false).lines(heads(), &row);
        let coloured = table(Some(40), true).lines(heads(), &row);
        assert!(plain.iter().all(|line| !line.contains('\u{1b}')));
        assert!(coloured[1].contains("\u{1b}[31mfailed\u{1b}[0m"), "{coloured:?}");
    }

    #[test]
    fn later_rows_stand_below_earlier_ones() {
        let screen = TableScreen { width: None, coloured: false };
        let mut table = TextTable::new(screen, GivingWay::default(), vec![0, 8, 0]);
        let first = table.lines(heads(), &[cells(&["1", "abc", "x"])]);
        let second = table.lines(None, &[cells(&["2", "a", "y"])]);
        assert_eq!((first[1].find('x'), second[0].find('y')), (Some(14), Some(14)));
    }
}
