//! `usher Lock-WmsSession …`, and the same through a link of that name: words are bound to a call, which goes the
//! way of every verb and comes back as objects and error records.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use usher_core::language::Language;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::Seconds;

use crate::cli::hosts::{AT_ONCE, Manner, at_once};
use crate::cli::output;
use crate::cmdlet::bind::{Binding, bind};
use crate::cmdlet::call::Call;
use crate::cmdlet::record::Record;
use crate::cmdlet::{Cmdlet, find};
use crate::words;

mod action;
mod form;
mod input;
mod objects;
mod prompt;
mod reporter;
mod results;
mod run;

use form::Form;
use run::CmdletRun;

/// A cmdlet's command line.
#[derive(Debug)]
pub(super) struct Invocation {
    cmdlet: &'static Cmdlet,
    words: Vec<String>,
    socket: Option<PathBuf>,
    timeout: Option<Duration>,
    at_once: u16,
    output: Option<String>,
    language: Option<String>,
    verbose: bool,
}

impl Invocation {
    /// The cmdlet that a command line is for, if it is for one: by the program's own name, or by the first word
    /// that is no option of `usher`'s.
    pub(super) fn of(arguments: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut words = arguments.into_iter().map(|word| word.to_string_lossy().into_owned());
        let program = words.next()?;
        let name = Path::new(&program).file_name()?.to_string_lossy().into_owned();
        let mut invocation = Invocation {
            cmdlet: find(&name).unwrap_or(crate::cmdlet::ALL[0]),
            words: Vec::new(),
            socket: None,
            timeout: None,
            at_once: AT_ONCE,
            output: None,
            language: None,
            verbose: false,
        };
        if find(&name).is_none() {
            invocation.cmdlet = invocation.options(&mut words)?;
        }
        invocation.words = words.collect();
        Some(invocation)
    }

    /// Takes `usher`'s own options off the front, up to the name of a cmdlet; `None` if the command line is for a
    /// plain verb or is wrong, which is not judged here.
    fn options(&mut self, words: &mut impl Iterator<Item = String>) -> Option<&'static Cmdlet> {
        loop {
            let word = words.next()?;
            let (option, joined) = match word.split_once('=') {
                Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let mut value = || joined.clone().or_else(|| words.next());
            match option.as_str() {
                "--socket" => self.socket = Some(PathBuf::from(value()?)),
                "--timeout" => self.timeout = Some(value()?.parse::<Seconds>().ok()?.as_duration()),
                "--at-once" => self.at_once = at_once(&value()?).ok()?,
                "-o" | "--output" => self.output = Some(value()?),
                "--lang" => self.language = Some(value()?),
                "-v" | "--verbose" if joined.is_none() => self.verbose = true,
                name => return find(name).filter(|_| joined.is_none()),
            }
        }
    }

    /// The whole program. It takes much room on the stack, which the program's first frame would have for every command.
    #[inline(never)]
    pub(super) fn main(self) -> ExitCode {
        if let Err(refused) = self.choose_language() {
            return wrong(words::with!("usage-value-wrong", &[("argument", "--lang"), ("why", &refused.to_string())]));
        }
        let form = match Form::chosen(self.output.as_deref()) {
            Ok(form) => form,
            Err(refused) => return wrong(refused),
        };
        match self.call() {
            Ok(None) => super::help::print(&crate::cmdlet::help::text(self.cmdlet, words::language())),
            Ok(Some(call)) => self.run(call, form).into(),
            Err(record) => {
                reporter::write_line(&mut io::stderr(), &reporter::lines(&record, self.cmdlet));
                Exit::Usage.into()
            }
        }
    }

    fn choose_language(&self) -> Result<(), usher_core::request::InvalidValue> {
        if let Some(tag) = &self.language {
            words::speak(tag.parse::<Language>()?);
        }
        Ok(())
    }

    /// The call, or `None` for help.
    fn call(&self) -> Result<Option<Call>, Record> {
        let bound = bind(self.cmdlet, &self.words, input::is_there(), &mut prompt::Mandatory::default());
        let record = |error| Record::of_binding(&error, words::language());
        match bound.map_err(record)? {
            Binding::Help => Ok(None),
            Binding::Call(bound) => Call::new(&bound).map(Some).map_err(record),
        }
    }

    fn run(self, mut call: Call, form: Form) -> Exit {
        call.streams.debug |= self.verbose;
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                reporter::write_line(&mut io::stderr(), &format!("usher: the runtime cannot be started: {error}"));
                return Exit::Unreachable;
            }
        };
        let manner = Manner { socket: self.socket, patience: self.timeout, at_once: usize::from(self.at_once) };
        runtime.block_on(CmdletRun::new(call, manner, form).all())
    }
}

/// Says what is wrong with the options before the cmdlet's name, as of every other command line.
fn wrong(message: String) -> ExitCode {
    output::print_error(&Error::new(ErrorId::InvalidRequest, message));
    Exit::Usage.into()
}
