//! The protocols between usher's programs: frames on the sockets of holders, shields and guards, headers and bodies on usherd's.

mod conn;
mod frames;
mod terminal;

pub mod answers;
pub mod cells;
pub mod document;
pub mod greeting;
pub mod guard;
pub mod headers;
pub mod holder;
#[cfg(feature = "servers")]
pub mod joining;
pub mod relay;
pub mod seat;
pub mod shield;
pub mod sign_in;

pub use conn::Conn;
pub use frames::{DRAW_CHUNK, Decoder, FLUSH, Garbage, LATER, MAX_PAYLOAD, Tag, control, put};
pub use terminal::StationTerminal;
