//! The gateway as people use it: real usherd, real usher-gateway, real usher-dial, on loopback, as any user.
//!
//! Every test has a host of its own, with its own authority, and operators with homes of their own. What no
//! well-behaved program would send is sent by hand, over TLS or below it.

mod harness;

mod bounds;
mod certificates;
mod hostile;
mod impostor;
mod join;
mod renew;
mod revoke;
mod use_it;
