//! Chinese texts are Chinese: the catalogues, the help of every verb, and every page.

use std::path::Path;
use std::process::Command;

#[path = "../common/foreign.rs"]
mod foreign;
use foreign::foreign_words;
use usher_core::language::{Language, help};

/// More values of options, names of what JSON has, and other words that are the same in every language.
const SAME_WORDS: &[&str] = &[
    "text",
    "ssh",
    "console",
    "wayland",
    "operator",
    "administrator",
    "none",
    "all",
    "user",
    "group",
    "done",
    "en",
    "today",
    "lock",
    "close",
    "expire",
    "end",
    "attach",
    "degraded",
    "watch",
    "lagged",
    "ls",
    "rm",
    "loginctl",
    "eval",
    "source",
    "man",
    "gateway",
    "String",
    "English",
    "git",
    "Rust",
    "C",
    "Debian",
    "Apache",
    "License",
    "vb",
    "db",
    "ea",
    "wa",
    "infa",
    "proga",
    "ev",
    "wv",
    "iv",
    "ov",
    "ob",
    "pv",
    "wi",
    "cf",
    "localhost",
    "exit",
    "help",
    "Get-",
    "Lock-",
    "Unlock-",
    "Disconnect-",
    "Suspend",
    "Continue",
    "Stop",
    "Inquire",
    "Ignore",
    "Small",
    "Medium",
    "Large",
    "State",
    "Disconnected",
    "Closing",
    "Verbose",
    "Debug",
    "Action",
    "True",
    "False",
    "Server",
    "Thumbnail",
    "Server",
    "Usher",
    "int",
    "string",
    "switch",
    "system",
    "cat",
    "prefix",
    "detach_keys",
    "audit",
    "block",
    "unlock",
    "show",
    "true",
    "false",
    "ms",
    "Shift",
    "journal",
    "sshd",
    "umask",
    "Xorg",
    "Composite",
    "Landlock",
    "seccomp",
    "vfork",
    "utmp",
    "Cookie",
    "Trusted",
    "Types",
];

/// The programs with every sentence in Chinese.
pub fn programs() -> [clap::Command; 4] {
    let usher = super::built(usher::cli::command_in(Language::Chinese));
    let [_, rest @ ..] = super::programs();
    let [usherd, gateway, dial] = rest.map(help::in_chinese);
    [usher, usherd, gateway, dial]
}

/// What clap calls the parts of a manual page.
const PARTS: [(&str, &str); 8] = [
    ("NAME", "名称"),
    ("SYNOPSIS", "概要"),
    ("DESCRIPTION", "描述"),
    ("OPTIONS", "选项"),
    ("SUBCOMMANDS", "子命令"),
    ("EXTRA", "另请参阅"),
    ("VERSION", "版本"),
    ("AUTHORS", "作者"),
];

/// The manual pages of the programs without verbs, in Chinese.
pub fn manuals() -> super::Files {
    let [_, usherd, gateway, dial] = programs();
    let pages = [("usherd.8", usherd, "8"), ("usher-gateway.8", gateway, "8"), ("usher-dial.1", dial, "1")];
    let pages = pages.map(|(name, program, section)| (name.to_owned(), super::manual(program, section)));
    let mut pages = super::Files::from(pages);
    for page in pages.values_mut() {
        let mut text = String::from_utf8(std::mem::take(page)).expect("text");
        for (english, chinese) in PARTS {
            text = text.replace(&format!(".SH {english}\n"), &format!(".SH {chinese}\n"));
        }
        *page = text.into_bytes();
    }
    pages
}

/// What is not Chinese, and where it stands.
fn complaint(place: &str, text: &str) -> Option<String> {
    let usher = usher::cli::command();
    let verbs = paths(&usher).concat();
    let names: Vec<&str> =
        foreign::OPTION_VALUES.iter().chain(SAME_WORDS).copied().chain(verbs.iter().map(String::as_str)).collect();
    // A line that shows how something is typed.
    let is_typed = |line: &&str| {
        !["usher ", "usherd ", "$ ", "sudo ", "loginctl"].iter().any(|word| line.trim_start().starts_with(word))
    };
    let text = text.lines().filter(is_typed).collect::<Vec<_>>().join("\n");
    let found = foreign_words(&text, &names);
    (!found.is_empty()).then(|| format!("{place}: {found:?}"))
}

#[test]
fn every_sentence_of_the_catalogues_is_chinese() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales/zh-CN");
    let mut complaints = Vec::new();
    for file in std::fs::read_dir(directory).expect("the catalogues").flatten().map(|entry| entry.path()) {
        let text = std::fs::read_to_string(&file).expect("a catalogue");
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.ends_with(" =")) {
            let is_toml = file.extension().is_some_and(|extension| extension == "toml");
            let behind = if is_toml { line.rsplit_once("\" = ") } else { line.split_once(" = ") };
            let said = behind.or(line.split_once(" = ")).map_or(line, |(_, said)| said);
            complaints.extend(complaint(line, said.trim_matches('"')));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn the_help_of_every_verb_is_chinese() {
    let usher = usher::cli::command();
    let mut complaints = Vec::new();
    let mut verbs = vec![Vec::new()];
    verbs.extend(paths(&usher));
    for verb in verbs {
        for ask in ["--help", "-h"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
            let said = command.args(["--lang", "zh-CN"]).args(&verb).arg(ask).output().expect("usher runs");
            assert!(said.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&said.stderr));
            let help = without_names(&String::from_utf8_lossy(&said.stdout));
            complaints.extend(complaint(&format!("usher {} {ask}", verb.join(" ")), &help));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// The words of each verb below a command.
fn paths(command: &clap::Command) -> Vec<Vec<String>> {
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    verbs
        .flat_map(|verb| {
            let name = verb.get_name().to_owned();
            let below = paths(verb).into_iter().map(|rest| [vec![name.clone()], rest].concat());
            std::iter::once(vec![name.clone()]).chain(below).collect::<Vec<_>>()
        })
        .collect()
}

/// Help without the names of verbs that begin its lines, and without the line that shows how a command is written.
fn without_names(help: &str) -> String {
    let is_written = |line: &&str| !line.contains("用法");
    let bare = |line: &str| {
        let text = line.trim_start();
        if text.starts_with("usher ") {
            return String::new();
        }
        match text.split_once("  ") {
            Some((name, about)) if name.is_ascii() => about.trim_start().to_owned(),
            _ if text.starts_with(['-', '[', '<']) => String::new(),
            _ => text.to_owned(),
        }
    };
    help.lines().filter(is_written).map(bare).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_help_of_the_daemons_is_chinese() {
    let mut complaints = Vec::new();
    for mut program in programs() {
        let help = without_names(&program.render_long_help().to_string());
        complaints.extend(complaint(program.get_name(), &help));
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// Markdown without what stands in code, and manual pages without their requests.
#[test]
fn every_page_is_chinese() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directories = [".", "docs", "docs/zh-CN", "docs/man/zh_CN"];
    let files = directories.iter().flat_map(|directory| std::fs::read_dir(top.join(directory)).expect("a directory"));
    let mut complaints = Vec::new();
    let mut seen = 0;
    for file in files.flatten().map(|entry| entry.path()) {
        let name = file.to_string_lossy().replace('_', "-");
        if !file.is_file() || !name.contains("zh-CN") {
            continue;
        }
        seen += 1;
        let text = std::fs::read_to_string(&file).expect("a page");
        let text = if name.ends_with(".md") { markdown(&text) } else { roff(&text) };
        complaints.extend(complaint(&name, &text));
    }
    assert!(seen > 30 && complaints.is_empty(), "{seen} pages: {complaints:#?}");
}

/// Without headings that are names of commands, tags, and the targets of links.
fn markdown(text: &str) -> String {
    let lines = text.lines().filter(|line: &&str| !(line.starts_with('<') || line.starts_with('#') && line.is_ascii()));
    lines.map(|line| line.replace("](", " <").replace(')', ">")).collect::<Vec<_>>().join("\n")
}

/// Without requests, and without the words that are bold or in italics: options, and what is to be put in their place.
fn roff(text: &str) -> String {
    let plain = |line: &str| {
        let mut rest = String::new();
        for (nth, part) in line.replace("\\fR", "\u{1}").split("\\f").enumerate() {
            let said = part.split_once('\u{1}').map_or(part, |(_, said)| said);
            rest += if nth == 0 { part } else { said };
        }
        rest.replace("\\-", "-").replace('\u{1}', "").replace("\\*(Aq", "'").replace("\\(aq", "'")
    };
    let lines = text.lines().filter(|line| !line.starts_with('.') && !line.starts_with('\''));
    lines.map(plain).filter(|line| !line.is_ascii()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_check_finds_what_is_not_chinese() {
    assert_eq!(foreign_words("会话 3 is gone：`usher list` 显示“not this”", &[]), ["is", "gone"]);
    assert!(foreign_words("SessionNotFound：用 --all 或 $USHER_LANG，见 server.toml 和 {name}", &[]).is_empty());
}
