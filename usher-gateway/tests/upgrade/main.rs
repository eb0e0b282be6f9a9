//! Gateways, daemons and callers of an earlier package and of today, beside each other on loopback.
//!
//! `cargo xtask upgrade [COMMIT]` builds that package and runs these tests.

#[allow(dead_code, unused_imports, reason = "the tests of the gateway stand on it, and this uses a part of it")]
#[path = "../gateway/harness/mod.rs"]
mod harness;
#[allow(dead_code, reason = "shared with the tests that skip themselves elsewhere")]
#[path = "../../../tests/common/skip.rs"]
mod skip;

use std::path::PathBuf;

use crate::harness::{Lab, Operator, Programs, Ran};

/// The earlier programs.
fn earlier() -> Option<Programs> {
    let directory = std::env::var_os("USHER_EARLIER_PROGRAMS").map(PathBuf::from);
    if directory.is_none() {
        skip::skip("USHER_EARLIER_PROGRAMS is not set: cargo xtask upgrade sets it");
    }
    directory.map(|directory| Programs(Some(directory)))
}

/// Somebody with these programs joins a host with those, and locks and unlocks there what both know how to.
fn works(usherd: &Programs, gateway: &Programs, caller: &Programs) -> (Lab, Operator) {
    let lab = Lab::of([usherd.clone(), gateway.clone()], "", "");
    let id = lab.open();
    let operator = lab.admit(Operator::of(caller.clone()), "olga@laptop", "administrator");
    let on_lab = |arguments: &[&str]| operator.usher(&[&["--output", "json", "--server", "lab"], arguments].concat());
    assert_eq!(on_lab(&["list"]).exits(0).json().as_array().map(Vec::len), Some(1));
    let outcome = on_lab(&["lock", &id, "--message", "Eyes up"]).exits(0).json()[0].clone();
    assert_eq!((&outcome["result"], &outcome["observed"]), (&"done".into(), &true.into()), "{outcome}");
    on_lab(&["unlock", &id]).exits(0);
    assert!(!on_lab(&["audit", "--action", "lock"]).exits(0).json().as_array().expect("an array").is_empty());
    on_lab(&["lock", "9", "--message", "Eyes up"]).exits(1);
    (lab, operator)
}

fn asked_for_later(operator: &Operator) -> [Ran; 3] {
    [&["status"][..], &["list", "--ended"], &["show", "1"]]
        .map(|words| operator.usher(&[&["--server", "lab"], words].concat()))
}

#[test]
fn an_earlier_caller_reaches_todays_host() {
    let Some(earlier) = earlier() else { return };
    let today = Programs::default();
    works(&today, &today, &earlier);
}

#[test]
fn todays_caller_reaches_an_earlier_host_and_hears_what_to_upgrade() {
    let Some(earlier) = earlier() else { return };
    let (_lab, operator) = works(&earlier, &earlier, &Programs::default());
    for ran in asked_for_later(&operator) {
        ran.exits(1).says(&["NotSupported", "usherd 0.1.0", "upgrade usherd"]);
    }
}

#[test]
fn an_earlier_gateway_passes_on_what_it_knows_and_is_named_for_the_rest() {
    let Some(earlier) = earlier() else { return };
    let today = Programs::default();
    let (_lab, operator) = works(&today, &earlier, &today);
    for ran in asked_for_later(&operator) {
        ran.exits(1).says(&["NotSupported", "usher-gateway", "restart usher-gateway"]);
    }
}

#[test]
fn todays_gateway_stands_before_an_earlier_daemon() {
    let Some(earlier) = earlier() else { return };
    let today = Programs::default();
    let (_lab, operator) = works(&earlier, &today, &today);
    for ran in asked_for_later(&operator) {
        ran.exits(1).says(&["NotSupported", "usherd 0.1.0", "upgrade usherd"]);
    }
}
