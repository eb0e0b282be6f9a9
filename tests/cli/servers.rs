//! `usher servers`: the hosts that are known by name.

use crate::harness::Fleet;

#[test]
fn a_group_is_a_name_for_its_hosts_in_verbs_and_cmdlets() {
    let fleet = Fleet::start(2);
    fleet.open(1);
    fleet.usher(&["servers", "group", "lab", "lab1", "lab2"]).exits(0);
    let listed = fleet.usher(&["servers", "--output", "json"]).exits(0).array();
    assert!(listed.len() == 2 && listed.iter().all(|s| s["via"] == "ssh" && s["groups"][0] == "lab"), "{listed:?}");
    assert_eq!(fleet.usher(&["list", "--server", "lab", "--output", "json"]).exits(0).array().len(), 2);
    fleet.usher(&["Lock-WmsSession", "1", "hi", "-Server", "lab"]).exits(0);
    assert!(fleet.hosts.iter().all(|host| host.lock_message(1).as_deref() == Some("hi")));
    // A group of a group has its hosts, as they are now.
    fleet.usher(&["servers", "group", "school", "lab", "gone"]).exits(0);
    let table = fleet.usher(&["servers"]).exits(0).stdout;
    assert!(table.contains("lab1  ssh") && table.contains("lab,school"), "{table}");
    fleet.usher(&["servers", "ungroup", "lab"]).exits(0);
    let said = fleet.usher(&["servers", "ungroup", "lab"]).exits(2).stderr;
    assert!(said.contains("there is no group lab"), "{said}");
}

#[test]
fn hosts_are_tested_as_they_would_be_asked() {
    let fleet = Fleet::start(1);
    fleet.hosts[0].open("exec cat");
    fleet.usher(&["servers", "test"]).exits(2);
    fleet.usher(&["servers", "group", "lab", "lab1", "gone"]).exits(0);
    let tested = fleet.usher(&["servers", "test", "--output", "json"]).exits(1).array();
    let of = |host: &str| tested.iter().find(|t| t["host"] == host).unwrap();
    assert_eq!((&of("lab1")["answers"], &of("lab1")["sessions"]), (&true.into(), &1.into()), "{tested:?}");
    assert_eq!((&of("gone")["answers"], &of("gone")["error"]["id"]), (&false.into(), &"HostUnreachable".into()));
    fleet.usher(&["servers", "test", "lab1"]).exits(0);
    fleet.usher(&["servers", "test", "gone"]).exits(3);
}

#[test]
fn names_that_cannot_be_and_books_that_cannot_be_read_are_said() {
    let fleet = Fleet::start(0);
    for name in ["olga@lab1", "../x", ".hidden"] {
        fleet.usher(&["servers", "group", name, "lab1"]).exits(2);
    }
    fleet.usher(&["servers", "group", "lab"]).exits(2);
    let said = fleet.usher(&["servers", "remove", "lab1"]).exits(2).stderr;
    assert!(said.contains("lab1 was not joined"), "{said}");
    std::fs::create_dir_all(fleet.path(".config/usher")).unwrap();
    std::fs::write(fleet.path(".config/usher/groups.toml"), "lab = 3").unwrap();
    let said = fleet.usher(&["list", "--server", "lab"]).exits(2).stderr;
    assert!(said.contains("groups.toml cannot be used"), "{said}");
    assert_eq!(std::fs::read_to_string(fleet.path(".config/usher/groups.toml")).unwrap(), "lab = 3");
}
