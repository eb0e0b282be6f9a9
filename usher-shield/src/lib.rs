//! `usher-shield`: covers one session's display and holds its input.
//!
//! Two processes, each with a connection to the X server and windows of its own. The leader serves
//! usherd and holds keyboard and pointer; its twin's windows lie below. Each sees the other's end by
//! their connection: the one that is left takes over and starts another (`takeover`). A third one
//! draws the message (`drawing`, `draw`), so that the two parse no font: it reads the fonts while nothing is locked, draws one message
//! and ends. A fourth lives only while it takes a picture of the screen (`capture`, `thumbnail`).
//!
//! Each of the two has three connections: one for the windows (`stage`), which any client can cut by naming one of them; one that
//! holds the input and the overlay, and on which there is nothing to name (`x::Keeper`); and a spare one (`reserve`), because the
//! user's clients may leave no room for another. What a process gives up is in `confine`.
//!
//! A Wayland session's display is another matter: `wayland`. So are the screens of a seat: `seat`.
//!
//! `start` begins; `life` is the loop; `shield` is what a process knows and decides; `stage` is its part of
//! the display, made of what is in `x`; `events` says what the server's events mean and
//! `defence` what is done about them. All waiting for the server ends (`x::link`): any client may
//! keep it from answering. Requests are repeated as a whole, by `Stage::cover`, until everything is
//! seen to be as it should; nothing relies on having noticed each thing that somebody did.

mod capture;
mod children;
mod confine;
mod defence;
mod draw;
mod drawing;
mod events;
mod incidents;
mod life;
mod mate;
mod picture;
mod reserve;
mod seat;
mod shield;
mod stage;
mod start;
mod takeover;
mod thumbnail;
mod user;
mod wayland;
mod words;
mod x;

pub use start::{main, paint_seat};
