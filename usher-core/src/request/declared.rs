//! A caller's own word about where it sits.

use std::fmt;
use std::str::FromStr;

use super::{InvalidValue, SessionRef};

/// The session that a caller says it sits in. It can only narrow what the caller may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredSession {
    /// The kernel's boot ID, so that a number of yesterday names nobody today.
    pub boot_id: String,
    /// The session.
    pub session: SessionRef,
}

impl fmt::Display for DeclaredSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.boot_id, self.session)
    }
}

impl FromStr for DeclaredSession {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let wrong = || InvalidValue::new("an own session is declared as BOOT_ID:SESSION_ID");
        let (boot_id, id) = text.rsplit_once(':').ok_or_else(wrong)?;
        if boot_id.is_empty() || boot_id.len() > 64 {
            return Err(wrong());
        }
        let session: SessionRef = id.parse().map_err(|_| wrong())?;
        // A name means another session after it was given away.
        if session.is_name() {
            return Err(wrong());
        }
        Ok(DeclaredSession { boot_id: boot_id.to_owned(), session })
    }
}
