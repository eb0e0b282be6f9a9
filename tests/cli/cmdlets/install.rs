//! `usher install-cmdlets`

use super::{links, shell};
use crate::harness::Daemon;

#[test]
fn links_call_the_cmdlets_by_their_names() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let directory = links(&daemon);
    for name in ["Get", "Lock", "Unlock", "Disconnect", "Close"] {
        assert!(std::path::Path::new(&directory).join(format!("{name}-WmsSession")).is_symlink(), "{name}");
    }
    shell(&daemon, "Close-WmsSession 1").exits(0);
    assert!(daemon.ids().is_empty());
}

#[test]
fn a_link_of_any_casing_is_the_cmdlet() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    daemon.open("exec cat");
    shell(&daemon, "close-wmssession 1").exits(0);
    assert_eq!(daemon.ids(), [2]);
    shell(&daemon, "ln -s Close-WmsSession bin/CLOSE-WMSSESSION; CLOSE-WMSSESSION 2").exits(0);
    assert!(daemon.ids().is_empty());
}

#[test]
fn older_links_are_replaced_and_files_stay() {
    let daemon = Daemon::start();
    std::fs::create_dir(daemon.path("d")).unwrap();
    std::fs::write(daemon.path("d/Lock-WmsSession"), "mine").unwrap();
    std::os::unix::fs::symlink("/nowhere", daemon.path("d/Get-WmsSession")).unwrap();
    let said = daemon.usher(&["install-cmdlets", "d"]).exits(1);
    assert!(said.stderr.contains("d/Lock-WmsSession"), "{}", said.stderr);
    assert_eq!(daemon.content("d/Lock-WmsSession"), "mine");
    assert!(daemon.path("d/Get-WmsSession").exists(), "it leads to usher now");
}
