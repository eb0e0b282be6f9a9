//! The X server: a connection to it, and what a shield does there.

mod banner;
mod before;
mod crowd;
mod curtain;
mod devices;
mod display;
mod gate;
mod grabs;
mod keeper;
mod keys;
mod link;
mod monitors;
mod palette;
mod xauth;

pub use banner::Banner;
pub use before::Before;
pub use crowd::crowd;
pub use curtain::{Cloth, Curtain, HUGE, Panel, Seen};
pub use display::{Asked, Display, GREETING, Known, NoDisplay, Trouble};
pub use grabs::Grabs;
pub use keeper::Keeper;
pub use keys::{KeyTable, Keys};
pub use monitors::{Monitor, monitors};
pub use palette::{Palette, ground, upload};
