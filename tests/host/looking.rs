//! What users do to their X server before it is locked: it is traced, or has no room.

use crate::freezing::{Beat, beating};
use crate::harness::{DESKTOP, Host, Screen, Suite, X11, covered, wait_for, wait_until};
use crate::holding_on::can_spare;
use crate::host;
use crate::who::{outcome, shield_pids};

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
    let Some(host) = Host::own(Suite::Bookworm) else { return };
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
        failed["result"] == "failed" && said.contains("no room") && said.contains(&names(&filler, &alice))
    });
    let waiting = shield_pids(&host, &alice);
    assert_eq!(waiting.len(), 1, "it waits: {waiting:?}");
    let score = |pid: &String| host.content(format!("/proc/{pid}/oom_score_adj")).trim().to_owned();
    assert_eq!(score(&waiting[0]), "0", "the kernel spares none that has not been armed");
    // With --freeze the user stands still although nothing can be covered.
    let beat = Beat::of(&host, &alice.user, "beat");
    alice.start(&beating("beat"));
    beat.goes_on();
    let freeze = ["lock", &alice.session, "--message", "Please listen", "--freeze", "--output", "json"];
    let frozen = outcome(&host.root_usher(&freeze), 1);
    assert_eq!((frozen["result"].as_str(), frozen["observed"].as_bool()), (Some("failed"), Some(false)), "{frozen}");
    assert!(frozen["error"]["message"].to_string().contains("were stopped all the same"), "{frozen}");
    wait_until("it stands still", || beat.is_still());
    let _ = host.root_usher(&["unlock", &alice.session]);
    beat.goes_on();
    assert_eq!(lock(&host, &alice).0, Some(1));
    assert_eq!(shield_pids(&host, &alice), waiting, "it waits on");
    host.root(&format!("kill -9 {filler}")).succeeds();
    wait_until("the display is covered", || lock(&host, &alice).0 == Some(0));
    assert!(covered(&alice.pixels()) && shield_pids(&host, &alice).contains(&waiting[0]), "by the one that waited");
    let spared = || shield_pids(&host, &alice).iter().all(|pid| score(pid) == "-900");
    if can_spare(&host) {
        wait_until("the kernel spares it now", spared);
    }
}

/// How the process that fills the server is told of.
fn names(filler: &str, screen: &Screen) -> String {
    format!("process {filler} of uid {} has ", screen.user.uid)
}

#[test]
fn whoever_fills_the_server_of_a_display_that_is_covered_all_the_same_is_named() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    wait_until("it has a shield", || shield_pids(&host, &alice).len() >= 2);
    assert_eq!(lock(&host, &alice).0, Some(0));
    let watch = alice.watch(|picture| !picture.has(DESKTOP));
    let cuts = host.script("cuts_covers.py", include_str!("attacks/cuts_covers.py"));
    alice.start(&format!("exec python3 {cuts} $HOME/cut"));
    let filler = written(&alice, "cut");
    wait_until("the lock holds, and says who fills it", || {
        let (code, done) = lock(&host, &alice);
        code == Some(0) && done["observed"] == true && done["notes"].to_string().contains(&names(&filler, &alice))
    });
    watch.finish().always_right();
    host.root(&format!("kill -9 {filler}")).succeeds();
    wait_until("nobody is named any more", || {
        let (code, done) = lock(&host, &alice);
        code == Some(0) && !done["notes"].to_string().contains("no room")
    });
}
