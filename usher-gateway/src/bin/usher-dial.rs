//! See [`usher_gateway::dial::main`].

use std::process::ExitCode;

fn main() -> ExitCode {
    usher_gateway::dial::main()
}
