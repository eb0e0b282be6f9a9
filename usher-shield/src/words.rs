//! Every word that a user or an administrator reads. A user reads those of `locales/`, as text sessions show them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use usher_core::language::{Language, sentence};
use usher_core::session::Cover;
use usher_core::wire::holder::Notice;

/// Who reads the screen, and when.
pub struct Reader {
    language: Language,
    now: Timestamp,
    zone: TimeZone,
}

impl Reader {
    /// The reader of the language that has this tag.
    pub fn new(tag: &str, now: Timestamp, zone: TimeZone) -> Self {
        Reader { language: tag.parse().unwrap_or(Language::English), now, zone }
    }
}

/// Notes of an outcome, which the daemon says in English.
pub const NOT_DRAWN: &str = "the message could not be drawn; the screen is covered without it";
pub const HELD_LATE: &str = "another program held keyboard or pointer; they were held at a later try";
pub const DEVICES_ON: &str = "an input device cannot be turned off: programs that ask the X server for raw input learn of its keys once they go on";
pub const CLIPBOARD_ON: &str =
    "the VNC server does not let its clipboard be turned off: what is copied still passes between session and viewers";
/// How long an announcement stays when its time has come.
const NOTICE_STAYS: i64 = 60;

/// Above the message.
pub fn title(reader: &Reader) -> String {
    sentence(reader.language, "lock-title", &[])
}

/// What stands below the message: who locked it and since when, and until when.
pub fn details(cover: &Cover, host: &str, reader: &Reader) -> Vec<String> {
    let since = moment(cover.since, reader);
    let by = [("by", cover.by.as_str()), ("host", host), ("since", since.as_str())];
    let mut lines = vec![sentence(reader.language, "display-lock-by", &by)];
    let until = |until| sentence(reader.language, "display-lock-until", &[("time", &moment(until, reader))]);
    lines.extend(cover.until.map(until));
    lines
}

/// The lines of an announcement.
pub fn notice(notice: &Notice, reader: &Reader) -> Vec<String> {
    let (time, by) = (moment(notice.at, reader), notice.by.as_str());
    let head = sentence(reader.language, "display-close-notice", &[("time", &time), ("by", by)]);
    std::iter::once(head).chain(notice.message.as_ref().map(|message| message.as_str().to_owned())).collect()
}

/// Who looks at the screen.
pub fn look(by: &str, reader: &Reader) -> String {
    sentence(reader.language, "look-notice", &[("by", by)])
}

/// When an announcement is of no more use.
pub fn end(notice: &Notice) -> Timestamp {
    notice.at.saturating_add(jiff::SignedDuration::from_secs(NOTICE_STAYS)).unwrap_or(Timestamp::MAX)
}

/// Whether the announcement's time is over.
pub fn is_over(notice: &Notice, now: Timestamp) -> bool {
    now >= end(notice)
}

/// Which scripts no font has.
pub fn no_font(scripts: &[&str]) -> String {
    format!("no font on this host has all characters of the message (script {})", scripts.join(", "))
}

/// The time of day, with the date where it is another day.
fn moment(at: Timestamp, reader: &Reader) -> String {
    let at = at.to_zoned(reader.zone.clone());
    let today = reader.now.to_zoned(reader.zone.clone()).date() == at.date();
    at.strftime(if today { "%H:%M" } else { "%Y-%m-%d %H:%M" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local_and_have_a_date_on_another_day() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let terms = usher_core::session::Terms {
            message: "Stop".parse().unwrap(),
            by: "root".to_owned(),
            by_uid: 0,
            since: "2026-03-02T09:41:00Z".parse().unwrap(),
            until: Some("2026-03-02T22:30:00Z".parse().unwrap()),
            freeze: false,
        };
        let cover = Cover { terms, source: usher_core::session::CoverSource::Session };
        let of = |tag| {
            let reader = Reader::new(tag, "2026-03-02T10:00:00Z".parse().unwrap(), zone.clone());
            details(&cover, "lab1", &reader)
        };
        assert_eq!(of("en"), ["Locked by root on lab1 since 11:41", "until 2026-03-03 00:30"]);
        assert_eq!(of("zh-CN"), ["由 root 于 11:41 在 lab1 上锁定", "锁定至 2026-03-03 00:30"]);
        assert_eq!(of("tlh"), of("en"), "a language of a later version");
    }
}
