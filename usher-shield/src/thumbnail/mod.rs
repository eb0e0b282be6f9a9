//! Pictures of screens, each by a process that ends when it is done: rows of pixels, made smaller as they come, and
//! written as PNG to standard output. Neither the shield nor usherd ever has the pixels.

use std::io::{self, Read, Write as _};

use usher_core::request::ThumbnailSize;
use usher_core::wire::cells::TerminalCells;
use usher_core::wire::shield::Arming;

mod cells;
mod sheet;
mod shot;

pub use sheet::Sheet;

/// The most bytes of an order: the cells of the largest terminal, each unlike the next.
const MOST: u64 = 128 << 20;

/// Draws the terminal that standard input describes.
pub fn still(size: Option<&str>) -> io::Result<()> {
    let still: TerminalCells = serde_json::from_slice(&order()?)?;
    let image = cells::draw(&still);
    let mut sheet = Sheet::new(io::stdout(), (image.width, image.height), wanted(size)?)?;
    image.rows().try_for_each(|row| sheet.row(row))?;
    sheet.end()?;
    io::stdout().flush()
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
    io::stdin().take(MOST).read_to_end(&mut order)?;
    Ok(order)
}
