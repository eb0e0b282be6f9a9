//! `usher install-cmdlets`

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use clap::Args;
use usher_core::outcome::{Error, ErrorId, Exit};

use super::{CommandError, output};
use crate::cmdlet::{ALL, Cmdlet};
use crate::words;

/// Create links through which the cmdlets are called by name, such as Lock-WmsSession
///
/// Each link leads to this program, which recognises the cmdlet by the name that it was called by. Each name has two
/// links: as the reference writes it, and in lower case. Links that are there already are replaced; other files are left
/// alone. The directory is made if it is not there.
///
/// Without links, every cmdlet is available as a verb: `usher Lock-WmsSession`.
#[derive(Debug, Args)]
pub struct InstallCmdlets {
    /// The directory for the links, preferably one in $PATH
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl InstallCmdlets {
    pub(super) fn run(self) -> Result<Exit, CommandError> {
        let program = std::env::current_exe()?;
        // Where it cannot be made, the links say why.
        let _ = fs::create_dir_all(&self.directory);
        let mut exit = Exit::Success;
        for name in ALL.into_iter().flat_map(Cmdlet::links) {
            let link = self.directory.join(name);
            if let Err(error) = install(&program, &link) {
                let (place, why) = (link.display().to_string(), error.to_string());
                let message = words::with!("install-failed", &[("link", &place), ("why", &why)]);
                output::print_error(&Error::new(ErrorId::InvalidRequest, message));
                exit = Exit::Failed;
            }
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let here = canonical(&self.directory);
        if exit == Exit::Success && !std::env::split_paths(&path).any(|one| canonical(&one) == here) {
            let directory = output::printable(&self.directory.display().to_string());
            eprintln!("usher: {}", words::with!("install-not-in-path", &[("directory", &directory)]));
        }
        Ok(exit)
    }
}

/// Makes one link. An older link is replaced; a file that is none is somebody's, and stays.
fn install(program: &Path, link: &Path) -> io::Result<()> {
    match fs::symlink_metadata(link) {
        Ok(found) if found.is_symlink() => fs::remove_file(link)?,
        Ok(_) => return Err(ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    symlink(program, link)
}
