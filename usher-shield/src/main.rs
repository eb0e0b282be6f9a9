//! `usher-shield`: covers one session's display and holds its input.

mod conn;
mod defence;
mod draw;
mod drawing;
mod events;
mod incidents;
mod life;
mod mate;
mod picture;
mod shield;
mod stage;
mod start;
mod takeover;
mod user;
mod words;
mod x;

fn main() -> std::process::ExitCode {
    start::main()
}
