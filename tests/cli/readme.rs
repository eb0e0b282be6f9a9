//! The five minutes of README.md and of README.zh-CN.md, played literally and in order in two real terminals.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::harness::{Daemon, Station, USHER, need, need_shield, processes, skip, wait_for, wait_until};

/// A README, and how it says what the player must know.
struct Readme {
    text: &'static str,
    section: &'static str,
    /// The readers' own; the text says what those of another one set.
    locale: &'static str,
    second_terminal: &'static str,
    ends_by_ctrl_c: &'static str,
    refused: &'static str,
    /// The first message that is locked with.
    message: &'static str,
}

const ENGLISH: Readme = Readme {
    text: include_str!("../../README.md"),
    section: "Five minutes",
    locale: "C.UTF-8",
    second_terminal: "second terminal",
    ends_by_ctrl_c: "Ctrl-C ends it",
    refused: "refused",
    message: "Eyes up, 眼睛看前面",
};

const CHINESE: Readme = Readme {
    text: include_str!("../../README.zh-CN.md"),
    section: "五分钟上手",
    locale: "zh_CN.UTF-8",
    second_terminal: "第二个终端",
    ends_by_ctrl_c: "按 Ctrl-C 结束",
    refused: "被拒绝",
    message: "眼睛看前面",
};

/// What the shell prints before its prompt's end; the number in it is the last command's exit code.
const MARK: &str = "@$?@ ";

/// A command of README, and what README shows of its output.
struct TypedCommand {
    in_second: bool,
    command: String,
    about: String,
    output: Vec<String>,
}

/// Every command of the section, with the terminal that the sentence above its block names.
fn typed(readme: &Readme) -> Vec<TypedCommand> {
    let (_, text) = readme.text.split_once(&format!("## {}\n", readme.section)).expect("the section");
    let text = text.split("\n## ").next().expect("its text");
    let mut all: Vec<TypedCommand> = Vec::new();
    let (mut inside, mut in_second) = (false, false);
    for line in text.lines() {
        match line.strip_prefix("$ ") {
            _ if line.starts_with("```") => inside = !inside,
            Some(words) if inside => {
                let (command, about) = words.split_once("  # ").unwrap_or((words, ""));
                let (command, about) = (command.trim_end().to_owned(), about.to_owned());
                all.push(TypedCommand { in_second, command, about, output: Vec::new() });
            }
            None if inside => all.last_mut().expect("a command").output.push(line.to_owned()),
            _ if !line.is_empty() => in_second = line.contains(readme.second_terminal),
            _ => {}
        }
    }
    all
}

/// A person's shell in a terminal.
struct Typist(Station);

impl Typist {
    fn start(daemon: &Daemon, readme: &Readme) -> Self {
        let home = daemon.directory().display();
        let path = std::env::var("PATH").unwrap_or_default();
        let script = format!(
            "export PATH='{home}/tools:{path}' XDG_RUNTIME_DIR='{home}/run' LANG={} NO_COLOR=1 PS1='{MARK}'; exec bash --norc --noprofile -i",
            readme.locale
        );
        // Whoever runs the tests in the background has Ctrl-C ignored, and so would everything in this terminal.
        let words = ["--default-signal=INT", "bash", "-c", &script].map(str::to_owned);
        let shell = Typist(Station::run_program(daemon, "env", &words, 60, 120));
        shell.exit_code_after(0);
        shell
    }

    fn said_since(&self, begin: usize) -> String {
        String::from_utf8_lossy(&self.0.raw().0[begin..]).into_owned()
    }

    /// The exit code of the command whose output begins here, if the prompt is back.
    fn exit_code(&self, begin: usize) -> Option<i32> {
        let said = self.said_since(begin);
        said.split('@').skip(1).find_map(|part| part.parse().ok())
    }

    /// The same, once it is; what was typed is told where it never is.
    fn exit_code_after(&self, begin: usize) -> i32 {
        let waited = catch_unwind(AssertUnwindSafe(|| wait_for("the prompt is back", || self.exit_code(begin))));
        waited.unwrap_or_else(|_| panic!("the prompt does not come back:\n{}", self.said_since(begin)))
    }

    /// Types a line, and gives where its output begins.
    fn type_line(&self, line: &str) -> usize {
        let begin = self.0.raw().0.len();
        self.0.type_keys(format!("{line}\r").as_bytes());
        begin
    }
}

/// Whether a line that was printed ends as README shows it: before it a prompt may stand; names, paths and times are
/// others'.
fn is_like(shown: &str, printed: &str) -> bool {
    let (shown, printed): (Vec<&str>, Vec<&str>) =
        (shown.split_whitespace().collect(), printed.split_whitespace().collect());
    let others = |word: &str| matches!(word, "lab1" | "alice") || word.contains('/') || word.contains('.');
    let printed = printed.split_at(printed.len().saturating_sub(shown.len())).1;
    shown.len() == printed.len() && shown.iter().zip(printed).all(|(shown, word)| others(shown) || shown == word)
}

fn play(readme: &Readme, typed: &TypedCommand, first: &Typist, second: &Typist) {
    let shell = if typed.in_second { second } else { first };
    let TypedCommand { command, about, output, .. } = typed;
    let begin = shell.type_line(command);
    if command.starts_with("usher attach") {
        shell.0.wait("its screen", |shot| shot.alternate);
        return;
    }
    if about.contains(readme.ends_by_ctrl_c) {
        // Once the program is the one that was typed, the terminal's Ctrl-C is its own.
        let words = format!("{}\0", command.replace(' ', "\0"));
        let runs = |pid: &u32| std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line == words.as_bytes());
        wait_until("it runs", || processes::descendants(shell.0.pid()).iter().any(runs));
        shell.0.type_keys(b"\x03");
        assert_eq!(shell.exit_code_after(begin), 130, "{command}");
        return;
    }
    let expected = i32::from(about.starts_with(readme.refused));
    let code = shell.exit_code_after(begin);
    assert_eq!(code, expected, "{command}: {}", shell.said_since(begin));
    for line in output {
        wait_until(&format!("{command} prints {line:?}"), || {
            let said = shell.said_since(begin);
            said.lines().any(|printed| is_like(line, printed))
        });
    }
    if command.contains(readme.message) {
        second.0.wait_for(readme.message);
    }
    if command.starts_with("usher disconnect") {
        second.0.wait("the shell is back", |shot| !shot.alternate);
    }
}

#[test]
fn the_five_minutes_can_be_typed_as_they_stand() {
    let Some(said) = five_minutes(&ENGLISH) else { return };
    assert!(said.contains("lock    done    yes"), "{said}");
}

#[test]
fn the_five_minutes_can_be_typed_in_chinese() {
    let Some(said) = five_minutes(&CHINESE) else { return };
    assert!(said.contains("StillBlocked: 会话 1 仍被规则 all 覆盖"), "{said}");
}

/// What the first terminal showed of all that was typed, unless this cannot be played here.
fn five_minutes(readme: &Readme) -> Option<String> {
    if need("bash").is_none() || !need_shield() {
        return None;
    }
    if Path::new("/run/usher/usher.sock").exists() {
        skip("the system's usherd runs here");
        return None;
    }
    let daemon = Daemon::not_started();
    let all = typed(readme);
    assert!(all.len() > 15 && all.iter().any(|typed| typed.in_second), "the section is read");
    assert!(all.iter().any(|typed| typed.command.contains(readme.message)), "its message is shown at the station");
    prepare(&daemon);
    let (first, second) = (Typist::start(&daemon, readme), Typist::start(&daemon, readme));
    all.iter().for_each(|typed| play(readme, typed, &first, &second));

    assert!(daemon.path("1.png").is_file() && daemon.path("bin/Get-WmsSession").is_symlink());
    let said = first.said_since(0);
    assert!(!said.contains(" INFO ") && !said.contains(" WARN "), "nobody writes over the prompt: {said}");
    wait_until("the daemon has ended", || !daemon.path("run/usher/usher.sock").exists());
    Some(said)
}

/// A directory as it is after `git clone`, for whoever builds there.
fn prepare(daemon: &Daemon) {
    for directory in ["tools", "run", "target"] {
        std::fs::create_dir(daemon.path(directory)).expect("a directory");
    }
    std::fs::set_permissions(daemon.path("run"), std::fs::Permissions::from_mode(0o700)).expect("it is ours");
    // What `cargo build` makes is there: the programs under test.
    symlink(Path::new(USHER).parent().expect("a directory"), daemon.path("target/debug")).expect("a link");
    let cargo = daemon.path("tools/cargo");
    std::fs::write(&cargo, "#!/bin/sh\n[ \"$*\" = build ]\n").expect("a file");
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
}
