//! usher on the host: from the packages, or by hand as long as there are none.

use std::fs;

use super::built;
use super::harness::{Host, wait_until};

/// Puts usher on the host and sees it serve.
pub fn install(host: &Host) {
    if host.root("ls /opt/packages/usher_*.deb").code == Some(0) {
        host.install();
    } else {
        by_hand(host);
    }
    println!("measured: {}\n", built::how(&host.path("/usr/bin/usherd"), "usherd"));
    wait_until("usherd serves", || host.root_usher(&["list"]).code == Some(0));
}

/// Copies the programs beside cargo's `usher`, and starts the daemon as a transient service.
fn by_hand(host: &Host) {
    for program in ["usher", "usherd", "usher-tty", "usher-shield"] {
        fs::copy(built::beside(program), host.path("/usr/bin").join(program)).expect("a program beside cargo's usher");
    }
    host.root(
        "useradd --system --no-create-home usher-shield; groupadd --system usher-admin; groupadd --system usher-operator
         systemd-run --quiet --unit=usherd --property=Type=notify --property=RuntimeDirectory=usher \
             --property=StateDirectory=usher --property=RuntimeDirectoryPreserve=yes /usr/bin/usherd",
    )
    .succeeds();
}
