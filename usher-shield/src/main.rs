//! The program `usher-shield`; `lib.rs` says what it does.

fn main() -> std::process::ExitCode {
    usher_shield::main()
}
