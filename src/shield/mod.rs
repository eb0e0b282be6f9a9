//! What usherd and `usher-shield` have in common. A shield covers one X11 display and holds its
//! input; the program itself is the package `usher-shield`, because it needs crates that the root
//! daemon does not.

pub mod wire;
