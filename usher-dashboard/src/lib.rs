//! The room on one page: a tile for each session of one or several hosts, with its picture, and usher's verbs.
//!
//! The page is served on loopback alone, to the user who started it, and acts as that user: every request goes the way
//! that the command line's requests go. It knows nothing that `usher` could not say, and it can do less: there is no
//! route to open, attach, invite or join.

pub mod door;
pub mod order;
pub mod page;
pub mod picture;
pub mod search;
mod serve;
mod start;
mod terminal;
mod wall;
mod words;

pub use start::{DashboardArguments, main};
