//! Bounds: what one takes, the others still have.

use std::io::{Read, Write};
use std::time::Duration;

use usher_gateway::join::JoinRequest;

use crate::harness::tls::{Answer, Stream, as_operator, connect, exchange, request, tcp};
use crate::harness::{Lab, Operator, wait_until};

#[test]
fn a_thousand_connections_that_say_nothing_disturb_nobody() {
    usher_core::sys::descriptors::raise_limit();
    let lab = Lab::start_with("", "connections_per_address = 4000\n");
    let operator = lab.joined("olga@laptop", "operator");
    let silent: Vec<_> = (0..1000).map(|_| tcp(lab.address)).collect();
    let descriptors = || std::fs::read_dir(format!("/proc/{}/fd", lab.gateway_pid())).expect("it lives").count();
    wait_until("the gateway has them", || descriptors() > 900);
    for _ in 0..3 {
        lab.usher(&["list"]).exits(0);
        operator.usher(&["list", "--server", "lab"]).exits(0);
    }
    wait_until("it has let them go", || descriptors() < 100);
    drop(silent);
}

#[test]
fn one_address_has_its_share() {
    let lab = Lab::start_with("", "connections_per_address = 4\n");
    let operator = lab.joined("olga@laptop", "operator");
    let mut mine: Vec<Stream> = (0..4).map(|_| shaken(&lab, &operator)).collect();
    let mut rest = Vec::new();
    let ended = tcp(lab.address).read_to_end(&mut rest);
    assert!(ended.is_err() || rest.is_empty(), "{rest:?}");
    lab.usher(&["list"]).exits(0);
    mine.pop();
    wait_until("there is room again", || operator.usher(&["list", "--server", "lab"]).code == Some(0));
}

fn shaken(lab: &Lab, operator: &Operator) -> Stream {
    let mut stream = as_operator(lab, operator);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).expect("a handshake");
    }
    stream
}

#[test]
fn one_identity_has_its_share_of_requests() {
    let lab = Lab::start_with("", "requests_per_identity = 2\n");
    let (olga, otto) = (lab.joined("olga@laptop", "operator"), lab.joined("otto@desk", "operator"));
    let watch = || {
        let mut stream = shaken(&lab, &olga);
        stream.write_all(b"GET /v1/events HTTP/1.1\r\nHost: lab\r\n\r\n").expect("it is taken");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("an answer");
        assert_eq!(&status, b"HTTP/1.1 200");
        stream
    };
    let mut watching = vec![watch(), watch()];
    let answer = request(as_operator(&lab, &olga), "GET", "/v1/sessions", "", "");
    assert!(answer.status == 503 && answer.body.contains("olga@laptop"), "{answer:?}");
    otto.usher(&["list", "--server", "lab"]).exits(0);
    watching.pop();
    wait_until("there is room again", || request(as_operator(&lab, &olga), "GET", "/healthz", "", "").status == 200);
}

/// The answer to this, if there is one at once.
fn at_once(stream: Stream, bytes: &[u8]) -> Option<Answer> {
    stream.sock.set_read_timeout(Some(Duration::from_millis(300))).expect("little patience");
    exchange(stream, bytes)
}

fn refused(answer: &Option<Answer>) -> bool {
    answer.as_ref().is_some_and(|answer| answer.status == 503)
}

const LIST: &[u8] = b"GET /v1/sessions HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n";

#[test]
fn who_hangs_up_has_the_places_until_usherd_has_answered() {
    let lab = Lab::start_with("", "requests_per_identity = 2\n");
    let olga = lab.joined("olga@laptop", "operator");
    let list = || at_once(as_operator(&lab, &olga), LIST);
    let paused = lab.pause_usherd();
    // Nobody waits for these answers longer than a moment.
    wait_until("two are under way", || refused(&list()));
    for _ in 0..3 {
        assert!(refused(&list()), "who hung up has not got room for more");
    }
    drop(paused);
    wait_until("there is room again", || list().is_some_and(|answer| answer.status == 200));
}

#[test]
fn who_brings_a_token_takes_no_place_of_those_who_joined() {
    let lab = Lab::start();
    let olga = lab.joined("olga@laptop", "operator");
    let key = rcgen::KeyPair::generate().expect("a key");
    let wanted = rcgen::CertificateParams::default().serialize_request(&key).expect("a request");
    let join = JoinRequest {
        secret: usher_core::request::Secret::new().expect("a secret"),
        name: "otto@desk".parse().expect("a name"),
        named: true,
        request: wanted.pem().expect("PEM"),
    };
    let body = serde_json::to_string(&join).expect("JSON");
    let head = format!("POST /v1/join HTTP/1.1\r\nHost: lab\r\nConnection: close\r\nContent-Length: {}", body.len());
    let bytes = format!("{head}\r\n\r\n{body}").into_bytes();
    let paused = lab.pause_usherd();
    wait_until("as many are under way as may be", || refused(&at_once(connect(&lab, None), &bytes)));
    assert!(!refused(&at_once(as_operator(&lab, &olga), LIST)), "she has a place, and waits");
    drop(paused);
    wait_until("tokens are looked at again", || exchange(connect(&lab, None), &bytes).is_some_and(|a| a.status == 403));
    olga.usher(&["list", "--server", "lab"]).exits(0);
}
