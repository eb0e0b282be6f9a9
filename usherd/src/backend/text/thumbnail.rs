//! A thumbnail of a text session: its holder writes the cells into a file in memory, and a process of the program
//! `usher-shield`, which knows fonts, draws them.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Stdio;

use rustix::fs::{MemfdFlags, memfd_create};
use tokio::process::Command;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailSize;
use usher_core::sys::program::beside_this_program;
use usher_core::wire::holder::{FromHolder, ToHolder, WITH_STILLS};

use super::TextBackend;
use crate::backend::Observation;
use crate::backend::thumbnail::{DEADLINE, collect, failed, late, too_old};
use crate::session::Target;

/// Processes that draw at once; the others wait for their turn.
pub(super) const AT_ONCE: usize = 4;

/// Orders the cells now, and draws them when somebody awaits it.
pub(super) fn thumbnail(backend: &TextBackend, target: &Target, size: ThumbnailSize) -> Observation<Vec<u8>> {
    let cells = cells(backend, target);
    let (places, id) = (backend.drawing.clone(), target.id);
    Box::pin(async move {
        let drawn = async {
            let (reply, mut file) = cells?;
            match reply.await {
                Ok(FromHolder::Written { error: None, .. }) => {}
                Ok(FromHolder::Written { error: Some(why), .. }) => return Err(failed(&why)),
                Ok(_) | Err(_) => {
                    return Err(Error::new(ErrorId::SessionChanged, format!("session {id} ended meanwhile")));
                }
            }
            file.seek(SeekFrom::Start(0)).map_err(|e| failed(&e.to_string()))?;
            let _place = places.acquire().await;
            draw(&beside_this_program("usher-shield"), file, size).await
        };
        tokio::time::timeout(DEADLINE, drawn).await.unwrap_or_else(|_| Err(late(id)))
    })
}

type Cells = (crate::backend::link::Reply<FromHolder>, File);

fn cells(backend: &TextBackend, target: &Target) -> Result<Cells, Error> {
    let held = backend.link(target)?;
    if held.protocol < WITH_STILLS {
        return Err(too_old(target.id, "holder"));
    }
    let file = memfd_create("usher-still", MemfdFlags::CLOEXEC).map_err(|e| failed(&e.to_string()))?;
    let theirs = file.as_fd().try_clone_to_owned().map_err(|e| failed(&e.to_string()))?;
    let seq = backend.next_seq();
    Ok((held.link.request_with(seq, &ToHolder::Still { seq }, theirs)?, File::from(file)))
}

/// Lets the program draw what the file has. It is killed when nobody awaits it any more.
async fn draw(program: &Path, cells: File, size: ThumbnailSize) -> Result<Vec<u8>, Error> {
    let mut command = Command::new(program);
    command.args(["still", size.as_str()]).env_clear().current_dir("/").kill_on_drop(true);
    command.stdin(Stdio::from(cells)).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| {
        let message =
            format!("thumbnails of text sessions are made by {}, which cannot be started: {error}", program.display());
        Error::new(ErrorId::NotSupported, message).hint("install usher-shield beside usherd")
    })?;
    let Some(answer) = child.stdout.take() else { return Err(failed("it has no standard output")) };
    let thumbnail = collect(answer).await?;
    match child.wait().await {
        Ok(status) if status.success() => Ok(thumbnail),
        Ok(status) => Err(failed(&format!("the process that drew it ended with {status}"))),
        Err(error) => Err(failed(&error.to_string())),
    }
}
