//! `usher-seat`: holds one seat of this host while a session at it is locked.
//!
//! A warden is root's, and parses nothing that a user wrote. It puts a virtual terminal of its own in front, keeps the kernel from
//! switching away from it, turns off what keys could reach, and becomes master of the seat's graphics cards (`hold`). A process
//! without rights draws the message on them (`painter`). What is said to be observed is what the kernel says (`cards`,
//! `terminal`). Everything that was taken is on record first (`record`), so that whoever comes after can give it back.

mod cards;
mod ffi;
mod hold;
mod painter;
mod record;
mod start;
mod switches;
mod terminal;
mod warden;

fn main() -> std::process::ExitCode {
    start::main()
}
