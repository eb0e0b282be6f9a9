//! The time, as everything in usher writes it down: UTC, to the millisecond.

use std::path::Path;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Now.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The file that says which time zone the host is in (`localtime(5)`).
const LOCAL: &str = "/etc/localtime";

/// The reader's time zone, as it was when first asked for: `$TZ`, else the host's.
///
/// The host's is in one file. `TimeZone::system` also finds out its name, for which it walks through the whole database of
/// zones: a third of the time that a command takes.
pub fn local_zone() -> TimeZone {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(|| match std::env::var_os("TZ") {
        Some(_) => TimeZone::system(),
        None => zone_in(Path::new(LOCAL)).unwrap_or_else(TimeZone::system),
    });
    ZONE.clone()
}

/// The zone that a file has (RFC 9636).
fn zone_in(path: &Path) -> Option<TimeZone> {
    TimeZone::tzif("Local", &std::fs::read(path).ok()?).ok()
}

/// The time of day as a lock screen shows it, with the date where that is another day than `now`.
pub fn time_of_day(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    at.strftime(if at.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" }).to_string()
}

/// `1:02:03` or `2:03` for what is left; rounded up, so that it is 0:00 only when it is over.
pub fn countdown(left: SignedDuration) -> String {
    let seconds = (left.as_millis().max(0) + 999) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_reads_as_a_clock() {
        for (millis, expected) in [(65_000, "1:05"), (800, "0:01"), (7_205_000, "2:00:05"), (-5_000, "0:00")] {
            assert_eq!(countdown(SignedDuration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn the_hosts_zone_is_what_its_file_says() {
        let now = Timestamp::now();
        if let Some(zone) = zone_in(Path::new(LOCAL)) {
            assert_eq!(zone.to_offset(now), TimeZone::system().to_offset(now));
        }
        let berlin = zone_in(Path::new("/usr/share/zoneinfo/Europe/Berlin"));
        let summer = "2026-07-01T12:00:00Z".parse().unwrap();
        assert!(berlin.is_none_or(|zone| zone.to_offset(summer) == jiff::tz::offset(2)));
        assert_eq!(zone_in(Path::new("/etc/passwd")), None);
        assert_eq!(zone_in(Path::new("/nonexistent")), None);
    }

    #[test]
    fn another_day_is_another_day_where_the_reader_is() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let now = at("2026-03-02T10:00:00Z");
        assert_eq!(time_of_day(at("2026-03-02T09:41:59Z"), now, &zone), "11:41");
        assert_eq!(time_of_day(at("2026-03-02T22:30:00Z"), now, &zone), "2026-03-03 00:30");
        assert_eq!(time_of_day(at("2026-03-01T23:00:00Z"), now, &zone), "01:00");
    }
}
