//! A seat's lock screen: the message on every connector of graphics cards whose master is the seat's warden.
//!
//! The warden starts this process, hands it open cards, and looks for itself what they show. What is drawn first is the ground
//! alone, because the message may take its time.

mod buffer;
mod card;
mod painter;

pub use painter::paint;
