//! The operating system's edges: `/proc`, peer credentials, descriptors.

pub mod descriptors;
pub mod peer;
pub mod proc;
