//! A verb's manual page (`man(7)`).

use clap::{Arg, Command};
use usher_core::language::Language;

use super::sections;
use crate::cli::localized;
use crate::cmdlet::help::{Part, roff};
use crate::words::key;

/// The pages of usher and of every verb, by the names of their files.
pub fn manuals(language: Language) -> Vec<(String, String)> {
    let mut usher = localized::command(language);
    usher.build();
    let mut pages = Vec::new();
    collect(&usher, "", language, &mut pages);
    pages
}

fn collect(command: &Command, verb: &str, language: Language, pages: &mut Vec<(String, String)>) {
    let title = format!("usher {verb}").trim_end().replace(' ', "-");
    pages.push((format!("{title}.1"), manual(command, &title, verb, language)));
    // clap's own `help` behind a verb is none of ours.
    let below = command.get_subcommands().filter(|below| verb.is_empty() || below.get_name() != "help");
    for below in below.filter(|verb| !verb.is_hide_set()) {
        let verb = format!("{verb} {}", below.get_name());
        collect(below, verb.trim_start(), language, pages);
    }
}

fn manual(command: &Command, title: &str, verb: &str, language: Language) -> String {
    let name = key!("page-name").in_language(language, &[]).to_uppercase();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let head = roff::head(title, &name, &about);
    page(command, verb, language).iter().fold(head, |text, part| text + &roff::lines(part))
}

fn page(command: &Command, verb: &str, language: Language) -> Vec<Part> {
    let section = |key: crate::words::Key| Part::Section(key.in_language(language, &[]));
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let mut parts = vec![section(key!("page-synopsis")), Part::Text(synopsis(command, language))];
    parts.push(section(key!("page-description")));
    parts.extend(about.split("\n\n").map(|paragraph| Part::Text(paragraph.trim().replace('\n', " "))));
    let after = command.get_after_help().map(ToString::to_string);
    parts.extend(after.map(Part::Text));
    parts.push(section(key!("page-options")));
    parts.extend(options(command));
    let verbs: Vec<_> = command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(row_of_verb).collect();
    if !verbs.is_empty() {
        parts.extend([section(key!("page-commands")), Part::Table(verbs)]);
    }
    parts.extend(sections(verb, language));
    parts
}

fn row_of_verb(verb: &Command) -> (String, String) {
    (verb.get_name().to_owned(), verb.get_about().map(ToString::to_string).unwrap_or_default())
}

/// How the command is written, with the values of its options.
fn synopsis(command: &Command, language: Language) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.find("usher").map_or(usage.as_str(), |at| &usage[at..]).trim();
    let in_group = |argument: &Arg| {
        command.get_groups().any(|group| group.is_required_set() && group.get_args().any(|id| id == argument.get_id()))
    };
    let own = command.get_arguments().filter(|argument| shown(argument) && !is_global(argument));
    let own = own.filter(|it| !it.is_positional() && !it.is_required_set() && !in_group(it));
    let mut options: Vec<String> = own.map(|option| format!("[{option}]")).collect();
    options.push(format!("[{}]", key!("page-global-options").in_language(language, &[])));
    usage.replacen("[OPTIONS]", &options.join(" "), 1)
}

fn shown(argument: &Arg) -> bool {
    !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version")
}

fn is_global(argument: &Arg) -> bool {
    argument.is_global_set()
}

/// The options in their groups, those of every verb last.
fn options(command: &Command) -> Vec<Part> {
    let all = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let (own, global): (Vec<&Arg>, Vec<&Arg>) = all.partition(|argument| !is_global(argument));
    let all: Vec<&Arg> = own.into_iter().chain(global).collect();
    let mut headings: Vec<Option<&str>> = Vec::new();
    for heading in all.iter().map(|argument| argument.get_help_heading()) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    let mut parts = Vec::new();
    for heading in headings {
        parts.extend(heading.map(|heading| Part::Head(heading.to_owned())));
        let rows = all.iter().filter(|argument| argument.get_help_heading() == heading).map(|it| row(it));
        parts.push(Part::Table(rows.collect()));
    }
    parts
}

fn row(argument: &Arg) -> (String, String) {
    let name = match argument.get_short() {
        Some(short) if argument.get_long().is_some() => format!("-{short}, {argument}"),
        _ => argument.to_string(),
    };
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    (name, help.trim().to_owned() + &values(argument))
}

/// What a value may be, and is without the option, where the help does not say so.
fn values(argument: &Arg) -> String {
    if !argument.get_action().takes_values() {
        return String::new();
    }
    let shown = argument.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
    let possible: Vec<String> = shown.map(|value| value.get_name().to_owned()).collect();
    let of = (!possible.is_empty() && !argument.is_hide_possible_values_set()).then(|| possible.join(", "));
    let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let default = (!defaults.is_empty() && !argument.is_hide_default_value_set()).then(|| defaults.join(", "));
    let of = of.map(|of| format!(" [possible values: {of}]")).unwrap_or_default();
    of + &default.map(|default| format!(" [default: {default}]")).unwrap_or_default()
}
