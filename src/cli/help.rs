//! `usher help`

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use clap::builder::StyledStr;
use usher_core::language::{Language, help as help_pages};
use usher_core::outcome::{Error, ErrorId, Exit};

use super::{CommandError, localized, output, pages, usage_error};
use crate::{cmdlet, words};

/// Explain a verb or a cmdlet, such as lock or Lock-WmsSession
#[derive(Debug, Args)]
pub struct Help {
    /// The verb or the cmdlet, such as `servers group`; without one, all of them are listed
    #[arg(value_name = "NAME")]
    name: Vec<String>,
}

impl Help {
    pub(super) fn run(self) -> Result<Exit, CommandError> {
        let language = words::language();
        let mut command = pages::documented(localized::command(language), language);
        command.build();
        if let [name] = self.name.as_slice()
            && let Some(cmdlet) = cmdlet::find(name)
        {
            io::stdout().write_all(cmdlet::help::text(cmdlet, language).as_bytes())?;
            return Ok(Exit::Success);
        }
        let mut verb = &mut command;
        for name in &self.name {
            verb = verb.find_subcommand_mut(name).ok_or_else(|| unknown(&self.name))?;
        }
        write!(io::stdout(), "{}", page(&verb.render_long_help()))?;
        if self.name.is_empty() {
            write!(io::stdout(), "\n{}", cmdlet::help::list(language))?;
        }
        Ok(Exit::Success)
    }
}

fn unknown(name: &[String]) -> CommandError {
    let name = output::printable(&usage_error::repeated(&name.join(" ")));
    CommandError::Usage(Error::new(ErrorId::InvalidRequest, words::with!("help-unknown", &[("name", &name)])))
}

/// The help of a verb in lines for this terminal. clap breaks English into lines, and knows no others.
fn page(help: &StyledStr) -> String {
    match words::language() {
        Language::English => help.to_string(),
        Language::Chinese => help_pages::in_lines(&help.to_string()),
    }
}

/// Prints a page. A reader that has seen enough is no failure.
pub(super) fn print(page: &str) -> ExitCode {
    match io::stdout().write_all(page.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Failed.into(),
        _ => Exit::Success.into(),
    }
}
