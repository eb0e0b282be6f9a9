//! `usher-tty`: holds one text session.

use std::process::ExitCode;

fn main() -> ExitCode {
    usher_tty::main()
}
