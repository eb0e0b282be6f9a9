//! Files that are replaced whole or not at all, and those that other services leave to be read.

use std::fs::{OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

use crate::paths::LISTEN_FILE;

/// An address and a port are not as long.
const LONGEST_LISTEN: u64 = 100;

/// A file beside this one, with another name and what the umask leaves of this mode, that takes its place when it is
/// [persisted](NamedTempFile::persist) and is gone when it is dropped.
///
/// # Errors
/// The directory cannot be written.
pub fn beside(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix(".usher").permissions(Permissions::from_mode(mode)).tempfile_in(directory)
}

/// Replaces a file by one with these bytes and exactly this mode. What it had before stays until the new one is on the
/// disk.
///
/// # Errors
/// The disk's.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = beside(path, mode)?;
    file.write_all(bytes)?;
    // The umask may have taken something from it.
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The port of the service that publishes in this directory; none if it does not run. Whatever the service may have become, it
/// makes nobody wait.
pub fn published_port(directory: &Path) -> Option<u16> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(directory.join(LISTEN_FILE)).ok()?;
    let mut text = String::new();
    file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    file.take(LONGEST_LISTEN).read_to_string(&mut text).ok()?;
    text.trim().parse::<SocketAddr>().ok().map(|listen| listen.port())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_with_its_mode_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        for (bytes, mode) in [(b"before", 0o644), (b"behind", 0o600)] {
            replace(&path, bytes, mode).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
        }
        // A directory cannot be replaced by a file.
        fs::create_dir(directory.path().join("taken")).unwrap();
        assert!(replace(&directory.path().join("taken"), b"", 0o600).is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_service_says_its_port_in_a_plain_small_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(LISTEN_FILE);
        assert_eq!(published_port(directory.path()), None);
        replace(&file, b"[::]:8478\n", 0o644).unwrap();
        assert_eq!(published_port(directory.path()), Some(8478));
        for wrong in [&b""[..], b"8478", &[b' '; 200]] {
            replace(&file, wrong, 0o644).unwrap();
            assert_eq!(published_port(directory.path()), None);
        }
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
        assert_eq!(published_port(directory.path()), None);
    }
}
