//! The files that may hold a display's cookie (`Xsecurity(7)`). They belong to users and are read by
//! root: so nothing is followed, waited for or looked into here. What they say is parsed by the shield.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use usher_core::wire::shield::MAX_AUTHORITY;

use super::Display;

/// The contents of the files that may let somebody into a display, the likeliest first.
pub fn authorities(display: &Display, home: &Path) -> Vec<Vec<u8>> {
    let arguments = arguments(display.server_pid);
    let given = arguments.windows(2).find(|pair| pair[0] == "-auth").map(|pair| PathBuf::from(&pair[1]));
    let working = PathBuf::from(format!("/proc/{}/cwd", display.server_pid));
    let candidates = [given.map(|path| working.join(path)), Some(home.join(".Xauthority"))];
    let readable = candidates.into_iter().flatten().filter_map(|path| read(&path, display.server_uid).ok());
    let mut found: Vec<Vec<u8>> = Vec::new();
    for contents in readable {
        if !found.contains(&contents) {
            found.push(contents);
        }
    }
    found
}

/// A regular file of that user's or of root's server, without waiting for anything.
fn read(path: &Path, server_uid: u32) -> std::io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let meta = file.metadata()?;
    // A user's server could name any file as its own: only the user's own files are read for it.
    let owned = meta.uid() == server_uid;
    if !meta.is_file() || !owned || meta.len() > MAX_AUTHORITY {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let mut contents = Vec::new();
    file.take(MAX_AUTHORITY).read_to_end(&mut contents)?;
    Ok(contents)
}

fn arguments(pid: u32) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    bytes.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_users_own_plain_files_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let me = rustix::process::geteuid().as_raw();
        let own = directory.path().join("own");
        std::fs::write(&own, b"cookie").unwrap();
        assert_eq!(read(&own, me).unwrap(), b"cookie");
        assert!(read(&own, me + 1).is_err(), "somebody else's");

        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&own, &link).unwrap();
        assert!(read(&link, me).is_err(), "a link");

        let fifo = directory.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success() && read(&fifo, me).is_err(), "a pipe that nobody writes to");

        std::fs::write(&own, vec![0; usize::try_from(MAX_AUTHORITY).unwrap() + 1]).unwrap();
        assert!(read(&own, me).is_err(), "a large one");
    }
}
