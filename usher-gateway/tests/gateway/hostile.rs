//! What no well-behaved program would send: refused or bounded, and usherd never hears of it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::harness::tls::{Stream, as_operator, connect, exchange, request, tcp};
use crate::harness::{Lab, Operator, PATIENCE};

const LOCK: &str = r#"{"targets":"all","message":"Eyes up"}"#;
const JSON: &str = "Content-Type: application/json\r\n";

/// The host still serves the one who sits there, and the one who joined.
#[track_caller]
fn still_serves(lab: &Lab, operator: &Operator) {
    lab.usher(&["list"]).exits(0);
    operator.usher(&["list", "--server", "lab"]).exits(0);
}

/// The gateway hangs up, within patience.
#[track_caller]
fn is_hung_up(mut stream: TcpStream) {
    let mut rest = Vec::new();
    if let Err(error) = stream.read_to_end(&mut rest) {
        let patient = matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
        assert!(!patient, "it is still open after {PATIENCE:?}");
    }
}

#[test]
fn whoever_says_to_be_somebody_else_stays_who_they_are() {
    let lab = Lab::start();
    lab.open();
    let (olga, root) = (lab.joined("olga@laptop", "operator"), lab.joined("root@desk", "administrator"));
    let known = lab.usher(&["--output", "json", "identities"]).exits(0).json();
    let key =
        known.as_array().expect("an array").iter().find(|i| i["name"] == "root@desk").expect("root")["key"].clone();
    let key = key.as_str().expect("a key");
    for forged in [
        format!("usher-identity: root@desk\r\nusher-identity-key: {key}\r\nusher-from: 127.0.0.1\r\n"),
        format!("Usher-Identity: root@desk\r\nUSHER-IDENTITY-KEY: {key}\r\n"),
        format!("Connection: close, usher-identity\r\nusher-identity: root@desk\r\nusher-identity-key: {key}\r\n"),
        "usher-from: 10.9.8.7\r\n".to_owned(),
    ] {
        let answer = request(as_operator(&lab, &olga), "GET", "/v1/audit", &forged, "");
        assert_eq!(answer.status, 403, "{forged}: {answer:?}");
        let answer = request(as_operator(&lab, &olga), "POST", "/v1/sessions/lock", &format!("{JSON}{forged}"), LOCK);
        assert_eq!(answer.json()[0]["error"], serde_json::Value::Null, "{answer:?}");
    }
    assert!(lab.audit("lock").iter().all(|r| r["actor"] == "olga@laptop via TLS" && r["from"] == "TLS from 127.0.0.1"));
    assert_eq!(request(as_operator(&lab, &root), "GET", "/v1/audit", "", "").status, 200);
}

#[test]
fn a_body_with_two_ends_and_a_request_within_a_request_are_refused() {
    let lab = Lab::start();
    lab.open();
    let operator = lab.joined("olga@laptop", "operator");
    let hidden =
        format!("POST /v1/sessions/lock HTTP/1.1\r\nHost: x\r\n{JSON}Content-Length: {}\r\n\r\n{LOCK}", LOCK.len());
    let chunk = format!("0\r\n\r\n{hidden}");
    let head =
        |more: &str| format!("POST /v1/sessions/unlock HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{JSON}{more}\r\n");
    let length = chunk.len();
    for bytes in [
        head(&format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n")) + &chunk,
        head(&format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n")) + &chunk,
        head("Transfer-Encoding: chunked\r\n") + &chunk,
        head("Transfer-Encoding: chunked, identity\r\n") + &chunk,
        head(&format!("Content-Length: 5\r\nContent-Length: {length}\r\n")) + &chunk,
        head("Content-Length: -1\r\n") + &chunk,
        head("Content-Length : 5\r\n") + &chunk,
        format!(
            "GET /v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{hidden}",
            hidden.len()
        ),
        "GET /v1/sessions HTTP/1.1\nHost: x\r\n\r\n\0\0".to_owned(),
    ] {
        let answer = exchange(as_operator(&lab, &operator), bytes.as_bytes());
        let refused = answer.as_ref().is_none_or(|answer| answer.status >= 400);
        assert!(refused || !bytes.contains("lock"), "{bytes}: {answer:?}");
    }
    assert_eq!((lab.audit("lock").len(), lab.audit("unlock").len()), (0, 0));
    still_serves(&lab, &operator);
}

#[test]
fn too_large_no_json_and_paths_that_are_not_for_callers_from_afar() {
    let lab = Lab::start();
    let operator = lab.joined("olga@laptop", "administrator");
    let post = |body: &str| request(as_operator(&lab, &operator), "POST", "/v1/sessions/lock", JSON, body).status;
    assert_eq!(post(&"x".repeat(2 << 20)), 413);
    assert_eq!(post("{\"targets\":"), 400);
    assert_eq!(post(&"[".repeat(100_000)), 400);
    assert_eq!(post("{}"), 400);
    let large = format!("X-Large: {}\r\n", "x".repeat(100_000));
    let answer = exchange(as_operator(&lab, &operator), format!("GET /healthz HTTP/1.1\r\n{large}\r\n").as_bytes());
    assert!(answer.is_none_or(|answer| answer.status == 431));
    let many: String = (0..500).map(|n| format!("X-{n}: y\r\n")).collect();
    let answer = exchange(as_operator(&lab, &operator), format!("GET /healthz HTTP/1.1\r\n{many}\r\n").as_bytes());
    assert!(answer.is_none_or(|answer| answer.status == 431));
    for (method, path, status) in [
        ("POST", "/v1/sessions/open", 404),
        ("POST", "/v1/sessions/1/attach", 404),
        ("GET", "/v1/identities", 404),
        ("POST", "/v1/identities/redeem", 404),
        ("POST", "/v1/identities/invite", 404),
        ("DELETE", "/v1/identities/olga@laptop", 404),
        ("GET", "/v1/sessions/../identities", 404),
        ("GET", "/v1/sessions/%2e%2e", 404),
        ("DELETE", "/v1/sessions", 405),
        ("PATCH", "/healthz", 405),
    ] {
        let answer = request(as_operator(&lab, &operator), method, path, "", "");
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
    }
    let join = |body: &str| request(connect(&lab, None), "POST", "/v1/join", JSON, body).status;
    assert_eq!((join(&"x".repeat(100_000)), join("[]"), join("{\"secret\":\"\"}")), (413, 400, 400));
    still_serves(&lab, &operator);
}

#[test]
fn what_is_no_tls_ends_soon() {
    let lab = Lab::start();
    let operator = lab.joined("olga@laptop", "operator");
    for bytes in [
        b"GET /v1/sessions HTTP/1.1\r\nHost: lab\r\n\r\n".to_vec(),
        vec![0; 70_000],
        vec![0xff; 70_000],
        // The head of a handshake record of the largest length (RFC 8446 section 5.1), and nothing that fits.
        [&[0x16, 3, 1, 0x40, 0][..], &[1; 0x4000]].concat(),
        (0..5000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect(),
    ] {
        let mut stream = tcp(lab.address);
        let _ = stream.write_all(&bytes);
        is_hung_up(stream);
    }
    still_serves(&lab, &operator);
}

/// A relay that keeps what the client sends.
fn recorded(lab: &Lab, talk: impl FnOnce(TcpStream)) -> Vec<u8> {
    let relay = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = relay.local_addr().expect("an address");
    let (kept, to) = (Arc::new(Mutex::new(Vec::new())), lab.address);
    let keeping = Arc::clone(&kept);
    let relaying = std::thread::spawn(move || {
        let (mut client, _) = relay.accept().expect("a client");
        let mut host = tcp(to);
        let (mut back, mut back_to) = (host.try_clone().expect("a copy"), client.try_clone().expect("a copy"));
        let down = std::thread::spawn(move || std::io::copy(&mut back, &mut back_to));
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = client.read(&mut piece) {
            keeping.lock().expect("a lock").extend_from_slice(&piece[..length]);
            if host.write_all(&piece[..length]).is_err() {
                break;
            }
        }
        let _ = host.shutdown(std::net::Shutdown::Write);
        let _ = down.join();
    });
    talk(tcp(address));
    relaying.join().expect("it ends");
    kept.lock().expect("a lock").clone()
}

#[test]
fn what_was_recorded_does_nothing_when_it_is_sent_again_whole_or_cut_off_anywhere() {
    let lab = Lab::start();
    lab.open();
    let operator = lab.joined("olga@laptop", "operator");
    let bytes = recorded(&lab, |socket| {
        let Stream { conn, .. } = as_operator(&lab, &operator);
        let answer = request(Stream { conn, sock: socket }, "POST", "/v1/sessions/lock", JSON, LOCK);
        assert_eq!(answer.status, 200, "{answer:?}");
    });
    assert_eq!(lab.audit("lock").len(), 1);
    let cuts = (1..8).map(|part| bytes.len() * part / 8).chain([1, 5, 6, bytes.len() - 1, bytes.len()]);
    for cut in cuts {
        let mut stream = tcp(lab.address);
        let _ = stream.write_all(&bytes[..cut]);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        is_hung_up(stream);
    }
    assert_eq!(lab.audit("lock").len(), 1, "only the first one counted");
    still_serves(&lab, &operator);
}

#[test]
fn whoever_stops_in_the_middle_is_not_waited_for() {
    let lab = Lab::start_with("", "idle = \"2s\"\n");
    let operator = lab.joined("olga@laptop", "operator");
    let silent = tcp(lab.address);
    let mut half = tcp(lab.address);
    half.write_all(&[0x16, 3, 1, 2, 0, 1]).expect("it is taken");
    let mut slow_head = as_operator(&lab, &operator);
    slow_head.write_all(b"GET /v1/sessions HTTP/1.1\r\nHost: ").expect("it is taken");
    let mut slow_body = as_operator(&lab, &operator);
    let head = format!("POST /v1/sessions/lock HTTP/1.1\r\nHost: x\r\n{JSON}Content-Length: 100\r\n\r\n{{");
    slow_body.write_all(head.as_bytes()).expect("it is taken");
    let mut idle = as_operator(&lab, &operator);
    idle.conn.complete_io(&mut idle.sock).expect("a handshake");
    still_serves(&lab, &operator);
    let answer = exchange(slow_body, b"").expect("it is told");
    assert_eq!(answer.status, 408, "{answer:?}");
    for stream in [silent, half, slow_head.sock, idle.sock] {
        is_hung_up(stream);
    }
    assert_eq!(lab.audit("lock").len(), 0);
    // Who hangs up without waiting for the answer leaves nothing behind: it was done once or not at all.
    lab.open();
    let mut gone = as_operator(&lab, &operator);
    let head =
        format!("POST /v1/sessions/lock HTTP/1.1\r\nHost: x\r\n{JSON}Content-Length: {}\r\n\r\n{LOCK}", LOCK.len());
    gone.write_all(head.as_bytes()).expect("it is taken");
    drop(gone);
    still_serves(&lab, &operator);
    assert!(lab.audit("lock").len() <= 1);
}
