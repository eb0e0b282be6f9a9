//! The announcement of a close, at the top of every monitor. It is to be read, and is in nobody's way: no
//! grab, no focus, and the pointer's input goes to what is below it.

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{
    ClipOrdering, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, StackMode, Window, WindowClass,
};

use super::curtain::Panel;
use super::display::{Asked, Display};

/// A program that raises its window whenever ours is raised must not keep both at it without end.
const RAISE_EVERY: Duration = Duration::from_millis(200);

/// The windows of an announcement.
#[derive(Debug, Default)]
pub struct Banner {
    windows: Vec<Window>,
    raised: Option<Instant>,
}

impl Banner {
    /// Shows these pictures instead of those before.
    pub fn show(&mut self, x: &Display, panels: &[Panel]) -> Asked {
        let old = std::mem::take(&mut self.windows);
        for panel in panels {
            self.windows.push(make(x, panel)?);
        }
        self.raised = Some(Instant::now());
        old.into_iter().try_for_each(|window| Ok(x.conn.destroy_window(window).map(drop)?))
    }

    /// Takes them from the screen.
    pub fn hide(&mut self, x: &Display) -> Asked {
        self.show(x, &[])
    }

    pub fn is_shown(&self) -> bool {
        !self.windows.is_empty()
    }

    /// Puts them above what was mapped or raised since.
    pub fn raise(&mut self, x: &Display) -> Asked {
        if self.raised.is_some_and(|at| at.elapsed() < RAISE_EVERY) {
            return Ok(());
        }
        self.raised = Some(Instant::now());
        for window in &self.windows {
            x.conn.configure_window(*window, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE))?;
        }
        Ok(())
    }
}

fn make(x: &Display, panel: &Panel) -> Asked<Window> {
    let window = x.conn.generate_id()?;
    let look = CreateWindowAux::new().background_pixmap(panel.pixmap).override_redirect(1);
    let (width, height, class) = (panel.width, panel.height, WindowClass::INPUT_OUTPUT);
    x.conn.create_window(0, window, x.root, panel.x, panel.y, width, height, 0, class, 0, &look)?;
    if x.has.shape {
        x.conn.shape_rectangles(SO::SET, SK::INPUT, ClipOrdering::UNSORTED, window, 0, 0, &[])?;
    }
    x.conn.map_window(window)?;
    // The window keeps its background.
    x.conn.free_pixmap(panel.pixmap)?;
    Ok(window)
}
