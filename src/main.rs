//! `usher`: the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    usher::cli::main()
}
