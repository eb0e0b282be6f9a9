//! A certificate in a real browser signs in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::browser::{Chromium, chromium, laboratory};
use crate::harness::{Host, Options, Suite, X11, covered, ready, skip, wait_until};
use crate::room::pictures;

/// The files of a joined host, in which the certificate is.
const FILES: [&str; 3] = ["key.pem", "certificate.pem", "authority.pem"];

/// Runs a program of the certificates' to its end.
#[track_caller]
fn ran(command: &mut Command) {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// Invites somebody who has no account, joins for them as another user, and gives the directory with the certificate.
#[track_caller]
fn invited(host: &Host, name: &str) -> PathBuf {
    let keeper = host.user("keeper");
    let token = host.root_usher(&["invite", name, "--address", host.address()]).succeeds();
    host.usher(&keeper, &["join", token.trim(), "--name", "here"]).succeeds();
    format!("/home/{}/.config/usher/servers/here", keeper.name).into()
}

/// Puts the certificate where Chromium finds it in this home, as a user's manual says it, and has it shown to this gateway.
#[track_caller]
fn furnish(home: &Path, host: &Host, directory: &Path) -> PathBuf {
    for name in FILES {
        fs::write(home.join(name), host.content(directory.join(name))).expect("a file");
    }
    let store = home.join(".pki/nssdb");
    fs::create_dir_all(&store).expect("a directory");
    let database = format!("sql:{}", store.display());
    ran(Command::new("certutil").args(["-N", "--empty-password", "-d", &database]));
    let mut export = Command::new("openssl");
    export.args(["pkcs12", "-export", "-inkey", FILES[0], "-in", FILES[1], "-certfile", FILES[2]]);
    ran(export.args(["-name", "usher", "-passout", "pass:", "-out", "olga.p12"]).current_dir(home));
    ran(Command::new("pk12util").args(["-W", "", "-i", "olga.p12", "-d", &database]).current_dir(home));
    let policies = home.join("policies/policies/managed");
    fs::create_dir_all(&policies).expect("a directory");
    let shown = json!({"pattern": format!("https://{}:8477", host.address()), "filter": {}}).to_string();
    let policy = json!({"AutoSelectCertificateForUrls": [shown]}).to_string();
    fs::write(policies.join("usher.json"), policy).expect("a policy");
    home.join("policies")
}

/// Presses the button that leads to the gateway.
#[track_caller]
fn press(page: &Chromium, host: &Host) {
    page.open(&format!("https://{}:8478/", host.address()));
    page.until("document.querySelector('form.other button')");
    page.click("form.other button");
}

#[test]
fn a_browsers_certificate_signs_in_and_a_browser_without_one_is_told() {
    if let Err(reason) = ready(Suite::Trixie) {
        return skip(&reason);
    }
    let Some(programs) = chromium() else { return };
    let host = Host::boot(Options { suite: Suite::Trixie, packages: true });
    host.root("usher dashboard enable").succeeds();
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let directory = invited(&host, "olga@tablet");
    let page = Chromium::start_with(Some(laboratory()), &programs, "en", |home| Some(furnish(home, &host, &directory)));
    press(&page, &host);
    page.until("document.querySelectorAll('.tile').length === 1");
    page.until("document.querySelector('#out').textContent.includes('olga@tablet')");
    assert_eq!(page.script("return location.href"), format!("https://{}:8478/", host.address()));
    page.until("document.querySelector('.screen img').naturalWidth > 0");
    page.keys("al");
    page.until("document.querySelector('#lock-dialog[open]')");
    page.keys("Eyes up\u{e007}");
    wait_until("she is locked", || covered(&alice.pixels()));
    let listed = host.root_usher(&["list", "--output", "json"]).array();
    assert_eq!(listed[0]["lock"]["by"], "olga@tablet via TLS", "{listed:?}");
    page.shot(&pictures().join("signed-in-by-certificate.png"));
    assert_eq!(page.complaints(), Vec::<String>::new(), "the console is empty");
    page.click("#out");
    page.until("document.querySelector('form.other button')");
    page.shot(&pictures().join("sign-in-certificate.png"));

    let without = Chromium::start_in(Some(laboratory()), &programs, "en");
    press(&without, &host);
    without.until("document.querySelector('.wrong')?.textContent.includes('showed no certificate')");
    without.shot(&pictures().join("sign-in-no-certificate.png"));
}
