//! Chinese texts are Chinese: the catalogues, the help of every verb, and every page.

use std::path::Path;
use std::process::Command;

#[path = "../common/foreign.rs"]
mod foreign;
use foreign::foreign_words;

/// Values that options take, and the names of what JSON has. They are the same in every language.
const VALUES: &[&str] = &[
    "table",
    "list",
    "json",
    "jsonl",
    "text",
    "ssh",
    "console",
    "wayland",
    "connected",
    "remote",
    "disconnected",
    "closing",
    "small",
    "medium",
    "large",
    "fullscreen",
    "operator",
    "administrator",
    "none",
    "all",
    "user",
    "group",
    "done",
    "en",
    "yesterday",
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
];

/// What is not Chinese, and where it stands.
fn complaint(place: &str, text: &str) -> Option<String> {
    let found = foreign_words(text, VALUES);
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
        match text.split_once("  ") {
            Some((name, about)) if name.is_ascii() => about.trim_start().to_owned(),
            _ if text.is_ascii() => String::new(),
            _ => text.to_owned(),
        }
    };
    help.lines().filter(is_written).map(bare).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_check_finds_what_is_not_chinese() {
    assert_eq!(foreign_words("会话 3 is gone：`usher list` 显示“not this”", &[]), ["is", "gone"]);
    assert!(foreign_words("SessionNotFound：用 --all 或 $USHER_LANG，见 server.toml 和 {name}", &[]).is_empty());
}
