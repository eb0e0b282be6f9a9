//! What the server's events mean for the covers.

use x11rb::protocol::Event;
use x11rb::protocol::xproto::Visibility;

use crate::stage::Stage;

/// What happened since the last look, all of it together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "any of them may have happened")]
pub struct Disturbance {
    /// Somebody's window is above what the user sees.
    pub obscured: bool,
    /// One of our windows was unmapped, moved or shaped.
    pub tampered: bool,
    /// One of our windows is no more where it was made.
    pub lost: bool,
    /// Somebody drew into our windows.
    pub drawn: bool,
    /// Another window was mapped or restacked; it may be above the cover of the root.
    pub restacked: bool,
    /// The screen or its monitors changed.
    pub resized: bool,
    /// The keyboard changed.
    pub keys: bool,
    /// The user's own window has the focus now, or another title.
    pub title: bool,
    /// A window may have been put into one of ours: the visibility of ours tells nothing of it.
    pub inside: bool,
    /// The other process's windows were taken away.
    pub friend_lost: bool,
}

impl Disturbance {
    /// Whether somebody did something to the covers.
    pub fn is_attack(self) -> bool {
        self.obscured || self.tampered || self.lost || self.drawn
    }

    /// Adds what `event` means.
    pub fn note(&mut self, event: &Event, sequence: u64, stage: &Stage) {
        let ours = |window| stage.curtains().any(|curtain| curtain.owns(window));
        match event {
            Event::VisibilityNotify(e) => {
                self.obscured |= e.window == stage.top().sheet && e.state != Visibility::UNOBSCURED;
            }
            Event::UnmapNotify(e) if ours(e.window) || stage.is_overlay(e.window) => self.tampered = true,
            Event::DestroyNotify(e) if ours(e.window) || stage.is_overlay(e.window) => self.lost = true,
            Event::DestroyNotify(e) => self.friend_lost |= stage.friends.contains(&e.window),
            Event::UnmapNotify(e) => self.friend_lost |= stage.friends.contains(&e.window),
            Event::ReparentNotify(e) if ours(e.window) => self.lost = true,
            Event::ConfigureNotify(e) if stage.is_root(e.window) => self.resized = true,
            Event::ConfigureNotify(e) => self.note_configured(e, stage, ours(e.window)),
            Event::CirculateNotify(_) => self.restacked = true,
            Event::MapNotify(e) if !ours(e.window) => {
                self.inside |= ours(e.event);
                let stranger = !stage.friends.contains(&e.window) && !stage.is_overlay(e.window);
                self.restacked |= stranger;
                self.obscured |= stranger && e.event == stage.top().parent;
            }
            Event::ShapeNotify(e) => self.tampered |= ours(e.affected_window) && e.shaped,
            Event::DamageNotify(e) => {
                self.drawn |= stage.curtains().any(|curtain| curtain.is_damage(e.damage, sequence))
            }
            Event::RandrScreenChangeNotify(_) | Event::RandrNotify(_) => self.resized = true,
            Event::XkbMapNotify(_) | Event::XkbNewKeyboardNotify(_) => self.keys = true,
            Event::PropertyNotify(_) => self.title = true,
            _ => {}
        }
    }

    fn note_configured(&mut self, e: &x11rb::protocol::xproto::ConfigureNotifyEvent, stage: &Stage, ours: bool) {
        if !ours {
            self.restacked |= !stage.friends.contains(&e.window) && !stage.is_overlay(e.window);
            return;
        }
        let size = (e.width, e.height);
        let wrong = |expected| (e.x, e.y, e.border_width) != (0, 0, 0) || size != expected;
        for (curtain, screen) in stage.sized() {
            self.tampered |= e.window == curtain.cover && wrong(curtain.reach);
            self.tampered |= e.window == curtain.sheet && wrong(screen);
            self.tampered |= curtain.misplaced(e);
        }
    }
}
