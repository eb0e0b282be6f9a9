//! Every word that a user or an administrator reads.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use usher::session::Cover;
use usher::tty::wire::Notice;

/// Above the message.
pub const TITLE: &str = "This session is locked";
/// Notes of an outcome.
pub const NOT_DRAWN: &str = "the message could not be drawn; the screen is covered without it";
pub const HELD_LATE: &str = "another program held keyboard or pointer; they were held at a later try";
/// How long an announcement stays when its time has come.
const NOTICE_STAYS: i64 = 60;

/// What stands below the message: who locked it and since when, and until when.
pub fn details(cover: &Cover, host: &str, now: Timestamp, zone: &TimeZone) -> Vec<String> {
    let since = moment(cover.since, now, zone);
    let mut lines = vec![format!("Locked by {} on {host} since {since}", cover.by)];
    lines.extend(cover.until.map(|until| format!("until {}", moment(until, now, zone))));
    lines
}

/// The lines of an announcement.
pub fn notice(notice: &Notice, now: Timestamp, zone: &TimeZone) -> Vec<String> {
    let head = format!("This session will close at {} ({})", moment(notice.at, now, zone), notice.by);
    std::iter::once(head).chain(notice.message.as_ref().map(|message| message.as_str().to_owned())).collect()
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
fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    let today = now.to_zoned(zone.clone()).date() == at.date();
    at.strftime(if today { "%H:%M" } else { "%Y-%m-%d %H:%M" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local_and_have_a_date_on_another_day() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let cover = Cover {
            message: "Stop".parse().unwrap(),
            by: "root".to_owned(),
            by_uid: 0,
            since: "2026-03-02T09:41:00Z".parse().unwrap(),
            until: Some("2026-03-02T22:30:00Z".parse().unwrap()),
            source: usher::session::CoverSource::Session,
            freeze: false,
        };
        let lines = details(&cover, "lab1", "2026-03-02T10:00:00Z".parse().unwrap(), &zone);
        assert_eq!(lines, ["Locked by root on lab1 since 11:41", "until 2026-03-03 00:30"]);
    }
}
