//! The examples of the cmdlets' reference, by the links that the package installs, on a desktop.

use crate::harness::{DESKTOP, X11, covered, wait_until};
use crate::host;
use crate::who::{session, wait_state};

#[test]
fn the_examples_of_the_reference_act_on_a_real_session() {
    let host = host!(Bookworm);
    let olga = host.user_in("olga", &["usher-operator"]);
    let screen = host.x11(&host.user("alice"), X11::Xvnc);
    let viewer = host.viewer(&screen);
    wait_state(&host, &screen, "remote", |s| s["state"] == "remote");
    // The reference has session 3; whose it is here, nobody chooses.
    let id = screen.id();
    let typed = |line: &str| host.run(&olga, &line.replace('3', &id)).succeeds();
    typed("Lock-WmsSession -SessionId 3 -Message \"Your station is locked\"");
    assert!(covered(&screen.pixels()));
    assert_eq!(session(&host, &screen)["lock"]["message"], "Your station is locked");
    typed("Unlock-WmsSession -SessionId 3");
    wait_until("the desktop is back", || screen.pixels().share(DESKTOP) > 0.5);
    typed("Disconnect-WmsSession -SessionId 3");
    assert_eq!(session(&host, &screen)["state"], "disconnected");
    viewer.leave();
    let object: serde_json::Value =
        serde_json::from_str(&typed("Get-WmsSession 3 -Thumbnail Small")).expect("an object");
    assert!(object["Thumbnail"].as_str().is_some_and(|png| png.starts_with("iVBOR")), "{object}");
    typed("Close-WmsSession -SessionId 3");
    assert!(!screen.exists());

    // A shell's pipe between links, and the way it is wrong most often.
    host.run(&olga, "Get-WmsSession -All | Close-WmsSession -WhatIf").succeeds();
    for line in ["close-wmssession", "usher Close-WMSSession"] {
        let gone = host.run(&olga, &format!("{line} {id}"));
        assert!(gone.code == Some(1) && gone.stderr.contains("ItemNotFoundException"), "{line}: {gone:?}");
    }
    let unknown = host.run(&olga, &format!("CLOSE-WMSSESSION {id}"));
    assert_eq!(unknown.code, Some(127), "a shell knows links by their exact names: {unknown:?}");
}
