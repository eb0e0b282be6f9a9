//! Files that are replaced whole or not at all.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

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
}
