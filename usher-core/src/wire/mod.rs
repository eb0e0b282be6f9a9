//! What goes between usher's programs: frames on the sockets of holders and shields, headers and bodies on usherd's.

mod frames;

pub mod answers;
pub mod greeting;
pub mod headers;
pub mod holder;
#[cfg(feature = "servers")]
pub mod joining;
pub mod shield;
pub mod still;

pub use frames::{DRAW_CHUNK, Decoder, FLUSH, Garbage, MAX_PAYLOAD, Tag, control, put};
