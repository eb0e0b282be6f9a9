//! `usher thumbnail`: a picture of what the person at a session sees.

use std::fs::{self, File, Permissions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::NamedTempFile;
use usher_core::files;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::{Action, SessionRef, ThumbnailSize};

use super::{CommandError, Context, choices};
use crate::client::ClientError;
use crate::words;

/// Save a thumbnail of what a session shows
///
/// The thumbnail is a PNG image of what the person at the session sees. A locked session shows its lock screen,
/// and nothing of what lies beneath.
///
/// Administrators may take thumbnails of all sessions, operators of standard users' sessions, and everybody of
/// their own. The audit log records each one before it is taken.
#[derive(Debug, Args)]
#[command(arg = super::output_without_letter())]
pub struct Thumbnail {
    /// The session's ID, as `usher list` shows it, or its name
    #[arg(value_name = "ID")]
    id: SessionRef,
    /// small (at most 160x120), medium (320x240), large (640x480) or fullscreen (as large as the screen)
    #[arg(long, value_name = "SIZE", default_value_t, value_parser = choices::size(), ignore_case = true, hide_possible_values = true)]
    size: ThumbnailSize,
    /// The file to write; - for standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    file: PathBuf,
}

impl Thumbnail {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let host = context.hosts.only("thumbnail")?;
        let written = if self.file.as_os_str() == "-" {
            if io::stdout().is_terminal() {
                let error = Error::new(ErrorId::InvalidRequest, words::text!("thumbnail-to-terminal"));
                return Err(CommandError::Usage(error.hint(words::text!("thumbnail-to-terminal-hint"))));
            }
            None
        } else {
            // A file that cannot be written is found before the thumbnail is taken and recorded.
            Some(ThumbnailFile::open(&self.file).map_err(|error| self.unwritten(&error))?)
        };
        let action = Action::Thumbnail(self.id.clone(), self.size.into());
        context.trace(host, &action);
        let png = host.client.call_bytes(&action).await?;
        match written {
            Some(file) => file.write(&png).map_err(|error| self.unwritten(&error))?,
            None => io::stdout().write_all(&png).and_then(|()| io::stdout().flush())?,
        }
        Ok(Exit::Success)
    }

    fn unwritten(&self, error: &io::Error) -> CommandError {
        let (file, why) = (self.file.display().to_string(), error.to_string());
        let message = words::with!("thumbnail-unwritten", &[("file", &file), ("why", &why)]);
        let error = Error::new(ErrorId::BackendFailed, message);
        CommandError::Client(Box::new(ClientError { error, exit: Exit::Failed }))
    }
}

/// A thumbnail in words, for places that cannot show it: `PNG 160x90, 4 KiB`.
pub(super) fn described(png: &[u8]) -> String {
    // The first chunk holds width and height (PNG specification, 11.2.2 IHDR).
    let number = |at: usize| Some(u32::from_be_bytes(*png.get(at..)?.first_chunk()?));
    let size = number(16).zip(number(20)).map(|(width, height)| format!(" {width}x{height}")).unwrap_or_default();
    format!("PNG{size}, {} KiB", png.len().div_ceil(1024))
}

/// The file that a thumbnail goes to. What it had before stays until the new contents are on the disk.
struct ThumbnailFile {
    path: PathBuf,
    /// Beside it, under another name; none for what is no plain file (a pipe, a device), which is written as it is.
    beside: Option<NamedTempFile>,
}

impl ThumbnailFile {
    fn open(path: &Path) -> io::Result<Self> {
        let (path, meta) = match fs::metadata(path) {
            // A link stays one, and the file that it leads to is written.
            Ok(meta) => (fs::canonicalize(path)?, Some(meta)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
            Err(error) => return Err(error),
        };
        if meta.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if meta.as_ref().is_some_and(|meta| !meta.is_file()) {
            return Ok(ThumbnailFile { path, beside: None });
        }
        let beside = files::beside(&path, 0o666)?;
        if let Some(meta) = meta {
            // A file that its owner has made read-only stays as it is.
            if meta.permissions().readonly() && !rustix::process::geteuid().is_root() {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            beside.as_file().set_permissions(Permissions::from_mode(meta.permissions().mode() & 0o777))?;
        }
        Ok(ThumbnailFile { path, beside: Some(beside) })
    }

    fn write(self, bytes: &[u8]) -> io::Result<()> {
        let Some(mut beside) = self.beside else {
            return File::options().write(true).open(&self.path)?.write_all(bytes);
        };
        beside.write_all(bytes)?;
        beside.as_file().sync_all()?;
        beside.persist(&self.path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_stays_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shot.png");
        let names = || fs::read_dir(directory.path()).unwrap().count();
        fs::write(&path, b"before").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();

        drop(ThumbnailFile::open(&path).unwrap());
        assert_eq!((fs::read(&path).unwrap(), names()), (b"before".to_vec(), 1), "given up");

        ThumbnailFile::open(&path).unwrap().write(b"after").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!((fs::read(&path).unwrap(), names(), mode), (b"after".to_vec(), 1, 0o640));
    }

    #[test]
    fn a_link_stays_one_and_what_it_leads_to_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (directory.path().join("shot.png"), directory.path().join("link"));
        fs::write(&path, b"before").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        ThumbnailFile::open(&link).unwrap().write(b"after").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"after");
    }

    #[test]
    fn a_picture_says_how_large_it_is() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\xa0\0\0\0\x5a".to_vec();
        png.resize(3 * 1024 + 1, 0);
        assert_eq!(described(&png), "PNG 160x90, 4 KiB");
        assert_eq!(described(b"?"), "PNG, 1 KiB");
    }
}
