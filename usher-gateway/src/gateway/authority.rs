//! The host's own authority: made once, kept in one file, vouches for the server and for every identity.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use usher_core::files;
use usher_core::request::{IdentityName, Pin};

use crate::certificates::{SERVER_NAME, provider};

/// How long the authority itself lasts: it ends when the host does.
const YEARS: i64 = 20;
/// How far the clocks of two machines may be apart.
const SKEW: time::Duration = time::Duration::minutes(5);
/// The longest certificate request that is read.
pub const MAX_REQUEST: usize = 8 << 10;
/// The file with the authority's key and certificate.
const FILE: &str = "authority.pem";

/// What can go wrong with keys, certificates and their file: a sentence.
pub type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// 2026-01-01, in seconds since 1970. A clock that says less than when this was written is not set.
const EARLIEST: i64 = 1_767_225_600;

/// The server's certificate of the moment.
struct Served {
    key: Arc<CertifiedKey>,
    /// From when it is good.
    from: OffsetDateTime,
    /// When two thirds of its time are over.
    due: OffsetDateTime,
}

/// The authority and the server's certificate of the moment.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
    lifetime: Duration,
    server: RwLock<Served>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("pin", &Pin::of(&self.certificate)).finish_non_exhaustive()
    }
}

impl Authority {
    /// The authority that is kept in this directory, or a new one where there is none.
    ///
    /// # Errors
    /// The file cannot be read or written, belongs to somebody else, or is no authority.
    pub fn open(directory: &Path, lifetime: Duration) -> Result<Self, BoxedError> {
        let file = directory.join(FILE);
        let text = match fs::symlink_metadata(&file) {
            Ok(meta) => {
                let me = rustix::process::geteuid().as_raw();
                if !meta.is_file() || meta.uid() != me || meta.mode() & 0o077 != 0 {
                    return Err(format!("{} is not a file that is this user's alone", file.display()).into());
                }
                fs::read_to_string(&file)?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let text = make(OffsetDateTime::now_utc())?;
                files::replace(&file, text.as_bytes(), 0o600)?;
                text
            }
            Err(error) => return Err(error.into()),
        };
        let certificate = CertificateDer::from_pem_slice(text.as_bytes())?;
        let issuer = Issuer::from_ca_cert_der(&certificate, KeyPair::from_pem(&text)?)?;
        let begin = text.find("-----BEGIN CERTIFICATE-----").unwrap_or_default();
        let pem = text.get(begin..).unwrap_or_default().to_owned();
        let server = RwLock::new(server_certificate(&issuer, &certificate, lifetime)?);
        Ok(Authority { issuer, certificate, pem, lifetime, server })
    }

    /// Its certificate in DER.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// How long what it issues is good.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Gives the server another certificate, for connections from now on, if at this time its own is not good yet, or
    /// two thirds of its time are over. Says whether it did.
    ///
    /// # Errors
    /// None can be made; the one of before stays.
    pub fn renew_server(&self, now: OffsetDateTime) -> Result<bool, BoxedError> {
        let is_current = |served: &Served| (served.from..served.due).contains(&now);
        if is_current(&self.server.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(false);
        }
        let fresh = server_certificate(&self.issuer, &self.certificate, self.lifetime)?;
        *self.server.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(true)
    }

    /// A certificate for an identity, in PEM.
    ///
    /// # Errors
    /// None can be made.
    pub fn issue(&self, name: &IdentityName, key: &Requested) -> Result<String, BoxedError> {
        let mut params = params(name.as_str(), self.lifetime)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        Ok(params.signed_by(&key.0.public_key, &self.issuer)?.pem())
    }
}

impl ResolvesServerCert for Authority {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.server.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

/// A public key that somebody asks to have certified, and has shown to own.
pub struct Requested(CertificateSigningRequestParams);

impl Requested {
    /// Reads a certificate request and checks its signature.
    ///
    /// # Errors
    /// It is none, or not signed with the key that it names.
    pub fn read(text: &str) -> Result<Self, BoxedError> {
        if text.len() > MAX_REQUEST {
            return Err("it is too long".into());
        }
        let request = CertificateSigningRequestDer::from_pem_slice(text.as_bytes())?;
        let params = CertificateSigningRequestParams::from_der(&request)?;
        if params.public_key.algorithm() != &rcgen::PKCS_ECDSA_P256_SHA256 {
            return Err("its key is none on the curve P-256".into());
        }
        Ok(Requested(params))
    }

    /// The hash of the public key, as it will stand in the certificate.
    pub fn pin(&self) -> Pin {
        Pin::of(&self.0.public_key.subject_public_key_info())
    }
}

/// A new authority, key and certificate in PEM.
fn make(now: OffsetDateTime) -> Result<String, BoxedError> {
    if now.unix_timestamp() < EARLIEST {
        let why = "no authority is made by a clock that is not set: this host's says that it is";
        return Err(format!("{why} {}. Set it, and start usher-gateway again", now.date()).into());
    }
    let key = KeyPair::generate()?;
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let host: String = host.chars().filter(char::is_ascii_graphic).take(64).collect();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("usher on {host}"));
    params.not_before = now - SKEW;
    params.not_after = now + time::Duration::days(365 * YEARS);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", key.serialize_pem(), certificate.pem()))
}

fn server_certificate(
    issuer: &Issuer<'static, KeyPair>,
    authority: &CertificateDer<'static>,
    lifetime: Duration,
) -> Result<Served, BoxedError> {
    let key = KeyPair::generate()?;
    let mut params = params(SERVER_NAME, lifetime)?;
    // Browsers, which sign in here with a certificate, know the host by its own name.
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let own = host.as_str().try_into().ok().map(rcgen::SanType::DnsName);
    params.subject_alt_names = std::iter::once(rcgen::SanType::DnsName(SERVER_NAME.try_into()?)).chain(own).collect();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let (from, due) = (params.not_before, params.not_after - time::Duration::try_from(lifetime)? / 3);
    let certificate = params.signed_by(&key, issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let chain = vec![certificate.der().clone(), authority.clone()];
    Ok(Served { key: Arc::new(CertifiedKey::from_der(chain, key, &provider())?), from, due })
}

fn params(name: &str, lifetime: Duration) -> Result<CertificateParams, BoxedError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = OffsetDateTime::now_utc() - SKEW;
    params.not_after = OffsetDateTime::now_utc() + time::Duration::try_from(lifetime)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::Facts;

    fn day() -> Duration {
        Duration::from_secs(86_400)
    }

    #[test]
    fn an_authority_is_made_once_and_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let first = Authority::open(directory.path(), day()).unwrap();
        let again = Authority::open(directory.path(), day()).unwrap();
        assert_eq!(first.certificate(), again.certificate());
        assert_eq!(fs::metadata(directory.path().join(FILE)).unwrap().mode() & 0o777, 0o600);
        assert!(!first.pem().contains("PRIVATE"));
        fs::set_permissions(directory.path().join(FILE), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        assert!(Authority::open(directory.path(), day()).is_err());
    }

    #[test]
    fn the_servers_certificate_is_good_whatever_the_clock_did() {
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority::open(directory.path(), 90 * day()).unwrap();
        let shown = || authority.server.read().unwrap().key.cert[0].clone();
        let (first, now) = (shown(), OffsetDateTime::now_utc());
        // A suspended machine wakes, or its clock is set, within the time, after it and before it.
        assert!(!authority.renew_server(now + time::Duration::days(59)).unwrap());
        assert!(shown() == first);
        for then in [now + time::Duration::days(61), now + time::Duration::days(1000), now - time::Duration::days(1)] {
            let before = shown();
            assert!(authority.renew_server(then).unwrap() && shown() != before, "{then}");
        }
    }

    #[test]
    fn no_authority_is_made_by_a_clock_that_is_not_set() {
        let refused = make(OffsetDateTime::UNIX_EPOCH).unwrap_err().to_string();
        assert!(refused.contains("1970-01-01") && refused.contains("clock"), "{refused}");
        assert!(make(OffsetDateTime::from_unix_timestamp(EARLIEST).unwrap()).is_ok());
    }

    #[test]
    fn what_is_issued_has_the_name_that_was_granted_and_the_key_that_was_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority::open(directory.path(), day()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut wanted = CertificateParams::default();
        wanted.distinguished_name.push(DnType::CommonName, "root@lab1");
        wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let requested = Requested::read(&wanted.serialize_request(&key).unwrap().pem().unwrap()).unwrap();
        let issued = authority.issue(&"olga@laptop".parse().unwrap(), &requested).unwrap();
        let facts = Facts::of(&CertificateDer::from_pem_slice(issued.as_bytes()).unwrap()).unwrap();
        assert_eq!((facts.name.as_str(), facts.key), ("olga@laptop", requested.pin()));
    }

    #[test]
    fn a_request_that_is_none_or_signed_by_another_key_is_refused() {
        assert!(Requested::read("").is_err());
        assert!(Requested::read(&"x".repeat(MAX_REQUEST + 1)).is_err());
        let text = CertificateParams::default().serialize_request(&KeyPair::generate().unwrap()).unwrap();
        assert!(Requested::read(&text.pem().unwrap()).is_ok());
        let mut der = text.der().to_vec();
        *der.last_mut().unwrap() ^= 1;
        assert!(CertificateSigningRequestParams::from_der(&der.into()).is_err());
        let large = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let large = CertificateParams::default().serialize_request(&large).unwrap();
        assert!(Requested::read(&large.pem().unwrap()).is_err());
    }
}
