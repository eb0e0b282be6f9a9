//! Certificates that are not good: none, somebody else's, one of another authority, one whose time is over.

use jiff::Timestamp;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use usher_gateway::certificates::Facts;

use crate::harness::tls::{as_operator, connect, exchange, request};
use crate::harness::{Lab, Operator, wait_until};

const LIST: &[u8] = b"GET /v1/sessions HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n";

#[test]
fn without_one_there_is_only_joining() {
    let lab = Lab::start();
    for (method, path) in [("GET", "/v1/sessions"), ("GET", "/healthz"), ("GET", "/metrics"), ("POST", "/v1/renew")] {
        let answer = request(connect(&lab, None), method, path, "", "");
        assert_eq!((answer.status, &answer.json()["error"]["id"]), (401, &"AccessDenied".into()), "{path}");
        assert!(answer.body.contains("usher join"), "{answer:?}");
    }
    assert_eq!(request(connect(&lab, None), "POST", "/v1/join", "", "{}").status, 400);
    assert_eq!(request(connect(&lab, None), "GET", "/v1/identities", "", "").status, 404);
}

#[test]
fn one_of_another_authority_or_of_our_own_making_is_not_accepted() {
    let (lab, other) = (Lab::start(), Lab::start());
    let foreign = other.joined("olga@laptop", "administrator");
    lab.joined("olga@laptop", "administrator");
    let own = (foreign.read("certificate.pem"), foreign.read("key.pem"));
    assert!(exchange(connect(&lab, Some((&own.0, &own.1))), LIST).is_none(), "another host's");

    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "olga@laptop");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let made = params.self_signed(&key).expect("a certificate").pem();
    assert!(exchange(connect(&lab, Some((&made, &key.serialize_pem()))), LIST).is_none(), "our own");
}

#[test]
fn one_whose_time_is_over_is_refused_with_the_date_and_what_to_do() {
    let lab = Lab::start_with("", "certificate_lifetime = \"3s\"\n");
    let operator = lab.joined("olga@laptop", "operator");
    let own = (operator.read("certificate.pem"), operator.read("key.pem"));
    let stays = as_operator(&lab, &operator);
    let certificate = rustls::pki_types::pem::PemObject::from_pem_slice(own.0.as_bytes()).expect("one");
    let until = Facts::of(&certificate).expect("one of ours").until;
    wait_until("its time is over", || Timestamp::now() > until);
    let date = until.to_string();
    operator.usher(&["list", "--server", "lab"]).exits(1).says(&[&date, "usher invite"]);
    // The host refuses it as well, whatever the client thinks.
    assert!(exchange(connect(&lab, Some((&own.0, &own.1))), LIST).is_none());
    drop(stays);
    // A new token lets her in again, and the gateway's own certificate was renewed meanwhile.
    operator.usher(&["join", &lab.invite(&["olga@laptop"]), "--name", "lab"]).exits(0);
}

#[test]
fn a_connection_ends_with_its_certificate() {
    use std::io::{Read, Write};
    let lab = Lab::start_with("", "certificate_lifetime = \"3s\"\n");
    let operator = lab.joined("olga@laptop", "operator");
    let mut stream = as_operator(&lab, &operator);
    stream.write_all(b"GET /v1/events HTTP/1.1\r\nHost: lab\r\n\r\n").expect("it is taken");
    let mut said = Vec::new();
    // The end is not a clean one: nobody may take it for the end of what happened.
    let ended = stream.read_to_end(&mut said);
    assert!(said.starts_with(b"HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(&said));
    let timed_out = ended.as_ref().err().is_some_and(|e| e.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!timed_out, "{ended:?}");
}

#[test]
fn the_servers_own_is_renewed_without_a_restart() {
    let lab = Lab::start_with("", "certificate_lifetime = \"3s\"\n");
    let shown = || {
        let mut stream = connect(&lab, None);
        stream.conn.complete_io(&mut stream.sock).expect("a handshake");
        stream.conn.peer_certificates().expect("a chain")[0].clone()
    };
    let first = shown();
    wait_until("there is another one", || shown() != first);
    assert_eq!(Operator::new().usher(&["join", &lab.invite(&[])]).code, Some(0));
}

#[test]
fn the_gateways_uid_without_an_identity_gets_nothing() {
    // In `--user` mode all have one uid: what makes the gateway one is that it says from where it is asked.
    use std::io::{Read, Write};
    let lab = Lab::start();
    lab.open();
    for path in ["/v1/sessions", "/v1/blocks", "/v1/audit", "/v1/identities", "/v1/events", "/healthz", "/metrics"] {
        let mut stream = std::os::unix::net::UnixStream::connect(lab.socket()).expect("usherd listens");
        let head = format!("GET {path} HTTP/1.1\r\nHost: usherd\r\nConnection: close\r\nusher-from: 192.0.2.1\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("it is taken");
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("an answer");
        assert!(said.starts_with("HTTP/1.1 403"), "{path}: {said}");
    }
}
