//! Where the user looks: every monitor shows the message.

use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xproto::ConnectionExt as _;

use super::display::{Asked, Display};

/// More monitors than this get no message of their own; they are covered all the same.
const MAX: usize = 16;

/// A rectangle of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monitor {
    pub x: i16,
    pub y: i16,
    pub width: u16,
    pub height: u16,
}

/// The screen's size and its monitors (X Resize, Rotate and Reflect Extension 1.5); without any, the
/// whole screen counts as one.
pub fn monitors(x: &Display) -> Asked<((u16, u16), Vec<Monitor>)> {
    let geometry = x.conn.get_geometry(x.root)?;
    let monitors = if x.has.randr { Some(x.conn.randr_get_monitors(x.root, true)?) } else { None };
    let geometry = geometry.reply()?;
    let found = monitors.and_then(|asked| x.listed(asked, 12, 24).ok()).map(|reply| reply.monitors).unwrap_or_default();
    let found = found.into_iter().map(|m| Monitor { x: m.x, y: m.y, width: m.width, height: m.height });
    Ok(((geometry.width, geometry.height), usable(found.collect(), (geometry.width, geometry.height))))
}

/// Monitors that show the same place get one message; a user may define any rectangle as a monitor.
fn usable(mut monitors: Vec<Monitor>, screen: (u16, u16)) -> Vec<Monitor> {
    monitors.retain(|m| m.width >= 16 && m.height >= 16 && m.x >= 0 && m.y >= 0);
    monitors.retain(|m| within(m.x, m.width, screen.0) && within(m.y, m.height, screen.1));
    monitors.sort_unstable();
    monitors.dedup();
    monitors.truncate(MAX);
    if monitors.is_empty() {
        monitors.push(Monitor { x: 0, y: 0, width: screen.0, height: screen.1 });
    }
    monitors
}

fn within(start: i16, length: u16, screen: u16) -> bool {
    i32::from(start) + i32::from(length) <= i32::from(screen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrored_and_impossible_monitors_count_once_or_not_at_all() {
        let one = Monitor { x: 0, y: 0, width: 800, height: 600 };
        let two = Monitor { x: 800, ..one };
        let outside = Monitor { x: 1200, ..one };
        assert_eq!(usable(vec![two, one, one, outside], (1600, 600)), [one, two]);
        assert_eq!(usable(vec![outside], (1600, 600)), [Monitor { x: 0, y: 0, width: 1600, height: 600 }]);
    }
}
