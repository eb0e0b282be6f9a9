//! A point in time as people write one.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, ToSpan, Zoned};
use usher_core::clock;
use usher_core::request::Seconds;

/// Reads a moment that has passed, as `--since` and `--until` take it.
///
/// # Errors
/// It is none; the sentence shows how one is written.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    before(text, &clock::now().to_zoned(usher_core::clock::local_zone())).ok_or_else(|| {
        "write it as 2026-03-02T09:41:00Z, 2026-03-02 09:41, 2026-03-02, 09:41, yesterday, or as a duration back from \
         now such as 2h"
            .to_owned()
    })
}

fn before(text: &str, now: &Zoned) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    if let Ok(span) = text.parse::<Seconds>() {
        return now.timestamp().checked_sub(span.as_duration()).ok();
    }
    let local = match text {
        "now" => return Some(now.timestamp()),
        "today" => now.date().at(0, 0, 0, 0),
        "yesterday" => now.date().checked_sub(1.day()).ok()?.at(0, 0, 0, 0),
        // The name of a day before a time of day, and a time of day alone. One that is still to come today was meant
        // to be yesterday's: nothing of the future is on record.
        _ => match (text.split_once(' '), clock_time(text)) {
            (Some(("today", time)), _) => now.date().to_datetime(clock_time(time)?),
            (Some(("yesterday", time)), _) => now.date().checked_sub(1.day()).ok()?.to_datetime(clock_time(time)?),
            (_, Some(time)) => last(now, time)?,
            _ => dated(text)?,
        },
    };
    local.to_zoned(now.time_zone().clone()).ok().map(|zoned| zoned.timestamp())
}

/// `9:41`, `09:41` or `09:41:30`.
fn clock_time(text: &str) -> Option<Time> {
    let numbers = text.split(':').map(|part| part.parse::<i8>().ok().filter(|_| part.len() <= 2));
    match *numbers.collect::<Option<Vec<i8>>>()?.as_slice() {
        [hour, minute] => Time::new(hour, minute, 0, 0).ok(),
        [hour, minute, second] => Time::new(hour, minute, second, 0).ok(),
        _ => None,
    }
}

fn last(now: &Zoned, time: Time) -> Option<DateTime> {
    let today = now.date().to_datetime(time);
    if today <= now.datetime() {
        Some(today)
    } else {
        now.date().checked_sub(1.day()).ok().map(|day| day.to_datetime(time))
    }
}

fn dated(text: &str) -> Option<DateTime> {
    text.parse::<DateTime>().ok().or_else(|| text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_it_is_meant() {
        let now: Zoned = "2026-03-02T09:41:00+01:00[+01:00]".parse().unwrap();
        let read = |text: &str| before(text, &now).map(|time| time.to_string());
        let is = |text: &str, utc: &str| assert_eq!(read(text).as_deref(), Some(utc), "{text}");
        is("2026-03-02T09:41:00Z", "2026-03-02T09:41:00Z");
        is("02:20", "2026-03-02T01:20:00Z");
        is("2:20", "2026-03-02T01:20:00Z");
        is("02:20:30", "2026-03-02T01:20:30Z");
        is("22:00", "2026-03-01T21:00:00Z");
        is("today", "2026-03-01T23:00:00Z");
        is("yesterday", "2026-02-28T23:00:00Z");
        is("yesterday 02:20", "2026-03-01T01:20:00Z");
        is("2026-03-01 08:00", "2026-03-01T07:00:00Z");
        is("2026-03-01", "2026-02-28T23:00:00Z");
        is("2h", "2026-03-02T06:41:00Z");
        is("now", "2026-03-02T08:41:00Z");
        for wrong in ["", "25:00", "2:20:30:1", "002:20", "-2:20", "tomorrow", "yesterday x", "02:", "12"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
