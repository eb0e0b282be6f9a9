//! The TLS that this gateway accepts: version 1.3, nothing resumed, certificates of its own authority or none.

use std::sync::Arc;

use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, version};

use super::authority::{Authority, BoxedError};
use crate::certificates::provider;

/// How connections are accepted.
///
/// # Errors
/// The authority's certificate is none.
pub fn config(authority: &Arc<Authority>) -> Result<ServerConfig, BoxedError> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().clone())?;
    // Without a certificate one can only join; which routes need one is decided where they are.
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let verifier = verifier.allow_unauthenticated().build()?;
    let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&version::TLS13])?;
    let resolver: Arc<dyn rustls::server::ResolvesServerCert> = Arc::<Authority>::clone(authority);
    let mut config = builder.with_client_cert_verifier(verifier).with_cert_resolver(resolver);
    // A resumed session would outlive the check of its certificate, and early data could be sent twice.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
