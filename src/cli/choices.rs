//! Values that are one of a few words.

use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use usher_core::request::{InvalidValue, ThumbnailSize, Verb};
use usher_core::session::State;

/// Reads one of these words. clap knows them all, for what is near a wrong one and for completion.
fn one_of<T>(words: impl IntoIterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = InvalidValue> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>())
}

/// The states that a session can be listed in.
pub(super) fn state() -> impl TypedValueParser<Value = State> {
    one_of([State::Connected, State::Remote, State::Disconnected, State::Closing].map(State::as_str))
}

/// The actions that the audit log has records of.
pub(super) fn audited() -> impl TypedValueParser<Value = Verb> {
    one_of(Verb::AUDITED.map(Verb::as_str))
}

/// The sizes of thumbnails.
pub(super) fn size() -> impl TypedValueParser<Value = ThumbnailSize> {
    one_of(ThumbnailSize::ALL.map(ThumbnailSize::as_str))
}
