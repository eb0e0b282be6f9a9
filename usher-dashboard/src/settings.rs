//! The configuration file of the host's web page.

use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where it is looked for.
pub const SYSTEM_CONFIG: &str = "/etc/usher/dashboard.toml";
/// The port that nothing else of usher's has.
const PORT: u16 = 8478;

/// What the file may set, in TOML.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PageSettings {
    /// Where to listen. `[::]` is every address, also of IPv4.
    pub listen: SocketAddr,
    /// A certificate of the administrator's own, with what leads to its authority, in PEM; empty for one that is made here.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Default for PageSettings {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT));
        PageSettings { listen, certificate: PathBuf::new(), key: PathBuf::new() }
    }
}

impl PageSettings {
    /// Reads the file; without one, the defaults.
    ///
    /// # Errors
    /// The file cannot be read, or says something that is no setting.
    pub fn read(path: &Path) -> Result<PageSettings, String> {
        let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(wrong(&error)),
        };
        let settings: PageSettings = toml::from_str(&text).map_err(|error| wrong(&error))?;
        if settings.certificate.as_os_str().is_empty() != settings.key.as_os_str().is_empty() {
            return Err(wrong(&"a certificate has a key, and a key a certificate"));
        }
        Ok(settings)
    }

    /// The administrator's own certificate and key.
    pub fn own(&self) -> Option<[&Path; 2]> {
        (!self.key.as_os_str().is_empty()).then_some([&self.certificate, &self.key])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packaged_file_shows_every_setting_at_its_default() {
        let packaged = include_str!("../../packaging/dashboard.toml");
        let shown: Vec<_> =
            packaged.lines().filter_map(|line| line.strip_prefix("# ")).filter(|l| l.contains(" = ")).collect();
        let read: PageSettings = toml::from_str(&shown.join("\n")).unwrap();
        assert_eq!(format!("{read:?}"), format!("{:?}", PageSettings::default()));
        assert_eq!(shown.len(), 3);
    }

    #[test]
    fn half_a_certificate_is_none() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "key = \"/etc/usher/dashboard.key\"").unwrap();
        assert!(PageSettings::read(file.path()).is_err());
        std::fs::write(file.path(), "lisen = \"\"").unwrap();
        assert!(PageSettings::read(file.path()).is_err());
        assert!(PageSettings::read(Path::new("/nonexistent")).unwrap().own().is_none());
    }
}
