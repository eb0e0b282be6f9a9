//! Random actors, sessions, rules and requests.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use usher_core::request::{
    AttachTo, AuditQuery, BlockRequest, CancelCloseRequest, CloseRequest, DisconnectRequest, IdentityName,
    IdentityRole, InviteRequest, LockRequest, Message, Name, OpenRequest, Pin, RedeemRequest, RekeyRequest, RuleName,
    Seconds, Secret, SessionRef, SignInRequest, SignInStep, Size, UnlockRequest, WatchQuery, WhichSignIn,
};
use usher_core::session::{SeenStation, SessionKey, Terms};

use crate::accounts::Groups;
use crate::actor::{Actor, Role, WebPerson, Who};
use crate::plan::{
    Action, AttachRequest, Change, CloseOrder, Kind, Registry, RuleRecord, Targets, ThumbnailQuery, Tracked,
};
use crate::session::Seen;

const USERS: [&str; 4] = ["alice", "bob", "carol", "dave"];

pub(super) fn now() -> Timestamp {
    "2026-03-02T09:41:00Z".parse().unwrap()
}

/// The one user of those whom requests name who is not there.
pub(super) fn absent() -> [Name; 1] {
    ["nobody".parse().unwrap()]
}

pub(super) fn message() -> Message {
    "Eyes up".parse().unwrap()
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Unknown), Just(Role::User), Just(Role::Operator), Just(Role::Administrator)]
}

/// Some seconds around now.
fn moment() -> impl Strategy<Value = Timestamp> {
    (-60i64..60).prop_map(|seconds| now() + SignedDuration::from_secs(seconds))
}

fn span() -> impl Strategy<Value = Option<Seconds>> {
    prop::option::of((1u64..7200).prop_map(|seconds| format!("{seconds}s").parse().unwrap()))
}

prop_compose! {
    fn terms()(until in prop::option::of(moment()), freeze: bool, other: bool) -> Terms {
        Terms {
            message: if other { "Lesson is over".parse().unwrap() } else { message() },
            by: "root".to_owned(),
            by_uid: 0,
            since: now() - SignedDuration::from_secs(120),
            until,
            freeze,
        }
    }
}

pub(super) fn key_of(id: u32) -> SessionKey {
    SessionKey { boot_id: "b".to_owned(), native_id: format!("u{id}"), leader_pid: 100 + id, leader_start: 1 }
}

prop_compose! {
    fn session()(
        id in 1u32..12,
        user in 0..USERS.len(),
        kind in prop_oneof![Just(Kind::Text), Just(Kind::X11), Just(Kind::Ssh)],
        groups in prop::option::weighted(0.8, proptest::collection::btree_set(prop_oneof![Just("red"), Just("blue")], 0..2)),
        admin in prop::bool::weighted(0.2),
        operator in prop::bool::weighted(0.2),
        own_lock in prop::option::of(terms()),
        closing in prop::option::weighted(0.2, moment()),
        stations in 0u32..2,
    ) -> Tracked {
        Tracked {
            id,
            key: key_of(id),
            user: USERS[user].to_owned(),
            uid: 1000 + u32::try_from(user).unwrap(),
            kind,
            since: now(),
            name: None,
            program: "sh".to_owned(),
            groups: groups.map_or(Groups::Unknown, |names| Groups::Known(names.into_iter().map(str::to_owned).collect())),
            admin,
            operator,
            own_lock,
            close_begun: false,
            closing: closing.map(|at| CloseOrder { at, by: "root".to_owned(), message: None }),
            seen: Seen {
                stations: (0..stations).map(|id| SeenStation { id, client: None }).collect(),
                ..Seen::default()
            },
        }
    }
}

pub(super) fn rule_name() -> impl Strategy<Value = RuleName> {
    prop_oneof![
        Just(RuleName::All),
        proptest::sample::select(&USERS[..]).prop_map(|name| RuleName::User(name.parse().unwrap())),
        proptest::sample::select(&["red", "blue"][..]).prop_map(|name| RuleName::Group(name.parse().unwrap())),
    ]
}

prop_compose! {
    pub(super) fn rule()(name in rule_name(), terms in terms(), except in proptest::collection::vec(1u32..12, 0..2)) -> RuleRecord {
        RuleRecord { name, terms, except: except.into_iter().map(key_of).collect() }
    }
}

prop_compose! {
    pub(super) fn registry()(
        sessions in proptest::collection::vec(session(), 0..8),
        rules in proptest::collection::vec(rule(), 0..3),
        exempt in proptest::collection::vec((rule_name(), 1u32..12), 0..4),
        orchestrate_admins: bool,
        of_system: bool,
        most_text_sessions in 0u32..4,
    ) -> Registry {
        let mut registry = Registry::default();
        registry.orchestrate_admins = orchestrate_admins;
        registry.of_system = of_system;
        registry.most_text_sessions = most_text_sessions;
        sessions.into_iter().for_each(|session| registry.put(session));
        rules.into_iter().for_each(|rule| registry.apply(&Change::RuleSet(rule)));
        exempt.into_iter().for_each(|(rule, id)| registry.apply(&Change::Exempted(rule, key_of(id))));
        registry
    }
}

fn identity() -> IdentityName {
    "olga@laptop".parse().unwrap()
}

fn who() -> impl Strategy<Value = (Who, String)> {
    let user =
        (0..USERS.len()).prop_map(|user| (Who::User(1000 + u32::try_from(user).unwrap()), USERS[user].to_owned()));
    let web = |person| Who::Web { person, secret: Pin::of(b"secret") };
    let remote = Who::Identity { name: identity(), key: Pin::of(b"key") };
    prop_oneof![
        6 => user,
        3 => Just((remote, format!("{} via TLS", identity()))),
        1 => Just((Who::Gateway, "usher-gateway".to_owned())),
        1 => Just((web(WebPerson::User(1000)), USERS[0].to_owned())),
        1 => Just((web(WebPerson::Identity { name: identity(), key: Pin::of(b"key") }), format!("{} via TLS", identity()))),
    ]
}

prop_compose! {
    pub(super) fn actor()(
        role in role(),
        (who, name) in who(),
        own_sessions in proptest::collection::vec(1u32..12, 0..2),
    ) -> Actor {
        Actor { who, name, role, from: "process 1".to_owned(), own_sessions }
    }
}

pub(super) fn reference() -> impl Strategy<Value = SessionRef> {
    prop_oneof![(1u32..16).prop_map(SessionRef::Id), (1u32..16).prop_map(|id| format!("u{id}").parse().unwrap()),]
}

fn targets() -> impl Strategy<Value = Targets> {
    let name = proptest::sample::select(&["alice", "bob", "nobody"][..]).prop_map(|n| n.parse::<Name>().unwrap());
    prop_oneof![
        Just(Targets::All),
        proptest::collection::vec(reference(), 1..6).prop_map(Targets::Ids),
        proptest::collection::vec(name, 1..3).prop_map(Targets::Users),
    ]
}

pub(super) fn session_verb() -> impl Strategy<Value = Action> {
    (targets(), 0..5, any::<bool>(), span()).prop_map(|(targets, verb, flag, span)| match verb {
        0 => Action::Lock(LockRequest { targets, message: message(), duration: span, freeze: flag }),
        1 => Action::Unlock(UnlockRequest { targets, exempt: flag }),
        4 => Action::CancelClose(CancelCloseRequest { targets }),
        2 => Action::Disconnect(DisconnectRequest { targets, dry_run: flag }),
        _ => Action::Close(CloseRequest { targets, dry_run: flag, notice: span, message: Some(message()) }),
    })
}

fn rule_verb() -> impl Strategy<Value = Action> {
    (rule_name(), any::<bool>(), any::<bool>(), span()).prop_map(|(name, set, freeze, duration)| {
        if set {
            Action::Block(name, BlockRequest { message: message(), duration, freeze })
        } else {
            Action::Unblock(name)
        }
    })
}

fn identity_verb() -> impl Strategy<Value = Action> {
    let (name, key) = (identity(), Pin::of(b"another"));
    let secret: Secret = "A".repeat(43).parse().unwrap();
    let redeem = RedeemRequest { secret, name: name.clone(), named: true, key: key.clone() };
    let certified = SignInRequest {
        user: name.as_str().parse().unwrap(),
        from: [10, 0, 0, 5].into(),
        step: SignInStep::Certified { secret: key.clone() },
    };
    let invite = InviteRequest { name: Some(name.clone()), role: IdentityRole::Operator, addresses: Vec::new() };
    prop_oneof![
        Just(Action::Invite(invite)),
        Just(Action::Redeem(redeem)),
        Just(Action::Rekey(RekeyRequest { key })),
        Just(Action::Revoke(name)),
        Just(Action::Identities),
        Just(Action::SignIns),
        Just(Action::SignIn(certified)),
        Just(Action::SignOut(WhichSignIn::Own)),
        Just(Action::SignOut(WhichSignIn::Number(1))),
    ]
}

fn text_session_verb() -> impl Strategy<Value = Action> {
    let attach = |to| {
        let (size, colours) = (Size::default(), Default::default());
        Action::Attach(to, AttachRequest { size, colours, client: None, read_only: false })
    };
    let to = prop_oneof![3 => reference().prop_map(AttachTo::Session), 1 => Just(AttachTo::Last)];
    let open = |command: &str| {
        let command = vec![command.to_owned()];
        let request =
            OpenRequest { name: None, command, directory: None, environment: Vec::new(), size: Size::default() };
        Action::Open(Box::new(request))
    };
    prop_oneof![to.prop_map(attach), Just(open("sh")), Just(open(""))]
}

pub(super) fn any_action() -> impl Strategy<Value = Action> {
    let read = prop_oneof![
        Just(Action::List),
        reference().prop_map(Action::Show),
        Just(Action::OfUser("alice".parse().unwrap())),
        Just(Action::Blocks),
        Just(Action::Watch(WatchQuery::default())),
        Just(Action::Status),
        Just(Action::Audit(AuditQuery::default()))
    ];
    let look = reference().prop_map(|id| Action::Thumbnail(id, ThumbnailQuery::default()));
    prop_oneof![
        4 => session_verb(),
        2 => rule_verb(),
        2 => text_session_verb(),
        1 => look,
        1 => read,
        2 => identity_verb(),
    ]
}
