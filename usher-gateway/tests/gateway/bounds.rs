//! Bounds: what one takes, the others still have.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use usher_gateway::join::JoinRequest;

use crate::harness::tls::{Answer, Stream, as_operator, connect, exchange, request, tcp};
use crate::harness::{Lab, Operator, PATIENCE, wait_until};

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

/// Requests that nobody has read the answers of yet, each on a connection of its own.
struct UnderWay {
    sockets: Vec<TcpStream>,
    answers: Receiver<Option<Answer>>,
}

impl UnderWay {
    fn send(count: usize, bytes: &'static [u8], connect: impl Fn() -> Stream) -> Self {
        let (answered, answers) = channel();
        let sockets = (0..count).map(|_| {
            let (stream, answered) = (connect(), answered.clone());
            let socket = stream.sock.try_clone().expect("a second handle");
            std::thread::spawn(move || answered.send(exchange(stream, bytes)));
            socket
        });
        UnderWay { sockets: sockets.collect(), answers }
    }

    /// The first answer that comes.
    #[track_caller]
    fn first(&self) -> Answer {
        self.answers.recv_timeout(PATIENCE).expect("one is answered").expect("in HTTP")
    }

    /// Hangs up without having read anything.
    fn hang_up(self) {
        for socket in self.sockets {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

const LIST: &[u8] = b"GET /v1/sessions HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n";

#[test]
fn who_hangs_up_has_the_places_until_usherd_has_answered() {
    let lab = Lab::start_with("", "requests_per_identity = 2\n");
    let olga = lab.joined("olga@laptop", "operator");
    let paused = lab.pause_usherd();
    let requests = UnderWay::send(3, LIST, || as_operator(&lab, &olga));
    assert_eq!(requests.first().status, 503, "two wait for usherd, the third has no place");
    requests.hang_up();
    wait_until("the gateway has seen them go", || lab.connections() == 0);
    for _ in 0..3 {
        let answer = exchange(as_operator(&lab, &olga), LIST).expect("an answer");
        assert_eq!(answer.status, 503, "who hung up has not got room for more");
    }
    drop(paused);
    wait_until("there is room again", || exchange(as_operator(&lab, &olga), LIST).is_some_and(|a| a.status == 200));
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
    let bytes: &[u8] = format!("{head}\r\n\r\n{body}").into_bytes().leak();
    let paused = lab.pause_usherd();
    // The gateway lets usherd look at eight tokens at once.
    let joins = UnderWay::send(9, bytes, || connect(&lab, None));
    assert_eq!(joins.first().status, 503, "eight wait for usherd, the ninth has no place");
    let list = UnderWay::send(1, LIST, || as_operator(&lab, &olga));
    wait_until("she has asked", || lab.connections() >= 9);
    drop(paused);
    assert_eq!(list.first().status, 200, "she had a place, and waited");
    wait_until("tokens are looked at again", || exchange(connect(&lab, None), bytes).is_some_and(|a| a.status == 403));
    olga.usher(&["list", "--server", "lab"]).exits(0);
}

/// Whether the gateway has ended this connection.
fn is_ended(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket");
    let ended = match stream.read(&mut [0; 16]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    stream.set_nonblocking(false).expect("a socket");
    ended
}

#[test]
fn a_handshake_more_than_there_are_places_for_ends_at_once() {
    usher_core::sys::descriptors::raise_limit();
    let lab = Lab::start_with("", "connections_per_address = 4000\n");
    let operator = lab.joined("olga@laptop", "operator");
    wait_until("the places are free", || lab.connections() == 0);
    let silent: Vec<TcpStream> = (0..1024).map(|_| tcp(lab.address)).collect();
    let mut rest = Vec::new();
    let _ = tcp(lab.address).read_to_end(&mut rest);
    assert!(rest.is_empty() && !is_ended(&silent[1023]), "it ends before those that have a place");
    drop(silent);
    wait_until("there is room again", || operator.usher(&["list", "--server", "lab"]).code == Some(0));
}

#[test]
fn a_connection_more_than_there_are_places_for_ends_at_once() {
    usher_core::sys::descriptors::raise_limit();
    let lab = Lab::start_with("", "connections_per_address = 5000\nidle = \"10m\"\n");
    let operator = lab.joined("olga@laptop", "operator");
    wait_until("the places are free", || lab.connections() == 0);
    // As many as there are if nobody says otherwise, by several threads.
    let shaken = || (0..512).map(|_| shaken(&lab, &operator)).collect::<Vec<_>>();
    let mut held: Vec<Vec<Stream>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(shaken)).collect();
        threads.into_iter().map(|thread| thread.join().expect("handshakes")).collect()
    });
    // One that was just refused may still be counted.
    wait_until("all places are taken", || lab.connections() == 4096);
    assert!(exchange(as_operator(&lab, &operator), LIST).is_none(), "nobody serves one more");
    let first = &mut held[0][0];
    first.write_all(LIST).expect("it is taken");
    let mut status = [0; 12];
    first.read_exact(&mut status).expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200", "those who have a place are served");
    lab.usher(&["list"]).exits(0);
    drop(held);
    wait_until("there is room again", || operator.usher(&["list", "--server", "lab"]).code == Some(0));
}
