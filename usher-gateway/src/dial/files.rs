//! The files of a joined host: its addresses, its authority, and our certificate and key.
//!
//! Certificate and key are two files, which cannot be replaced at one moment. So `key.pem` has the new key and the one
//! before it until the next renewal: whichever certificate there is, its key is there too.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use usher_core::files;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Address, Pin};
use usher_core::servers::{Book, Server, ServerName};

use crate::certificates::{Facts, provider};

/// After a renewal there is none for so long.
const LATELY: Duration = Duration::from_secs(60);
/// The largest file that is read.
const LARGEST: u64 = 64 << 10;

/// The directory of a joined host.
#[derive(Debug, Clone)]
pub struct Files {
    directory: PathBuf,
}

/// Everything that is needed to reach a host.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Where it is tried.
    pub addresses: Vec<Address>,
    /// The hash of its authority's certificate.
    pub authority: Pin,
    /// Our certificate with its key; none for who joins.
    pub own: Option<Own>,
}

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Own {
    /// What the certificate says.
    pub facts: Facts,
    /// The certificate.
    pub certificate: CertificateDer<'static>,
    /// The key, in PEM as in the file.
    pub key: String,
}

impl Own {
    /// The key as TLS takes it.
    ///
    /// # Errors
    /// It is none.
    pub fn private(&self) -> Result<PrivateKeyDer<'static>, Error> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).map_err(|e| broken(&e))
    }
}

impl Files {
    /// The files of a host that was joined.
    ///
    /// # Errors
    /// It was not joined.
    pub fn of(name: &ServerName) -> Result<Self, Error> {
        let place = Book::place().ok_or_else(|| unknown(name))?;
        let files = Files::at(&place, name);
        if !name.is_plain() || !files.file("server.toml").exists() {
            return Err(unknown(name));
        }
        Ok(files)
    }

    /// The files of a host of this name below this place, whether they are there or not.
    pub fn at(place: &Path, name: &ServerName) -> Self {
        Files { directory: place.join("servers").join(name.as_str()) }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// What the book says of the host.
    ///
    /// # Errors
    /// It says nothing that can be read.
    pub fn server(&self) -> Result<Server, Error> {
        toml::from_str(&self.text("server.toml")?).map_err(|e| broken(&format!("server.toml: {}", e.message())))
    }

    /// Everything about the host.
    ///
    /// # Errors
    /// Something is missing, is not ours alone, or does not belong together.
    pub fn read(&self) -> Result<Credentials, Error> {
        let server = self.server()?;
        let addresses = server.addresses.iter().filter_map(|text| text.parse().ok()).collect();
        let authority = server.authority.parse().map_err(|e| broken(&e))?;
        let certificate = CertificateDer::from_pem_slice(self.text("certificate.pem")?.as_bytes());
        let certificate = certificate.map_err(|e| broken(&format!("certificate.pem: {e}")))?;
        let facts = Facts::of(&certificate).ok_or_else(|| broken(&"certificate.pem is no certificate of usher's"))?;
        let meta = fs::metadata(self.file("key.pem")).map_err(|e| broken(&format!("key.pem: {e}")))?;
        if meta.mode() & 0o077 != 0 {
            let why = format!("others may read the key {}", self.file("key.pem").display());
            return Err(
                Error::new(ErrorId::AccessDenied, why).hint("join again, or `chmod 600` it if nobody has read it")
            );
        }
        let keys = self.text("key.pem")?;
        let key = keys.split_inclusive("-----END PRIVATE KEY-----\n").find(|key| belongs(key, &certificate));
        let key = key.ok_or_else(|| broken(&"key.pem has no key of certificate.pem"))?.to_owned();
        Ok(Credentials { addresses, authority, own: Some(Own { facts, certificate, key }) })
    }

    /// Makes the directory and sees whether files can be written there. What must not fail later is asked after this.
    ///
    /// # Errors
    /// The disk's.
    pub fn prepare(&self) -> Result<(), Error> {
        let probe = self.file(&format!(".probe.{}", std::process::id()));
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        // As much as is written later.
        let tried = made.and_then(|()| files::replace(&probe, &[b'\n'; 16 << 10], 0o600));
        let _ = fs::remove_file(&probe);
        tried.map_err(|e| self.unwritable(&e))
    }

    /// Removes the directory again, if nothing is in it.
    pub fn undo(&self) {
        let _ = fs::remove_dir(&self.directory);
    }

    fn unwritable(&self, error: &std::io::Error) -> Error {
        Error::new(ErrorId::BackendFailed, format!("{} cannot be written: {error}", self.directory.display()))
    }

    /// Writes everything about a host, so that at each moment what is there belongs together.
    ///
    /// # Errors
    /// The disk's; what was there before still works.
    pub fn write(&self, server: &Server, authority: &str, certificate: &str, key: &str) -> Result<(), Error> {
        let failed = |e: std::io::Error| self.unwritable(&e);
        let private = |directory: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
        private(&self.directory).map_err(failed)?;
        let before = self.read().ok().and_then(|credentials| credentials.own).map(|own| own.key).unwrap_or_default();
        let keys = if before == key { key.to_owned() } else { format!("{key}{before}") };
        let text = toml::to_string(server).map_err(|e| broken(&e))?;
        for (name, content) in [
            ("key.pem", keys.as_str()),
            ("certificate.pem", certificate),
            ("authority.pem", authority),
            // Last: the host is in the book once everything else is there.
            ("server.toml", text.as_str()),
        ] {
            files::replace(&self.file(name), content.as_bytes(), 0o600).map_err(failed)?;
        }
        Ok(())
    }

    /// Whether the certificate came within the last minute. Two renewals at once after another would make the key
    /// worthless that a program in the middle of its use still has.
    pub fn fresh(&self) -> bool {
        let written = fs::metadata(self.file("certificate.pem")).and_then(|meta| meta.modified());
        written.is_ok_and(|time| time.elapsed().is_ok_and(|age| age < LATELY))
    }

    /// Nobody else renews while this is kept; `None` while somebody else does.
    pub fn lock(&self) -> Option<File> {
        let file = File::options().create(true).truncate(false).write(true).open(self.file(".lock")).ok()?;
        file.try_lock().ok()?;
        Some(file)
    }

    fn text(&self, name: &str) -> Result<String, Error> {
        let mut text = String::new();
        let file = File::open(self.file(name)).map_err(|e| broken(&format!("{name}: {e}")))?;
        file.take(LARGEST).read_to_string(&mut text).map_err(|e| broken(&format!("{name}: {e}")))?;
        Ok(text)
    }
}

impl Credentials {
    /// Says that the certificate's time is over, if it is.
    ///
    /// # Errors
    /// It is.
    pub fn in_time(&self, name: &ServerName) -> Result<(), Error> {
        let Some(own) = self.own.as_ref().filter(|own| own.facts.until <= Timestamp::now()) else { return Ok(()) };
        let why = format!("the certificate of {} for {name} was valid until {}", own.facts.name, own.facts.until);
        let hint =
            "it would have renewed itself if it had been used in time; ask for a new invitation: `usher invite` there";
        Err(Error::new(ErrorId::AccessDenied, why).hint(format!("{hint} {}", own.facts.name)))
    }

    /// Whether less than a third of the certificate's time is left.
    pub fn renews(&self) -> bool {
        self.own.as_ref().is_some_and(|own| {
            let (left, all) = (own.facts.until - Timestamp::now(), own.facts.until - own.facts.from);
            let seconds = |span: jiff::Span| span.total(jiff::Unit::Second).unwrap_or(0.0);
            seconds(left) * 3.0 < seconds(all)
        })
    }
}

/// Whether a key in PEM is that of a certificate.
fn belongs(key: &str, certificate: &CertificateDer<'static>) -> bool {
    let Ok(key) = PrivateKeyDer::from_pem_slice(key.as_bytes()) else { return false };
    CertifiedKey::from_der(vec![certificate.clone()], key, &provider()).is_ok()
}

fn unknown(name: &ServerName) -> Error {
    Error::new(ErrorId::HostUnreachable, format!("{name} was not joined: `usher servers` lists the hosts that were"))
        .hint("get a token with `usher invite` on the host, then `usher join TOKEN` here")
}

fn broken(why: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorId::HostUnreachable, format!("the files of the host cannot be used: {why}"))
        .hint("`usher servers remove` forgets the host; then join it again")
}
