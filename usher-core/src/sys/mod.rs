//! The operating system's edges: `/proc`, control groups, graphics cards, sockets, peer credentials, what a user can make slow, descriptors.

pub mod cards;
pub mod cgroup;
pub mod descriptors;
pub mod diag;
pub mod peer;
pub mod proc;
pub mod process;
pub mod program;
pub mod sockets;
