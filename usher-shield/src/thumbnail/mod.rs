//! Pictures of screens, by processes that live no longer than a look goes on: rows of pixels, made smaller as they come,
//! and written as PNG. Neither the shield nor usherd ever has the pixels.

use std::fs::File;
use std::io::{self, BufWriter, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use usher_core::request::ThumbnailSize;
use usher_core::wire::Conn;
use usher_core::wire::cells::TerminalCells;
use usher_core::wire::document::{Pieces, end_document, read_document};

use crate::capture::{Taken, ToCapture};

mod cells;
mod format;
mod kept;
mod sheet;
mod shot;
mod shrink;

pub use sheet::Sheet;

/// The most bytes of an order: the cells of the largest terminal, each unlike the next.
const MOST: usize = 128 << 20;

/// Bytes of a picture that are passed on at once.
const PIECE: usize = 64 << 10;

/// Draws what one terminal shows, each time that standard input describes it, until that ends. All of it is one session's.
pub fn stills(size: Option<&str>) -> io::Result<()> {
    stand_back();
    let size = wanted(size)?;
    let mut artist = cells::Artist::new();
    while let Some(order) = read_document(&mut io::stdin(), MOST)? {
        let still: TerminalCells = serde_json::from_slice(&order)?;
        let image = artist.draw(&still);
        let picture = BufWriter::with_capacity(PIECE, Pieces(io::stdout()));
        let mut sheet = Sheet::new(picture, (image.width, image.height), size)?;
        image.rows().try_for_each(|row| sheet.row(row))?;
        sheet.end()?;
        end_document(&mut io::stdout())?;
    }
    Ok(())
}

/// Takes pictures of the display that standard input names.
pub fn screens() -> io::Result<()> {
    let mut arming = Vec::new();
    io::stdin().take(MOST as u64).read_to_end(&mut arming)?;
    let mut display = shot::PicturedDisplay::new(serde_json::from_slice(&arming)?);
    serve(|size, to| display.take(size, to))
}

/// Takes pictures as the shield orders them on standard output, until it has gone.
pub fn serve(mut take: impl FnMut(ThumbnailSize, BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    stand_back();
    let mut conn = Conn::with_descriptors(UnixStream::from(io::stdout().as_fd().try_clone_to_owned()?))?;
    while !conn.is_closed() {
        poll(&mut [PollFd::from_borrowed_fd(conn.fd(), PollFlags::IN)], None)?;
        for ToCapture::Take(size) in conn.receive_messages() {
            let Some(to) = conn.next_descriptor() else { continue };
            let taken = take(size, BufWriter::with_capacity(PIECE, File::from(to)));
            conn.send_message(&Taken { error: taken.err().map(|why| why.to_string()) });
        }
    }
    Ok(())
}

/// The size that a process is told by its argument.
fn wanted(size: Option<&str>) -> io::Result<ThumbnailSize> {
    size.unwrap_or_default().parse().map_err(io::Error::other)
}

/// Locking comes first.
fn stand_back() {
    let _ = rustix::process::nice(10);
}
