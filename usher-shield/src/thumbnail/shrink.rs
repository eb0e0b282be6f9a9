//! A part of a screen made smaller, row by row.

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

impl Area {
    /// All of a picture of this size.
    pub fn whole((width, height): (u32, u32)) -> Self {
        Area { left: 0, top: 0, width, height }
    }

    /// The smallest that has both within.
    pub fn around(self, other: Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = (self.left + self.width).max(other.left + other.width);
        let bottom = (self.top + self.height).max(other.top + other.height);
        Area { left, top, width: right - left, height: bottom - top }
    }

    /// What of it lies in a picture of this size.
    pub fn within(self, (width, height): (u32, u32)) -> Self {
        let (left, top) = (self.left.min(width), self.top.min(height));
        Area { left, top, width: self.width.min(width - left), height: self.height.min(height - top) }
    }

    pub fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The pixels of a picture of the second size that show any of it, it being of a picture of the first.
    pub fn scaled(self, from: (u32, u32), to: (u32, u32)) -> Self {
        let [(left, right), (top, bottom)] = [
            scaled((self.left, self.left + self.width), from.0, to.0),
            scaled((self.top, self.top + self.height), from.1, to.1),
        ];
        Area { left, top, width: right - left, height: bottom - top }
    }
}

/// A stretch of one length, as a stretch of another.
fn scaled((start, end): (u32, u32), from: u32, to: u32) -> (u32, u32) {
    let (from, to) = (u64::from(from).max(1), u64::from(to));
    let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    (narrow(u64::from(start) * to / from), narrow((u64::from(end) * to).div_ceil(from)))
}

/// Makes a part of a picture smaller by the mean of the area that each pixel of the smaller one covers.
///
/// In whole numbers: a row of the larger picture is cut into as many parts as the smaller one has columns, and the other
/// way round, so that every overlap is a whole number of parts; likewise from row to row.
pub struct Shrink {
    from: (u64, u64),
    to: (u64, u64),
    /// Where the part begins, in parts of the larger picture's row, and of its column.
    begins: (u64, u64),
    /// The next row's number in the larger picture.
    next: u64,
    /// What was gathered for the row of the smaller picture that is not full yet.
    sums: Vec<u64>,
}

impl Shrink {
    /// Makes this area of a picture of the size `to`, out of one of the size `from`.
    pub fn new(from: (u32, u32), to: (u32, u32), area: Area) -> Self {
        let wide = |(width, height): (u32, u32)| (u64::from(width), u64::from(height));
        let sums = vec![0; usize::try_from(area.width).unwrap_or(0) * 3];
        let (from, to) = (wide(from), wide(to));
        let begins = (u64::from(area.left) * from.0, u64::from(area.top) * from.1);
        Shrink { from, to, begins, next: begins.1 / to.1.max(1), sums }
    }

    /// Takes a row of the larger picture, of what the area covers any of; `full` gets the row of the smaller one that it fills.
    pub fn row<E>(&mut self, row: &[u8], full: impl FnOnce(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let narrow = self.narrow(row);
        // In parts of 1/to of a row: this one's, and where the smaller picture's row ends.
        let (from, to) = (self.from.1, self.to.1);
        let (start, end) = ((self.next * to).max(self.begins.1), (self.next + 1) * to);
        let border = (start / from + 1) * from;
        self.next += 1;
        let before = end.min(border) - start;
        self.add(&narrow, before);
        if end < border {
            return Ok(());
        }
        let whole = self.from.0 * self.from.1;
        let mean = |sum: &u64| u8::try_from((sum + whole / 2) / whole).unwrap_or(u8::MAX);
        let pixels: Vec<u8> = self.sums.iter().map(mean).collect();
        self.sums.fill(0);
        self.add(&narrow, end - border);
        full(&pixels)
    }

    fn add(&mut self, narrow: &[u32], weight: u64) {
        if weight > 0 {
            self.sums.iter_mut().zip(narrow).for_each(|(sum, value)| *sum += u64::from(*value) * weight);
        }
    }

    /// The row with as many pixels as the smaller picture has, each a sum: of at most 65535 parts, so that it fits.
    fn narrow(&self, row: &[u8]) -> Vec<u32> {
        let [from, to, skipped] =
            [self.from.0, self.to.0, self.begins.0 % self.to.0.max(1)].map(|v| u32::try_from(v).unwrap_or(u32::MAX));
        let mut narrow = Vec::with_capacity(self.sums.len() + 3);
        // What the pixel of the smaller picture has so far, how many parts it still needs, and how many this one has.
        let (mut sums, mut needed, mut left) = ([0u32; 3], from, to - skipped);
        for pixel in row.chunks_exact(3) {
            let [red, green, blue] = [u32::from(pixel[0]), u32::from(pixel[1]), u32::from(pixel[2])];
            let part = left.min(needed);
            sums[0] += red * part;
            sums[1] += green * part;
            sums[2] += blue * part;
            needed -= part;
            if needed == 0 {
                narrow.extend_from_slice(&sums);
                let rest = left - part;
                sums = [red * rest, green * rest, blue * rest];
                needed = from - rest;
            }
            left = to;
        }
        narrow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = Vec<Vec<u8>>;

    fn part(from: (u32, u32), to: (u32, u32), area: Area, pixel: impl Fn(u32, u32) -> u8) -> Rows {
        let mut shrink = Shrink::new(from, to, area);
        let read = area.scaled(to, from);
        let mut rows = Vec::new();
        for y in read.top..read.top + read.height {
            let row: Vec<u8> = (read.left..read.left + read.width).flat_map(|x| [pixel(x, y); 3]).collect();
            let keep = |row: &[u8]| {
                rows.push(row.iter().step_by(3).copied().collect());
                Ok::<(), ()>(())
            };
            shrink.row(&row, keep).unwrap();
        }
        rows
    }

    fn shrunk(from: (u32, u32), to: (u32, u32), pixel: impl Fn(u32, u32) -> u8) -> Rows {
        part(from, to, Area::whole(to), pixel)
    }

    #[test]
    fn a_pixel_is_the_mean_of_what_it_covers() {
        assert_eq!(shrunk((4, 2), (2, 1), |x, _| [0, 100, 200, 200][x as usize]), [[50, 200]]);
        // A pixel and a half each.
        assert_eq!(shrunk((3, 1), (2, 1), |x, _| [90, 30, 60][x as usize]), [[70, 50]]);
        assert_eq!(shrunk((1, 3), (1, 2), |_, y| [90, 30, 60][y as usize]), [[70], [50]]);
    }

    #[test]
    fn one_colour_stays_it_and_every_row_comes() {
        for (from, to) in [((1920, 1080), (160, 90)), ((161, 121), (160, 120)), ((17, 500), (4, 120)), ((7, 3), (1, 1))]
        {
            let rows = shrunk(from, to, |_, _| 201);
            assert_eq!(rows.len(), to.1 as usize, "{from:?}");
            assert!(rows.iter().all(|row| row.len() == to.0 as usize && row.iter().all(|value| *value == 201)));
        }
    }

    #[test]
    fn a_part_is_the_same_as_in_the_whole() {
        let pixel = |x: u32, y: u32| u8::try_from((x * 7 + y * 13 + x * y) % 251).unwrap();
        for (from, to) in [((40, 30), (40, 30)), ((40, 30), (10, 10)), ((41, 31), (16, 12)), ((23, 50), (22, 3))] {
            let whole = shrunk(from, to, pixel);
            for left in 0..to.0 {
                for top in 0..to.1 {
                    let area = Area { left, top, width: 3, height: 2 }.within(to);
                    let expected: Rows = whole[top as usize..(top + area.height) as usize]
                        .iter()
                        .map(|row| row[left as usize..(left + area.width) as usize].to_vec())
                        .collect();
                    assert_eq!(part(from, to, area, pixel), expected, "{from:?} to {to:?}: {area:?}");
                }
            }
        }
    }

    #[test]
    fn whatever_shows_any_of_an_area_is_in_it_scaled() {
        let changed = Area { left: 10, top: 10, width: 1, height: 1 };
        assert_eq!(changed.scaled((1280, 720), (320, 180)), Area { left: 2, top: 2, width: 1, height: 1 });
        // The second of these pixels covers the larger picture's from 3.5 to 7.
        let changed = Area { left: 3, top: 0, width: 1, height: 1 };
        assert_eq!(changed.scaled((7, 1), (2, 1)), Area { left: 0, top: 0, width: 2, height: 1 });
        assert!(Area { left: 9, top: 0, width: 5, height: 5 }.within((8, 8)).is_empty());
        let around =
            Area { left: 1, top: 8, width: 2, height: 2 }.around(Area { left: 5, top: 3, width: 1, height: 1 });
        assert_eq!(around, Area { left: 1, top: 3, width: 5, height: 7 });
    }
}
