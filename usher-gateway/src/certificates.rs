//! Certificates as both ends read them: names, keys, times, and issuers.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use usher_core::request::{IdentityName, Pin};
use x509_parser::prelude::{FromDer, X509Certificate};

/// The name in every gateway's certificate. Hosts have several names and numbers; what tells them apart is the
/// authority, which vouches for this one server.
pub const SERVER_NAME: &str = "usher-gateway";

/// The cryptography that both ends use.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The content of a certificate that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whose it is.
    pub name: IdentityName,
    /// The hash of its public key.
    pub key: Pin,
    /// From when it is good.
    pub from: Timestamp,
    /// Until when it is good.
    pub until: Timestamp,
}

impl Facts {
    /// Reads a certificate; `None` if it is none that a gateway issues.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (rest, parsed) = X509Certificate::from_der(certificate).ok()?;
        let mut names = parsed.subject().iter_common_name();
        let name = names.next()?.as_str().ok()?.parse().ok()?;
        let time = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
        let facts = Facts {
            name,
            key: Pin::of(parsed.public_key().raw),
            from: time(parsed.validity().not_before)?,
            until: time(parsed.validity().not_after)?,
        };
        (rest.is_empty() && names.next().is_none()).then_some(facts)
    }
}

/// Believes a server if the authority with this hash is in its chain and vouches for it, and nobody else.
#[derive(Debug)]
pub struct Pinned {
    authority: Pin,
    provider: Arc<CryptoProvider>,
}

/// The server showed another authority than the one that the token, or the book, names.
#[derive(Debug)]
pub struct WrongAuthority;

impl std::fmt::Display for WrongAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("another authority vouches for the server")
    }
}

impl std::error::Error for WrongAuthority {}

impl Pinned {
    /// Believes this authority alone.
    pub fn new(authority: Pin) -> Self {
        Pinned { authority, provider: provider() }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let authority = intermediates.iter().find(|certificate| Pin::of(certificate) == self.authority);
        let wrong = || Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(WrongAuthority))));
        let authority = authority.ok_or_else(wrong)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider));
        let verifier = verifier.build().map_err(|_| wrong())?;
        verifier.verify_server_cert(end_entity, &[], server_name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
