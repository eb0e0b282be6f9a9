//! What a page orders: one of a closed set of verbs, for sessions of one or several hosts.

use std::collections::BTreeMap;

use serde::Deserialize;
use usher_core::request::{
    Action, BlockRequest, CancelCloseRequest, CloseRequest, DisconnectRequest, LockRequest, Message, RuleName, Seconds,
    SessionRef, Targets, UnlockRequest,
};

/// The most sessions that one order may name on a host.
const MOST: usize = 2000;

/// What a page can have done. Everything else that usher can do, it cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageVerb {
    /// Lock sessions.
    Lock,
    /// Unlock sessions.
    Unlock,
    /// Free their stations.
    Disconnect,
    /// End them.
    Close,
    /// Call off a close with notice.
    CancelClose,
    /// Set the rule `all`.
    BlockAll,
    /// Remove it.
    UnblockAll,
    /// Remove the rule that the order names.
    Unblock,
}

impl PageVerb {
    /// The verb by the last segment of its path.
    pub fn of(segment: &str) -> Option<Self> {
        Some(match segment {
            "lock" => PageVerb::Lock,
            "unlock" => PageVerb::Unlock,
            "disconnect" => PageVerb::Disconnect,
            "close" => PageVerb::Close,
            "cancel-close" => PageVerb::CancelClose,
            "block-all" => PageVerb::BlockAll,
            "unblock-all" => PageVerb::UnblockAll,
            "unblock" => PageVerb::Unblock,
            _ => return None,
        })
    }
}

/// The body of an order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageOrder {
    /// The sessions, by their hosts' places; for rules the hosts, without sessions.
    pub targets: BTreeMap<usize, Vec<u32>>,
    /// What users read.
    #[serde(default)]
    message: Option<Message>,
    /// How long a lock or rule holds.
    #[serde(default)]
    for_seconds: Option<Seconds>,
    /// How long before a close users are warned.
    #[serde(default)]
    notice_seconds: Option<Seconds>,
    /// Take sessions out of the rules that cover them.
    #[serde(default)]
    exempt: bool,
    /// The rule that is meant.
    #[serde(default)]
    rule: Option<RuleName>,
}

impl PageOrder {
    /// The action for one host's sessions; none if the order lacks what its verb needs, or has what it knows nothing of.
    pub fn action(&self, verb: PageVerb, ids: &[u32]) -> Option<Action> {
        let PageOrder { targets: _, message, for_seconds, notice_seconds, exempt, rule } = self.clone();
        let of_hosts = matches!(verb, PageVerb::BlockAll | PageVerb::UnblockAll | PageVerb::Unblock);
        if ids.is_empty() != of_hosts || ids.len() > MOST || rule.is_some() != (verb == PageVerb::Unblock) {
            return None;
        }
        let targets = Targets::Ids(ids.iter().map(|id| SessionRef::Id(*id)).collect());
        let plain = notice_seconds.is_none() && !exempt;
        let bare = message.is_none() && for_seconds.is_none();
        Some(match (verb, message) {
            (PageVerb::Lock, Some(message)) if plain => {
                Action::Lock(LockRequest { targets, message, duration: for_seconds, freeze: false })
            }
            (PageVerb::BlockAll, Some(message)) if plain => {
                Action::Block(RuleName::All, BlockRequest { message, duration: for_seconds, freeze: false })
            }
            (PageVerb::Unlock, None) if bare && notice_seconds.is_none() => {
                Action::Unlock(UnlockRequest { targets, exempt })
            }
            (PageVerb::Close, message) if for_seconds.is_none() && !exempt => {
                Action::Close(CloseRequest { targets, dry_run: false, notice: notice_seconds, message })
            }
            (PageVerb::Disconnect, None) if bare && plain => {
                Action::Disconnect(DisconnectRequest { targets, dry_run: false })
            }
            (PageVerb::CancelClose, None) if bare && plain => Action::CancelClose(CancelCloseRequest { targets }),
            (PageVerb::UnblockAll, None) if bare && plain => Action::Unblock(RuleName::All),
            (PageVerb::Unblock, None) if bare && plain => Action::Unblock(rule?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(json: &str) -> Option<PageOrder> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn an_order_becomes_the_action_that_it_says() {
        let lock = order(r#"{"targets":{"0":[3,4]},"message":"Eyes up","for_seconds":600}"#).unwrap();
        let route = lock.action(PageVerb::Lock, &lock.targets[&0]).unwrap().route();
        assert_eq!(route.to_string(), "POST /v1/sessions/lock");
        let body: serde_json::Value = serde_json::from_slice(&route.body).unwrap();
        assert_eq!((&body["targets"]["ids"][1], &body["for_seconds"]), (&4.into(), &600.into()));
        let none = order(r#"{"targets":{"0":[]}}"#).unwrap();
        assert_eq!(none.action(PageVerb::UnblockAll, &[]).unwrap().route().to_string(), "DELETE /v1/blocks/all");
        let one = order(r#"{"targets":{"0":[]},"rule":"group:pupils"}"#).unwrap();
        assert_eq!(one.action(PageVerb::Unblock, &[]).unwrap().route().to_string(), "DELETE /v1/blocks/group%3Apupils");
    }

    #[test]
    fn an_order_that_lacks_something_or_has_too_much_is_none() {
        let bare = order(r#"{"targets":{"0":[3]}}"#).unwrap();
        assert!(bare.action(PageVerb::Lock, &[3]).is_none(), "a lock has a message");
        assert!(bare.action(PageVerb::Unlock, &[]).is_none(), "nobody is not everybody");
        assert!(bare.action(PageVerb::Close, &[1; MOST + 1]).is_none());
        assert!(bare.action(PageVerb::UnblockAll, &[3]).is_none());
        let [none, one] =
            [r#"{"targets":{"0":[]}}"#, r#"{"targets":{"0":[]},"rule":"user:alice"}"#].map(|o| order(o).unwrap());
        assert!(none.action(PageVerb::Unblock, &[]).is_none() && one.action(PageVerb::UnblockAll, &[]).is_none());
        assert!(order(r#"{"targets":{"0":[]},"rule":"alice"}"#).is_none());
        let noticed = order(r#"{"targets":{"0":[3]},"notice_seconds":60}"#).unwrap();
        assert!(noticed.action(PageVerb::Close, &[3]).is_some());
        assert!(noticed.action(PageVerb::Disconnect, &[3]).is_none());
        assert!(order(r#"{"targets":{"0":[3]},"freeze":true}"#).is_none(), "unknown fields are refused");
        assert!(order(r#"{"targets":{"0":[3]},"message":"a\u0007"}"#).is_none());
        assert!(order(r#"{"targets":{"-1":[3]}}"#).is_none());
    }

    #[test]
    fn the_verbs_are_a_closed_set() {
        for known in ["lock", "unlock", "disconnect", "close", "cancel-close", "block-all", "unblock-all", "unblock"] {
            assert!(PageVerb::of(known).is_some());
        }
        for other in ["open", "attach", "invite", "join", "revoke", "rename", "redeem", "rekey", "Lock", "", "lock "] {
            assert!(PageVerb::of(other).is_none(), "{other}");
        }
    }
}
