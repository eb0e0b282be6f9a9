//! TLS by hand: what no well-behaved program would send can be sent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::Value;
use usher_gateway::certificates::{Pinned, SERVER_NAME, provider};

use super::{Lab, Operator, PATIENCE};

/// A TLS stream to a gateway.
pub type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A TCP stream to a gateway, with patience.
#[track_caller]
pub fn tcp(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a patience");
    stream.set_write_timeout(Some(PATIENCE)).expect("a patience");
    stream
}

/// TLS to a host's gateway with this certificate and key in PEM, or with none.
#[track_caller]
pub fn connect(lab: &Lab, own: Option<(&str, &str)>) -> Stream {
    let authority = std::fs::read(lab.file("s.gateway/authority.der")).expect("it is published");
    let verifier = Arc::new(Pinned::new(usher_core::request::Pin::of(&authority)));
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder.expect("versions").dangerous().with_custom_certificate_verifier(verifier);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate");
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
            builder.with_client_auth_cert(vec![certificate], key).expect("a pair")
        }
    };
    let name = SERVER_NAME.try_into().expect("a name");
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).expect("a client"), tcp(lab.address))
}

/// TLS with the certificate of somebody who joined.
#[track_caller]
pub fn as_operator(lab: &Lab, operator: &Operator) -> Stream {
    connect(lab, Some((&operator.read("certificate.pem"), &operator.read("key.pem"))))
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {self:?}"))
    }
}

/// Sends bytes and reads until the gateway hangs up; `None` if it said nothing that is HTTP.
pub fn exchange(mut stream: Stream, bytes: &[u8]) -> Option<Answer> {
    let _ = stream.write_all(bytes);
    let _ = stream.flush();
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        said.extend_from_slice(&piece[..length]);
    }
    let text = String::from_utf8_lossy(&said).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: unchunk(head, body) })
}

fn unchunk(head: &str, body: &str) -> String {
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut rest, mut whole) = (body, String::new());
    while let Some((size, tail)) = rest.split_once("\r\n") {
        let Ok(size @ 1..) = usize::from_str_radix(size, 16) else { break };
        let Some(chunk) = tail.get(..size) else { break };
        whole.push_str(chunk);
        rest = tail[size..].trim_start_matches("\r\n");
    }
    whole
}

/// One request with these headers.
#[track_caller]
pub fn request(stream: Stream, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\nContent-Length: {length}\r\n");
    exchange(stream, format!("{head}{headers}\r\n{body}").as_bytes()).expect("an answer")
}
