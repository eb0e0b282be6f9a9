//! `usherd`: the host's daemon.

use std::process::ExitCode;

fn main() -> ExitCode {
    usher::daemon::main::main()
}
