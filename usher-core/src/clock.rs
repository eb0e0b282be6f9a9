//! The time, as everything in usher writes it down: UTC, to the millisecond.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

/// Now.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Trunc)).unwrap_or(now)
}
