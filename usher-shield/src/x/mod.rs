//! The X server: a connection to it, and what a shield does there.

mod banner;
mod before;
mod curtain;
mod display;
mod grabs;
mod keys;
mod link;
mod monitors;
mod palette;
mod xauth;

pub use banner::Banner;
pub use before::Before;
pub use curtain::{Cloth, Curtain, HUGE, Panel, Seen};
pub use display::{Asked, Display, NoDisplay, Trouble};
pub use grabs::Grabs;
pub use keys::{KeyTable, Keys};
pub use monitors::{Monitor, monitors};
pub use palette::{Palette, upload};
