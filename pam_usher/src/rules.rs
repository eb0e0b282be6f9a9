//! The rules as usherd wrote them, read as what any file could be.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use usher_core::logins::{LoginRules, MOST_BYTES};
use usher_core::paths::{SYSTEM, SYSTEM_STATE, login_rules_of, login_settings_in};

/// What is known of whom usher refuses.
pub enum KnownRules {
    /// The rules that hold.
    Rules(LoginRules),
    /// The settings of a daemon that has not said its rules since the host started.
    SettingsAlone(LoginRules),
    /// Nothing: usherd never ran here, or this program may not read what it wrote.
    Nothing,
}

/// What the system's daemon wrote.
///
/// # Errors
/// There is something that no usherd wrote.
pub fn known() -> Result<KnownRules, String> {
    known_from(&login_rules_of(Path::new(SYSTEM)), &login_settings_in(Path::new(SYSTEM_STATE)), 0)
}

fn known_from(rules: &Path, settings: &Path, owner: u32) -> Result<KnownRules, String> {
    if let Some(rules) = read(rules, owner)? {
        return Ok(KnownRules::Rules(rules));
    }
    Ok(read(settings, owner)?.map_or(KnownRules::Nothing, KnownRules::SettingsAlone))
}

/// The rules of a file; none if it is not there, or not for us.
fn read(path: &Path, owner: u32) -> Result<Option<LoginRules>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{} cannot be used: {why}", path.display());
    // Neither a link nor something that makes its reader wait.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = match open(path, flags, Mode::empty()) {
        Ok(file) => file,
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::ACCESS) => return Ok(None),
        Err(error) => return Err(wrong(&error)),
    };
    let about = fstat(&file).map_err(|error| wrong(&error))?;
    if FileType::from_raw_mode(about.st_mode) != FileType::RegularFile {
        return Err(wrong(&"it is no file"));
    }
    if about.st_uid != owner || about.st_mode & 0o022 != 0 {
        return Err(wrong(&"somebody else could have written it"));
    }
    let bytes = bounded(File::from(file)).map_err(|error| wrong(&error))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| wrong(&error))
}

fn bounded(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MOST_BYTES { Err(io::Error::other("it is too long")) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use proptest::prelude::*;

    use super::*;

    fn me() -> u32 {
        rustix::process::getuid().as_raw()
    }

    struct Files(tempfile::TempDir);

    impl Files {
        fn new() -> Self {
            Files(tempfile::tempdir().unwrap())
        }

        fn put(&self, name: &str, bytes: &[u8]) -> std::path::PathBuf {
            let path = self.0.path().join(name);
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            path
        }

        fn known(&self) -> Result<KnownRules, String> {
            known_from(&self.0.path().join("rules"), &self.0.path().join("settings"), me())
        }
    }

    #[test]
    fn rules_count_before_settings_and_neither_is_nothing() {
        let files = Files::new();
        assert!(matches!(files.known(), Ok(KnownRules::Nothing)));
        let written = serde_json::to_vec(&LoginRules::default()).unwrap();
        files.put("settings", &written);
        assert!(matches!(files.known(), Ok(KnownRules::SettingsAlone(_))));
        files.put("rules", &written);
        assert!(matches!(files.known(), Ok(KnownRules::Rules(_))));
    }

    #[test]
    fn what_somebody_else_could_have_written_is_refused() {
        let files = Files::new();
        let path = files.put("rules", &serde_json::to_vec(&LoginRules::default()).unwrap());
        assert!(read(&path, me() + 1).is_err());
        for mode in [0o620, 0o602] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(read(&path, me()).is_err(), "{mode:o}");
        }
        let link = files.0.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(read(&link, me()).is_err());
        assert!(read(files.0.path(), me()).is_err(), "a directory");
    }

    #[test]
    fn a_pipe_makes_nobody_wait() {
        let files = Files::new();
        let path = files.0.path().join("rules");
        rustix::fs::mknodat(rustix::fs::CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        assert!(files.known().is_err());
    }

    #[test]
    fn what_is_too_long_is_refused() {
        let files = Files::new();
        let path = files.put("rules", &vec![b' '; MOST_BYTES + 1]);
        assert!(read(&path, me()).err().unwrap().contains("too long"));
    }

    proptest! {
        #[test]
        fn no_bytes_crash_a_login(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let files = Files::new();
            let path = files.put("rules", &bytes);
            let _ = read(&path, me());
        }

        #[test]
        fn nothing_like_rules_crashes_a_login(text in r#"[\[{]{0,40}("rules"|"services"|[0-9a-z:,"\\\]}]){0,80}"#) {
            let files = Files::new();
            let path = files.put("rules", text.as_bytes());
            let _ = read(&path, me());
        }
    }
}
