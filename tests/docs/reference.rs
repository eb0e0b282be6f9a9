//! The command line as one page of Markdown.

use std::fmt::Write;

use clap::builder::StyledStr;
use clap::{Arg, Command};

use super::all_verbs;

/// What the page itself says, in one language.
pub struct PageWords {
    head: &'static str,
    one_of: &'static str,
    default: &'static str,
    colon: &'static str,
}

pub const ENGLISH: PageWords = PageWords {
    head: "<!-- Written by `cargo xtask docs` from the code. -->\n\n# The command line\n",
    one_of: "one of",
    default: "default:",
    colon: ": ",
};

pub const CHINESE: PageWords = PageWords {
    head: "<!-- 由 `cargo xtask docs` 根据代码生成。 -->\n\n# 命令行\n",
    one_of: "可取的值：",
    default: "默认：",
    colon: "：",
};

/// Every program and every verb.
pub fn markdown(programs: &[Command], words: &PageWords) -> String {
    let mut page = words.head.to_owned();
    for program in programs {
        section(&mut page, 2, program.get_name(), program, words, |_| true);
        for (title, verb) in all_verbs(program.get_name(), program) {
            // What every verb takes stands at the program.
            section(&mut page, 3, &title, verb, words, |argument| !argument.is_global_set());
        }
    }
    page
}

fn section(
    page: &mut String,
    level: usize,
    title: &str,
    command: &Command,
    words: &PageWords,
    shown: impl Fn(&Arg) -> bool,
) {
    let about = command.get_long_about().or(command.get_about());
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage:").unwrap_or(&usage).trim();
    let _ = write!(page, "\n{} {title}\n\n{}\n\n```text\n{usage}\n```\n", "#".repeat(level), paragraphs(about));
    let shown: Vec<&Arg> = command.get_arguments().filter(|a| !a.is_hide_set() && shown(a) && !own(a)).collect();
    if !shown.is_empty() {
        page.push('\n');
    }
    for argument in shown {
        let help = paragraphs(argument.get_long_help().or(argument.get_help())).replace('\n', "\n  ");
        let _ = writeln!(page, "- `{}`{}{help}{}", name(argument), words.colon, values(argument, words));
    }
}

/// What clap gives every program.
fn own(argument: &Arg) -> bool {
    matches!(argument.get_id().as_str(), "help" | "version")
}

/// `-o, --output <FORMAT>` or `[ID]...`, as in the help.
fn name(argument: &Arg) -> String {
    let text = argument.to_string();
    match argument.get_short() {
        Some(short) if argument.get_long().is_some() => format!("-{short}, {text}"),
        _ => text,
    }
}

/// What an option's value may be, and is without it.
fn values(argument: &Arg, words: &PageWords) -> String {
    if !argument.get_action().takes_values() {
        return String::new();
    }
    let mut text = String::new();
    let possible = argument.get_possible_values();
    let possible: Vec<String> = possible
        .iter()
        .filter(|v| !v.is_hide_set() && !argument.is_hide_possible_values_set())
        .map(|v| format!("`{}`", v.get_name()))
        .collect();
    if !possible.is_empty() {
        let _ = write!(text, " ({} {})", words.one_of, possible.join(", "));
    }
    let defaults: Vec<_> = argument.get_default_values().iter().map(|v| format!("`{}`", v.to_string_lossy())).collect();
    if !defaults.is_empty() && !argument.is_hide_default_value_set() {
        let _ = write!(text, " [{} {}]", words.default, defaults.join(", "));
    }
    text
}

/// Help as Markdown: a `<` begins no tag.
fn paragraphs(text: Option<&StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default().trim().replace('<', "\\<")
}
