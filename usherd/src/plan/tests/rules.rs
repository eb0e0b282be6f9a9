//! Whose sessions a rule names, case by case.

use usher_core::request::{BlockRequest, RuleName};
use usher_core::session::SeenStation;

use super::cases::{root_steps, session};
use super::generators::key_of;
use crate::plan::{Action, Kind, Registry, Step, Tracked};
use crate::session::Seen;

#[test]
fn a_rule_on_a_user_names_the_users_sessions_but_no_logins_of_stations() {
    let mut registry = Registry::default();
    let station = SeenStation { id: 1, client: None };
    registry.put(Tracked { seen: Seen { stations: vec![station], ..Seen::default() }, ..session(Kind::Text) });
    let login = Seen { only_usher: true, ..Seen::default() };
    registry.put(Tracked { id: 2, key: key_of(2), seen: login, ..session(Kind::Ssh) });
    registry.put(Tracked { id: 3, key: key_of(3), user: "bob".to_owned(), uid: 1001, ..session(Kind::Text) });
    registry.put(Tracked { id: 4, key: key_of(4), ..session(Kind::X11) });
    let request = BlockRequest { message: "Stop".parse().expect("a message"), duration: None, freeze: false };
    let rule = RuleName::User("alice".parse().expect("a name"));
    let named: Vec<_> = root_steps(&registry, Action::Block(rule, request)).iter().map(Step::id).collect();
    assert_eq!(named, [Some(1), Some(4)]);
}
