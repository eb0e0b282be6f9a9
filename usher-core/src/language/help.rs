//! The help of the programs that have no verbs, in the caller's language. `usher` itself has more to say, and files of its
//! own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use clap::builder::Resettable;
use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, Command, Parser};

use super::{Language, wrapped};

/// The width of lines where nobody says how wide they are, and the most that is comfortable to read.
const WIDEST: u16 = 100;

/// Reads the command line. Help, version and mistakes end the program, as with clap.
pub fn parse<P: Parser>() -> P {
    if Language::of_locale() == Language::English {
        return P::parse();
    }
    let command = in_chinese(P::command());
    let name = command.get_name().to_owned();
    let read = command.try_get_matches().and_then(|matches| P::from_arg_matches(&matches));
    read.unwrap_or_else(|error| {
        if error.use_stderr() {
            eprint!("{}", complaint(&name, &error));
            std::process::exit(2);
        }
        print(&error.render().ansi().to_string(), &error.render().to_string());
        std::process::exit(0);
    })
}

/// Prints help that no line of is too long: with colours on a terminal. A reader that has seen enough is no failure.
pub fn print(coloured: &str, plain: &str) {
    let mut out = std::io::stdout();
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let page = if out.is_terminal() && !refused { coloured } else { plain };
    let _ = out.write_all(in_lines(page).as_bytes());
}

/// A page of help in lines for this terminal. clap writes a narrow colon behind its headings.
pub fn in_lines(page: &str) -> String {
    let lines: Vec<String> = page.split('\n').map(with_wide_colon).collect();
    wrapped(&lines.join("\n"), width())
}

/// A heading, which stands alone with its colon, perhaps in colours.
fn with_wide_colon(line: &str) -> String {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    match line.split_once(':') {
        Some((head, rest)) if head.ends_with(is_han) && !rest.contains(|c: char| is_han(c) || c == ' ') => {
            format!("{head}：{rest}")
        }
        _ => line.to_owned(),
    }
}

/// How many cells a line of help may have.
fn width() -> usize {
    let said = rustix::termios::tcgetwinsize(std::io::stdout()).map_or(0, |size| size.ws_col);
    usize::from(if said == 0 { WIDEST } else { said.min(WIDEST) })
}

/// A program's definition with every sentence in Chinese. Lines are broken where they are printed.
pub fn in_chinese(mut command: Command) -> Command {
    let texts: BTreeMap<String, String> =
        toml::from_str(include_str!("../../../locales/zh-CN/programs.toml")).unwrap_or_default();
    command.build();
    let name = command.get_name().to_owned();
    let say = |key: &str| texts.get(key).cloned().unwrap_or_default();
    let about = say(&name);
    let long = format!("{about}\n\n{}", say(&format!("{name}.long")));
    let template = format!("{{about-with-newline}}\n{}{{usage}}\n\n{{all-args}}", say("usage"));
    let argument = |argument: Arg| {
        let heading = say(if argument.is_positional() { "arguments" } else { "options" });
        let own = format!("{name}.{}", argument.get_id());
        let help = texts.get(&own).cloned().unwrap_or_else(|| say(argument.get_id().as_str()));
        argument.help(help).long_help(Resettable::Reset).help_heading(heading)
    };
    let command = command.about(about).long_about(long).help_template(template);
    command.max_term_width(0).term_width(0).mut_args(argument)
}

/// What is wrong with a command line.
fn complaint(name: &str, error: &clap::Error) -> String {
    let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    let mut text = match error.kind() {
        ErrorKind::UnknownArgument => format!("{name}：没有选项或参数“{argument}”"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => format!("{name}：{argument} 的值有误"),
        ErrorKind::MissingRequiredArgument => format!("{name}：缺少 {argument}"),
        _ => format!("{name}：命令行有误"),
    };
    text = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(400).collect();
    let _ = writeln!(text, "\n  提示：用 `{name} --help` 查看用法");
    text
}
