//! The picture of a screen as it was last, of which parts are made anew.

use std::io::{self, Write};

use usher_core::request::ThumbnailSize;

use super::sheet::Sheet;
use super::shrink::{Area, Shrink};

/// A picture that is kept, three bytes a pixel: red, green, blue.
pub struct KeptPicture {
    screen: (u32, u32),
    size: (u32, u32),
    pixels: Vec<u8>,
    /// What of the screen it does not show as it is now.
    stale: Area,
}

impl KeptPicture {
    /// The picture of a screen of this size, of which nothing is known yet.
    pub fn new(screen: (u32, u32), size: ThumbnailSize) -> Self {
        let size = size.of_screen(screen);
        let bytes = size.0 as usize * size.1 as usize * 3;
        KeptPicture { screen, size, pixels: vec![0; bytes], stale: Area::whole(screen) }
    }

    /// This part of the screen changed.
    pub fn changed(&mut self, area: Area) {
        let area = area.within(self.screen);
        if !area.is_empty() {
            self.stale = if self.stale.is_empty() { area } else { self.stale.around(area) };
        }
    }

    /// What is to be made anew, if anything.
    pub fn patch(&mut self) -> Option<Patch<'_>> {
        let to = self.stale.scaled(self.screen, self.size);
        if to.is_empty() { None } else { Some(Patch::new(self, to)) }
    }

    /// Writes it as PNG.
    pub fn write(&self, out: impl Write + 'static) -> io::Result<()> {
        let mut sheet = Sheet::new(out, self.size, ThumbnailSize::FullScreen)?;
        self.pixels.chunks_exact(self.size.0 as usize * 3).try_for_each(|row| sheet.row(row))?;
        sheet.end()
    }
}

/// A part of the picture that is made anew, from rows of the screen.
pub struct Patch<'a> {
    picture: &'a mut KeptPicture,
    to: Area,
    /// What of the screen it is made of.
    pub from: Area,
    shrink: Shrink,
    /// The next row of the picture.
    next: u32,
}

impl<'a> Patch<'a> {
    fn new(picture: &'a mut KeptPicture, to: Area) -> Self {
        let from = to.scaled(picture.size, picture.screen);
        let shrink = Shrink::new(picture.screen, picture.size, to);
        Patch { from, shrink, next: to.top, to, picture }
    }

    /// Takes the screen's next row.
    pub fn row(&mut self, row: &[u8]) {
        let (picture, to, next) = (&mut *self.picture, self.to, &mut self.next);
        let place = (*next as usize * picture.size.0 as usize + to.left as usize) * 3;
        let kept = &mut picture.pixels[place..place + to.width as usize * 3];
        if picture.size == picture.screen {
            kept.copy_from_slice(row);
            *next += 1;
            return;
        }
        let _ = self.shrink.row(row, |row| {
            kept.copy_from_slice(&row[..kept.len()]);
            *next += 1;
            Ok::<(), ()>(())
        });
    }

    /// All rows came: it shows what the screen shows.
    pub fn end(self) {
        self.picture.stale = Area { left: 0, top: 0, width: 0, height: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paint(picture: &mut KeptPicture, pixel: impl Fn(u32, u32) -> u8) -> Option<Area> {
        let mut patch = picture.patch()?;
        let from = patch.from;
        for y in from.top..from.top + from.height {
            let row: Vec<u8> = (from.left..from.left + from.width).flat_map(|x| [pixel(x, y), 1, 2]).collect();
            patch.row(&row);
        }
        patch.end();
        Some(from)
    }

    #[test]
    fn a_patched_picture_is_the_same_as_a_new_one() {
        for (screen, size) in
            [((640, 480), ThumbnailSize::Small), ((641, 477), ThumbnailSize::Small), ((90, 60), ThumbnailSize::Small)]
        {
            let mut kept = KeptPicture::new(screen, size);
            assert_eq!(paint(&mut kept, |_, _| 9), Some(Area::whole(screen)));
            assert_eq!(paint(&mut kept, |_, _| 10), None, "nothing changed");
            let changed = Area { left: 31, top: 17, width: 40, height: 9 };
            let inside = |x: u32, y: u32| (31..71).contains(&x) && (17..26).contains(&y);
            let pixel = |x: u32, y: u32| if inside(x, y) { u8::try_from(x + y).unwrap() } else { 9 };
            kept.changed(Area { width: 1, ..changed });
            kept.changed(Area { left: 70, width: 1, ..changed });
            let read = paint(&mut kept, pixel).expect("something changed");
            assert!(read.width < 60 && read.height < 30, "{read:?}");
            let mut new = KeptPicture::new(screen, size);
            paint(&mut new, pixel);
            assert!(kept.pixels == new.pixels, "{screen:?}");
            kept.changed(Area { left: screen.0, top: 0, width: 5, height: 5 });
            assert!(kept.patch().is_none(), "it is not on the screen");
        }
    }
}
