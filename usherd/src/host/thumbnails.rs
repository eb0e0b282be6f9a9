//! Thumbnails in memory: as many as fit into a bound, from before they are made until their callers have read them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailSize;

use crate::actor::{Actor, Role};
use crate::backend::TakenScreen;

/// What the thumbnails of ordinary users may take together, in MiB.
const ORDINARY: usize = 128;
/// What those of operators and administrators may take together, in MiB.
const KEPT: usize = 256;
/// How long a thumbnail may wait for room.
const PATIENCE: Duration = Duration::from_secs(15);

/// Room for thumbnails.
#[derive(Debug)]
pub struct ThumbnailRoom {
    ordinary: Arc<Semaphore>,
    kept: Arc<Semaphore>,
}

/// What a session's screen shows, as PNG or as text, with the room that it takes. The room is free again once the bytes are.
#[derive(Debug)]
pub struct HeldScreen {
    bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for HeldScreen {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Default for ThumbnailRoom {
    fn default() -> Self {
        ThumbnailRoom { ordinary: Arc::new(Semaphore::new(ORDINARY)), kept: Arc::new(Semaphore::new(KEPT)) }
    }
}

impl ThumbnailRoom {
    /// Makes a thumbnail for this actor once there is room for the largest of its size; none if the actor has it. With it comes
    /// whether the screen's next change is told.
    ///
    /// # Errors
    /// There is no room in time, or the thumbnail cannot be made.
    pub async fn make(
        &self,
        actor: &Actor,
        size: ThumbnailSize,
        making: impl Future<Output = Result<TakenScreen, Error>>,
    ) -> Result<(Option<HeldScreen>, bool), Error> {
        let room = if actor.role >= Role::Operator { &self.kept } else { &self.ordinary };
        let most = largest(size);
        let waiting = tokio::time::timeout(PATIENCE, Arc::clone(room).acquire_many_owned(most)).await;
        let mut room = waiting.ok().and_then(Result::ok).ok_or_else(no_room)?;
        let TakenScreen { bytes, told } = making.await?;
        let Some(bytes) = bytes else { return Ok((None, told)) };
        let surplus = usize::try_from(most).unwrap_or(usize::MAX).checked_sub(mebibytes(bytes.len()));
        drop(room.split(surplus.ok_or_else(|| too_large(size))?));
        Ok((Some(HeldScreen { bytes, _room: room }), told))
    }
}

/// The most MiB of a thumbnail of this size.
fn largest(size: ThumbnailSize) -> u32 {
    match size {
        ThumbnailSize::Small | ThumbnailSize::Medium | ThumbnailSize::Large => 4,
        ThumbnailSize::FullScreen => 64,
    }
}

/// So many whole MiB hold these bytes.
fn mebibytes(bytes: usize) -> usize {
    bytes.div_ceil(1 << 20)
}

fn no_room() -> Error {
    Error::new(ErrorId::Timeout, "too many thumbnails are being made or read at once")
        .hint("try again when others have read theirs")
}

fn too_large(size: ThumbnailSize) -> Error {
    Error::new(ErrorId::BackendFailed, format!("the thumbnail is larger than {} MiB", largest(size)))
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;
    use crate::actor::Who;

    fn actor(role: Role) -> Actor {
        let (name, from) = ("alice".to_owned(), String::new());
        Actor { who: Who::User(1000), name, role, from, own_sessions: Vec::new() }
    }

    fn make(room: &ThumbnailRoom, role: Role, size: ThumbnailSize, bytes: usize) -> Result<HeldScreen, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let taken = TakenScreen { bytes: Some(vec![0; bytes]), told: false };
        runtime.block_on(room.make(&actor(role), size, ready(Ok(taken)))).map(|(held, _)| held.unwrap())
    }

    #[test]
    fn thumbnails_that_nobody_reads_leave_room_for_operators() {
        let room = ThumbnailRoom::default();
        let full = |role| make(&room, role, ThumbnailSize::FullScreen, 64 << 20).unwrap();
        let unread = [full(Role::User), full(Role::User)];
        assert_eq!(room.ordinary.available_permits(), 0);
        drop(full(Role::Operator));
        drop(unread);
        assert_eq!(room.ordinary.available_permits(), ORDINARY);
    }

    #[test]
    fn a_thumbnail_keeps_no_more_room_than_it_needs() {
        let room = ThumbnailRoom::default();
        let _small = make(&room, Role::User, ThumbnailSize::FullScreen, 1000).unwrap();
        assert_eq!(room.ordinary.available_permits(), ORDINARY - 1);
        let large = make(&room, Role::User, ThumbnailSize::Small, 5 << 20);
        assert_eq!(large.unwrap_err().id, ErrorId::BackendFailed);
        assert_eq!(room.ordinary.available_permits(), ORDINARY - 1);
    }
}
