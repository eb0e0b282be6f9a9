//! Stations, as holders and displays tell of them.

use serde::{Deserialize, Serialize};

/// One station as its backend sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenStation {
    /// The station's number on this host.
    pub id: u32,
    /// The remote client's address, or its name where nothing else is known; none for a local station.
    pub client: Option<String>,
}
