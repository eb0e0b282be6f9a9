//! What a watcher asks for.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::InvalidValue;
use super::values::text_value;

/// Query of `GET /v1/events`. Without it the events from now on are told.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WatchQuery {
    /// First the events of this time or later, as far as they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    #[param(value_type = String, format = DateTime, required = false)]
    pub since: Option<Timestamp>,
    /// First the events after this one, as far as they are kept: what the header `Last-Event-ID` says too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = EventId, required = false)]
    pub after: Option<EventId>,
    /// Tell also of screens that change after a `live` picture of them was taken. These events have no number, and are not kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub screens: bool,
}

/// The number of an event: which run of the daemon it is of, and its place in that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId {
    /// The run.
    pub run: u64,
    /// The place.
    pub number: u64,
}

impl utoipa::PartialSchema for EventId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let schema = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String);
        schema.pattern(Some("^[0-9a-f]{1,16}-[0-9]{1,19}$")).into()
    }
}

impl ToSchema for EventId {}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.run, self.number)
    }
}

impl FromStr for EventId {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let wrong = || InvalidValue::new("the number of an event is the one that came with it");
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
        let (run, number) =
            text.split_once('-').filter(|(run, number)| plain(run) && plain(number)).ok_or_else(wrong)?;
        let run = u64::from_str_radix(run, 16).map_err(|_| wrong())?;
        Ok(EventId { run, number: number.parse().map_err(|_| wrong())? })
    }
}

text_value!(EventId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_is_written() {
        for id in [EventId { run: 0, number: 0 }, EventId { run: u64::MAX, number: u64::MAX }] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for wrong in ["", "-", "1", "1-", "-1", "1-2-3", "+1-2", "1-+2", "g-1", "A-1", "11111111111111111-1"] {
            assert!(wrong.parse::<EventId>().is_err(), "{wrong}");
        }
    }
}
