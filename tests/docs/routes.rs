//! Three places know where an action stands in the API: the function that the client writes its requests with, usherd's
//! router, and the gateway's closed list. They agree.

use std::collections::BTreeSet;

use usher_core::request::{
    Action, AttachRequest, AttachTo, AuditQuery, BlockRequest, CancelCloseRequest, CloseRequest, DisconnectRequest,
    EndQuery, IdentityName, InviteRequest, LockRequest, OpenRequest, Pin, RedeemRequest, RekeyRequest, RenameRequest,
    RuleName, Secret, SessionRef, SignInRequest, SignInStep, Size, Targets, ThumbnailSize, UnlockRequest, Verb,
    WatchQuery, WhichSignIn,
};
use usher_gateway::gateway::routes::forwards;
use usherd::actor::{Actor, Role, Who};
use usherd::authorize::authorize;

/// What usherd answers and no action asks for.
const NO_ACTIONS: [(&str, &str); 5] = [
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/v1/openapi.json"),
    ("GET", "/v1/web/hosts"),
    ("POST", "/v1/web/hosts/{name}/stream"),
];

#[test]
fn usherds_routes_are_those_of_the_actions() {
    let actions: BTreeSet<_> = every_action().iter().map(Action::endpoint).collect();
    assert_eq!(actions.len(), every_action().len(), "an endpoint stands for one action");
    let expected: BTreeSet<_> = actions.into_iter().chain(NO_ACTIONS).map(owned).collect();
    assert_eq!(routed(), expected);
}

#[test]
fn a_verb_without_an_endpoint_is_no_action() {
    let callers: Vec<Verb> = every_action().iter().map(Action::verb).collect();
    for verb in Verb::AUDITED {
        assert_eq!(verb.endpoint().is_some(), callers.contains(&verb), "{verb}");
    }
}

#[test]
fn the_gateway_forwards_what_an_identity_may_ask_for_and_nothing_else() {
    for action in every_action() {
        let route = action.route();
        let path = route.path.split('?').next().unwrap_or_default();
        // The gateway answers a renewal itself, under another path.
        let may = authorize(identity(), action.clone()).is_ok() && action.verb() != Verb::Rekey;
        assert_eq!(forwards(route.method, path), may, "{route}");
    }
    let routed = routed();
    for (method, template) in &routed {
        for other in ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"] {
            let known = routed.contains(&(other.to_owned(), template.clone()));
            assert!(known || !forwards(other, &sample(template)), "{method} {template} is forwarded for {other} too");
        }
    }
}

/// An administrator of another machine: no remote caller may do more.
fn identity() -> Actor {
    let name: IdentityName = "olga@laptop".parse().expect("a name");
    Actor {
        name: name.to_string(),
        who: Who::Identity { name, key: Pin::of(b"key") },
        role: Role::Administrator,
        from: "192.0.2.1".to_owned(),
        own_sessions: Vec::new(),
    }
}

/// Every method and path template of the OpenAPI document, which usherd's router is made from.
fn routed() -> BTreeSet<(String, String)> {
    let document: serde_json::Value =
        serde_json::from_str(&usherd::api::routes::document()).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("the document has paths");
    let methods = |(path, item): (&String, &serde_json::Value)| {
        let methods = item.as_object().expect("a path has methods").keys();
        methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(methods).collect()
}

fn owned((method, path): (&str, &str)) -> (String, String) {
    (method.to_owned(), path.to_owned())
}

/// A path with values in the place of its parameters.
fn sample(template: &str) -> String {
    template.replace("{id}", "3").replace("{rule}", "all").replace("{name}", "olga%40laptop").replace("{user}", "alice")
}

/// One of each action. The match below does not compile until a new one is here.
fn every_action() -> Vec<Action> {
    let (id, targets) = (SessionRef::Id(3), Targets::All);
    let message = || "hello".parse().expect("a message");
    let size = Size::default();
    let lock = LockRequest { targets: targets.clone(), message: message(), duration: None, freeze: false };
    let block = BlockRequest { message: message(), duration: None, freeze: false };
    let close = CloseRequest { targets: targets.clone(), dry_run: false, notice: None, message: None };
    let open = OpenRequest { name: None, command: vec![], directory: None, environment: vec![], size };
    let secret = Secret::new().expect("random numbers");
    let name = "olga@laptop".parse().expect("a name");
    let redeem = RedeemRequest { secret, name, named: false, key: Pin::of(b"key") };
    let attach = AttachRequest { size, colours: Default::default(), client: None, read_only: false };
    let all = vec![
        Action::Lock(lock),
        Action::Unlock(UnlockRequest { targets: targets.clone(), exempt: false }),
        Action::Disconnect(DisconnectRequest { targets, dry_run: false }),
        Action::Close(close),
        Action::CancelClose(CancelCloseRequest { targets: Targets::All }),
        Action::Block(RuleName::All, block),
        Action::Unblock(RuleName::All),
        Action::Open(Box::new(open)),
        Action::Attach(AttachTo::Session(id.clone()), attach),
        Action::Thumbnail(id.clone(), ThumbnailSize::Small.into()),
        Action::Screen(id.clone()),
        Action::Rename(id, RenameRequest { name: "essay".parse().expect("a name") }),
        Action::List,
        Action::Show("c2".parse().unwrap()),
        Action::OfUser("alice".parse().expect("a name")),
        Action::Ended,
        Action::End(SessionRef::Id(3), EndQuery::default()),
        Action::Blocks,
        Action::Audit(AuditQuery::default()),
        Action::Watch(WatchQuery::default()),
        Action::Status,
        Action::Invite(InviteRequest::default()),
        Action::Redeem(redeem.clone()),
        Action::Rekey(RekeyRequest { key: redeem.key }),
        Action::Revoke(redeem.name),
        Action::SignIns,
        Action::SignOut(WhichSignIn::Own),
        Action::SignIn(SignInRequest {
            user: "alice".parse().unwrap(),
            from: [10, 0, 0, 5].into(),
            step: SignInStep::Begins,
        }),
        Action::Identities,
    ];
    all.iter().for_each(listed);
    all
}

fn listed(action: &Action) {
    match action {
        Action::Lock(_) | Action::Unlock(_) | Action::Disconnect(_) | Action::Close(_) => {}
        Action::CancelClose(_) | Action::Block(..) => {}
        Action::Unblock(_) | Action::Open(_) | Action::Attach(..) | Action::Thumbnail(..) | Action::List => {}
        Action::OfUser(_) => {}
        Action::Show(_)
        | Action::Blocks
        | Action::Audit(_)
        | Action::Watch(_)
        | Action::Invite(_)
        | Action::Redeem(_) => {}
        Action::SignIn(_) | Action::SignIns | Action::SignOut(_) => {}
        Action::Rekey(_) | Action::Revoke(_) | Action::Identities | Action::Rename(..) | Action::Status => {}
        Action::Ended | Action::End(..) | Action::Screen(_) => {}
    }
}
