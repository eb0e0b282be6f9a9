//! Every verb's help and manual page have every section, in every language, and no option stands behind those of all verbs.

use std::fs;
use std::process::Command;

use usher_core::language::Language;

use super::{all_verbs, docs, usher};

/// The heads of the sections that no page may lack.
fn heads(language: Language) -> [&'static str; 5] {
    match language {
        Language::English => ["Examples", "Exit status", "Environment", "Files", "See also"],
        Language::Chinese => ["示例", "退出状态", "环境变量", "文件", "另见"],
    }
}

/// Every verb, also those behind others, and usher itself.
fn verbs() -> Vec<Vec<String>> {
    let usher = usher();
    let named = all_verbs("usher", &usher).into_iter().map(|(name, _)| name);
    let words = |name: String| name.split(' ').skip(1).map(str::to_owned).collect();
    std::iter::once("usher".to_owned()).chain(named).map(words).collect()
}

fn run(language: Language, words: &[String]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    let said = command.args(["--lang", language.tag()]).args(words).output().expect("usher runs");
    assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).expect("text")
}

#[test]
fn every_verbs_help_has_every_section() {
    let verbs = verbs();
    assert!(verbs.len() > 28 && verbs.contains(&vec!["servers".to_owned(), "group".to_owned()]), "{verbs:?}");
    for (language, verb) in Language::ALL.iter().flat_map(|language| verbs.iter().map(move |verb| (*language, verb))) {
        let help = run(language, &[verb.as_slice(), &["--help".to_owned()]].concat());
        let asked = run(language, &[&["help".to_owned()], verb.as_slice()].concat());
        assert!(asked.starts_with(help.trim_end()), "`usher help {}` says the same", verb.join(" "));
        let mut behind = 0;
        let colon = colon(language);
        for head in heads(language) {
            let line = format!("\n{head}{colon}\n");
            let at = help.find(&line).unwrap_or_else(|| panic!("{verb:?} lacks {head:?}:\n{help}"));
            let section = &help[at + line.len()..];
            assert!(at > behind && section.starts_with("  "), "{verb:?}: {head} is empty or out of order:\n{help}");
            behind = at;
        }
    }
}

/// What stands behind a heading.
fn colon(language: Language) -> &'static str {
    if language == Language::English { ":" } else { "：" }
}

#[test]
fn the_options_of_all_verbs_stand_last() {
    let groups = [
        (Language::English, "Global options", ["Options", "Targets", "Rule", "Arguments"]),
        (Language::Chinese, "通用选项", ["选项", "目标", "规则", "参数"]),
    ];
    for (verb, (language, global, own)) in verbs().iter().flat_map(|verb| groups.map(|group| (verb, group))) {
        let help = run(language, &[verb.as_slice(), &["--help".to_owned()]].concat());
        let colon = colon(language);
        let global = help.find(&format!("\n{global}{colon}\n")).unwrap_or_else(|| panic!("{verb:?}:\n{help}"));
        let (before, behind) = help.split_at(global);
        for own in own.map(|own| format!("\n{own}{colon}\n")) {
            assert!(!behind.contains(&own), "{verb:?}: {own:?}\n{help}");
        }
        assert!(!before.contains("--socket") && behind.contains("--socket"), "{verb:?}:\n{help}");
        // What says whom a verb is for stands in a group of its own.
        if let (Language::English, Some(targets)) = (language, before.find("\nTargets:\n")) {
            assert!(!before[targets..].contains("--message"), "{verb:?}:\n{help}");
        }
    }
}

#[test]
fn every_verbs_manual_page_has_every_section() {
    for (language, place) in [(Language::English, "man"), (Language::Chinese, "man/zh_CN")] {
        for verb in verbs() {
            let name = [&["usher".to_owned()], verb.as_slice()].concat().join("-");
            let file = docs().join(place).join(format!("{name}.1"));
            let page = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            for head in heads(language) {
                let head = format!(".SH {}\n", head.to_uppercase());
                let section = page.split_once(&head).map(|(_, behind)| behind.split(".SH ").next().unwrap_or_default());
                assert!(section.is_some_and(|section| section.len() > 10), "{name} lacks {head:?} in {place}");
            }
        }
    }
}

#[test]
fn a_synopsis_shows_values() {
    let page = fs::read_to_string(docs().join("man/usher-lock.1")).expect("a page");
    let synopsis = page.split(".SH ").find(|section| section.starts_with("SYNOPSIS")).expect("a synopsis");
    let plain = synopsis.replace('\\', "");
    for part in ["--message <TEXT>", "[--for <DURATION>]", "[--freeze]", "<ID|--all|--user <NAME>>", "[GLOBAL OPTIONS]"]
    {
        assert!(plain.contains(part), "{part}: {plain}");
    }
}
