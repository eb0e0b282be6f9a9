//! A Wayland session's lock, by `ext-session-lock-v1`: the compositor itself hides the outputs and withholds the input until the
//! lock's own client unlocks, and goes on doing so when that client dies. What it cannot do is tell whose the next lock client is:
//! after the death of ours, the user's own may take the lock over and open the session.
//!
//! So there are two processes, each with a connection of its own to the compositor, which usherd made. The leader has the lock. Its
//! successor has, beside its own connection, the leader's: while it is open in one of the two, the compositor sees no death, and
//! refuses every other lock client (`kept`). Where the leader's connection ends by itself, the successor asks for the lock at once.
//!
//! Titles come by `zwlr_foreign_toplevel_management_v1` (`toplevels`). A picture is taken by `zwlr_screencopy_v1`, by a process of its own
//! (`outputs`, `panel`).
//!
//! `link` is a connection, `desk` what the compositor offers and shows, `sheet` one output's lock screen, `events` what the
//! compositor says; `warden` is what a process knows and decides, `telling` what it says, `run` its loop, `mate` the other process.

mod desk;
mod events;
mod kept;
mod link;
mod looks;
mod mate;
mod outputs;
mod painting;
mod panel;
pub mod pixels;
mod run;
mod sheet;
mod telling;
mod toplevels;
mod warden;

pub use outputs::pictures;
pub use run::{follow, lead};
