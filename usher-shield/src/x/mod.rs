//! The X server: a connection to it, and what a shield does there.

mod banner;
mod before;
mod changes;
mod crowd;
mod curtain;
mod damaged;
pub mod devices;
mod display;
mod gate;
mod grabs;
mod keeper;
mod kept;
mod keys;
mod link;
mod monitors;
mod palette;
pub mod vnc;
mod xauth;

pub use banner::Banner;
pub use before::Before;
pub use changes::ScreenWatch;
pub use crowd::crowd;
pub use curtain::{Cloth, Curtain, HUGE, Panel, Seen};
pub use damaged::DamagedArea;
pub use display::{Asked, Display, GREETING, Known, NoDisplay, Trouble};
pub use grabs::Grabs;
pub use keeper::Keeper;
pub use kept::Kept;
pub use keys::{KeyTable, Keys};
pub use link::Link;
pub use monitors::{Monitor, monitors};
pub use palette::{Palette, ground, upload};
