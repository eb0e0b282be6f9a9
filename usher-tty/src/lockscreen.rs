//! The lock screen, and the lines over a station's first and last row.

use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::NamedColor;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_bidi::BidiInfo;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;
use usher_core::clock::{countdown, time_of_day};
use usher_core::language::{Language, sentence};
use usher_core::request::Size;
use usher_core::session::Cover;
use usher_core::wire::holder::Notice;

use super::frame::{Frame, style};

/// Text is wrapped to this width even where there is more room: longer lines read badly.
const MEASURE: usize = 72;
/// A message that needs more rows than there are is shown page by page, each for this long.
const PAGE_SECONDS: i64 = 5;

/// How the session's user reads: by the session's environment.
#[derive(Debug, Clone)]
pub(super) struct Locale {
    /// The language.
    pub(super) language: Language,
    /// The time zone.
    pub(super) zone: TimeZone,
}

/// The lock screen of `cover` at `now`, for a station of this size.
pub(super) fn lock_frame(cover: &Cover, size: Size, now: Timestamp, locale: &Locale) -> Frame {
    let blue = |fg, flags| style(fg, NamedColor::Blue, flags);
    let (plain, bold) = (blue(NamedColor::White, Flags::empty()), blue(NamedColor::BrightWhite, Flags::BOLD));
    let mut frame = Frame::blank(size);
    frame.visual_order = true;
    (0..size.rows).for_each(|row| frame.fill_row(row, &plain));

    let rows = usize::from(size.rows);
    let width = usize::from(size.cols).saturating_sub(4).clamp(2, MEASURE).min(usize::from(size.cols));
    let message = wrap(cover.message.as_str(), width);
    let details: Vec<String> = details(cover, now, locale).iter().flat_map(|line| wrap(line, width)).collect();

    // The message stays when there is little room, then the lines about the lock, then the title.
    let with_details = rows >= message.len().min(3) + 1 + details.len();
    let with_title = rows >= message.len().min(3) + details.len() + 4;
    let taken = if with_details { details.len() + 1 } else { 0 } + if with_title { 2 } else { 0 };
    let room = rows.saturating_sub(taken).max(1);
    let page = page(&message, room, cover, now);

    let mut lines: Vec<(String, &Cell)> = Vec::new();
    if with_title {
        lines.extend([(sentence(locale.language, "lock-title", &[]), &plain), (String::new(), &plain)]);
    }
    lines.extend(page.iter().map(|line| (line.clone(), &bold)));
    if with_details {
        lines.push((String::new(), &plain));
        lines.extend(details.into_iter().map(|line| (line, &plain)));
    }
    let top = rows.saturating_sub(lines.len()) / 2;
    for (row, (line, cell)) in (top..rows).zip(&lines) {
        centre(&mut frame, row, line, cell);
    }
    frame
}

/// Whether the lock screen changes by itself as time goes by.
pub(super) fn ticks(cover: &Cover, size: Size) -> bool {
    let width = usize::from(size.cols).saturating_sub(4).clamp(2, MEASURE);
    cover.until.is_some() || wrap(cover.message.as_str(), width).len() + 6 > usize::from(size.rows)
}

/// Writes the announcement of a close over the frame's first or last row, whichever is farther from the cursor: the line
/// that is being typed on stays to be read, also where it is longer than a row.
pub(super) fn announce(frame: &mut Frame, notice: &Notice, now: Timestamp, locale: &Locale) {
    tell(frame, &notice_text(notice, now, locale.language));
}

/// Writes a line there.
pub(super) fn tell(frame: &mut Frame, text: &str) {
    let cell = style(NamedColor::Black, NamedColor::Yellow, Flags::BOLD);
    let last = frame.size.rows - 1;
    let row = frame.cursor.filter(|(row, _)| *row <= last / 2).map_or(0, |_| last);
    frame.fill_row(row, &cell);
    let room = usize::from(frame.size.cols);
    let line = wrap(text, room).into_iter().next().unwrap_or_default();
    centre(frame, usize::from(row), &line, &cell);
}

/// Writes a line over the frame's last row, as far as it fits.
pub(super) fn mark_row(frame: &mut Frame, text: &str) {
    let fits = wrap(text, usize::from(frame.size.cols)).into_iter().next().unwrap_or_default();
    mark(frame, &fits);
}

/// Writes a line over the frame's last row, or over so many rows as it needs, up to half of them.
pub(super) fn mark(frame: &mut Frame, text: &str) {
    let cell = style(NamedColor::Black, NamedColor::Cyan, Flags::empty());
    let most = usize::from(frame.size.rows / 2).max(1);
    let lines = wrap(text, usize::from(frame.size.cols));
    let lines = &lines[..lines.len().clamp(1, most).min(lines.len())];
    let top = usize::from(frame.size.rows) - lines.len();
    for (row, line) in (top..).zip(lines) {
        frame.fill_row(u16::try_from(row).unwrap_or(u16::MAX), &cell);
        centre(frame, row, line, &cell);
    }
}

fn notice_text(notice: &Notice, now: Timestamp, language: Language) -> String {
    let time = countdown(notice.at.duration_since(now));
    let (time, by) = (("time", time.as_str()), ("by", notice.by.as_str()));
    match &notice.message {
        Some(message) => sentence(language, "close-notice-message", &[time, by, ("message", message.as_str())]),
        None => sentence(language, "close-notice", &[time, by]),
    }
}

/// The lines about the lock: its author, its beginning and its end.
fn details(cover: &Cover, now: Timestamp, locale: &Locale) -> Vec<String> {
    let since = time_of_day(cover.since, now, &locale.zone);
    let mut lines = vec![sentence(locale.language, "lock-by", &[("by", &cover.by), ("since", &since)])];
    if let Some(until) = cover.until {
        lines.push(sentence(locale.language, "lock-until", &[("time", &countdown(until.duration_since(now)))]));
    }
    lines
}

/// The lines that are shown now of a message that may need more rows than there are.
fn page<'m>(message: &'m [String], room: usize, cover: &Cover, now: Timestamp) -> &'m [String] {
    let pages = message.len().div_ceil(room).max(1);
    let elapsed = now.duration_since(cover.since).as_secs().max(0) / PAGE_SECONDS;
    let current = usize::try_from(elapsed).unwrap_or(0) % pages;
    message.chunks(room).nth(current).unwrap_or_default()
}

/// Breaks text into lines of at most `width` cells: between words, and anywhere in scripts that
/// have no spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    textwrap::wrap(text, width).into_iter().map(|line| line.into_owned()).collect()
}

/// Writes one logical line into the middle of a row, in the order in which it is read from left to right.
fn centre(frame: &mut Frame, row: usize, line: &str, cell: &Cell) {
    let visual = visual_order(line);
    let clusters: Vec<(&str, usize)> =
        visual.graphemes(true).map(|cluster| (cluster, cluster.width().min(2))).filter(|(_, w)| *w > 0).collect();
    let width: usize = clusters.iter().map(|(_, width)| width).sum();
    let left = usize::from(frame.size.cols).saturating_sub(width) / 2;
    let (row, left) = (u16::try_from(row).unwrap_or(u16::MAX), u16::try_from(left).unwrap_or(0));
    frame.write(row, left, clusters.into_iter(), cell);
}

/// The Unicode bidirectional algorithm for one line.
fn visual_order(line: &str) -> String {
    let info = BidiInfo::new(line, None);
    info.paragraphs.iter().map(|paragraph| info.reorder_line(paragraph, paragraph.range.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_core::session::{CoverSource, Terms};

    fn cover(message: &str, until: Option<&str>) -> Cover {
        let terms = Terms {
            message: message.parse().unwrap(),
            by: "root".to_owned(),
            by_uid: 0,
            since: "2026-03-02T09:41:00Z".parse().unwrap(),
            until: until.map(|t| t.parse().unwrap()),
            freeze: false,
        };
        Cover { terms, source: CoverSource::Session }
    }

    fn text(frame: &Frame) -> Vec<String> {
        (0..frame.size.rows)
            .map(|row| {
                let shown = frame.row(row).iter().filter(|c| !c.flags.contains(Flags::WIDE_CHAR_SPACER));
                let text: String = shown
                    .flat_map(|c| std::iter::once(c.c).chain(c.zerowidth().unwrap_or_default().iter().copied()))
                    .collect();
                text.trim_end().to_owned()
            })
            .collect()
    }

    fn locale(language: Language) -> Locale {
        Locale { language, zone: TimeZone::UTC }
    }

    fn shown(message: &str, until: Option<&str>, rows: u16, cols: u16) -> Vec<String> {
        shown_in(Language::English, message, until, rows, cols)
    }

    fn shown_in(language: Language, message: &str, until: Option<&str>, rows: u16, cols: u16) -> Vec<String> {
        let now = "2026-03-02T09:42:00.5Z".parse().unwrap();
        text(&lock_frame(&cover(message, until), Size { rows, cols }, now, &locale(language)))
    }

    #[test]
    fn a_chinese_session_is_told_in_chinese() {
        let lines = shown_in(Language::Chinese, "请看前面", Some("2026-03-02T10:41:00Z"), 9, 44);
        let said: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
        assert_eq!(said, ["此会话已锁定", "请看前面", "由 root 于 09:41 锁定", "将在 59:00 后解锁"]);
    }

    #[test]
    fn message_who_since_and_countdown_stand_in_the_middle() {
        let lines = shown("Eyes up, 眼睛看前面", Some("2026-03-02T10:41:00Z"), 9, 44);
        assert_eq!(
            lines,
            [
                "",
                "           This session is locked",
                "",
                "            Eyes up, 眼睛看前面",
                "",
                "         Locked by root since 09:41",
                "              Unlocks in 59:00",
                "",
                ""
            ]
            .map(str::to_owned)
        );
    }

    #[test]
    fn an_announcement_stands_at_the_edge_away_from_the_cursor() {
        let notice = Notice {
            at: "2026-03-02T09:43:00Z".parse().unwrap(),
            by: "root".to_owned(),
            message: Some("Save".parse().unwrap()),
        };
        let row_of = |rows: u16, cursor: Option<(u16, u16)>| {
            let mut frame = Frame::blank(Size { rows, cols: 60 });
            frame.cursor = cursor;
            announce(&mut frame, &notice, "2026-03-02T09:42:00Z".parse().unwrap(), &locale(Language::English));
            text(&frame).iter().position(|line| line.contains("closes in 1:00: Save (root)"))
        };
        for (rows, cursor, expected) in [
            (24, Some(0), 23),
            (24, Some(11), 23),
            (24, Some(12), 0),
            (24, Some(23), 0),
            (24, None, 0),
            (2, Some(0), 1),
            (2, Some(1), 0),
            (1, Some(0), 0),
        ] {
            assert_eq!(row_of(rows, cursor.map(|row| (row, 3))), Some(expected), "{rows} {cursor:?}");
        }
    }

    #[test]
    fn text_without_spaces_is_wrapped_by_display_width() {
        let lines = shown(&"界".repeat(30), None, 12, 24);
        let wide: Vec<_> = lines.iter().filter(|l| l.contains('界')).map(|l| l.trim().chars().count()).collect();
        assert_eq!(wide, [10, 10, 10]);
    }

    #[test]
    fn right_to_left_text_is_put_in_visual_order() {
        let lines = shown("שלום abc", None, 9, 40);
        assert!(lines.iter().any(|l| l.trim() == "abc םולש"), "{lines:?}");
    }

    #[test]
    fn the_message_stays_when_there_is_no_room_for_more() {
        assert!(shown("Stop", None, 1, 10)[0].contains("Stop"));
        assert!(shown("Stop", None, 2, 4).iter().any(|l| l.contains("Stop") || l.contains("St")));
    }

    #[test]
    fn every_part_of_a_long_message_is_shown_in_turn() {
        let message: String = (0..40).map(|n| format!("word{n:02} ")).collect();
        let cover = cover(message.trim(), None);
        let size = Size { rows: 5, cols: 20 };
        assert!(ticks(&cover, size));
        let seen: String = (0..60)
            .map(|step| cover.since + jiff::SignedDuration::from_secs(step * PAGE_SECONDS))
            .flat_map(|now| text(&lock_frame(&cover, size, now, &locale(Language::English))))
            .collect();
        assert!((0..40).all(|n| seen.contains(&format!("word{n:02}"))));
    }

    proptest::proptest! {
        #[test]
        fn any_message_on_any_station_has_a_picture(message in "\\PC{1,300}", rows in 1u16..60, cols in 2u16..200) {
            if let Ok(message) = message.parse::<usher_core::request::Message>() {
                let lines = shown(message.as_str(), None, rows, cols);
                proptest::prop_assert_eq!(lines.len(), usize::from(rows));
            }
        }
    }
}
