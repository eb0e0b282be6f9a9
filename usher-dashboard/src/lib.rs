//! The room on one page: a tile for each session of one or several hosts, with its picture, and usher's verbs.
//!
//! The page is served on loopback, to the user who started it, and acts as that user: every request goes the way that the
//! command line's requests go. As a host's service it is served by TLS to whoever signs in, and acts as they. It knows nothing that `usher` could not say, and it can do less: there is no
//! route to open, attach, invite or join.

pub mod certificate;
pub mod door;
pub mod order;
pub mod page;
pub mod picture;
pub mod reception;
pub mod search;
mod serve;
pub mod settings;
mod start;
mod terminal;
mod wall;
mod words;

pub use start::{DashboardArguments, main};
