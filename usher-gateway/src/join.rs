//! The two requests that a gateway answers itself: joining and renewing.

use serde::{Deserialize, Serialize};
use usher_core::request::{IdentityName, IdentityRole, Secret};

/// Body of `POST /v1/join`, the only request that needs no certificate.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinRequest {
    /// The invitation's secret.
    pub secret: Secret,
    /// Who the caller wants to be.
    pub name: IdentityName,
    /// The caller chose the name.
    pub named: bool,
    /// A certificate request (PKCS #10, RFC 2986) in PEM. Only its public key is used, and that whoever signed it
    /// has the private one.
    pub request: String,
}

/// Body of `POST /v1/renew`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenewRequest {
    /// As [`JoinRequest::request`].
    pub request: String,
}

/// The answer to both.
#[derive(Debug, Serialize, Deserialize)]
pub struct Issued {
    /// Who the certificate is for.
    pub name: IdentityName,
    /// What they may do.
    pub role: IdentityRole,
    /// The certificate in PEM.
    pub certificate: String,
    /// The authority's certificate in PEM.
    pub authority: String,
}
