//! The operating system's edges: `/proc`, control groups, sockets, peer credentials, descriptors.

pub mod cgroup;
pub mod descriptors;
pub mod diag;
pub mod peer;
pub mod proc;
pub mod program;
pub mod sockets;
