//! usher by TLS: the service that serves a host's API to callers from afar, and the program that reaches it.
//!
//! The gateway runs as a user of its own. It proves to callers who it is by its own authority, whose hash is in every
//! token, and asks callers for certificates of the same authority. What they may do is not its business: it hands each
//! request, with the name and key of the one who asks, to usherd, which knows the identities and judges.

pub mod certificates;
pub mod dial;
pub mod gateway;
pub mod join;
