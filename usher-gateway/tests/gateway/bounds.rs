//! Bounds: what one takes, the others still have.

use std::io::{Read, Write};

use crate::harness::tls::{Stream, as_operator, request, tcp};
use crate::harness::{Lab, Operator, wait_until};

#[test]
fn a_thousand_connections_that_say_nothing_disturb_nobody() {
    usher::sys::descriptors::raise_limit();
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
