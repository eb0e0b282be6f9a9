//! The command line: arguments become a request, outcomes become output. One verb, one file.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, CommandFactory, FromArgMatches, Parser};
use futures_util::future::LocalBoxFuture;
use usher_core::language::{Language, help as help_pages};
use usher_core::outcome::{Error, Exit};
use usher_core::request::{Action, Seconds};
use usher_core::servers::ServerName;
use usher_core::wire::headers::VERSION;

use crate::client::ClientError;
use crate::words;

mod act;
mod attach;
mod audit;
mod block;
mod blocks;
mod choices;
mod close;
mod cmdlet;
pub mod completion;
mod confirm;
mod countdown;
mod dashboard;
mod demo;
mod dial_stdio;
mod disconnect;
mod ending;
mod help;
mod hosts;
mod identities;
mod install_cmdlets;
mod invite;
mod join;
mod list;
mod localized;
mod lock;
mod login;
mod moment;
mod open;
mod output;
mod pages;
mod read;
mod rename;
mod revoke;
mod servers;
mod show;
mod status;
mod targets;
mod thumbnail;
mod unblock;
mod unlock;
mod usage_error;
mod verbs;
mod watch;

use hosts::{Hosts, Manner, TargetHost};
use output::OutputFormat;
use verbs::VerbArguments;

/// List, lock, unlock, disconnect and close the user sessions of shared Linux hosts
///
/// A session is one login of one user. A station is where a person sits at it: a seat, a remote client, or a terminal with
/// `usher attach`. A cover hides the screen of a locked session and holds its input. A standing rule (`usher block`) locks
/// every session that it covers, also those that are opened later.
///
/// A verb succeeds only when its effect was observed: a session counts as locked when its screen was seen to be covered
/// and its input to be held, not when a signal was sent.
///
/// Exit codes: 0 if every target is in the requested state, 1 if at least one target failed, 2 if the command line was
/// wrong, 3 if the host or its daemon could not be reached and nothing was done. `usher attach`, `usher open --attach` and
/// `usher open --wait` stay with a program and pass its exit code on.
#[derive(Debug, Parser)]
#[command(name = "usher", version, max_term_width = 100, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(
    after_help = "The cmdlets (Get-, Lock-, Unlock-, Disconnect- and Close-WmsSession) are verbs too: `usher help Lock-WmsSession`."
)]
pub struct CommandLine {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: VerbArguments,
}

/// The options of every verb.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// The daemon's socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]
    #[arg(long, global = true, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh
    #[arg(long, global = true, value_name = "HOST", value_delimiter = ',', conflicts_with = "socket")]
    server: Vec<ServerName>,
    /// How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]
    #[arg(long, global = true, value_name = "DURATION")]
    timeout: Option<Seconds>,
    /// How many hosts to ask at the same time
    #[arg(long, global = true, value_name = "N", default_value_t = hosts::AT_ONCE, value_parser = hosts::at_once)]
    at_once: u16,
    /// How to print the results
    #[arg(short, long, global = true, value_enum, default_value_t = OutputFormat::Table, value_name = "FORMAT")]
    output: OutputFormat,
    /// The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = clap::value_parser!(Language))]
    lang: Option<Language>,
    /// Print each request to standard error
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Whether the caller chose the format.
    #[arg(skip)]
    format_named: bool,
}

impl CommandLine {
    fn read(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        Ok(CommandLine { global: Global::read(matches)?, verb: VerbArguments::from_arg_matches_mut(matches)? })
    }
}

impl Global {
    fn read(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let format_named = names_format(matches);
        Ok(Global { format_named, ..Global::from_arg_matches_mut(matches)? })
    }
}

/// The hosts and the output of one command.
struct Context {
    hosts: Hosts,
    format: OutputFormat,
    /// The caller chose the format.
    format_named: bool,
    verbose: bool,
}

impl Context {
    /// How to print events: for people on a terminal, else for programs.
    fn event_format(&self) -> OutputFormat {
        let read_by_people = self.format_named || std::io::stdout().is_terminal();
        if read_by_people { self.format } else { OutputFormat::Jsonl }
    }

    /// Prints a request, with `--verbose`.
    fn trace(&self, host: &TargetHost, action: &Action) {
        if self.verbose {
            eprintln!("usher: {} ({})", action.route(), host.client.endpoint());
        }
    }
}

/// Why a verb ended without an answer to print.
#[derive(Debug)]
enum CommandError {
    /// The daemon refused the request, or could not be reached.
    Client(Box<ClientError>),
    /// The command line was wrong.
    Usage(Error),
    /// Printing failed: the reader went away, or its disk is full.
    Output(std::io::Error),
}

impl From<ClientError> for CommandError {
    fn from(error: ClientError) -> Self {
        CommandError::Client(Box::new(error))
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        CommandError::Output(error)
    }
}

/// `--output` for a verb where `-o` stands for something else.
fn output_without_letter() -> Arg {
    let globals = Global::augment_args(clap::Command::new("usher"));
    let output = globals.get_arguments().find(|argument| argument.get_id() == "output").cloned();
    output.unwrap_or_else(|| Arg::new("output")).short(None)
}

/// The command line's definition, for man pages, completions and the reference.
pub fn command() -> clap::Command {
    CommandLine::command()
}

pub use pages::manuals;

/// The same with every sentence in one language.
pub fn command_in(language: Language) -> clap::Command {
    localized::command(language)
}

/// The whole program.
pub fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|word| word == attach::GUARD) {
        return attach::guard();
    }
    if std::env::args_os().nth(1).is_some_and(|word| word == completion::ANSWER) {
        return completion::answer(std::env::args_os().skip(2).map(|word| word.to_string_lossy().into_owned()));
    }
    if let Some(call) = login::console::ShellCall::of(std::env::args_os()) {
        return call.main();
    }
    if let Some(invocation) = cmdlet::Invocation::of(std::env::args_os()) {
        return invocation.main();
    }
    if let Some(language) = named_language(std::env::args_os().map(|word| word.to_string_lossy().into_owned())) {
        words::speak(language);
    }
    match read_quickly().map_or_else(read_whole, Ok) {
        Ok(line) => to_its_end(run(line)),
        Err(error) => refuse(&error),
    }
}

/// What a command line that begins with its verb says, if nothing is wrong with it. Most are right, and to define every verb takes
/// longer than a short command.
fn read_quickly() -> Option<CommandLine> {
    let verb = std::env::args_os().nth(1)?;
    verbs::read_alone(verb.to_str()?, std::env::args_os().skip(2))
}

/// What any command line says.
fn read_whole() -> Result<CommandLine, clap::Error> {
    let language = words::language();
    let mut matches = if std::env::args_os().any(|word| word == "--help") {
        pages::documented(localized::command(language), language).try_get_matches()?
    } else if std::env::args_os().nth(1).is_some_and(|word| word == "--version" || word == "-V") {
        // The version is the same with and without verbs.
        clap::Command::new("usher").version(VERSION).try_get_matches_from(std::env::args_os().take(2))?
    } else {
        // Only who is told something needs it in words of theirs, and to find those takes long.
        command().try_get_matches().or_else(|_| localized::command(language).try_get_matches())?
    };
    CommandLine::read(&mut matches)
}

/// Runs a verb, and says why where it fails.
fn to_its_end(verb: impl Future<Output = Result<Exit, CommandError>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("usher: the runtime cannot be started: {error}");
            return Exit::Unreachable.into();
        }
    };
    match runtime.block_on(verb) {
        Ok(exit) => exit.into(),
        Err(failure) => complain(&failure).into(),
    }
}

/// Whether a command line chooses the format of the output, before the verb or behind it.
fn names_format(matches: &ArgMatches) -> bool {
    let behind = matches.subcommand().is_some_and(|(_, verb)| names_format(verb));
    behind || matches.value_source("output") == Some(ValueSource::CommandLine)
}

/// The language that a command line names, which is needed to say what is wrong with it.
fn named_language(words: impl Iterator<Item = String>) -> Option<Language> {
    let mut words = words.take_while(|word| word != "--");
    while let Some(word) = words.next() {
        let tag = if word == "--lang" { words.next() } else { word.strip_prefix("--lang=").map(str::to_owned) };
        if let Some(tag) = tag {
            return tag.parse().ok();
        }
    }
    None
}

/// Says what is wrong with a command line. Help and version are no errors.
fn refuse(error: &clap::Error) -> ExitCode {
    match error.kind() {
        _ if !error.use_stderr() && words::language() == Language::English => error.exit(),
        _ if !error.use_stderr() => {
            help_pages::print(&error.render().ansi().to_string(), &error.render().to_string());
            return ExitCode::SUCCESS;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => eprint!("{}", error.render()),
        _ => {
            // Built only now: most commands are right.
            let mut command = localized::command(words::language());
            command.build();
            let typed: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
            output::print_error(&usage_error::explain(error, &command, &typed));
        }
    }
    Exit::Usage.into()
}

async fn run(arguments: CommandLine) -> Result<Exit, CommandError> {
    let Global { socket, server, timeout, at_once, output, lang: _, verbose, format_named } = arguments.global;
    let manner = Manner { socket, patience: timeout.map(Seconds::as_duration), at_once: usize::from(at_once) };
    let hosts = Hosts::choose(&server, &manner).map_err(CommandError::Usage)?;
    let context = Context { hosts, format: output, format_named, verbose };
    // On the heap each takes what it needs, and not what the largest of them would.
    let verb: LocalBoxFuture<_> = match arguments.verb {
        VerbArguments::List(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Lock(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Unlock(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Disconnect(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Close(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Block(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Unblock(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Blocks(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Open(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Attach(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Login(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Rename(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Show(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Thumbnail(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Watch(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Audit(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Status(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Invite(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Identities(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Revoke(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Join(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Dashboard(verb) => return verb.run(&server, &manner),
        VerbArguments::Servers(verb) => Box::pin(verb.run(&manner, output)),
        VerbArguments::DialStdio(verb) => Box::pin(verb.run(&context)),
        VerbArguments::Demo(verb) => Box::pin(verb.run()),
        VerbArguments::Help(verb) => return verb.run(),
        VerbArguments::Completion(verb) => return verb.run(),
        VerbArguments::InstallCmdlets(verb) => return verb.run(),
    };
    verb.await
}

/// The one place where failures become sentences and exit codes.
fn complain(failure: &CommandError) -> Exit {
    match failure {
        CommandError::Client(client) => {
            output::print_error(&client.error);
            client.exit
        }
        CommandError::Usage(error) => {
            output::print_error(error);
            Exit::Usage
        }
        // A reader that has seen enough is no failure of ours.
        CommandError::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Success,
        CommandError::Output(error) => {
            eprintln!("usher: {}", words::with!("cannot-print", &[("why", &error.to_string())]));
            Exit::Failed
        }
    }
}
