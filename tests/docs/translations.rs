//! Documents that people write have a Chinese one beside them, and both say the same: section by section as many
//! paragraphs, items, rows and blocks of code, the same words of code, and every figure. So a change of one alone fails.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// An English document and the Chinese one.
const PAIRS: [(&str, &str); 7] = [
    ("README.md", "README.zh-CN.md"),
    ("SECURITY.md", "docs/zh-CN/SECURITY.md"),
    ("docs/configuration.md", "docs/zh-CN/configuration.md"),
    ("docs/dashboard.md", "docs/zh-CN/dashboard.md"),
    ("docs/gateway.md", "docs/zh-CN/gateway.md"),
    ("docs/powershell.md", "docs/powershell.zh-CN.md"),
    ("docs/servers.md", "docs/zh-CN/servers.md"),
];

/// What a section holds, whatever its language.
#[derive(Debug, Default, PartialEq, Eq)]
struct Section {
    level: usize,
    paragraphs: usize,
    items: usize,
    rows: usize,
    /// The language of each block of code, and its lines.
    blocks: Vec<(String, usize)>,
    code: BTreeSet<String>,
    figures: BTreeSet<String>,
}

#[test]
fn each_document_says_the_same_in_both_languages() {
    let mut complaints = Vec::new();
    for (english, chinese) in PAIRS {
        let texts = [english, chinese].map(|name| fs::read_to_string(top().join(name)).expect("a document"));
        let [one, other] = texts.each_ref().map(|text| sections(text));
        if one.len() != other.len() {
            complaints.push(format!("{english} has {} sections, {chinese} {}", one.len(), other.len()));
        }
        for (nth, (one, other)) in one.iter().zip(&other).enumerate() {
            let differs = differences(one, other);
            if !differs.is_empty() {
                complaints.push(format!("{english} and {chinese}, section {nth}:{differs}"));
            }
        }
        for (text, link) in [(&texts[0], chinese), (&texts[1], english)] {
            let name = link.rsplit('/').next().unwrap_or(link);
            let first = text.lines().take(4).collect::<String>();
            assert!(first.contains(name), "the document beside {link} leads to it");
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The Chinese README leads to Chinese documents where there are any.
#[test]
fn who_reads_chinese_is_led_to_chinese() {
    let readme = fs::read_to_string(top().join("README.zh-CN.md")).expect("a document");
    for (english, chinese) in PAIRS.iter().skip(1) {
        assert!(readme.contains(&format!("]({chinese})")), "README.zh-CN.md does not lead to {chinese}");
        assert!(!readme.contains(&format!("]({english})")), "README.zh-CN.md leads to {english}");
    }
}

#[test]
fn a_change_of_one_language_alone_is_found() {
    let text = "# A\n\nSee `one` and 12,\nor more.\n\n```toml\nx = 1\n```\n\n| a |\n|---|\n| b |\n\n- c\n";
    for (from, to) in [
        ("`one`", "`two`"),
        ("12", "13"),
        ("```toml", "```"),
        ("x = 1", "x = 1\ny = 2"),
        ("| b |\n", ""),
        ("- c", "- c\n- d"),
        ("# A", "## A"),
        ("or more.", "or\n\nmore."),
        ("- c\n", "- c\n\n## B\n"),
    ] {
        assert_ne!(sections(text), sections(&text.replace(from, to)), "{from} and {to}");
    }
    let chinese = "# 甲\n\n见 `one` 和 12 等。\n\n```toml\nx = 1\n```\n\n| 乙 |\n|---|\n| 丙 |\n\n- 丁\n";
    assert_eq!(sections(text), sections(chinese));
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn differences(one: &Section, other: &Section) -> String {
    let mut said = String::new();
    let mut tell = |what: &str, one: String, other: String| {
        if one != other {
            write!(said, "\n    {what}: {one} and {other}").expect("a string takes all");
        }
    };
    tell("level", one.level.to_string(), other.level.to_string());
    tell("paragraphs", one.paragraphs.to_string(), other.paragraphs.to_string());
    tell("items", one.items.to_string(), other.items.to_string());
    tell("rows", one.rows.to_string(), other.rows.to_string());
    tell("blocks of code", format!("{:?}", one.blocks), format!("{:?}", other.blocks));
    let alone =
        |one: &BTreeSet<String>, other: &BTreeSet<String>| format!("{:?}", one.difference(other).collect::<Vec<_>>());
    tell("code", alone(&one.code, &other.code), alone(&other.code, &one.code));
    tell("figures", alone(&one.figures, &other.figures), alone(&other.figures, &one.figures));
    said
}

fn sections(text: &str) -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    let (mut inside, mut begins, mut prose) = (false, true, String::new());
    for line in text.lines() {
        let level = line.chars().take_while(|c| *c == '#').count();
        if level > 0 && !inside {
            close(all.last_mut(), &mut prose);
            all.push(Section { level, ..Section::default() });
            begins = true;
            continue;
        }
        let Some(section) = all.last_mut() else { continue };
        if let Some(language) = line.strip_prefix("```") {
            inside = !inside;
            begins = true;
            if inside {
                section.blocks.push((language.to_owned(), 0));
            }
        } else if inside {
            section.blocks.last_mut().expect("a block").1 += 1;
        } else if line.is_empty() {
            begins = true;
        } else {
            count(section, line, begins);
            begins = false;
            // Chinese lines need no blank between them, and code that is cut by an end of line is one word.
            prose += line.trim();
            prose.push(' ');
        }
    }
    close(all.last_mut(), &mut prose);
    all
}

fn count(section: &mut Section, line: &str, begins: bool) {
    let is_item =
        line.starts_with("- ") || line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok());
    section.items += usize::from(is_item);
    section.rows += usize::from(line.starts_with('|'));
    section.paragraphs += usize::from(begins && !is_item && !line.starts_with('|'));
}

/// What is code, and what is a figure, in all that the section says.
fn close(section: Option<&mut Section>, prose: &mut String) {
    let text = std::mem::take(prose);
    let Some(section) = section else { return };
    for (nth, part) in text.split('`').enumerate() {
        if nth % 2 == 1 {
            section.code.insert(part.to_owned());
            continue;
        }
        // The targets of links are others in another language.
        let plain = part.split("](").enumerate().map(|(nth, piece)| match nth {
            0 => piece,
            _ => piece.split_once(')').map_or("", |(_, rest)| rest),
        });
        let plain = plain.collect::<Vec<_>>().join(" ");
        let words = plain.split(|c: char| !(c.is_ascii_alphanumeric() || ",.".contains(c)));
        let figures = words
            .map(|word| word.trim_matches([',', '.']))
            .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        section.figures.extend(figures.map(str::to_owned));
    }
}
