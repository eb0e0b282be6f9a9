//! The host's sessions, locks and rules, as the daemon knows them.

mod change;
mod cover;
mod ended;
mod registry;
mod target;

pub use change::{Change, CloseOrder, RuleRecord, SessionRecord};
pub use cover::covers_of;
pub use ended::{EndedSession, EndedSessions};
pub use registry::{Exemption, Registry, Seen, Tracked};
pub use target::Target;
