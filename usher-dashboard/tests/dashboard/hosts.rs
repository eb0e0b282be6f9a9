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
