//! See [`usher_gateway::gateway::main`].

use std::process::ExitCode;

fn main() -> ExitCode {
    usher_gateway::gateway::main()
}
