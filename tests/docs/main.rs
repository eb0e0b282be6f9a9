//! The generated files under docs/ are what the code says. `cargo xtask docs` writes them again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use usher::cli::completion::{Shell, script};
use usher_core::language::Language;

mod architecture;
mod chinese;
mod cmdlets;
mod configuration;
mod pages;
mod reference;
mod routes;
mod sentences;
mod translations;

/// Files by their names.
type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn the_reference_is_what_the_command_line_is() {
    let text = reference::markdown(&programs(), &reference::ENGLISH);
    compare("", Files::from([("cli.md".to_owned(), text.into_bytes())]));
    let text = reference::markdown(&chinese::programs(), &reference::CHINESE);
    compare_in(&docs().join("zh-CN"), false, Files::from([("cli.md".to_owned(), text.into_bytes())]));
}

#[test]
fn the_manual_pages_are_what_the_command_line_is() {
    let mut pages = manuals(Language::English);
    pages.insert("usherd.8".to_owned(), manual(usherd(), "8"));
    pages.insert("usher-gateway.8".to_owned(), manual(gateway(), "8"));
    pages.insert("usher-dial.1".to_owned(), manual(dial(), "1"));
    pages.extend(cmdlets::manuals(Language::English));
    compare("man", pages);
}

#[test]
fn the_chinese_manual_pages_are_what_the_command_line_is() {
    let mut pages = manuals(Language::Chinese);
    pages.extend(chinese::manuals());
    pages.extend(cmdlets::manuals(Language::Chinese));
    compare("man/zh_CN", pages);
}

/// The manual page of usher and of each verb.
fn manuals(language: Language) -> Files {
    usher::cli::manuals(language).into_iter().map(|(name, page)| (name, page.into_bytes())).collect()
}

#[test]
fn the_completions_are_what_the_command_line_is() {
    let files = [("usher.bash", Shell::Bash), ("_usher", Shell::Zsh), ("usher.fish", Shell::Fish)];
    let files = files.map(|(name, shell)| (name.to_owned(), script(shell).into_bytes()));
    compare("completions", Files::from(files));
}

#[test]
fn the_api_is_what_the_routes_are() {
    let document = usherd::api::routes::document();
    compare("", Files::from([("openapi.json".to_owned(), document.into_bytes())]));
}

/// `usher`, with the global options at every verb.
fn usher() -> Command {
    built(usher::cli::command())
}

fn programs() -> [Command; 4] {
    [usher(), usherd(), gateway(), dial()]
}

fn usherd() -> Command {
    built(usherd::daemon::main::DaemonArguments::command())
}

fn gateway() -> Command {
    built(usher_gateway::gateway::GatewayArguments::command())
}

fn dial() -> Command {
    built(usher_gateway::dial::DialArguments::command())
}

fn built(mut command: Command) -> Command {
    command.build();
    command
}

fn verbs(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help")
}

/// Every verb, and those below it, by the words that call it.
fn all_verbs<'c>(name: &str, command: &'c Command) -> Vec<(String, &'c Command)> {
    let below = verbs(command).flat_map(|verb| {
        let name = format!("{name} {}", verb.get_name());
        let deeper = all_verbs(&name, verb);
        [vec![(name, verb)], deeper].concat()
    });
    below.collect()
}

fn manual(command: Command, section: &str) -> Vec<u8> {
    let title = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let source = format!("usher {}", env!("CARGO_PKG_VERSION"));
    let mut text = Vec::new();
    // No date: the pages change with the code alone. An empty one would let the fields after it move up.
    let man = Man::new(command).title(title).section(section).date(" ").source(source).manual("usher");
    man.render(&mut text).expect("a vector takes every byte");
    text
}

/// Compares the files with those of a directory under docs/, or writes them there.
///
/// In a directory that is generated as a whole (any but docs/ itself), a file that is no longer generated is wrong too.
fn compare(directory: &str, wanted: Files) {
    compare_in(&docs().join(directory), !directory.is_empty(), wanted);
}

/// The same in any directory; `whole` says whether all of it is generated.
fn compare_in(directory: &Path, whole: bool, wanted: Files) {
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::create_dir_all(directory).expect("docs/ can be written");
        for name in names(directory).iter().filter(|name| whole && !wanted.contains_key(*name)) {
            fs::remove_file(directory.join(name)).expect("docs/ can be written");
        }
        for (name, text) in &wanted {
            fs::write(directory.join(name), text).expect("docs/ can be written");
        }
    }
    let mut wrong: Vec<String> = Vec::new();
    for (name, text) in &wanted {
        let file = directory.join(name);
        match fs::read(&file) {
            Ok(found) if found == *text => {}
            Ok(found) => wrong.push(format!("{}: {}", file.display(), difference(&found, text))),
            Err(error) => wrong.push(format!("{}: {error}", file.display())),
        }
    }
    for name in names(directory).into_iter().filter(|name| whole && !wanted.contains_key(name)) {
        wrong.push(format!("{}: nothing generates it any more", directory.join(name).display()));
    }
    assert!(wrong.is_empty(), "not as the code says; `cargo xtask docs` writes them again:\n{}", wrong.join("\n"));
}

/// The first line that differs.
fn difference(found: &[u8], wanted: &[u8]) -> String {
    let (found, wanted) = (String::from_utf8_lossy(found), String::from_utf8_lossy(wanted));
    let (mut found, mut wanted) = (found.lines(), wanted.lines());
    for number in 1.. {
        match (found.next(), wanted.next()) {
            (None, None) => break,
            (is, should) if is == should => {}
            (is, should) => {
                let show = |line: Option<&str>| line.map_or_else(|| "the end".to_owned(), |line| format!("{line:?}"));
                return format!("line {number} is {}, should be {}", show(is), show(should));
            }
        }
    }
    "the ends of lines differ".to_owned()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    // A directory in it is compared by itself.
    let entries = entries.filter(|entry| entry.path().is_file());
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}
