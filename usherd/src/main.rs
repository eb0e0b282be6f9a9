//! `usherd`: the host's daemon.

use std::process::ExitCode;

fn main() -> ExitCode {
    usherd::daemon::main::main()
}
