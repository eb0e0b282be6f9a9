//! Revocation counts at once.

use std::io::Read;

use crate::harness::tls::{as_operator, request};
use crate::harness::{Lab, wait_until};

#[test]
fn the_next_request_is_refused_with_a_sentence_also_on_a_connection_that_is_open() {
    let lab = Lab::start();
    let operator = lab.joined("olga@laptop", "operator");
    let open = as_operator(&lab, &operator);
    operator.usher(&["list", "--server", "lab"]).exits(0);
    lab.usher(&["revoke", "olga@laptop"]).exits(0);
    operator.usher(&["list", "--server", "lab"]).exits(1).says(&["olga@laptop was revoked"]);
    for path in ["/v1/sessions", "/healthz", "/v1/openapi.json", "/metrics"] {
        let answer = request(as_operator(&lab, &operator), "GET", path, "", "");
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
    }
    let answer = request(open, "GET", "/v1/sessions", "", "");
    assert!(answer.status == 403 && answer.body.contains("was revoked"), "{answer:?}");
    let lock = r#"{"targets":"all","message":"Eyes up"}"#;
    let json = "Content-Type: application/json\r\n";
    let answer = request(as_operator(&lab, &operator), "POST", "/v1/sessions/lock", json, lock);
    assert_eq!(answer.json()[0]["error"]["id"], "AccessDenied");
    assert_eq!(lab.audit("lock").pop().expect("a record")["actor"], "olga@laptop via TLS");
    // Nor is there another certificate.
    let answer = request(as_operator(&lab, &operator), "POST", "/v1/renew", json, "{}");
    assert_eq!(answer.status, 400, "{answer:?}");

    // Invited by name once more, she is back.
    operator.usher(&["join", &lab.invite(&["olga@laptop"]), "--name", "lab"]).exits(0);
    operator.usher(&["list", "--server", "lab"]).exits(0);
}

#[test]
fn what_is_being_watched_ends() {
    use std::io::Write;
    let lab = Lab::start();
    let (olga, otto) = (lab.joined("olga@laptop", "operator"), lab.joined("otto@desk", "operator"));
    let watch = |operator| {
        let mut stream = as_operator(&lab, operator);
        stream.write_all(b"GET /v1/events HTTP/1.1\r\nHost: lab\r\n\r\n").expect("it is taken");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("an answer");
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
        stream
    };
    let (mut of_olga, mut of_otto) = (watch(&olga), watch(&otto));
    lab.usher(&["revoke", "olga@laptop"]).exits(0);
    lab.open();
    let mut said = String::new();
    // It ends by itself, and nothing of what happened after it is in it.
    let mut piece = [0; 1024];
    loop {
        match of_olga.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => said.push_str(&String::from_utf8_lossy(&piece[..length])),
            Err(error) => panic!("the stream goes on: {error}"),
        }
        if said.contains("\r\n0\r\n\r\n") || said.starts_with("0\r\n\r\n") {
            break;
        }
    }
    assert!(!said.contains("opened"), "{said}");
    let mut other = String::new();
    wait_until("others still see what happens", || {
        let length = of_otto.read(&mut piece).expect("it goes on");
        other.push_str(&String::from_utf8_lossy(&piece[..length]));
        other.contains("opened")
    });
}
