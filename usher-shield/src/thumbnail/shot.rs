//! What an X screen shows. The root window's pixels are the screen's (X Window System Protocol, chapter 8, GetImage: with
//! what lies above it), the composite overlay's and every cover's among them: what comes out is what a person sees.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use usher_core::request::ThumbnailSize;
use usher_core::wire::shield::Arming;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Rectangle};

use super::format::Format;
use super::kept::KeptPicture;
use super::sheet::Sheet;
use super::shrink::Area;
use crate::x::{Asked, DamagedArea, Display, Known, NoDisplay, Trouble};

/// How long the server may take to let us in, and for a piece: what takes pictures stands back, and may itself be slow.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a picture may take on a connection that is kept, before a new one is made.
const KEPT: Duration = Duration::from_secs(1);
/// The bytes of a piece, about: less than what is asked of the kernel anew each time (`mallopt(3)`, M_MMAP_THRESHOLD).
const PIECE: usize = 96 << 10;
/// The most pixels of a picture that is kept; a larger one is read anew each time. Whoever has a display says how large it is.
const MOST_KEPT: u64 = 4 << 20;

/// A display whose pictures are taken.
pub struct PicturedDisplay {
    arming: Arming,
    cookie: Known,
    /// What is kept of the last picture.
    open: Option<OpenScreen>,
}

impl PicturedDisplay {
    pub fn new(arming: Arming) -> Self {
        PicturedDisplay { arming, cookie: None, open: None }
    }

    /// Takes a picture of what it shows now.
    ///
    /// # Errors
    /// Why there is none, in a sentence.
    pub fn take(&mut self, size: ThumbnailSize, out: impl Write + 'static) -> io::Result<()> {
        let until = Instant::now() + crate::capture::PATIENCE;
        // Another client may have cut it, or it does not answer: a new connection is as good.
        let kept = self.open.take().and_then(|mut screen| {
            screen.look().ok()?;
            screen.renew(size, Instant::now() + KEPT).ok()?;
            Some(screen)
        });
        let screen = match kept {
            Some(screen) => screen,
            None => {
                let x = Display::connect(&self.arming, &mut self.cookie, PATIENCE).map_err(no_display)?;
                let mut screen = asked(OpenScreen::new(x))?;
                asked(screen.look())?;
                screen.renew(size, until)?;
                screen
            }
        };
        screen.write(size, out, until)?;
        self.open = Some(screen);
        Ok(())
    }
}

/// A screen, on a connection that is kept.
struct OpenScreen {
    x: Display,
    format: Format,
    damaged: Option<DamagedArea>,
    size: (u16, u16),
    pictures: Vec<(ThumbnailSize, KeptPicture)>,
}

impl OpenScreen {
    fn new(x: Display) -> Asked<Self> {
        x.patience(PATIENCE);
        let (format, damaged) = (Format::of(&x)?, DamagedArea::begin(&x)?);
        Ok(OpenScreen { x, format, damaged, size: (0, 0), pictures: Vec::new() })
    }

    /// Learns what changed since the last picture, before the pixels are read.
    fn look(&mut self) -> Asked {
        self.x.patience(PATIENCE);
        let changed = match &mut self.damaged {
            Some(damaged) => damaged.take(&self.x)?,
            None => None,
        };
        let geometry = self.x.conn.get_geometry(self.x.root)?.reply()?;
        let size = (geometry.width, geometry.height);
        match changed {
            Some(changed) if size == self.size => {
                let areas = || changed.iter().map(area);
                self.pictures.iter_mut().for_each(|(_, picture)| areas().for_each(|area| picture.changed(area)));
            }
            Some(_) => self.pictures.clear(),
            None => {
                self.pictures.clear();
                self.damaged = DamagedArea::begin(&self.x)?;
            }
        }
        self.size = size;
        Ok(())
    }

    /// Makes the picture of this size show the screen as it is now, unless it is too large to be kept.
    fn renew(&mut self, size: ThumbnailSize, until: Instant) -> io::Result<()> {
        let screen = self.screen();
        if !is_kept(screen, size) {
            return Ok(());
        }
        let place = self.place(size).unwrap_or_else(|| {
            self.pictures.push((size, KeptPicture::new(screen, size)));
            self.pictures.len() - 1
        });
        if let Some(mut patch) = self.pictures[place].1.patch() {
            read(&self.x, &self.format, patch.from, until, |row| {
                patch.row(row);
                Ok(())
            })?;
            patch.end();
        }
        Ok(())
    }

    /// Writes the picture, which was renewed.
    fn write(&self, size: ThumbnailSize, out: impl Write + 'static, until: Instant) -> io::Result<()> {
        if let Some(place) = self.place(size) {
            return self.pictures[place].1.write(out);
        }
        let screen = self.screen();
        let mut sheet = Sheet::new(out, screen, size)?;
        read(&self.x, &self.format, Area::whole(screen), until, |row| sheet.row(row))?;
        sheet.end()
    }

    fn place(&self, size: ThumbnailSize) -> Option<usize> {
        self.pictures.iter().position(|(known, _)| *known == size)
    }

    fn screen(&self) -> (u32, u32) {
        (u32::from(self.size.0), u32::from(self.size.1))
    }
}

fn is_kept(screen: (u32, u32), size: ThumbnailSize) -> bool {
    let (width, height) = size.of_screen(screen);
    u64::from(width) * u64::from(height) <= MOST_KEPT
}

/// Where something changed, as far as it is on the screen.
fn area(changed: &Rectangle) -> Area {
    let cut = |start: i16, length: u16| {
        let end = (i32::from(start) + i32::from(length)).max(0);
        let start = i32::from(start).max(0);
        (start.unsigned_abs(), (end - start).max(0).unsigned_abs())
    };
    let ((left, width), (top, height)) = (cut(changed.x, changed.width), cut(changed.y, changed.height));
    Area { left, top, width, height }
}

fn no_display(why: NoDisplay) -> io::Error {
    match why {
        NoDisplay::ServerGone => io::Error::other("the X server is gone"),
        NoDisplay::Full => io::Error::other("the X server has no room for another client"),
        NoDisplay::Later(_) => io::Error::other("the X server does not answer"),
        NoDisplay::Closed(why) => io::Error::other(why),
    }
}

/// Reads the rows of a part of the screen.
fn read(
    x: &Display,
    format: &Format,
    from: Area,
    until: Instant,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let [left, width, bottom] =
        [from.left, from.width, from.top + from.height].map(|length| u16::try_from(length).unwrap_or(u16::MAX));
    let stride = format.stride(width);
    let rows = u16::try_from((PIECE / stride).max(1)).unwrap_or(u16::MAX);
    let mut row = vec![0; usize::from(width) * 3];
    let mut top = u16::try_from(from.top).unwrap_or(u16::MAX);
    while top < bottom {
        let count = rows.min(bottom - top);
        x.patience(PATIENCE.min(until.saturating_duration_since(Instant::now())));
        let piece = asked(piece(x, (left, top), (width, count)))?;
        if piece.len() < stride * usize::from(count) {
            return Err(io::Error::other("the X server sent less than the whole screen"));
        }
        for line in piece.chunks_exact(stride).take(usize::from(count)) {
            format.read(line, &mut row);
            take(&row)?;
        }
        top += count;
    }
    Ok(())
}

fn piece(x: &Display, (left, top): (u16, u16), (width, height): (u16, u16)) -> Asked<Vec<u8>> {
    let [left, top] = [left, top].map(|place| i16::try_from(place).unwrap_or(i16::MAX));
    Ok(x.conn.get_image(ImageFormat::Z_PIXMAP, x.root, left, top, width, height, !0)?.reply()?.data)
}

fn asked<T>(answer: Asked<T>) -> io::Result<T> {
    answer.map_err(|trouble| match trouble {
        Trouble::Hung => io::Error::other("the X server does not answer"),
        Trouble::Gone(why) => io::Error::other(why),
        Trouble::Refused => io::Error::other("the screen changed its size meanwhile, or cannot be read"),
    })
}
