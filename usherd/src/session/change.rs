//! Changes to what lasts. The store writes each, then the registry applies it, so that memory knows no more than the disk.

use jiff::Timestamp;
use usher_core::request::{Message, RuleName, SessionName};
use usher_core::session::{Kind, SessionKey, Terms};

use super::Tracked;
use crate::accounts::Groups;
use crate::identities::IdentityChange;

/// A change to what lasts. The store writes it, then the registry applies it.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A session began.
    SessionOpened(SessionRecord),
    /// A session is gone, and with it its lock, exemptions and order to close.
    SessionEnded(u32),
    /// A session got another name.
    Renamed(u32, SessionName),
    /// A session got its own lock, or another one.
    LockSet(u32, Terms),
    /// A session's own lock was removed.
    LockRemoved(u32),
    /// A session is to be closed.
    CloseOrdered(u32, CloseOrder),
    /// The order to close a session was called off.
    CloseCancelled(u32),
    /// A rule was set or replaced; its exemptions stay.
    RuleSet(RuleRecord),
    /// A rule was removed, and with it its exemptions.
    RuleRemoved(RuleName),
    /// A session was taken out of a rule.
    Exempted(RuleName, SessionKey),
    /// The remote identities changed.
    Identity(IdentityChange),
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRecord {
    /// The session ID.
    pub id: u32,
    /// The key by which it is recognised.
    pub key: SessionKey,
    /// The user's name.
    pub user: String,
    /// The user's number.
    pub uid: u32,
    /// When it began.
    pub since: Timestamp,
    /// The name that its user gave it.
    pub name: Option<String>,
    /// The program it was opened with.
    pub program: String,
    /// How it is shown.
    pub kind: Kind,
    /// The user's groups. Not stored: after a start they are unknown until they are looked up.
    pub groups: Groups,
}

/// A standing rule as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleRecord {
    /// Whom it covers.
    pub name: RuleName,
    /// The message, the setter, and the end.
    pub terms: Terms,
    /// The sessions its setter sat in, which it leaves out until they end. A number alone would leave out a stranger's
    /// session after a reboot.
    pub except: Vec<SessionKey>,
}

impl RuleRecord {
    /// Whether the rule is about this session at all.
    pub fn matches(&self, session: &Tracked) -> bool {
        match &self.name {
            RuleName::All => true,
            RuleName::User(name) => session.user == name.as_str(),
            RuleName::Group(name) => session.groups.may_include(name.as_str()),
        }
    }
}

/// An order to close a session.
#[derive(Debug, Clone, PartialEq)]
pub struct CloseOrder {
    /// When to close it.
    pub at: Timestamp,
    /// The name of the actor that ordered it.
    pub by: String,
    /// The message beside the countdown.
    pub message: Option<Message>,
}
