//! The files that may hold a display's cookie (`Xsecurity(7)`). They belong to users and are read for
//! root: so nothing is followed, waited for or looked into here. What they say is parsed by the shield.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::accounts::FIRST_PERSON;
use crate::slow;
use crate::slow::Slow;

use super::Display;

/// The contents of the files that may let somebody into a display, the likeliest first.
pub async fn authorities(display: &Display, home: &Path) -> Vec<Vec<u8>> {
    let uid = display.server_uid;
    let given = async {
        let arguments = slow::read(uid, &Slow::Arguments(display.server)).await.ok()?;
        let file = given(&arguments, display.server.pid)?;
        let owner = if display.place.is_some() { system_owner(&file)? } else { uid };
        slow::read(uid, &Slow::Owned(owner, file)).await.ok()
    };
    let usual = Slow::Owned(uid, home.join(".Xauthority"));
    // Side by side: one that does not answer does not cost the other its time.
    let (given, usual) = tokio::join!(given, slow::read(uid, &usual));
    let mut found: Vec<Vec<u8>> = given.into_iter().chain(usual.ok()).collect();
    found.dedup();
    found
}

/// The account of the system's that has a file, which a display manager named: SDDM's is the one of its greeter.
fn system_owner(file: &Path) -> Option<u32> {
    let owner = std::fs::symlink_metadata(file).ok()?.uid();
    (owner < FIRST_PERSON).then_some(owner)
}

/// The file that the server's arguments name, as the server would find it.
fn given(arguments: &[u8], pid: u32) -> Option<PathBuf> {
    let mut arguments = arguments.split(|byte| *byte == 0);
    arguments.find(|argument| *argument == b"-auth")?;
    let working = PathBuf::from(format!("/proc/{pid}/cwd"));
    arguments.next().filter(|path| !path.is_empty()).map(|path| working.join(OsStr::from_bytes(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_one_that_the_server_was_told() {
        let given = |arguments: &[u8]| given(arguments, 7);
        assert_eq!(given(b"Xvfb\0:1\0-auth\0/run/a\xff\0"), Some(PathBuf::from(OsStr::from_bytes(b"/run/a\xff"))));
        assert_eq!(given(b"Xvfb\0-auth\0cookies\0"), Some(PathBuf::from("/proc/7/cwd/cookies")));
        assert_eq!(given(b"Xvfb\0-auth\0"), None);
        assert_eq!(given(b"Xvfb\0:1\0"), None);
    }
}
