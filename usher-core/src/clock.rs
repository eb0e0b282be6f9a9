//! The time, as everything in usher writes it down: UTC, to the millisecond.

use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

/// Now.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Trunc)).unwrap_or(now)
}

/// The time of day as a lock screen shows it, with the date where that is another day than `now`.
pub fn time_of_day(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    at.strftime(if at.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

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
