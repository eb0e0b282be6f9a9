//! What users do to their X server before it is locked: it is traced, or has no room.

use crate::harness::{Host, Screen, X11, covered, wait_for, wait_until};
use crate::host;
use crate::logins::own;
use crate::who::shield_pids;

/// What is written in a file of the user's home, once it is there.
fn written(screen: &Screen, file: &str) -> String {
    let path = format!("/home/{}/{file}", screen.user.name);
    wait_for(&format!("{file} is written"), || {
        Some(screen.host.content(&path).trim().to_owned()).filter(|text| !text.is_empty())
    })
}

fn lock(host: &Host, screen: &Screen) -> (Option<i32>, serde_json::Value) {
    let ran = host.root_usher(&["lock", &screen.session, "--message", "Please listen", "--output", "json"]);
    (ran.code, ran.array()[0].clone())
}

#[test]
fn a_server_that_is_traced_is_not_believed() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let traces = host.script("traces_server.py", include_str!("attacks/traces_server.py"));
    let second = host.next_display();
    alice.start(&format!("exec python3 {traces} $HOME/traced Xvfb :{second} -auth $HOME/.Xauthority"));
    let pids = written(&alice, "traced");
    let (tracer, server) = pids.split_once(' ').expect("two numbers");
    let mut failed = serde_json::Value::Null;
    // Before the second display is known, its server is one that nobody covers.
    wait_until("its server is known", || {
        failed = lock(&host, &alice).1;
        failed["error"]["message"].to_string().contains("may show anything")
    });
    assert_eq!((failed["result"].as_str(), failed["observed"].as_bool()), (Some("failed"), Some(false)), "{failed}");
    let said = failed["error"]["message"].to_string();
    assert!(said.contains(&format!("process {server} (Xvfb)")), "{failed}");
    assert!(said.contains(&format!("process {tracer} (python3) traces it")), "{failed}");
    assert!(covered(&alice.pixels()), "it is covered all the same");
    host.root(&format!("kill -9 {tracer}")).succeeds();
    wait_until("without the tracer the lock is observed", || {
        let (code, done) = lock(&host, &alice);
        code == Some(0) && done["observed"] == true
    });
}

#[test]
fn a_shield_that_finds_no_room_is_waited_for() {
    let Some(host) = own() else { return };
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    wait_until("it has a shield", || shield_pids(&host, &alice).len() >= 2);
    let fills = host.script("fills_server.py", include_str!("attacks/fills_server.py"));
    host.root("systemctl stop usherd").succeeds();
    // One that is killed alone is started anew by the other.
    wait_until("the shield is gone", || {
        let living = shield_pids(&host, &alice);
        let _ = host.root(&format!("kill -9 {}", living.join(" ")));
        living.is_empty()
    });
    alice.start(&format!("exec python3 {fills} $HOME/filled"));
    let filler = written(&alice, "filled");
    host.root("systemctl start usherd").succeeds();
    wait_until("the lock fails, and says why", || {
        let failed = lock(&host, &alice).1;
        let said = failed["error"]["message"].to_string();
        failed["result"] == "failed" && said.contains("no room")
    });
    let waiting = shield_pids(&host, &alice);
    assert_eq!(waiting.len(), 1, "it waits: {waiting:?}");
    assert_eq!(lock(&host, &alice).0, Some(1));
    assert_eq!(shield_pids(&host, &alice), waiting, "it waits on");
    host.root(&format!("kill -9 {filler}")).succeeds();
    wait_until("the display is covered", || lock(&host, &alice).0 == Some(0));
    assert!(covered(&alice.pixels()) && shield_pids(&host, &alice).contains(&waiting[0]), "by the one that waited");
}
