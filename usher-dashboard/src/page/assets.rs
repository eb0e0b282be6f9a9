//! The page's script and style, which are part of the program.

/// A file of the page's.
#[derive(Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its name below `/assets/`.
    pub name: &'static str,
    /// Its type.
    pub kind: &'static str,
    /// What is in it.
    pub content: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $kind:literal) => {
        Asset { name: $name, kind: $kind, content: include_bytes!(concat!("../../assets/", $name)) }
    };
}

/// All of them.
pub const ALL: &[Asset] = &[
    asset!("wall.css", "text/css; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
    asset!("main.js", "text/javascript; charset=utf-8"),
    asset!("wire.js", "text/javascript; charset=utf-8"),
    asset!("words.js", "text/javascript; charset=utf-8"),
    asset!("view.js", "text/javascript; charset=utf-8"),
    asset!("tiles.js", "text/javascript; charset=utf-8"),
    asset!("select.js", "text/javascript; charset=utf-8"),
    asset!("pictures.js", "text/javascript; charset=utf-8"),
    asset!("tables.js", "text/javascript; charset=utf-8"),
    asset!("band.js", "text/javascript; charset=utf-8"),
    asset!("verbs.js", "text/javascript; charset=utf-8"),
    asset!("dialogs.js", "text/javascript; charset=utf-8"),
];

/// A file as browsers get it: without the comments and types that are for people and for `tsc`.
pub fn served(asset: &Asset) -> Vec<u8> {
    match std::str::from_utf8(asset.content) {
        Ok(text) if asset.kind != "image/svg+xml" => lean(text).into_bytes(),
        _ => asset.content.to_vec(),
    }
}

/// Text without comments, indentation and empty lines. No string and no pattern of ours has what looks like a comment, which a
/// test shows.
fn lean(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    let lines = code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The file of this name.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ALL.iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn script_and_style_are_at_most_60_kilobytes() {
        let bytes: usize = ALL.iter().filter(|asset| asset.name != "icon.svg").map(|asset| served(asset).len()).sum();
        assert!(bytes <= 60_000, "{bytes} bytes");
    }

    #[test]
    fn every_file_of_the_directory_is_served_and_typed() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
        let there = std::fs::read_dir(directory).unwrap().flatten();
        let there: BTreeSet<String> = there.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        let mut known: BTreeSet<String> = ALL.iter().map(|asset| asset.name.to_owned()).collect();
        known.insert("tsconfig.json".to_owned());
        assert_eq!(there, known);
        for asset in ALL.iter().filter(|asset| asset.name.ends_with(".js")) {
            let text = std::str::from_utf8(asset.content).unwrap();
            assert!(text.starts_with("// @ts-check\n"), "{}", asset.name);
        }
    }

    #[test]
    fn browsers_get_the_code_without_what_is_said_of_it() {
        let text = "// @ts-check\n/**\n * Says.\n * @param {string} a\n */\nconst f = (a) => {\n  // Why.\n  return /** @type {X} */ (a);\n};\n";
        assert_eq!(lean(text), "const f = (a) => {\nreturn  (a);\n};\n");
        for asset in ALL.iter().filter(|asset| asset.name != "icon.svg") {
            let text = std::str::from_utf8(asset.content).unwrap();
            assert!(!text.contains('`') || !text.contains("`\n`"), "{}", asset.name);
            for (at, _) in text.match_indices("/*") {
                let line = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
                let quotes = line.matches(['"', '`']).count();
                assert_eq!(quotes % 2, 0, "{}: a comment in a string: {line}", asset.name);
            }
            assert_eq!(text.matches("/*").count(), text.matches("*/").count(), "{}", asset.name);
        }
    }

    /// The browser refuses these too, by the policy; a page that needs them would not work.
    #[test]
    fn no_script_makes_markup_or_code_of_text() {
        for asset in ALL {
            let text = std::str::from_utf8(asset.content).unwrap();
            for maker in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "new Function",
                "http://",
                "https://",
            ] {
                let found = text.replace("http://www.w3.org/2000/svg", "");
                assert!(!found.contains(maker), "{} has {maker}", asset.name);
            }
        }
    }
}
