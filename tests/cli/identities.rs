//! What usherd makes of the gateway's word, at its socket: who is believed, and for whom. In `--user` mode the
//! daemon's own uid may vouch, which only narrows what it may do.

use std::fs;
use std::io::{Read, Write};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::harness::http::{Answer, answer, connect, exchange, sent};
use crate::harness::{Daemon, USHERD, need_root, wait_until};

/// One request of the gateway's, with these headers about whom it asks for.
#[track_caller]
fn ask(daemon: &Daemon, headers: &str, method: &str, path: &str, body: &Value) -> Answer {
    exchange(&daemon.socket(), words(headers, method, path, body).as_bytes()).expect("an answer")
}

/// The request as it goes over the socket.
fn words(headers: &str, method: &str, path: &str, body: &Value) -> String {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: usherd\r\nConnection: close\r\n{headers}");
    format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

fn by(name: &str, key: &str) -> String {
    format!("usher-identity: {name}\r\nusher-identity-key: {key}\r\nusher-from: 192.0.2.7\r\n")
}

const FROM: &str = "usher-from: 192.0.2.7\r\n";

fn key(letter: char) -> String {
    letter.to_string().repeat(64)
}

/// What a gateway publishes, so that the daemon can make tokens.
fn publish(daemon: &Daemon) {
    let directory = daemon.path("s.gateway");
    fs::create_dir(&directory).expect("a directory");
    fs::write(directory.join("authority.der"), b"a certificate").expect("a file");
    fs::write(directory.join("listen"), "127.0.0.1:8477\n").expect("a file");
}

/// Invites and gives the secret.
#[track_caller]
fn invited(daemon: &Daemon, body: &Value) -> String {
    let answer = ask(daemon, "", "POST", "/v1/identities/invite", body);
    assert_eq!(answer.status, 201, "{answer:?}");
    secret_of(&answer.json())
}

fn secret_of(invitation: &Value) -> String {
    let token: usher_core::token::Token = invitation["token"].as_str().expect("a token").parse().expect("a token");
    token.secret.to_string()
}

#[track_caller]
fn join(daemon: &Daemon, secret: &str, name: &str, key: &str) -> Answer {
    ask(daemon, FROM, "POST", "/v1/identities/redeem", &json!({"secret": secret, "name": name, "key": key}))
}

/// An operator with the key `a…`.
fn with_olga() -> Daemon {
    let daemon = Daemon::start();
    publish(&daemon);
    let secret = invited(&daemon, &json!({"name": "olga@laptop", "role": "operator"}));
    let answer = join(&daemon, &secret, "whoever@else", &key('a'));
    assert_eq!((answer.status, answer.json()["name"].clone()), (200, "olga@laptop".into()), "{answer:?}");
    daemon
}

#[test]
fn an_identity_acts_under_its_own_name_and_within_its_role() {
    let daemon = with_olga();
    let id = daemon.open("cat");
    let olga = by("olga@laptop", &key('a'));

    let lock = json!({"targets": {"ids": [id]}, "message": "Eyes up"});
    let outcome = ask(&daemon, &olga, "POST", "/v1/sessions/lock", &lock).json()[0].clone();
    assert_eq!((&outcome["result"], &outcome["observed"]), (&"done".into(), &true.into()), "{outcome}");
    assert_eq!(daemon.session(id)["lock"]["by"], "olga@laptop via TLS");
    let record = daemon.audit("lock").pop().expect("a record");
    assert_eq!((&record["actor"], &record["from"]), (&"olga@laptop via TLS".into(), &"TLS from 192.0.2.7".into()));
    assert_eq!(ask(&daemon, &olga, "GET", "/v1/sessions", &Value::Null).json().as_array().map(Vec::len), Some(1));

    // Its role, and what is for people on the host.
    assert_eq!(ask(&daemon, &olga, "GET", "/v1/audit", &Value::Null).status, 403);
    for (method, path, body) in [
        ("GET", "/v1/identities", Value::Null),
        ("POST", "/v1/identities/invite", json!({})),
        ("DELETE", "/v1/identities/olga@laptop", Value::Null),
        ("POST", "/v1/sessions/open", json!({})),
    ] {
        let answer = ask(&daemon, &olga, method, path, &body);
        assert_eq!((answer.status, &answer.json()["error"]["id"]), (403, &"AccessDenied".into()), "{method} {path}");
    }
    daemon.unlock(id);
}

#[test]
fn a_key_that_is_not_the_identitys_a_name_that_nobody_has_and_half_a_word_are_refused() {
    let daemon = with_olga();
    let list = |headers: &str| ask(&daemon, headers, "GET", "/v1/sessions", &Value::Null).status;
    assert_eq!(list(&by("olga@laptop", &key('a'))), 200);
    assert_eq!(list(&by("olga@laptop", &key('b'))), 403);
    assert_eq!(list(&by("otto@laptop", &key('a'))), 403);
    assert_eq!(list(FROM), 403, "the gateway for nobody");
    for path in ["/healthz", "/metrics", "/v1/openapi.json"] {
        assert_eq!(ask(&daemon, FROM, "GET", path, &Value::Null).status, 403, "{path}");
        assert_eq!(ask(&daemon, &by("olga@laptop", &key('b')), "GET", path, &Value::Null).status, 403, "{path}");
    }
    assert_eq!(list("usher-identity: olga@laptop\r\n"), 400);
    assert_eq!(list(&format!("{}usher-identity: root@lab\r\n", by("olga@laptop", &key('a')))), 400);
    assert_eq!(list(&by("root", &key('a'))), 400);
    // Whoever may do everything may not say that it is somebody's first key.
    let answer = ask(
        &daemon,
        "",
        "POST",
        "/v1/identities/redeem",
        &json!({"secret": "A".repeat(43), "name": "a@b", "key": key('a')}),
    );
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(ask(&daemon, "", "POST", "/v1/identities/rekey", &json!({"key": key('c')})).status, 403);
}

#[test]
fn a_token_is_good_once_and_for_its_time() {
    let mut daemon = Daemon::start();
    publish(&daemon);
    let secret = invited(&daemon, &json!({}));
    assert_eq!(join(&daemon, &secret, "olga@laptop", &key('a')).status, 200);
    let again = join(&daemon, &secret, "otto@laptop", &key('b'));
    assert_eq!((again.status, &again.json()["error"]["id"]), (403, &"InvitationUsed".into()));
    let sentence = again.json()["error"]["message"].to_string();
    assert!(sentence.contains("used already") && sentence.contains("olga@laptop"), "{sentence}");

    // That it was redeemed outlives the daemon.
    daemon.crash_and_restart();
    assert_eq!(join(&daemon, &secret, "otto@laptop", &key('b')).json()["error"]["id"], "InvitationUsed");
    let unknown = join(&daemon, &"A".repeat(43), "otto@laptop", &key('b'));
    assert_eq!(unknown.json()["error"]["id"], "InvitationUnknown");

    daemon.stop();
    fs::write(daemon.path("usherd.toml"), "invitation_seconds = 1\n").expect("a configuration");
    daemon.start_again();
    let late = ask(&daemon, "", "POST", "/v1/identities/invite", &json!({})).json();
    let expires: Timestamp = late["expires"].as_str().and_then(|text| text.parse().ok()).expect("it has an end");
    wait_until("the token's time is over", || Timestamp::now() > expires);
    let answer = join(&daemon, &secret_of(&late), "otto@laptop", &key('b'));
    assert_eq!(answer.json()["error"]["id"], "InvitationExpired", "{answer:?}");

    let records = daemon.audit("redeem");
    let errors: Vec<&Value> = records.iter().map(|record| &record["outcomes"][0]["error"]["id"]).collect();
    for id in [Value::Null, "InvitationUsed".into(), "InvitationExpired".into(), "InvitationUnknown".into()] {
        assert!(errors.contains(&&id), "{id} in {errors:?}");
    }
    assert!(records.iter().all(|record| record["from"] == "TLS from 192.0.2.7"));
}

#[test]
fn a_free_token_takes_nobodys_name() {
    let daemon = Daemon::start_with("[identities]\n\"boss@desk\" = \"administrator\"\n\"olga@laptop\" = \"none\"\n");
    publish(&daemon);
    let free = invited(&daemon, &json!({"role": "operator"}));
    assert_eq!(join(&daemon, &free, "boss@desk", &key('a')).status, 403);
    assert_eq!(join(&daemon, &free, "otto@laptop", &key('a')).status, 200);
    let free = invited(&daemon, &json!({"role": "operator"}));
    assert_eq!(join(&daemon, &free, "otto@laptop", &key('b')).status, 403);

    // Nor the name of somebody who is invited, and has not come yet.
    let otilia = invited(&daemon, &json!({"name": "otilia@desk"}));
    let refused = join(&daemon, &free, "otilia@desk", &key('b'));
    assert!(refused.status == 403 && refused.body.contains("invited"), "{refused:?}");
    assert_eq!(join(&daemon, &otilia, "otilia@desk", &key('e')).status, 200);

    // By name, with the configuration's role.
    let boss = invited(&daemon, &json!({"name": "boss@desk"}));
    assert_eq!(join(&daemon, &boss, "boss@desk", &key('c')).json()["role"], "administrator");
    assert_eq!(ask(&daemon, &by("boss@desk", &key('c')), "GET", "/v1/audit", &Value::Null).status, 200);
    let olga = invited(&daemon, &json!({"name": "olga@laptop", "role": "administrator"}));
    assert_eq!(join(&daemon, &olga, "olga@laptop", &key('d')).json()["role"], "none");
    let answer = ask(&daemon, &by("olga@laptop", &key('d')), "GET", "/v1/sessions", &Value::Null);
    assert!(answer.status == 403 && answer.body.contains("no role"), "{answer:?}");
}

/// A daemon whose host has a user of this name, as directory services name theirs.
fn on_a_host_with_user(name: &str) -> Option<Daemon> {
    use std::os::unix::fs::PermissionsExt;
    if !need_root() {
        return None;
    }
    let daemon = Daemon::not_started();
    let users = fs::read_to_string("/etc/passwd").expect("users");
    fs::write(daemon.path("passwd"), format!("{users}{name}:x:54321:54321::/:/bin/sh\n")).expect("users");
    let program = daemon.path("usherd");
    let users = daemon.path("passwd");
    let script = format!(
        "#!/bin/sh\nexec unshare --mount sh -c 'mount --bind {} /etc/passwd && exec {USHERD} \"$@\"' usherd \"$@\"\n",
        users.display()
    );
    fs::write(&program, script).expect("a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    Some(daemon.with_program(program).started())
}

#[test]
fn a_free_token_takes_no_local_users_name_and_a_remote_identity_is_never_shown_as_one() {
    let Some(daemon) = on_a_host_with_user("olga@corp") else { return };
    publish(&daemon);
    let free = invited(&daemon, &json!({"role": "operator"}));
    let refused = join(&daemon, &free, "olga@corp", &key('a'));
    assert_eq!((refused.status, &refused.json()["error"]["id"]), (403, &"AccessDenied".into()), "{refused:?}");
    assert!(refused.body.contains("has a user olga@corp"), "{refused:?}");
    assert_eq!(join(&daemon, &free, "olga@home", &key('a')).status, 200, "the token is still good");

    // An administrator may give that name, and the audit log tells the two apart.
    let named = invited(&daemon, &json!({"name": "olga@corp", "role": "operator"}));
    assert_eq!(join(&daemon, &named, "olga@corp", &key('b')).status, 200);
    let id = daemon.open("cat");
    let lock = json!({"targets": {"ids": [id]}, "message": "Eyes up"});
    let outcome = ask(&daemon, &by("olga@corp", &key('b')), "POST", "/v1/sessions/lock", &lock).json()[0].clone();
    assert_eq!(outcome["result"], "done", "{outcome}");
    assert_eq!(daemon.session(id)["lock"]["by"], "olga@corp via TLS");
    assert_eq!(daemon.audit("lock")[0]["actor"], "olga@corp via TLS");
    let found = daemon.json(&["audit", "--user", "olga@corp", "--action", "lock"]).exits(0).array();
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn after_a_renewal_both_keys_are_good_until_the_new_one_renews() {
    let daemon = with_olga();
    let list = |key: &str| ask(&daemon, &by("olga@laptop", key), "GET", "/v1/sessions", &Value::Null).status;
    let rekey = |old: char, new: char| {
        let answer =
            ask(&daemon, &by("olga@laptop", &key(old)), "POST", "/v1/identities/rekey", &json!({"key": key(new)}));
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    rekey('a', 'b');
    assert_eq!((list(&key('a')), list(&key('b')), list(&key('c'))), (200, 200, 403));
    // The answer was lost: the old one renews again, and what was lost is worth nothing.
    rekey('a', 'c');
    assert_eq!((list(&key('a')), list(&key('b')), list(&key('c'))), (200, 403, 200));
    rekey('c', 'd');
    assert_eq!((list(&key('a')), list(&key('c')), list(&key('d'))), (403, 200, 200));
    assert_eq!(daemon.audit("rekey").len(), 3);
}

#[test]
fn a_revoked_identity_is_refused_at_once_and_its_open_token_with_it() {
    let mut daemon = with_olga();
    let olga = by("olga@laptop", &key('a'));
    let open = invited(&daemon, &json!({"name": "olga@laptop"}));
    let answer = ask(&daemon, "", "DELETE", "/v1/identities/olga@laptop", &Value::Null);
    assert_eq!((answer.status, answer.json()["withdrawn"].clone()), (200, 1.into()), "{answer:?}");
    for _ in 0..2 {
        let answer = ask(&daemon, &olga, "GET", "/v1/sessions", &Value::Null);
        assert!(answer.status == 403 && answer.body.contains("was revoked"), "{answer:?}");
        let lock = json!({"targets": "all", "message": "Eyes up"});
        let refused = ask(&daemon, &olga, "POST", "/v1/sessions/lock", &lock).json()[0].clone();
        assert_eq!(refused["error"]["id"], "AccessDenied", "{refused}");
        assert_eq!(join(&daemon, &open, "olga@laptop", &key('b')).json()["error"]["id"], "InvitationUnknown");
        daemon.crash_and_restart();
    }
    assert!(daemon.audit("lock").iter().all(|record| record["actor"] == "olga@laptop via TLS"));
    let again = ask(&daemon, "", "DELETE", "/v1/identities/olga@laptop", &Value::Null);
    assert_eq!((again.status, again.json()["changed"].clone()), (200, false.into()));
    assert_eq!(ask(&daemon, "", "DELETE", "/v1/identities/nobody@laptop", &Value::Null).status, 404);

    // A new invitation by that name lets her in again.
    let secret = invited(&daemon, &json!({"name": "olga@laptop"}));
    assert_eq!(join(&daemon, &secret, "olga@laptop", &key('b')).status, 200);
    assert_eq!(ask(&daemon, &by("olga@laptop", &key('b')), "GET", "/v1/sessions", &Value::Null).status, 200);
    assert_eq!(ask(&daemon, &olga, "GET", "/v1/sessions", &Value::Null).status, 403, "the old key");
}

/// Waits until the daemon has taken up every request that was sent before. It takes connections in their order, on one
/// thread, and reads wait for no turn: what it answers now, it took up after them.
#[track_caller]
fn taken_up(daemon: &Daemon) {
    assert_eq!(ask(daemon, "", "GET", "/v1/sessions", &Value::Null).status, 200);
}

#[test]
fn whoever_is_revoked_while_a_request_waits_for_its_turn_is_refused() {
    let daemon = with_olga();
    let id = daemon.open("cat");
    // A slow disk: whoever has their turn writes, the others wait for theirs.
    let disk = rusqlite::Connection::open(daemon.path("state/usher.db")).expect("the database");
    disk.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    let revoke = sent(&daemon.socket(), words("", "DELETE", "/v1/identities/olga@laptop", &Value::Null).as_bytes());
    taken_up(&daemon);
    let body = json!({"targets": {"ids": [id]}, "message": "Eyes up"});
    let lock =
        sent(&daemon.socket(), words(&by("olga@laptop", &key('a')), "POST", "/v1/sessions/lock", &body).as_bytes());
    taken_up(&daemon);
    disk.execute_batch("ROLLBACK").expect("others write");
    assert_eq!(answer(revoke).expect("an answer").status, 200);
    let refused = answer(lock).expect("an answer").json()[0].clone();
    assert_eq!(refused["error"]["id"], "AccessDenied", "{refused}");
    assert_eq!(daemon.session(id)["lock"], Value::Null);
    assert_eq!(daemon.audit("lock").pop().expect("a record")["actor"], "olga@laptop via TLS");
}

#[test]
fn whoever_is_revoked_reads_no_more_of_the_audit_log() {
    let daemon = with_olga();
    let secret = invited(&daemon, &json!({"name": "boss@desk", "role": "administrator"}));
    assert_eq!(join(&daemon, &secret, "boss@desk", &key('b')).status, 200);
    let disk = rusqlite::Connection::open(daemon.path("state/usher.db")).expect("the database");
    // Several pages, each of which is more than a socket keeps.
    disk.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO audit (time, actor, source, action, targets, message)
         SELECT time, actor, source, 'lock', targets, hex(zeroblob(500)) FROM n, (SELECT * FROM audit LIMIT 1)",
    )
    .expect("records");
    let head =
        format!("GET /v1/audit HTTP/1.1\r\nHost: usherd\r\nConnection: close\r\n{}\r\n", by("boss@desk", &key('b')));
    let read = |revoke: bool| {
        let mut stream = connect(&daemon.socket());
        stream.write_all(head.as_bytes()).expect("it is taken");
        let mut said = vec![0; 4096];
        stream.read_exact(&mut said).expect("it begins");
        assert!(said.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&said));
        if revoke {
            assert_eq!(ask(&daemon, "", "DELETE", "/v1/identities/boss@desk", &Value::Null).status, 200);
        }
        let _ = stream.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    };
    assert!(read(false).contains("\n]\n"));
    let broken_off = read(true);
    assert!(broken_off.len() < 3000 * 1000 && !broken_off.contains("\n]\n"), "{}", broken_off.len());
}
