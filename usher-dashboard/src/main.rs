//! See [`usher_dashboard::main`].

use std::process::ExitCode;

fn main() -> ExitCode {
    usher_dashboard::main()
}
