//! Thumbnails on their way: another process draws one and writes it into a pipe. usherd hands it on unread, and takes no
//! more of it than a bound.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::Pin;

/// What came of looking at a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenScreen {
    /// A picture as PNG, or text; none if the caller has it.
    pub bytes: Option<Vec<u8>>,
    /// The screen's next change is told ([`Noticed::ScreenChanged`](super::Noticed)).
    pub told: bool,
}

/// How long a thumbnail may take, from the request to its last byte.
pub(super) const DEADLINE: Duration = Duration::from_secs(15);
/// The most bytes of a thumbnail: more than the largest screens need.
const MOST: u64 = 64 << 20;

/// A pipe for a thumbnail: the end that is read, and the end for the process that draws.
#[cfg(any(feature = "system", test))]
pub(super) fn pipe() -> Result<(tokio::net::unix::pipe::Receiver, std::os::fd::OwnedFd), Error> {
    let failed = |e: std::io::Error| failed(&format!("a pipe cannot be made: {e}"));
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(|e| failed(e.into()))?;
    Ok((tokio::net::unix::pipe::Receiver::from_owned_fd(read).map_err(failed)?, write))
}

/// Everything that is written until the end.
#[cfg(any(feature = "system", test))]
pub(super) async fn collect(from: impl AsyncRead + Unpin) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = from.take(MOST + 1).read_to_end(&mut bytes).await;
    read.map_err(|e| failed(&format!("the thumbnail could not be read: {e}")))?;
    match u64::try_from(bytes.len()) {
        Ok(0) => Err(failed("the process that draws ended without a thumbnail")),
        Ok(count) if count <= MOST => Ok(bytes),
        _ => Err(failed("the thumbnail is larger than 64 MiB")),
    }
}

/// The next document of a connection that goes on.
pub(super) async fn collect_document(from: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Error> {
    let ended = || failed("the process that draws ended without a thumbnail");
    let (mut bytes, mut room) = (Vec::new(), MOST);
    loop {
        let length = u64::from(from.read_u32_le().await.map_err(|_| ended())?);
        if length == 0 && !bytes.is_empty() {
            return Ok(bytes);
        }
        room = room.checked_sub(length).ok_or_else(|| failed("the thumbnail is larger than 64 MiB"))?;
        let read = from.take(length).read_to_end(&mut bytes).await;
        if length == 0 || read.ok().and_then(|read| u64::try_from(read).ok()) != Some(length) {
            return Err(ended());
        }
    }
}

/// The thumbnail, unless the caller has it.
pub(super) fn unless_known(png: Vec<u8>, known: Option<&Pin>) -> Option<Vec<u8>> {
    let same = known.is_some_and(|known| *known == Pin::of(&png));
    (!same).then_some(png)
}

/// No thumbnail came.
pub(super) fn failed(why: &str) -> Error {
    Error::new(ErrorId::BackendFailed, format!("no thumbnail was made: {why}"))
}

/// No thumbnail came in time.
pub(super) fn late(id: u32) -> Error {
    Error::new(ErrorId::Timeout, format!("no thumbnail of session {id} was made in {} s", DEADLINE.as_secs()))
        .hint("try again; a display that does not answer has no thumbnail")
}

/// The session's part of usher is of a version that makes no thumbnails.
pub(super) fn too_old(id: u32, part: &str) -> Error {
    let message = format!("the {part} of session {id} is of an older version of usher, which makes no thumbnails");
    Error::new(ErrorId::NotSupported, message).hint("a thumbnail can be made after its next login")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn collected(bytes: &'static [u8]) -> Result<Vec<u8>, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (read, write) = pipe().unwrap();
            let writer = std::thread::spawn(move || std::fs::File::from(write).write_all(bytes));
            let collected = collect(read).await;
            drop(writer.join());
            collected
        })
    }

    #[test]
    fn a_thumbnail_is_what_was_written_and_nothing_is_none() {
        assert_eq!(collected(b"\x89PNG and more").unwrap(), b"\x89PNG and more");
        assert_eq!(collected(b"").unwrap_err().id, ErrorId::BackendFailed);
    }

    #[test]
    fn documents_are_taken_whole_and_one_after_the_other() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let taken = |mut from: &[u8]| {
            runtime.block_on(async { (collect_document(&mut from).await, collect_document(&mut from).await) })
        };
        let (first, second) = taken(b"\x02\0\0\0on\x01\0\0\0e\0\0\0\0\x03\0\0\0two\0\0\0\0");
        assert_eq!((first.unwrap(), second.unwrap()), (b"one".to_vec(), b"two".to_vec()));
        for wrong in [&b"\0\0\0\0"[..], b"", b"\x02\0\0\0on", b"\x04\0\0\0on", b"\x01\0"] {
            let (first, _) = taken(wrong);
            assert!(first.unwrap_err().message.contains("ended without a thumbnail"), "{wrong:?}");
        }
        assert!(taken(b"\x01\0\0\x04much").0.unwrap_err().message.contains("64 MiB"));
    }

    #[test]
    fn what_never_ends_is_not_taken() {
        static LONG: [u8; (64 << 20) + 1] = [0; (64 << 20) + 1];
        assert!(collected(&LONG).unwrap_err().message.contains("64 MiB"));
    }
}
