//! What `usher join` and `usher-dial --join` say to each other: one JSON value each way.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::outcome::Error;
use crate::request::{IdentityName, IdentityRole};
use crate::servers::ServerName;

/// What to join, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinOrder {
    /// The token, as it was typed.
    pub token: String,
    /// What the host is called here.
    #[serde(default)]
    pub name: Option<ServerName>,
    /// Who we want to be there.
    #[serde(default)]
    pub identity: Option<IdentityName>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JoinAnswer {
    /// The host is in the book.
    Joined(Joined),
    /// Nothing was changed here.
    Failed(Error),
}

/// A host that was joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    /// What it is called here.
    pub name: String,
    /// Who we are there.
    pub identity: IdentityName,
    /// What we may do there.
    pub role: IdentityRole,
    /// Where it answered.
    pub address: String,
    /// When our certificate ends, if it is not renewed.
    pub expires: Timestamp,
    /// Where certificate and key are.
    pub directory: String,
}
