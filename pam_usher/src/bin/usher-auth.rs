//! See [`pam_usher::auth::main`].

use std::process::ExitCode;

fn main() -> ExitCode {
    pam_usher::auth::main()
}
