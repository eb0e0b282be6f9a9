//! A thumbnail of a text session: its holder writes the cells into a file in memory, and another process draws them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::sync::PoisonError;

use rustix::fs::{MemfdFlags, memfd_create};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Pin, ThumbnailQuery, ThumbnailSize};
use usher_core::wire::holder::{FromHolder, ToHolder, WITH_CHANGES, WITH_STILLS};

use super::TextBackend;
use crate::backend::Observation;
use crate::backend::thumbnail::{DEADLINE, TakenScreen, failed, late, too_old, unless_known};
use crate::session::Target;

/// More than the cells of the largest screen.
const MOST_CELLS: usize = 64 << 20;

/// Orders the cells now, and draws them when somebody awaits it.
pub(super) fn thumbnail(backend: &TextBackend, target: &Target, query: &ThumbnailQuery) -> Observation<TakenScreen> {
    let cells = cells(backend, target, query.live);
    let ThumbnailQuery { size, known, .. } = query.clone();
    let (drawers, drawn, units) = (backend.drawers.clone(), backend.drawn.clone(), backend.units.clone());
    let (id, key) = (target.id, target.key.clone());
    Box::pin(async move {
        let made = async {
            let (reply, mut file, told) = cells?;
            match reply.await {
                Ok(FromHolder::Written { error: None, .. }) => {}
                Ok(FromHolder::Written { error: Some(why), .. }) => return Err(failed(&why)),
                Ok(_) | Err(_) => {
                    return Err(Error::new(ErrorId::SessionChanged, format!("session {id} ended meanwhile")));
                }
            }
            let cells = written(&mut file)?;
            let written = Pin::of(&cells);
            let last = drawn.lock().unwrap_or_else(PoisonError::into_inner).of(id, size, &written);
            if known.is_some() && known == last {
                return Ok(TakenScreen { bytes: None, told });
            }
            let png = drawers.draw(units.as_ref(), (key, size), &cells, told).await?;
            drawn.lock().unwrap_or_else(PoisonError::into_inner).keep((id, size), written, Pin::of(&png));
            Ok(TakenScreen { bytes: unless_known(png, known.as_ref()), told })
        };
        tokio::time::timeout(DEADLINE, made).await.unwrap_or_else(|_| Err(late(id)))
    })
}

/// What the cells of each session were when they were drawn, and the picture of them: as hashes.
#[derive(Debug, Default)]
pub(super) struct Drawn(HashMap<(u32, ThumbnailSize), (Pin, Pin)>);

impl Drawn {
    /// The most pictures that are known of.
    const MOST: usize = 1024;

    /// The picture that was drawn of these cells, if they were the last.
    fn of(&self, id: u32, size: ThumbnailSize, cells: &Pin) -> Option<Pin> {
        self.0.get(&(id, size)).filter(|(drawn, _)| drawn == cells).map(|(_, png)| png.clone())
    }

    fn keep(&mut self, place: (u32, ThumbnailSize), cells: Pin, png: Pin) {
        // What is forgotten is drawn once more.
        if self.0.len() >= Self::MOST && !self.0.contains_key(&place) {
            self.0.clear();
        }
        self.0.insert(place, (cells, png));
    }
}

/// What the holder wrote.
fn written(file: &mut File) -> Result<Vec<u8>, Error> {
    let failed = |e: std::io::Error| failed(&e.to_string());
    let mut cells = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let read = Read::take(&mut *file, MOST_CELLS as u64).read_to_end(&mut cells).map_err(failed)?;
    if read == MOST_CELLS {
        return Err(crate::backend::thumbnail::failed("its cells are larger than 64 MiB"));
    }
    Ok(cells)
}

/// The answer to come, the file, and whether the next change is told.
type Cells = (crate::backend::link::Reply<FromHolder>, File, bool);

fn cells(backend: &TextBackend, target: &Target, live: bool) -> Result<Cells, Error> {
    let held = backend.link(target)?;
    if held.protocol < WITH_STILLS {
        return Err(too_old(target.id, "holder"));
    }
    let file = memfd_create("usher-still", MemfdFlags::CLOEXEC).map_err(|e| failed(&e.to_string()))?;
    let theirs = file.as_fd().try_clone_to_owned().map_err(|e| failed(&e.to_string()))?;
    let seq = backend.next_seq();
    let watch = live && held.protocol >= WITH_CHANGES;
    Ok((held.link.request_with(seq, &ToHolder::Still { seq, watch }, theirs)?, File::from(file), watch))
}
