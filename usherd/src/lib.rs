//! usherd: knows the host's sessions, decides, acts, observes, remembers.
//!
//! The modules stand in floors, each of which uses what stands above it in this list.

pub mod accounts;
pub mod actor;
pub mod identities;
pub mod paths;

#[cfg(feature = "system")]
mod limits;
#[cfg(feature = "system")]
mod slow;

pub mod session;

pub mod authorize;
pub mod plan;

pub mod store;

pub mod logind;
#[cfg(feature = "system")]
pub mod xdisplay;

pub mod backend;
pub mod host;

pub mod execute;

pub mod api;
pub mod daemon;
