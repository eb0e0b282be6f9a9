//! What usherd says to usher-dial's service: which host the web page is to reach, and for whom. Then the connection leads
//! there, and the first that comes back is the [greeting](super::greeting).

use serde::{Deserialize, Serialize};

use crate::request::PagePerson;

/// Where it listens, for root alone.
pub const SOCKET: &str = "/run/usher-dial.sock";
/// Where it keeps the hosts that the page was joined to, below `usher/servers`.
pub const PLACE: &str = "/var/lib/usher-dial";
/// The longest line.
pub const LONGEST: u64 = 4 << 10;

/// The one line that is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayOrder {
    /// The joined host, by its name here.
    pub host: String,
    /// Who asks.
    pub person: PagePerson,
}
