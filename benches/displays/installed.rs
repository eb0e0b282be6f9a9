//! usher on the host: from the packages, or by hand as long as there are none.

use std::fs;
use std::path::Path;

use super::built;
use super::harness::{Host, wait_until};

const PROGRAMS: [&str; 4] = ["usher", "usherd", "usher-tty", "usher-shield"];

/// Puts usher on the host and sees it serve.
pub fn install(host: &Host) {
    if host.root("ls /opt/packages/usher_*.deb").code == Some(0) {
        host.install();
    } else {
        by_hand(host);
    }
    match std::env::var_os("USHER_BENCH_PROGRAMS") {
        Some(directory) => replaced(host, Path::new(&directory)),
        None => println!("measured: {}\n", how_built(&host.path("/usr/bin/usherd"))),
    }
    wait_until("usherd serves", || host.root_usher(&["list"]).code == Some(0));
}

/// Puts these programs in the place of those that were installed.
fn replaced(host: &Host, directory: &Path) {
    println!("measured: what is in {}\n", directory.display());
    host.root("systemctl stop usherd").succeeds();
    for program in PROGRAMS {
        fs::copy(directory.join(program), host.path("/usr/bin").join(program)).expect("a program to be measured");
    }
    host.root("systemctl start usherd").succeeds();
}

/// How the installed `usherd` was built, in a few words.
fn how_built(installed: &Path) -> &'static str {
    let shipped = fs::read(built::beside("usherd"));
    let same = fs::read(installed).ok().zip(shipped.ok()).is_some_and(|(installed, shipped)| installed == shipped);
    if same { "the shipped build" } else { "another build than the shipped one: run `cargo xtask deb --release` first" }
}

/// Copies the programs of the measured build, and starts the daemon as a transient service.
fn by_hand(host: &Host) {
    for program in PROGRAMS {
        fs::copy(built::beside(program), host.path("/usr/bin").join(program)).expect("a program that was built");
    }
    host.root(
        "useradd --system --no-create-home usher-shield; groupadd --system usher-admin; groupadd --system usher-operator
         systemd-run --quiet --unit=usherd --property=Type=notify --property=RuntimeDirectory=usher \
             --property=StateDirectory=usher --property=RuntimeDirectoryPreserve=yes /usr/bin/usherd",
    )
    .succeeds();
}
