//! The pixels of one output as a person sees them: a compositor hands them over as the output has them, which may stand on its
//! side (`wl_output.transform`).

use wayland_client::protocol::wl_output::Transform;
use wayland_client::protocol::wl_shm::Format;

/// How a compositor stores an output's pixels.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    pub width: u32,
    pub height: u32,
    pub stride: u32,
    pub format: Format,
}

impl Layout {
    /// The bytes of it all; none where they are stored in a way that is not read, or say what cannot be.
    pub fn bytes(&self, most_side: u32) -> Option<usize> {
        colours(self.format)?;
        let sides = [self.width, self.height];
        let fits = sides.iter().all(|side| (1..=most_side).contains(side)) && self.stride >= 4 * self.width;
        usize::try_from(u64::from(self.stride) * u64::from(self.height)).ok().filter(|_| fits)
    }
}

/// Where in a pixel's four bytes red, green and blue are: the names of formats are those of little-endian numbers.
fn colours(format: Format) -> Option<[usize; 3]> {
    match format {
        Format::Xrgb8888 | Format::Argb8888 => Some([2, 1, 0]),
        Format::Xbgr8888 | Format::Abgr8888 => Some([0, 1, 2]),
        Format::Rgbx8888 | Format::Rgba8888 => Some([3, 2, 1]),
        Format::Bgrx8888 | Format::Bgra8888 => Some([1, 2, 3]),
        _ => None,
    }
}

/// What an output shows.
pub struct Panel {
    pub pixels: Vec<u8>,
    pub layout: Layout,
    pub transform: Transform,
    /// The last row comes first.
    pub upside_down: bool,
}

impl Panel {
    /// Its width and height as a person sees it.
    pub fn size(&self) -> (u32, u32) {
        let (width, height) = (self.layout.width, self.layout.height);
        if quarters(self.transform).0 % 2 == 1 { (height, width) } else { (width, height) }
    }

    /// Appends a row of it, black below its end: red, green and blue.
    pub fn append_row(&self, y: u32, row: &mut Vec<u8>) {
        let (width, height) = self.size();
        let Some(places) = colours(self.layout.format).filter(|_| y < height) else {
            return row.resize(row.len() + 3 * usize::try_from(width).unwrap_or(0), 0);
        };
        for x in 0..width {
            let (column, line) = self.place(x, y);
            let at = u64::from(line) * u64::from(self.layout.stride) + 4 * u64::from(column);
            let at = usize::try_from(at).unwrap_or(usize::MAX);
            let pixel = self.pixels.get(at..at.saturating_add(4)).unwrap_or(&[0; 4]);
            row.extend(places.map(|place| pixel[place]));
        }
    }

    /// Where what is seen at a place is stored. The output was mirrored where its transform says so, then turned counter-clockwise.
    fn place(&self, x: u32, y: u32) -> (u32, u32) {
        let (width, height) = self.size();
        let (turned, flipped) = quarters(self.transform);
        let x = if flipped { width - 1 - x } else { x };
        let (column, line) = match turned {
            0 => (x, y),
            1 => (y, width - 1 - x),
            2 => (width - 1 - x, height - 1 - y),
            _ => (height - 1 - y, x),
        };
        (column, if self.upside_down { self.layout.height - 1 - line } else { line })
    }
}

/// By how many quarters an output is turned, and whether it is mirrored before that.
fn quarters(transform: Transform) -> (u32, bool) {
    match transform {
        Transform::_90 => (1, false),
        Transform::_180 => (2, false),
        Transform::_270 => (3, false),
        Transform::Flipped => (0, true),
        Transform::Flipped90 => (1, true),
        Transform::Flipped180 => (2, true),
        Transform::Flipped270 => (3, true),
        _ => (0, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three pixels in two rows, whose reds are their numbers.
    fn panel(transform: Transform) -> Panel {
        let layout = Layout { width: 3, height: 2, stride: 16, format: Format::Xrgb8888 };
        let mut pixels = vec![0; 32];
        (0..6u8).for_each(|n| pixels[usize::from(n / 3) * 16 + usize::from(n % 3) * 4 + 2] = n);
        Panel { pixels, layout, transform, upside_down: false }
    }

    fn seen(panel: &Panel) -> Vec<Vec<u8>> {
        let row = |y| {
            let mut row = Vec::new();
            panel.append_row(y, &mut row);
            row.into_iter().step_by(3).collect()
        };
        (0..panel.size().1).map(row).collect()
    }

    #[test]
    fn an_output_is_seen_upright_however_it_is_turned() {
        assert_eq!(seen(&panel(Transform::Normal)), [[0, 1, 2], [3, 4, 5]]);
        // What was turned counter-clockwise is turned back.
        assert_eq!(seen(&panel(Transform::_90)), [[3, 0], [4, 1], [5, 2]]);
        assert_eq!(seen(&panel(Transform::_180)), [[5, 4, 3], [2, 1, 0]]);
        assert_eq!(seen(&panel(Transform::_270)), [[2, 5], [1, 4], [0, 3]]);
        assert_eq!(seen(&panel(Transform::Flipped)), [[2, 1, 0], [5, 4, 3]]);
        assert_eq!(seen(&panel(Transform::Flipped90)), [[0, 3], [1, 4], [2, 5]]);
        let upside_down = Panel { upside_down: true, ..panel(Transform::Normal) };
        assert_eq!(seen(&upside_down), [[3, 4, 5], [0, 1, 2]]);
    }

    #[test]
    fn below_a_smaller_output_it_is_black() {
        let mut row = Vec::new();
        panel(Transform::Normal).append_row(7, &mut row);
        assert_eq!(row, [0; 9]);
    }

    #[test]
    fn what_cannot_be_is_not_read() {
        let good = Layout { width: 3, height: 2, stride: 16, format: Format::Abgr8888 };
        assert_eq!(good.bytes(100), Some(32));
        for wrong in [
            Layout { width: 0, ..good },
            Layout { height: 101, ..good },
            Layout { stride: 11, ..good },
            Layout { format: Format::Nv12, ..good },
        ] {
            assert_eq!(wrong.bytes(100), None, "{wrong:?}");
        }
    }
}
