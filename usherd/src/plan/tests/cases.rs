//! What the tests case by case stand on: a session, and what root's action leads to.

use super::generators::{key_of, now};
use crate::accounts::Groups;
use crate::actor::{Actor, Role, Who};
use crate::authorize::authorize;
use crate::plan::{Action, Kind, LocalName, Registry, Snapshot, Step, Tracked, Work, plan};
use crate::session::Seen;

/// A session of alice's.
pub fn session(kind: Kind) -> Tracked {
    Tracked {
        id: 1,
        key: key_of(1),
        user: "alice".to_owned(),
        uid: 1000,
        kind,
        since: now(),
        name: None,
        program: "sh".to_owned(),
        groups: Groups::Known(Default::default()),
        admin: false,
        operator: false,
        own_lock: None,
        closing: None,
        close_begun: false,
        seen: Seen::default(),
    }
}

/// The steps that root's action leads to.
pub fn root_steps(registry: &Registry, action: Action) -> Vec<Step> {
    let (who, role, from) = (Who::User(0), Role::Administrator, "process 1".to_owned());
    let root = Actor { who, name: "root".to_owned(), role, from, own_sessions: Vec::new() };
    let authorized = authorize(root, action).expect("root may");
    match plan(authorized, Snapshot { registry, asked_name: LocalName::Free, absent: &[], now: now() }).work() {
        Work::Sessions(steps) | Work::Rule { steps, .. } => steps.clone(),
        other => panic!("{other:?}"),
    }
}
