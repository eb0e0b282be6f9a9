//! Pictures of screens, each by a process that ends when it is done: rows of pixels, made smaller as they come, and
//! written as PNG to standard output. Neither the shield nor usherd ever has the pixels.

use std::io::{self, BufWriter, Read, Write as _};

use usher_core::request::ThumbnailSize;
use usher_core::wire::cells::TerminalCells;
use usher_core::wire::document::{Pieces, end_document, read_document};
use usher_core::wire::shield::Arming;

mod cells;
mod sheet;
mod shot;

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

/// Takes a picture of the display that standard input names.
pub fn screen(size: Option<&str>) -> io::Result<()> {
    let arming: Arming = serde_json::from_slice(&order()?)?;
    shot::take(&arming, wanted(size)?, io::stdout())?;
    io::stdout().flush()
}

/// The size that a process is told by its argument.
pub fn wanted(size: Option<&str>) -> io::Result<ThumbnailSize> {
    size.unwrap_or_default().parse().map_err(io::Error::other)
}

/// Locking comes first.
pub fn stand_back() {
    let _ = rustix::process::nice(10);
}

fn order() -> io::Result<Vec<u8>> {
    stand_back();
    let mut order = Vec::new();
    io::stdin().take(MOST as u64).read_to_end(&mut order)?;
    Ok(order)
}
