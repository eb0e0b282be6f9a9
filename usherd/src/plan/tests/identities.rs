//! What becomes of an invitation, a renewal and a revocation, case by case.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use usher_core::outcome::ErrorId;
use usher_core::request::{IdentityName, IdentityRole, Pin, RedeemRequest, RekeyRequest, Secret};

use super::generators::now;
use crate::actor::{Actor, Role, Who};
use crate::authorize::authorize;
use crate::identities::{Identities, IdentityChange, IdentityRecord, InvitationRecord};
use crate::plan::{Action, IdentityWork, LocalName, Registry, Snapshot, Work, plan};

fn name(text: &str) -> IdentityName {
    text.parse().unwrap()
}

fn secret() -> Secret {
    "A".repeat(43).parse().unwrap()
}

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn invitation(whom: Option<&str>) -> InvitationRecord {
    InvitationRecord {
        secret: secret().hash(),
        name: whom.map(name),
        role: IdentityRole::Operator,
        created: later(-60),
        created_by: "root".to_owned(),
        expires: later(1),
        used: None,
    }
}

fn joined(who: &str, revoked: bool) -> IdentityRecord {
    IdentityRecord {
        name: name(who),
        role: IdentityRole::Operator,
        key: Pin::of(b"old"),
        next_key: None,
        created: later(-60),
        created_by: "root".to_owned(),
        revoked: revoked.then(|| (later(-30), "root".to_owned())),
    }
}

/// A host that knows these, and whose configuration names `kept@laptop`.
fn host(known: Vec<IdentityRecord>, invitations: Vec<InvitationRecord>) -> Registry {
    let configured = BTreeMap::from([(name("kept@laptop"), IdentityRole::Administrator)]);
    let mut registry = Registry::default();
    registry.identities = Identities::new(known, invitations, configured, SignedDuration::from_mins(15));
    registry
}

/// The judgement on this action, by somebody who may ask for it.
fn judged(registry: &Registry, who: Who, action: Action, asked_name: LocalName) -> Result<IdentityWork, ErrorId> {
    let role = Role::Administrator;
    let actor = Actor { who, name: "root".to_owned(), role, from: "10.0.0.9".to_owned(), own_sessions: Vec::new() };
    let authorized = authorize(actor, action).map_err(|error| error.id)?;
    match plan(authorized, Snapshot { registry, asked_name, absent: &[], now: now() }).work() {
        Work::Identity(work) => work.clone().map_err(|error| error.id),
        other => panic!("{other:?}"),
    }
}

fn redeem(invitation: InvitationRecord, asked: &str, named: bool) -> Result<IdentityWork, ErrorId> {
    let registry = host(vec![joined("olga@laptop", false)], vec![invitation]);
    let request = RedeemRequest { secret: secret(), name: name(asked), named, key: Pin::of(b"key") };
    judged(&registry, Who::Gateway, Action::Redeem(request), LocalName::Free)
}

/// The name that is joined by, if one is.
fn joins_as(work: Result<IdentityWork, ErrorId>) -> Result<String, ErrorId> {
    work.map(|work| match work {
        IdentityWork::Write(name, IdentityChange::Joined { identity, .. }) if name == identity.name => name.to_string(),
        other => panic!("{other:?}"),
    })
}

#[test]
fn an_invitation_for_somebody_gives_their_name_unless_another_was_chosen() {
    let theirs = || invitation(Some("olga@laptop"));
    assert_eq!(joins_as(redeem(theirs(), "olga@laptop", true)), Ok("olga@laptop".to_owned()));
    assert_eq!(joins_as(redeem(theirs(), "eve@laptop", false)), Ok("olga@laptop".to_owned()));
    assert_eq!(joins_as(redeem(theirs(), "eve@laptop", true)), Err(ErrorId::AccessDenied));
}

#[test]
fn a_free_invitation_takes_nobodys_name() {
    assert_eq!(joins_as(redeem(invitation(None), "new@laptop", true)), Ok("new@laptop".to_owned()));
    for taken in ["olga@laptop", "kept@laptop", "dashboard@laptop"] {
        assert_eq!(joins_as(redeem(invitation(None), taken, true)), Err(ErrorId::AccessDenied), "{taken}");
    }
    let request = RedeemRequest { secret: secret(), name: name("new@laptop"), named: false, key: Pin::of(b"key") };
    let mut other = invitation(Some("new@laptop"));
    other.secret = Pin::of(b"another secret");
    let ask = |expires, local| {
        let other = InvitationRecord { expires, ..other.clone() };
        let registry = host(Vec::new(), vec![invitation(None), other]);
        joins_as(judged(&registry, Who::Gateway, Action::Redeem(request.clone()), local))
    };
    assert_eq!(ask(later(1), LocalName::Free), Err(ErrorId::AccessDenied), "somebody else is invited by it");
    assert_eq!(ask(now(), LocalName::Free), Ok("new@laptop".to_owned()), "their invitation is over");
    assert_eq!(ask(now(), LocalName::Taken), Err(ErrorId::AccessDenied));
    assert_eq!(ask(now(), LocalName::Unknown), Err(ErrorId::BackendFailed));
}

#[test]
fn an_invitation_is_good_once_and_until_its_end() {
    let over = |expires| redeem(InvitationRecord { expires, ..invitation(None) }, "new@laptop", false).map(|_| ());
    assert_eq!(over(now()), Err(ErrorId::InvitationExpired));
    assert_eq!(over(later(-1)), Err(ErrorId::InvitationExpired));
    assert_eq!(over(later(1)), Ok(()));
    let used = Some((later(-5), name("eve@laptop"), "10.0.0.8".to_owned()));
    let used = redeem(InvitationRecord { used, ..invitation(None) }, "new@laptop", false);
    assert_eq!(used, Err(ErrorId::InvitationUsed));
    let unknown = redeem(InvitationRecord { secret: Pin::of(b"other"), ..invitation(None) }, "new@laptop", false);
    assert_eq!(unknown, Err(ErrorId::InvitationUnknown));
}

#[test]
fn whoever_joins_has_the_role_and_the_inviter_that_the_invitation_says() {
    let Ok(IdentityWork::Write(_, IdentityChange::Joined { identity, secret: hash, from })) =
        redeem(invitation(None), "new@laptop", false)
    else {
        panic!("refused")
    };
    let expected = IdentityRecord {
        name: name("new@laptop"),
        key: Pin::of(b"key"),
        created: now(),
        ..joined("new@laptop", false)
    };
    assert_eq!((identity, hash, from.as_str()), (expected, secret().hash(), "10.0.0.9"));
}

#[test]
fn revoking_writes_unless_it_is_done_or_there_is_nobody() {
    let ask = |known: Vec<IdentityRecord>, invited: Vec<InvitationRecord>| {
        judged(&host(known, invited), Who::User(0), Action::Revoke(name("olga@laptop")), LocalName::Free)
    };
    let written = |work: Result<IdentityWork, ErrorId>| {
        let change = IdentityChange::Revoked { name: name("olga@laptop"), at: now(), by: "root".to_owned() };
        assert_eq!(work, Ok(IdentityWork::Write(name("olga@laptop"), change)));
    };
    written(ask(vec![joined("olga@laptop", false)], Vec::new()));
    written(ask(Vec::new(), vec![invitation(Some("olga@laptop"))]));
    written(ask(vec![joined("olga@laptop", true)], vec![invitation(Some("olga@laptop"))]));
    assert_eq!(ask(vec![joined("olga@laptop", true)], Vec::new()), Ok(IdentityWork::Unchanged(name("olga@laptop"))));
    assert_eq!(ask(Vec::new(), vec![invitation(Some("eve@laptop"))]), Err(ErrorId::IdentityNotFound));
}

#[test]
fn a_renewal_names_the_key_that_was_used_for_it() {
    let who = Who::Identity { name: name("olga@laptop"), key: Pin::of(b"old") };
    let request = RekeyRequest { key: Pin::of(b"new") };
    let change = IdentityChange::Rekeyed { name: name("olga@laptop"), used: Pin::of(b"old"), next: Pin::of(b"new") };
    let registry = host(vec![joined("olga@laptop", false)], Vec::new());
    assert_eq!(
        judged(&registry, who, Action::Rekey(request), LocalName::Free),
        Ok(IdentityWork::Write(name("olga@laptop"), change))
    );
}
