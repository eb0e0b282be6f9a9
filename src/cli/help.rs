//! `usher help`

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use usher_core::outcome::{Error, ErrorId, Exit};

use super::{CommandError, localized, output};
use crate::{cmdlet, words};

/// Explain a verb or a cmdlet, such as lock or Lock-WmsSession
#[derive(Debug, Args)]
pub struct Help {
    /// The verb or the cmdlet; without one, all of them are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl Help {
    pub(super) fn run(self) -> Result<Exit, CommandError> {
        let Some(name) = self.name else {
            let verbs = localized::command(words::language()).render_long_help();
            write!(io::stdout(), "{verbs}\n{}", cmdlet::help::list(words::language()))?;
            return Ok(Exit::Success);
        };
        if let Some(cmdlet) = cmdlet::find(&name) {
            io::stdout().write_all(cmdlet::help::text(cmdlet, words::language()).as_bytes())?;
            return Ok(Exit::Success);
        }
        let mut command = localized::command(words::language());
        command.build();
        match command.find_subcommand_mut(&name) {
            Some(verb) => write!(io::stdout(), "{}", verb.render_long_help())?,
            None => {
                let message =
                    words::with!("help-unknown", &[("name", &output::printable(&super::usage_error::repeated(&name)))]);
                return Err(CommandError::Usage(Error::new(ErrorId::InvalidRequest, message)));
            }
        }
        Ok(Exit::Success)
    }
}

/// Prints a page. A reader that has seen enough is no failure.
pub(super) fn print(page: &str) -> ExitCode {
    match io::stdout().write_all(page.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Failed.into(),
        _ => Exit::Success.into(),
    }
}
