use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser::parse;
use usher_core::language::sentence;

use super::*;

/// Every key of a language with the names in its sentence.
fn keys(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::new();
    for file in files(language) {
        let resource = parse(*file).unwrap_or_else(|(_, errors)| panic!("{language}: {errors:?}"));
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let pattern = message.value.as_ref().unwrap_or_else(|| panic!("{} has no value", message.id.name));
            let before = keys.insert(message.id.name.to_owned(), names(pattern));
            assert!(before.is_none(), "{language}: {} is there twice", message.id.name);
        }
    }
    keys
}

fn names(pattern: &Pattern<&str>) -> BTreeSet<String> {
    let name = |element: &PatternElement<&str>| match element {
        PatternElement::Placeable { expression: Expression::Inline(InlineExpression::VariableReference { id }) } => {
            Some(id.name.to_owned())
        }
        _ => None,
    };
    pattern.elements.iter().filter_map(name).collect()
}

#[test]
fn every_key_is_there_in_every_language_with_the_same_names_in_it() {
    let english = keys(Language::English);
    assert!(english.keys().all(|key| table(Language::English).has(key)));
    for language in Language::ALL {
        let theirs = keys(language);
        let missing: Vec<_> = english.keys().filter(|key| !theirs.contains_key(*key)).collect();
        // The English help of verbs and the heads of tables are in the code; a test of `cli/localized.rs` compares them.
        let in_code = ["verb-", "head-"];
        let verbs = |key: &str| in_code.iter().any(|begin| key.starts_with(begin)) || key.ends_with("-heading");
        let unknown: Vec<_> = theirs.keys().filter(|key| !english.contains_key(*key) && !verbs(key)).collect();
        assert!(missing.is_empty() && unknown.is_empty(), "{language} lacks {missing:?}, and alone has {unknown:?}");
        for (key, names) in &english {
            assert_eq!(names, &theirs[key], "the names in {key} ({language})");
        }
    }
}

#[test]
fn every_sentence_is_found_where_it_stands() {
    for language in Language::ALL {
        for key in keys(language).keys() {
            let source = table(language).sentence(key).unwrap_or_else(|| panic!("{key} is not found"));
            let alone = parse(source).unwrap_or_else(|(_, errors)| panic!("{key}: {errors:?}"));
            let [Entry::Message(message)] = alone.body.as_slice() else { panic!("no sentence alone: {source}") };
            assert_eq!(message.id.name, key);
        }
    }
    // Several lines, and a blank one between two paragraphs.
    let table = KeyTable::of(&["# No = sentence\none = 1\n\ntwo =\n    a\n\n    b\n# x\nthree = 3"]);
    let found = ["one", "two", "three", "No", "four"].map(|key| table.sentence(key));
    assert_eq!(found, [Some("one = 1\n\n"), Some("two =\n    a\n\n    b\n"), Some("three = 3"), None, None]);
}

#[test]
fn chinese_is_chinese() {
    let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for key in keys(Language::Chinese).keys() {
        let text = text_in(Language::Chinese, key, &[]);
        let words = text.split('{').map(|part| part.rsplit('}').next().unwrap()).collect::<String>();
        assert!(han(&words) || !words.contains(char::is_alphanumeric), "{key} = {text}");
    }
}

#[test]
fn the_lock_screens_reader_reads_what_fluent_reads() {
    let values = [
        ("by", "root {$x}"),
        ("since", "09:41"),
        ("time", "1:00"),
        ("message", "{ $by }"),
        ("lines", "3"),
        ("how", "x"),
        ("host", "lab1"),
        ("id", "7"),
        ("code", "1"),
        ("signal", "9"),
        ("text", "x"),
        ("count", "3"),
        ("prefix", "^A"),
        ("size", "80×24"),
    ];
    for (language, file) in Language::ALL.map(|l| (l, files(l).last().unwrap())) {
        let keys: Vec<&str> = file.lines().filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
        assert!(keys.len() > 4);
        for key in keys {
            assert_eq!(sentence(language, key, &values), text_in(language, key, &values), "{key}");
        }
    }
}

#[test]
fn a_key_is_known_only_if_a_line_begins_with_it() {
    let table = KeyTable::of(&["# far = x\nfar-ssh = no\nfar-ssh-hint = try { $host }", "hint =\n    two lines\n"]);
    for key in ["far-ssh", "far-ssh-hint", "hint"] {
        assert!(table.has(key), "{key}");
    }
    for key in ["far", "ssh", "two", "host", "far-ss", "", "hint-"] {
        assert!(!table.has(key), "{key}");
    }
}

/// Holders and shields read their lines without Fluent, by keys that only this search compares.
#[test]
fn every_key_of_the_lock_screen_is_there() {
    let english = keys(Language::English);
    let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut directories = vec![workspace.join("usher-tty/src"), workspace.join("usher-shield/src")];
    let mut named = 0;
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap().flatten() {
            if entry.path().is_dir() {
                directories.push(entry.path());
                continue;
            }
            let code = std::fs::read_to_string(entry.path()).unwrap_or_default();
            for call in code.split("language, \"").skip(1) {
                let key = call.split('"').next().unwrap();
                assert!(english.contains_key(key), "{key} in {}", entry.path().display());
                named += 1;
            }
        }
    }
    assert!(named > 10, "the search finds what it looks for");
}
