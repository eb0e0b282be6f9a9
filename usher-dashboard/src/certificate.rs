//! The certificate that browsers are shown: one that is made here at the first start, or the administrator's own. It is
//! looked at again now and then, so that a new one serves without a restart.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use usher_core::files;
use usher_core::request::Pin;

use crate::settings::PageSettings;

/// How long one that is made here is good, and how long before its end there is another.
const LASTS: time::Duration = time::Duration::days(730);
const EARLY: time::Duration = time::Duration::days(30);
/// How far the clocks of two machines may be apart.
const SKEW: time::Duration = time::Duration::minutes(5);

/// The certificate of the moment.
#[derive(Debug)]
pub struct PageCertificate {
    files: [PathBuf; 2],
    own: bool,
    served: RwLock<Arc<CertifiedKey>>,
}

impl PageCertificate {
    /// The administrator's own, or the one in this directory, which is made if it is not there.
    ///
    /// # Errors
    /// It cannot be read, made or used; the sentence says why.
    pub fn open(settings: &PageSettings, state: &Path) -> Result<Self, String> {
        let own = settings.own();
        let files = own
            .map_or_else(|| ["certificate.pem", "key.pem"].map(|name| state.join(name)), |own| own.map(Path::to_owned));
        let own = own.is_some();
        if !own && is_due(&files[0], OffsetDateTime::now_utc()) {
            make(&files).map_err(|error| format!("no certificate can be made in {}: {error}", state.display()))?;
        }
        let served = RwLock::new(Arc::new(read(&files)?));
        Ok(PageCertificate { files, own, served })
    }

    /// The hash by which a browser's user can tell it.
    pub fn fingerprint(&self) -> String {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        let pin =
            served.cert.first().map(|certificate| Pin::of(certificate)).map_or_else(String::new, |pin| pin.to_string());
        let pairs = pin.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase());
        pairs.collect::<Vec<_>>().join(":")
    }

    /// Looks at the files again; true if there is another certificate from now on.
    ///
    /// # Errors
    /// The one of before stays.
    pub fn renew(&self, now: OffsetDateTime) -> Result<bool, String> {
        if !self.own && is_due(&self.files[0], now) {
            make(&self.files).map_err(|error| error.to_string())?;
        }
        let fresh = read(&self.files)?;
        let mut served = self.served.write().unwrap_or_else(PoisonError::into_inner);
        let other = served.cert != fresh.cert;
        if other {
            *served = Arc::new(fresh);
        }
        Ok(other)
    }

    /// Days until it ends.
    pub fn days_left(&self, now: OffsetDateTime) -> Option<i64> {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        served.cert.first().and_then(|certificate| end(certificate)).map(|end| (end - now).whole_days())
    }
}

impl ResolvesServerCert for PageCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// The TLS that browsers speak: version 1.3.
///
/// # Errors
/// It cannot be spoken here.
pub fn tls(certificate: &Arc<PageCertificate>) -> Result<ServerConfig, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&rustls::version::TLS13])?;
    let resolver: Arc<dyn ResolvesServerCert> = Arc::<PageCertificate>::clone(certificate);
    let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.max_early_data_size = 0;
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn read([certificate, key]: &[PathBuf; 2]) -> Result<CertifiedKey, String> {
    let wrong = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = fs::read(certificate).map_err(|error| wrong(certificate, &error))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|error| wrong(certificate, &error))?;
    let text = fs::read(key).map_err(|error| wrong(key, &error))?;
    let private = PrivateKeyDer::from_pem_slice(&text).map_err(|error| wrong(key, &error))?;
    let made = CertifiedKey::from_der(chain, private, &provider());
    made.map_err(|error| wrong(certificate, &error))
}

/// Whether there is no certificate, or it ends soon.
fn is_due(file: &Path, now: OffsetDateTime) -> bool {
    let known = fs::read(file).ok().and_then(|text| CertificateDer::from_pem_slice(&text).ok());
    known.as_ref().and_then(end).is_none_or(|end| end - now < EARLY)
}

fn end(certificate: &CertificateDer<'_>) -> Option<OffsetDateTime> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    OffsetDateTime::from_unix_timestamp(parsed.validity().not_after.timestamp()).ok()
}

/// Makes a certificate that vouches for itself. The key of the one before stays, so that who kept it knows this one.
fn make([certificate, key]: &[PathBuf; 2]) -> Result<(), Box<dyn std::error::Error>> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let pair = match fs::read_to_string(key) {
        Ok(text) => KeyPair::from_pem(&text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => KeyPair::generate()?,
        Err(error) => return Err(error.into()),
    };
    let names = [name.as_str(), "localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("usher on {name}"));
    params.not_before = OffsetDateTime::now_utc() - SKEW;
    params.not_after = OffsetDateTime::now_utc() + LASTS;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let made = params.self_signed(&pair)?;
    files::replace(key, pair.serialize_pem().as_bytes(), 0o600)?;
    files::replace(certificate, made.pem().as_bytes(), 0o644)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_certificate_is_made_once_and_again_before_it_ends_with_the_same_key() {
        let state = tempfile::tempdir().unwrap();
        let first = PageCertificate::open(&PageSettings::default(), state.path()).unwrap();
        let mode = fs::metadata(state.path().join("key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let fingerprint = first.fingerprint();
        assert_eq!(fingerprint.split(':').count(), 32, "{fingerprint}");
        assert_eq!(PageCertificate::open(&PageSettings::default(), state.path()).unwrap().fingerprint(), fingerprint);
        let (now, key) = (OffsetDateTime::now_utc(), fs::read(state.path().join("key.pem")).unwrap());
        assert_eq!(first.days_left(now), Some(729));
        assert_eq!(first.renew(now + time::Duration::days(690)), Ok(false));
        assert_eq!(first.renew(now + time::Duration::days(710)), Ok(true));
        assert_ne!(first.fingerprint(), fingerprint);
        assert_eq!(fs::read(state.path().join("key.pem")).unwrap(), key);
    }

    #[test]
    fn an_administrators_own_is_served_and_taken_anew_when_it_is_replaced() {
        let state = tempfile::tempdir().unwrap();
        let files = ["own.pem", "own.key"].map(|name| state.path().join(name));
        make(&files).unwrap();
        let settings = PageSettings { certificate: files[0].clone(), key: files[1].clone(), ..PageSettings::default() };
        let certificate = PageCertificate::open(&settings, state.path()).unwrap();
        assert!(!state.path().join("certificate.pem").exists());
        let before = certificate.fingerprint();
        make(&files).unwrap();
        assert_eq!(certificate.renew(OffsetDateTime::now_utc()), Ok(true));
        assert_ne!(certificate.fingerprint(), before);
        fs::write(&files[1], "no key").unwrap();
        assert!(certificate.renew(OffsetDateTime::now_utc()).is_err(), "and the one of before stays");
        fs::remove_file(&files[0]).unwrap();
        assert!(PageCertificate::open(&settings, state.path()).is_err());
    }
}
