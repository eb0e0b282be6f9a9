//! ARCHITECTURE.md leads to what is there: files, the functions that guard its rules, and rooms in the order of their floors.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text() -> String {
    fs::read_to_string(top().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md")
}

/// Every source and directory of the workspace, by its path from the top.
fn tree() -> Vec<PathBuf> {
    let (mut found, mut unseen) = (Vec::new(), vec![top().to_owned()]);
    while let Some(directory) = unseen.pop() {
        for path in fs::read_dir(&directory).expect("a directory").flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                unseen.push(path.clone());
            }
            found.push(path.strip_prefix(top()).expect("below the top").to_owned());
        }
    }
    found
}

/// The texts between backquotes, outside of blocks of code.
fn quoted(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_file_and_every_guard_is_there() {
    let (tree, text) = (tree(), text());
    let mut guards = 0;
    for quoted in quoted(&text) {
        let (path, name) = quoted.split_once("::").map_or((quoted, None), |(path, name)| (path, Some(name)));
        if path.contains(' ') || path.starts_with('/') || !(path.ends_with(".rs") || path.ends_with('/')) {
            continue;
        }
        let found: Vec<_> = tree.iter().filter(|known| known.ends_with(path)).collect();
        assert!(!found.is_empty(), "ARCHITECTURE.md leads to `{path}`, which is not there");
        if let Some(name) = name {
            let defined = format!("fn {name}");
            let has =
                |file: &&&PathBuf| fs::read_to_string(top().join(file)).is_ok_and(|source| source.contains(&defined));
            assert!(found.iter().any(|file| has(&file)), "{path} has no function {name}");
            guards += 1;
        }
    }
    assert!(guards > 10, "{guards} guards: the rules have lost theirs");
}

#[test]
fn the_table_has_every_room_in_the_order_of_the_floors() {
    let floors = fs::read_to_string(top().join("floors.txt")).expect("floors.txt");
    let mut expected: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    for (package, rooms) in floors.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'))
    {
        expected.entry(package).or_default().push(rooms.split_whitespace().collect());
    }
    let text = text();
    let table = text.split_once("| package | rooms |").expect("a table").1;
    let mut listed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut package = "";
    for row in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        if !cells[1].is_empty() {
            package = cells[1].trim_matches('`');
        }
        listed.entry(package).or_default().extend(quoted(cells[2]));
    }
    for (package, floors) in expected {
        let mut rest = listed.remove(package).unwrap_or_else(|| panic!("{package} is not in the table"));
        for floor in floors {
            let mut here: Vec<&str> = rest.drain(..floor.len().min(rest.len())).collect();
            let mut floor = floor;
            here.sort_unstable();
            floor.sort_unstable();
            assert_eq!(here, floor, "the rooms of {package}");
        }
        assert_eq!(rest, Vec::<&str>::new(), "rooms of {package} that floors.txt does not have");
    }
    assert_eq!(listed.into_keys().collect::<Vec<_>>(), Vec::<&str>::new(), "packages that floors.txt does not have");
}
