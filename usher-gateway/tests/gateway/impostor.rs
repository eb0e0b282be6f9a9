//! Somebody in between who shows what everybody can have: the pinned authority's public certificate.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use rcgen::{CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use usher_gateway::certificates::{SERVER_NAME, provider};

use crate::harness::{Lab, Operator, PATIENCE};

/// A TLS server that shows this chain, and tells what it was sent before each connection ended.
fn impostor(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> (SocketAddr, Receiver<Vec<u8>>) {
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let config = builder.expect("versions").with_no_client_auth().with_single_cert(chain, key).expect("a chain");
    let (listener, config) = (TcpListener::bind("127.0.0.1:0").expect("a port"), Arc::new(config));
    let address = listener.local_addr().expect("an address");
    let (told, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            stream.set_read_timeout(Some(PATIENCE)).expect("a patience");
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a server");
            let mut said = Vec::new();
            let _ = StreamOwned::new(connection, stream).read_to_end(&mut said);
            let _ = told.send(said);
        }
    });
    (address, heard)
}

/// A leaf of the attacker's: for the right name, and of an authority that is called as the pinned one is.
fn leaf(authority: &str) -> (CertificateDer<'static>, KeyPair) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, authority);
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec![SERVER_NAME.to_owned()]).expect("a name").signed_by(&key, &issuer);
    (leaf.expect("a certificate").der().clone(), key)
}

/// The name of whoever a certificate is for.
fn name_of(certificate: &CertificateDer<'_>) -> String {
    use x509_parser::prelude::{FromDer, X509Certificate};
    let (_, parsed) = X509Certificate::from_der(certificate).expect("a certificate");
    let name = parsed.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
    name.expect("a name").to_owned()
}

#[test]
fn the_pinned_authoritys_certificate_in_front_of_another_leaf_proves_nothing() {
    let lab = Lab::start();
    let pinned = CertificateDer::from(std::fs::read(lab.file("s.gateway/authority.der")).expect("it is published"));
    for authority in ["somebody else", &name_of(&pinned)] {
        let (leaf, key) = leaf(authority);
        for chain in [vec![leaf.clone(), pinned.clone()], vec![leaf.clone(), leaf.clone(), pinned.clone()]] {
            let (address, heard) = impostor(chain, &key);
            // Joining: the token's secret is not sent.
            let mut token: usher_core::token::Token = lab.invite(&["olga@laptop"]).parse().expect("a token");
            token.addresses = vec![address.to_string().parse().expect("an address")];
            let operator = Operator::new();
            let refused = operator.usher(&["join", &token.to_string(), "--name", "lab"]).exits(1);
            refused.says(&["another authority", "Nothing was sent"]);
            assert_eq!(heard.recv_timeout(PATIENCE).expect("it was called"), b"");
            assert!(!operator.kept("server.toml").exists());
            // Using a host that was joined: no request is sent.
            let operator = lab.joined("olga@laptop", "operator");
            let known = operator.read("server.toml").replace(&lab.address.to_string(), &address.to_string());
            std::fs::write(operator.kept("server.toml"), known).expect("a file");
            let refused = operator.usher(&["lock", "--all", "--message", "x", "--server", "lab"]).exits(1);
            assert!(
                refused.stdout.contains("AccessDenied") && refused.stderr.contains("another authority"),
                "{refused:?}"
            );
            assert_eq!(heard.recv_timeout(PATIENCE).expect("it was called"), b"");
        }
    }
    assert_eq!(lab.audit("redeem").len(), 4, "only the true joins reached the host");
}
