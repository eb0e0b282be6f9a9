//! The system's daemon and the gateway's uid: a gateway that was taken over is nobody by itself, and nobody else is it.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::harness::{program, wait_until};

/// The user as which this test's gateway would run.
const NOBODY: u32 = 65534;

/// Says that a test shows nothing here.
fn skip(test: &str, why: &str) {
    let line = format!("skipped: {test}: {why}\n");
    eprint!("{line}");
    if let Some(file) = std::env::var_os("USHER_SKIPS") {
        let file = fs::File::options().create(true).append(true).open(file);
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}

#[test]
fn the_gateways_uid_is_nobody_and_nobody_else_speaks_for_others() {
    if !rustix::process::geteuid().is_root() {
        return skip("system::the_gateways_uid_is_nobody_and_nobody_else_speaks_for_others", "it needs root");
    }
    let directory = tempfile::Builder::new().prefix("us").tempdir_in("/tmp").expect("a directory");
    let place = |name: &str| directory.path().join(name);
    let open = |path: &std::path::Path| fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
    open(directory.path());
    fs::write(place("usherd.toml"), "gateway_user = \"nobody\"\n").expect("a file");
    fs::copy(program("usher"), place("usher")).expect("a copy that everybody may run");
    open(&place("usher"));
    let mut usherd = Command::new(program("usherd"));
    usherd.arg("--socket").arg(place("run/s")).arg("--state-dir").arg(place("state"));
    usherd.arg("--config").arg(place("usherd.toml")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut usherd = usherd.spawn().expect("it starts");
    wait_until("usherd answers", || UnixStream::connect(place("run/s")).is_ok());

    let as_uid = |uid: u32, arguments: &[&str]| {
        let mut command = Command::new(place("usher"));
        command.env_clear().current_dir("/").arg("--socket").arg(place("run/s")).args(arguments);
        let output = command.uid(uid).gid(uid).stdin(Stdio::null()).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let refused = [
        &["list"][..],
        &["blocks"],
        &["audit"],
        &["identities"],
        &["invite"],
        &["revoke", "olga@laptop"],
        &["open"],
        &["lock", "--all", "--message", "Mine now"],
        &["unblock", "--all"],
    ];
    let said: Vec<_> = refused.iter().map(|arguments| as_uid(NOBODY, arguments)).collect();
    let others = as_uid(1, &["list"]);
    // Headers about an identity are believed of no other uid: root is one.
    let mut stream = UnixStream::connect(place("run/s")).expect("it listens");
    let key = "a".repeat(64);
    let head = "GET /v1/sessions HTTP/1.1\r\nHost: usherd\r\nConnection: close\r\nusher-identity: olga@laptop\r\n";
    let head = format!("{head}usher-identity-key: {key}\r\nusher-from: 192.0.2.1\r\n\r\n");
    let mut answer = String::new();
    let exchanged = stream.write_all(head.as_bytes()).and_then(|()| stream.read_to_string(&mut answer));
    let audited = as_uid(0, &["audit", "--action", "lock"]);
    let _ = usherd.kill();
    let _ = usherd.wait();

    for ((code, stderr), arguments) in said.iter().zip(refused) {
        // A lock answers with a failed outcome, all else with an error.
        let denied = stderr.contains("usher-gateway may not") || arguments[0] == "lock";
        assert!(*code == Some(1) && denied, "{arguments:?}: {code:?} {stderr}");
    }
    assert_eq!(others.0, Some(0), "another user lists what is theirs: {}", others.1);
    exchanged.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("only usher-gateway may say"), "{answer}");
    assert!(audited.0 == Some(0) && audited.1.contains("usher-gateway"), "the attempt is recorded: {}", audited.1);
}
