//! Lines for a terminal: Chinese has no blanks to break at, and its letters are two cells wide.

/// Stands at no line's beginning.
const CLOSING: &str = "，。、；：！？）》」』】〉”’…·,.;:!?)]}%>";
/// Stands at no line's end.
const OPENING: &str = "（《「『【〈“‘([{<";
/// What follows is as far to the right as the text behind a name that stands before two blanks.
const GAP: &str = "  ";

/// The text in lines of at most so many cells. What goes on in the next line stands below where its text began.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let lines = text.split('\n').map(|line| wrapped_line(line, width));
    lines.collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str, width: usize) -> String {
    let indent = " ".repeat(Some(text_begins(line)).filter(|column| column * 2 <= width).unwrap_or_default());
    let (mut lines, mut current, mut used) = (String::new(), String::new(), 0);
    for piece in pieces(line) {
        let cells = cells(piece.trim_end());
        if used + cells > width && used > indent.len() {
            lines.push_str(current.trim_end());
            lines.push('\n');
            current = indent.clone();
            used = indent.len();
        }
        current.push_str(piece);
        used += self::cells(piece);
    }
    lines + current.trim_end()
}

/// The column at which a line's text begins: behind its indent, and behind a name with a gap after it.
fn text_begins(line: &str) -> usize {
    let indent = line.len() - line.trim_start().len();
    let name = line[indent..].find(GAP).filter(|_| indent > 0).map(|end| indent + end);
    match name.filter(|end| !line[*end..].trim().is_empty()) {
        Some(end) => cells(&line[..end]) + (line[end..].len() - line[end..].trim_start().len()),
        None => indent,
    }
}

/// The line in pieces that stay whole: words with the blanks behind them, and single Chinese letters with their marks.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    let mut before: Option<char> = None;
    let mut in_code = false;
    for (at, c) in line.char_indices() {
        if before.is_some_and(|before| !in_code && may_break(before, c)) {
            pieces.push(&line[begin..at]);
            begin = at;
        }
        in_code ^= c == '`';
        before = Some(c);
    }
    pieces.push(&line[begin..]);
    pieces
}

fn may_break(before: char, after: char) -> bool {
    let marks = CLOSING.contains(after) || OPENING.contains(before) || after == ' ';
    !marks && (before == ' ' || is_wide(before) || is_wide(after) || CLOSING.contains(before) && is_wide(after))
}

/// The cells that a text takes, without the sequences that colour it.
fn cells(text: &str) -> usize {
    let mut in_sequence = false;
    let cell = |c: char| match (in_sequence, c) {
        (true, c) => {
            in_sequence = !c.is_ascii_alphabetic();
            0
        }
        (false, '\u{1b}') => {
            in_sequence = true;
            0
        }
        (false, c) => 1 + usize::from(is_wide(c)),
    };
    text.chars().map(cell).sum()
}

/// Chinese letters, and marks that are as wide as they are.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "用一条用户无法关闭的消息遮住会话\n\n  lock        用一条用户无法关闭的消息遮住会话，直到解锁为止（见 `usher unlock`）。\n      --all  除您当前所在会话以外的所有会话";

    #[test]
    fn no_line_is_too_long_and_none_begins_with_a_closing_mark() {
        for width in 40..80 {
            for line in wrapped(HELP, width).lines() {
                assert!(cells(line) <= width, "{width}: {line}");
                assert!(!line.trim_start().starts_with(|c| CLOSING.contains(c)), "{width}: {line}");
                assert!(!line.ends_with(|c| OPENING.contains(c)), "{width}: {line}");
            }
        }
    }

    #[test]
    fn nothing_is_lost() {
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        for width in 10..60 {
            assert_eq!(bare(&wrapped(HELP, width)), bare(HELP), "{width}");
        }
        assert_eq!(wrapped("one two three\n", 9), "one two\nthree\n");
    }

    #[test]
    fn text_goes_on_below_where_it_began() {
        assert_eq!(wrapped("  lock  锁定会话，直到解锁", 20), "  lock  锁定会话，直\n        到解锁");
        assert_eq!(wrapped("    除您当前所在", 12), "    除您当前\n    所在");
    }

    #[test]
    fn colours_take_no_room() {
        assert_eq!(cells("\u{1b}[1m锁定\u{1b}[0m ab"), 7);
    }
}
