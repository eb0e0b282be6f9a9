//! What usher's programs share: the words of requests and outcomes, what a session is, what goes between programs, and
//! the kernel's edges.

pub mod audit;
pub mod clock;
pub mod event;
#[cfg(feature = "files")]
pub mod files;
pub mod language;
#[cfg(feature = "daemon")]
pub mod logging;
#[cfg(feature = "files")]
pub mod login_shells;
pub mod logins;
pub mod outcome;
pub mod paths;
pub mod per_key;
pub mod request;
#[cfg(feature = "servers")]
pub mod servers;
pub mod session;
pub mod status;
#[cfg(feature = "daemon")]
pub mod stop;
pub mod sys;
pub mod token;
pub mod wire;
