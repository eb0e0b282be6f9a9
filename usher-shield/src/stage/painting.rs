//! The message and the announcement, in the middle or at the top of every monitor.

use x11rb::protocol::xproto::ConnectionExt as _;

use super::{SLOW_PATIENCE, Stage};
use crate::picture::Picture;
use crate::x::{Asked, Monitor, Panel, upload};

impl Stage {
    /// Shows these pictures, each in the middle of every monitor of its size.
    pub fn paint(&mut self, pictures: &[((u16, u16), Picture)]) -> Asked {
        // A picture is large: a server that others hold now and then takes it in many turns.
        self.x.patience(SLOW_PATIENCE);
        let mut panels = Vec::new();
        for (size, picture) in pictures {
            let pixmap = match upload(&self.x, &self.palette, picture) {
                Ok(pixmap) => pixmap,
                Err(trouble) => return self.free(&panels).and(Err(trouble)),
            };
            let at = self.monitors.iter().filter(|m| (m.width, m.height) == *size);
            panels.extend(at.map(|monitor| Panel { pixmap, ..in_the_middle(monitor, picture) }));
        }
        self.root.hang(&self.x, &panels)?;
        if let Some((_, Some(curtain))) = &mut self.overlay {
            curtain.hang(&self.x, &panels)?;
        }
        let old = std::mem::replace(&mut self.panels, panels);
        self.free(&old)
    }

    /// Shows these pictures, each at the top of every monitor of its size.
    pub fn announce(&mut self, pictures: &[((u16, u16), Picture)]) -> Asked {
        self.x.patience(SLOW_PATIENCE);
        let mut panels = Vec::new();
        for monitor in &self.monitors {
            let picture = pictures.iter().find(|(size, _)| *size == (monitor.width, monitor.height));
            if let Some((_, picture)) = picture {
                let pixmap = upload(&self.x, &self.palette, picture)?;
                panels.push(Panel { y: monitor.y, pixmap, ..in_the_middle(monitor, picture) });
            }
        }
        self.banner.show(&self.x, &panels)
    }

    pub(super) fn free(&self, panels: &[Panel]) -> Asked {
        let mut pixmaps: Vec<u32> = panels.iter().map(|panel| panel.pixmap).collect();
        pixmaps.dedup();
        for pixmap in pixmaps {
            self.x.conn.free_pixmap(pixmap)?;
        }
        Ok(())
    }
}

/// Where a picture belongs.
fn in_the_middle(monitor: &Monitor, picture: &Picture) -> Panel {
    let middle = |start: i16, whole: u16, part: u16| {
        start.saturating_add(i16::try_from(whole.saturating_sub(part) / 2).unwrap_or(0))
    };
    Panel {
        x: middle(monitor.x, monitor.width, picture.width),
        y: middle(monitor.y, monitor.height, picture.height),
        width: picture.width,
        height: picture.height,
        pixmap: x11rb::NONE,
    }
}
