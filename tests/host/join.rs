//! `usher invite`, `usher join` and `usher revoke`: an operator's machine controls hosts by TLS, through the gateway.

use std::io::{BufRead, BufReader};

use serde_json::Value;

use crate::harness::{Host, School, Suite, X11, covered, ready, skip, wait_until};
use crate::who::{outcome, session};

/// Whether somebody listens on the gateway's port.
fn listens(host: &Host) -> bool {
    host.root("ss -Hltn 'sport = :8477'").stdout.contains(":8477")
}

/// A school whose first host was joined from the desk.
macro_rules! joined {
    ($suites:expr) => {{
        if let Err(reason) = ready(Suite::Bookworm).and(ready(Suite::Trixie)) {
            return skip(&reason);
        }
        let school = School::open($suites);
        school.join_all();
        school
    }};
}

#[test]
fn three_hosts_join_by_a_line_each_side_and_every_verb_reaches_them() {
    if let Err(reason) = ready(Suite::Bookworm).and(ready(Suite::Trixie)) {
        return skip(&reason);
    }
    let school = School::open(&[Suite::Bookworm, Suite::Bookworm, Suite::Trixie]);
    assert!(!school.hosts.iter().any(listens), "no port is open before somebody is invited");
    school.join_all();
    assert!(school.hosts.iter().all(listens));
    let listed = school.usher(&["servers", "--output", "json"]).array();
    assert!(listed.len() == 3 && listed.iter().all(|server| server["via"] == "tls"), "{listed:?}");
    school.usher(&["servers", "test"]).succeeds();
    // Nothing goes by ssh here.
    school.hosts.iter().for_each(|host| {
        host.root("systemctl stop ssh.socket ssh.service").succeeds();
    });

    let screens: Vec<_> = school.hosts.iter().map(|host| host.x11(&host.user("alice"), X11::Xvfb)).collect();
    school.usher(&["servers", "group", "lab", "h1", "h2", "h3"]).succeeds();
    let of_alice = |words: &[&str]| {
        let ran = school.usher(&[words, &["--user", "alice", "--server", "lab", "--output", "json"]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let done = ran.array();
        assert_eq!(done.len(), 3, "{done:?}");
        done
    };
    of_alice(&["list"]);
    of_alice(&["lock", "--message", "Please listen"]);
    assert!(screens.iter().all(|screen| covered(&screen.pixels())));
    let identity = listed[0]["identity"].as_str().expect("a name").to_owned();
    assert_eq!(session(&school.hosts[0], &screens[0])["lock"]["by"], format!("{identity} via TLS"));
    of_alice(&["unlock"]);
    school.usher(&["block", "--all", "--message", "Exam", "--server", "lab"]).succeeds();
    assert!(screens.iter().all(|screen| covered(&screen.pixels())));
    school.usher(&["unblock", "--all", "--server", "lab"]).succeeds();
    let piped =
        "usher Get-WmsSession -All -Server lab | grep '\"alice\"' | usher --output json Lock-WmsSession -Message x";
    let said: Value = serde_json::from_str(&school.shell(piped).succeeds()).expect("JSON");
    assert_eq!(said.as_array().map(Vec::len), Some(3), "{said}");
    of_alice(&["close"]);
    assert!(screens.iter().all(|screen| !screen.exists()));

    let records = school.hosts[2].root_usher(&["audit", "--user", &identity, "--output", "json"]).array();
    let close = records.iter().find(|record| record["action"] == "close").expect("a record");
    assert_eq!(close["from"], format!("TLS from {}", school.desk.address()));
}

#[test]
fn a_token_is_good_once_and_for_its_own_host_alone() {
    if let Err(reason) = ready(Suite::Bookworm).and(ready(Suite::Trixie)) {
        return skip(&reason);
    }
    let school = School::open(&[Suite::Bookworm, Suite::Bookworm]);
    let [first, second] = [&school.hosts[0], &school.hosts[1]].map(|host| host.token("operator"));
    school.usher(&["join", &first, "--name", "h1"]).succeeds();
    let again = school.usher(&["join", &first, "--name", "again"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("used"), "{again:?}");
    let tried = school.hosts[0].root_usher(&["audit", "--action", "redeem", "--output", "json"]).array();
    assert_eq!(tried.len(), 2, "both are on record: {tried:?}");

    // Somebody else answers at the address that the token names: whoever it is, it learns nothing.
    school.hosts[1].root(&format!("ip address del {}/16 dev host0", school.hosts[1].address())).succeeds();
    school.hosts[0].root(&format!("ip address add {}/16 dev host0", school.hosts[1].address())).succeeds();
    school.desk.root("ip neigh flush all").succeeds();
    let fooled = school.usher(&["join", &second, "--name", "h2"]);
    assert!(fooled.code != Some(0) && fooled.stderr.contains("authority"), "{fooled:?}");
    let tried = school.hosts[0].root_usher(&["audit", "--action", "redeem", "--output", "json"]).array();
    assert_eq!(tried.len(), 2, "nothing was sent: {tried:?}");
}

#[test]
fn who_is_revoked_is_out_at_once() {
    let school = joined!(&[Suite::Bookworm]);
    let host = &school.hosts[0];
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let mut watch = school.started(&["watch", "--server", "h1"]).spawn().expect("usher");
    let mut events = BufReader::new(watch.stdout.take().expect("a pipe")).lines();
    wait_until("it is watched", || host.root("ss -Htn 'sport = :8477'").stdout.contains("ESTAB"));
    school.usher(&["lock", &screen.id(), "--message", "x", "--server", "h1"]).succeeds();
    assert!(events.next().expect("an event").expect("a line").contains("\"h1\""));

    let identities = host.root_usher(&["identities", "--output", "json"]).array();
    let name = identities[0]["name"].as_str().expect("a name").to_owned();
    host.root_usher(&["revoke", &name]).succeeds();
    // The stream ends, and so does the command: the host is there, and says no.
    let rest = events.map_while(Result::ok).count();
    assert_eq!(watch.wait().expect("a child").code(), Some(1), "after {rest} more events");
    let refused = school.usher(&["unlock", &screen.id(), "--server", "h1", "--output", "json"]);
    let refused = outcome(&refused, 1);
    assert_eq!(refused["error"]["id"], "AccessDenied", "{refused}");
    assert!(refused["error"]["message"].to_string().contains("revoked"), "{refused}");
    assert!(covered(&screen.pixels()));
    host.root_usher(&["unlock", &screen.id()]).succeeds();
}

#[test]
fn an_operator_from_afar_may_what_an_operator_may() {
    let school = joined!(&[Suite::Bookworm]);
    let host = &school.hosts[0];
    let adam = host.x11(&host.user_in("adam", &["usher-admin"]), X11::Xvfb);
    let close = school.usher(&["close", &adam.id(), "--server", "h1", "--output", "json"]);
    assert_eq!(outcome(&close, 1)["error"]["id"], "AccessDenied");
    assert_eq!(school.usher(&["audit", "--server", "h1"]).code, Some(1), "audit is for administrators");
    // What the host's configuration says of an identity goes before what it was invited as.
    let name = host.root_usher(&["identities", "--output", "json"]).array()[0]["name"].as_str().unwrap().to_owned();
    host.root(&format!("printf '\\n[identities]\\n\"{name}\" = \"administrator\"\\n' >> /etc/usher/usherd.toml"))
        .succeeds();
    host.root("systemctl restart usherd").succeeds();
    wait_until("it serves again", || host.root_usher(&["list"]).code == Some(0));
    school.usher(&["audit", "--server", "h1"]).succeeds();
    school.usher(&["close", &adam.id(), "--server", "h1"]).succeeds();
    assert!(!adam.exists());
}

#[test]
fn the_gateway_alone_is_nobody() {
    let school = joined!(&[Suite::Bookworm]);
    let host = &school.hosts[0];
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let pid = host.root("systemctl show --property=MainPID --value usher-gateway").succeeds();
    let status = host.content(format!("/proc/{}/status", pid.trim()));
    let uid = host.root("id -u usher-gateway").succeeds();
    assert!(status.contains(&format!("Uid:\t{0}\t{0}\t{0}\t{0}", uid.trim())), "{status}");
    assert!(status.contains("CapEff:\t0000000000000000") && status.contains("NoNewPrivs:\t1"), "{status}");
    // Whoever takes it over finds the host's sessions behind a door: as itself it may do nothing.
    let mut command = host.command_as("usher-gateway");
    let ran =
        command.args(["usher", "lock", &screen.id(), "--message", "x", "--output", "json"]).output().expect("usher");
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    assert!(!covered(&screen.pixels()));
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(said.contains("AccessDenied"), "{said}");
    for file in ["/etc/shadow", "/var/lib/usher/usher.db", "/etc/ssh/ssh_host_ed25519_key"] {
        assert_ne!(
            host.command_as("usher-gateway").args(["cat", file]).status().expect("cat").code(),
            Some(0),
            "{file}"
        );
    }
    // A name of its own making is known to nobody.
    let forged = host.command_as("usher-gateway").args(["sh", "-c", FORGED]).output();
    let forged = forged.expect("a shell");
    let said = String::from_utf8_lossy(&forged.stdout).into_owned();
    assert!(said.contains("\"failed\"") && said.contains("AccessDenied"), "{said} {forged:?}");
    assert!(!covered(&screen.pixels()));
    let tried = host.root_usher(&["audit", "--user", "mallory@nowhere", "--output", "json"]).array();
    assert_eq!(tried.len(), 1, "the attempt is on record: {tried:?}");
}

#[test]
fn the_gateways_uid_may_ask_for_nothing_and_no_other_uid_speaks_for_others() {
    let school = joined!(&[Suite::Bookworm]);
    let host = &school.hosts[0];
    let as_gateway = |words: &[&str]| {
        let output = host.command_as("usher-gateway").arg("usher").args(words).output().expect("usher");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    for words in [
        &["list"][..],
        &["blocks"],
        &["audit"],
        &["identities"],
        &["invite"],
        &["revoke", "olga@laptop"],
        &["open"],
        &["lock", "--all", "--message", "Mine now"],
        &["unblock", "--all"],
    ] {
        let (code, said) = as_gateway(words);
        // A lock answers with a failed outcome, all else with an error.
        let denied = said.contains("usher-gateway may not") || words[0] == "lock" && said.contains("AccessDenied");
        assert!(code == Some(1) && denied, "{words:?}: {code:?} {said}");
    }
    let tried = host.root_usher(&["audit", "--action", "lock", "--output", "json"]).array();
    assert!(tried.iter().any(|record| record["actor"] == "usher-gateway"), "the attempt is on record: {tried:?}");
    host.usher(&host.user("bob"), &["list"]).succeeds();
    for user in ["root", "bob"] {
        let output = host.command_as(user).args(["sh", "-c", FORGED]).output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("AccessDenied") && said.contains("only usher-gateway may say"), "{user}: {said}");
    }
}

/// A request with headers as the gateway writes them, for an identity that nobody invited.
const FORGED: &str = "python3 -c '
import socket
s = socket.socket(socket.AF_UNIX); s.connect(\"/run/usher/usher.sock\")
body = b\"{\\\"targets\\\":\\\"all\\\",\\\"message\\\":\\\"x\\\"}\"
s.sendall(b\"POST /v1/sessions/lock HTTP/1.1\\r\\nhost: x\\r\\nusher-api: 1\\r\\nusher-identity: mallory@nowhere\\r\\nusher-identity-key: \" + b\"ab\" * 32 + b\"\\r\\nusher-from: 10.0.0.1\\r\\ncontent-type: application/json\\r\\nconnection: close\\r\\ncontent-length: \" + str(len(body)).encode() + b\"\\r\\n\\r\\n\" + body)
while chunk := s.recv(4096): print(chunk.decode())
'";
