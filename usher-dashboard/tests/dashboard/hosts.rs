//! Several hosts: what is told of each, one that drops out, and one that lies.

use serde_json::json;

use crate::harness::{Dashboard, Lab, outcomes};

#[test]
fn a_host_that_drops_out_is_told_with_its_last_word_and_comes_back_by_itself() {
    let mut lab = Lab::start();
    let other = Lab::start();
    let (id, far) = (lab.open("exam", "exec cat"), other.open("clock", "exec cat"));
    let ssh = lab.ssh(&(lab.leads_here("lab1") + &other.leads_here("lab2")));
    let dashboard = Dashboard::start(lab.path(), &["--server", "lab1,lab2"], &[("USHER_SSH", &ssh)]);
    let browser = dashboard.browser();
    let mut events = browser.events();
    let reach = |page: &crate::harness::Stream, name: &str| page.host(name).map(|host| host["reach"].clone());
    events.until("both hosts", |page| {
        ["lab1", "lab2"].iter().all(|name| reach(page, name) == Some("here".into())) && page.tiles.len() == 2
    });

    lab.stop_usherd();
    events.until("that lab1 is lost", |page| reach(page, "lab1") == Some("lost".into()));
    let lost = events.host("lab1").unwrap();
    assert!(lost["last_word"].is_string() && lost["why"].is_string(), "{lost}");
    assert_eq!(events.tiles.len(), 2, "what was known of it stays");
    let place = |name: &str| events.host(name).unwrap()["index"].as_u64().unwrap().to_string();
    let order = json!({"targets": {place("lab1"): [id], place("lab2"): [far]}, "message": "x"});
    let (all, complete) = outcomes(&browser.post("/verbs/lock", &order.to_string()));
    assert!(complete);
    let of = |host: &str| all.iter().find(|outcome| outcome["host"] == host).unwrap_or_else(|| panic!("{all:?}"));
    assert_eq!((&of("lab2")["result"], &of("lab2")["observed"]), (&"done".into(), &true.into()));
    assert_eq!((&of("lab1")["result"], &of("lab1")["observed"]), (&"failed".into(), &false.into()));

    lab.start_usherd();
    events.until("that lab1 is back", |page| reach(page, "lab1") == Some("here".into()));
}

#[test]
fn names_and_titles_with_markup_reach_the_page_as_text() {
    let lab = Lab::start();
    let markup = r"<img src=x onerror=alert(1)>";
    let id = lab.open("", &format!("printf '\\033]2;{markup}\\007'; exec cat"));
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    let mut events = browser.events();
    events.until("the title", |page| page.session(id).is_some_and(|session| session["title"] == markup));
    assert!(!browser.get("/").body.contains("onerror"), "the page has nothing of what hosts say");
}

#[test]
fn a_host_that_lies_fills_no_page_and_stops_no_other() {
    let lab = Lab::start();
    let id = lab.open("exam", "exec cat");
    // An answer that never ends, one that is no HTTP, one that hangs.
    let cases = lab.leads_here("lab1")
        + "floods) echo 'usher-stream 1 0.0.0'; exec yes ;;\nhangs) exec sleep 600 ;;\nends) exit 3 ;;\n";
    let ssh = lab.ssh(&cases);
    let dashboard = Dashboard::start(
        lab.path(),
        &["--timeout", "2s", "--server", "floods,hangs,lab1,ends"],
        &[("USHER_SSH", &ssh)],
    );
    let browser = dashboard.browser();
    let mut events = browser.events();
    events.until("the honest host's session, and that the others are lost", |page| {
        page.session(id).is_some()
            && ["floods", "hangs", "ends"]
                .iter()
                .all(|name| page.host(name).is_some_and(|host| host["reach"] == "lost"))
    });
    for host in &events.hosts {
        assert!(host["why"].as_str().unwrap_or_default().chars().count() <= 300, "{host}");
    }
}

/// A host that speaks as usherd does. Its session has a name of a megabyte, its picture says that it is larger than it is, and it
/// tells of events without end.
const LIAR: &str = r#"#!/bin/sh
long=$(head -c 1000000 /dev/zero | tr '\0' x)
session() { printf '{"session_id":7,"native_id":"7","host":"lab9","user":"%s","uid":7,"kind":"text","state":"connected","station_id":1,"client":null,"admin":false,"operator":false,"orchestratable":true,"locked":false,"lock":null,"since":"2026-03-02T09:41:00Z","idle_seconds":0,"title":"%s"}' "$1" "$1"; }
head() { printf 'HTTP/1.1 200 OK\r\nusher-api: 1\r\nusher-version: 0.2.0\r\ncontent-type: %s\r\n' "$1"; }
json() { head application/json; printf 'content-length: %s\r\n\r\n%s' "${#1}" "$1"; }
short=$(session mallory)
echo 'usher-stream 1 0.2.0'
while read -r method path rest; do
  while read -r line && [ "${#line}" -gt 1 ]; do :; done
  case $path in
    /v1/events*) head text/event-stream; printf '\r\n'; while printf 'data: {"time":"2026-03-02T09:41:00Z","event":"screen-changed","session":%s,"rule":null}\n\n' "$short"; do :; done ;;
    /v1/sessions) json "[$(session "$long")]" ;;
    /v1/sessions/7/thumbnail*) head image/png; printf 'usher-screen: told\r\ncontent-length: %s\r\n\r\n' "$(wc -c <PICTURE)"; cat PICTURE ;;
    /v1/blocks) json '[]' ;;
    *) json '{}' ;;
  esac
done
"#;

#[test]
fn a_host_that_floods_with_events_and_lies_about_its_pictures_harms_no_other() {
    let lab = Lab::start();
    let id = lab.open("exam", "exec cat");
    let (script, picture) = (lab.file("liar"), lab.file("picture"));
    // The header of a picture of 4,000,000,000 pixels a row, and nothing of them.
    let header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xee\x6b\x28\0\xee\x6b\x28\0\x08\x02\0\0\0\0\0\0\0";
    std::fs::write(&picture, header).unwrap();
    std::fs::write(&script, LIAR.replace("PICTURE", picture.to_str().unwrap())).unwrap();
    let cases = lab.leads_here("lab1") + &format!("liar) exec /bin/sh '{}' ;;\n", script.display());
    let ssh = lab.ssh(&cases);
    let dashboard = Dashboard::start(lab.path(), &["--server", "lab1,liar"], &[("USHER_SSH", &ssh)]);
    let browser = dashboard.browser();
    let mut events = browser.events();
    events.until("both hosts", |page| page.session(id).is_some() && page.session(7).is_some());
    let user = events.session(7).unwrap()["user"].as_str().unwrap().chars().count();
    assert!(user <= 201, "a name of {user} characters reached the page");
    let place = |name: &str| events.host(name).unwrap()["index"].as_u64().unwrap();
    let (own, liar) = (place("lab1"), place("liar"));
    let refused = browser.get(&format!("/pictures/{liar}/7"));
    assert_eq!((refused.status, refused.header("content-type")), (502, Some("application/json")), "{}", refused.head);
    let lock = json!({"targets": {own.to_string(): [id]}, "message": "x"});
    let (all, complete) = outcomes(&browser.post("/verbs/lock", &lock.to_string()));
    assert!(complete && all[0]["observed"] == true, "{all:?}");
    events.until("the lock", |page| page.session(id).is_some_and(|session| session["locked"] == true));
    // Whatever comes of its events, the page is told of a screen once for each time that it is told anything.
    let told = events.screens.len();
    assert!(told <= events.messages, "{told} in {} messages", events.messages);
}
