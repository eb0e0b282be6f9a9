//! Reads the sources of all packages, as far as it takes to know who uses whom and what is called what.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run;

pub mod paths;
pub mod tokens;

use tokens::Token;

/// A package whose sources are read.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its files, without test code.
    pub files: Vec<Source>,
}

/// A source file.
#[derive(Debug)]
pub struct Source {
    /// Where it is, from the top of the repository.
    pub path: PathBuf,
    /// Its module: empty for `lib.rs` and `main.rs`.
    pub module: Vec<String>,
    /// Its words.
    pub tokens: Vec<Token>,
}

impl Package {
    /// As its code is named in paths.
    pub fn library(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// Every package of the workspace but this one.
///
/// # Errors
/// A file cannot be read; says which.
pub fn packages() -> Result<Vec<Package>, String> {
    let top = run::root();
    let below = fs::read_dir(&top).map_err(|error| error.to_string())?.flatten().map(|entry| entry.path());
    let mut all: Vec<PathBuf> =
        below.chain(Some(top.clone())).filter(|path| path.join("Cargo.toml").is_file()).collect();
    all.sort();
    let named = all.into_iter().filter_map(|path| Some((name(&path)?, path)));
    let ours = named.filter(|(name, path)| name != "xtask" && path.join("src").is_dir() && !path.ends_with("fuzz"));
    ours.map(|(name, path)| Ok(Package { name, files: files(&top, &path.join("src"))? })).collect()
}

fn name(package: &Path) -> Option<String> {
    let manifest = fs::read_to_string(package.join("Cargo.toml")).ok()?;
    let after = manifest.split("[package]").nth(1)?;
    let line = after.lines().find_map(|line| line.strip_prefix("name = "))?;
    Some(line.trim_matches('"').to_owned())
}

/// The files below a directory; modules that are tests, and what is in them, are left out.
fn files(top: &Path, src: &Path) -> Result<Vec<Source>, String> {
    let mut all = Vec::new();
    let mut tests = Vec::new();
    for path in walk(src) {
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let module = module(path.strip_prefix(src).unwrap_or(&path));
        let tokens = tokens::of(&text);
        let kept = declared(&tokens::with_tests(&text)).into_iter().filter(|name| !declared(&tokens).contains(name));
        tests.extend(kept.map(|name| [module.as_slice(), &[name]].concat()));
        all.push(Source { path: path.strip_prefix(top).unwrap_or(&path).to_owned(), module, tokens });
    }
    all.retain(|source| !tests.iter().any(|test| source.module.starts_with(test)));
    Ok(all)
}

/// Every source below a directory, but for what is built and what is hidden.
pub fn walk(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let entries = entries
        .filter(|entry| entry.file_name() != "target" && !entry.file_name().as_encoded_bytes().starts_with(b"."));
    let entries = entries.map(|entry| entry.path());
    let mut all: Vec<PathBuf> = entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect();
    all.retain(|path| path.extension() == Some("rs".as_ref()));
    all.sort();
    all
}

/// The names of the files that are modules of this one.
fn declared(tokens: &[Token]) -> Vec<String> {
    let modules = tokens.windows(3).filter(|words| words[0].text == "mod" && words[2].text == ";");
    modules.map(|words| words[1].text.clone()).collect()
}

/// `a/b.rs` and `a/b/mod.rs` are a::b.
fn module(file: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        file.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    let root = names.len() == 1 && ["lib", "main"].contains(&names[0].as_str());
    if root || names.last().is_some_and(|last| last == "mod") {
        names.pop();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_module() {
        let names = |file: &str| module(Path::new(file)).join("::");
        assert_eq!(["lib.rs", "main.rs"].map(names), ["", ""]);
        assert_eq!(["a.rs", "a/mod.rs", "a/b.rs", "a/b/mod.rs"].map(names), ["a", "a", "a::b", "a::b"]);
        assert_eq!(names("a/main.rs"), "a::main");
    }

    #[test]
    fn files_of_tests_are_left_out() {
        let text = "#[cfg(test)] mod samples; mod store; mod inner { fn f() {} }";
        assert_eq!(declared(&tokens::of(text)), ["store"]);
        assert_eq!(declared(&tokens::with_tests(text)), ["samples", "store"]);
    }
}
