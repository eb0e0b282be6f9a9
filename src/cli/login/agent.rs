//! A stable name for the ssh agent of the connection that came last: programs in a session that outlives connections keep
//! one `SSH_AUTH_SOCK` and find whichever agent is there.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

/// The name in the user's runtime directory.
const NAME: &str = "usher-agent.sock";

/// Has the stable name lead to this connection's agent, if there is one. Gives the name, where the user has a runtime
/// directory for it.
pub(in crate::cli) fn point() -> Option<String> {
    let uid = rustix::process::getuid().as_raw();
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
    let directory = variable("XDG_RUNTIME_DIR").unwrap_or_else(|| PathBuf::from(format!("/run/user/{uid}")));
    fs::metadata(&directory).ok().filter(|meta| meta.is_dir() && meta.uid() == uid)?;
    let link = directory.join(NAME);
    if let Some(agent) = variable("SSH_AUTH_SOCK").filter(|agent| *agent != link) {
        // Without it programs find the last one, or none.
        let _ = replace(&link, &agent);
    }
    link.into_os_string().into_string().ok()
}

/// Nobody finds the name missing in between.
fn replace(link: &Path, to: &Path) -> io::Result<()> {
    let new = link.with_extension(format!("{}.new", std::process::id()));
    let _ = fs::remove_file(&new);
    symlink(to, &new)?;
    fs::rename(&new, link).inspect_err(|_| drop(fs::remove_file(&new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_leads_to_the_last_agent() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join(NAME);
        for agent in ["/tmp/first", "/tmp/second"] {
            replace(&link, Path::new(agent)).unwrap();
            assert_eq!(fs::read_link(&link).unwrap(), Path::new(agent));
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
