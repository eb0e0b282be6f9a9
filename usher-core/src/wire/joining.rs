//! The messages between `usher join` and `usher-dial --join`: one JSON value each way.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::outcome::Error;
use crate::request::{IdentityName, IdentityRole};
use crate::servers::ServerName;

/// A host to join, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinOrder {
    /// The token, as it was typed.
    pub token: String,
    /// The host's name here.
    #[serde(default)]
    pub name: Option<ServerName>,
    /// The name that we want to have there.
    #[serde(default)]
    pub identity: Option<IdentityName>,
}

/// The result.
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
    /// Its name here.
    pub name: String,
    /// Our name there.
    pub identity: IdentityName,
    /// Our rights there.
    pub role: IdentityRole,
    /// Where it answered.
    pub address: String,
    /// When our certificate ends, if it is not renewed.
    pub expires: Timestamp,
    /// Where certificate and key are.
    pub directory: String,
}
