//! Which room a path leads to.
//!
//! A room is a top-level module of a package: `usherd/store`. What the root of a package makes known under a name of its own
//! leads to the room it comes from; an item that stands in the root itself is in the room `usherd/`.

use std::collections::{BTreeMap, BTreeSet};

use crate::reader::paths::{self, Written};
use crate::reader::{Package, Source};

/// A room, as `PACKAGE/MODULE`.
pub type Room = String;

/// One use of another room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Whose file it is.
    pub from: Room,
    /// Whom it uses.
    pub to: Room,
    /// `FILE:LINE`.
    pub place: String,
    /// The path, as it is written.
    pub path: String,
}

/// What is known of a package's root.
#[derive(Debug, Default)]
struct Root {
    package: String,
    rooms: BTreeSet<String>,
    /// What the root makes known, under which name.
    known: BTreeMap<String, Vec<String>>,
    /// All of whose names the root makes known.
    globs: Vec<Vec<String>>,
    /// In which room a macro is that is exported.
    macros: BTreeMap<String, String>,
}

/// Every use of one room by another, of all packages.
pub fn uses(packages: &[Package]) -> Vec<Use> {
    let roots: BTreeMap<String, Root> = packages.iter().map(|one| (one.library(), root(one))).collect();
    let mut all = Vec::new();
    for package in packages {
        let own = package.library();
        // The root holds no code of its own; programs stand above everything.
        for source in package.files.iter().filter(|source| is_in_a_room(source)) {
            let from = format!("{}/{}", package.name, source.module[0]);
            for path in paths::of(&source.tokens) {
                let Some((library, names)) = absolute(&path, source, &own, &roots) else { continue };
                let to = room(&library, &names, &roots, 0);
                if let Some(to) = to.filter(|to| *to != from) {
                    let place = format!("{}:{}", source.path.display(), path.line);
                    all.push(Use { from: from.clone(), to, place, path: path.names.join("::") });
                }
            }
        }
    }
    all
}

/// Every room of all packages.
pub fn rooms(packages: &[Package]) -> BTreeSet<Room> {
    let of = |package: &Package| {
        let inside = package.files.iter().filter(|source| is_in_a_room(source));
        inside.map(|source| format!("{}/{}", package.name, source.module[0])).collect::<Vec<_>>()
    };
    packages.iter().flat_map(of).collect()
}

fn is_in_a_room(source: &Source) -> bool {
    source.module.first().is_some_and(|name| name != "bin")
}

fn root(package: &Package) -> Root {
    let mut root = Root { package: package.name.clone(), ..Root::default() };
    for source in &package.files {
        let Some(room) = source.module.first() else { continue };
        root.rooms.insert(room.clone());
        let macros = source.tokens.windows(3).filter(|words| words[0].text == "macro_rules" && words[1].text == "!");
        root.macros.extend(macros.map(|words| (words[2].text.clone(), room.clone())));
    }
    for source in package.files.iter().filter(|source| source.module.is_empty()) {
        for path in paths::of(&source.tokens).into_iter().filter(|path| path.inside.is_empty()) {
            match (path.names.last().map(String::as_str), path.alias) {
                (Some("*"), _) => root.globs.push(path.names[..path.names.len() - 1].to_vec()),
                (_, Some(alias)) => drop(root.known.insert(alias, path.names)),
                _ => {}
            }
        }
    }
    root
}

/// The library and the names below its root, if the path leads into one of ours.
fn absolute(
    path: &Written,
    source: &Source,
    own: &str,
    roots: &BTreeMap<String, Root>,
) -> Option<(String, Vec<String>)> {
    let mut module = [source.module.as_slice(), &path.inside].concat();
    let mut names = path.names.as_slice();
    match names.first()?.as_str() {
        "crate" => module.clear(),
        "self" => {}
        "super" => drop(module.pop()),
        library if roots.contains_key(library) && !source.module.iter().any(|name| name == library) => {
            return Some((library.to_owned(), names[1..].to_vec()));
        }
        _ => return None,
    }
    names = &names[1..];
    while names.first().is_some_and(|name| name == "super") {
        module.pop();
        names = &names[1..];
    }
    module.extend_from_slice(names);
    Some((own.to_owned(), module))
}

/// The room that these names below a library's root lead to.
fn room(library: &str, names: &[String], roots: &BTreeMap<String, Root>, depth: usize) -> Option<Room> {
    let root = roots.get(library)?;
    let of = |room: &str| Some(format!("{}/{room}", root.package));
    // A circle of names that stand for each other ends here.
    let Some(first) = names.first().filter(|name| depth < 8 && *name != "*") else { return of("") };
    if root.rooms.contains(first) {
        return of(first);
    }
    if let Some(room) = root.macros.get(first) {
        return of(room);
    }
    let onward = |names: &[String]| match names.first()?.as_str() {
        "crate" | "self" => room(library, &names[1..], roots, depth + 1),
        other if roots.contains_key(other) => room(other, &names[1..], roots, depth + 1),
        other if root.rooms.contains(other) => of(other),
        _ => None,
    };
    if let Some(known) = root.known.get(first) {
        return onward(&[known.as_slice(), &names[1..]].concat());
    }
    // It may come from any of these: the one that is furthest from the ground is judged.
    root.globs.iter().find_map(|glob| onward(&[glob.as_slice(), names].concat())).or_else(|| of(""))
}

#[cfg(test)]
pub mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::reader::tokens;

    /// Packages of `(PACKAGE, MODULE, SOURCE)`.
    pub fn packages(files: &[(&str, &str, &str)]) -> Vec<Package> {
        let mut all: Vec<Package> = Vec::new();
        for (package, module, source) in files {
            let module: Vec<String> = module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            let path = PathBuf::from(format!("{package}/{}.rs", module.join("/")));
            let source = Source { path, module, tokens: tokens::of(source) };
            match all.iter_mut().find(|one| one.name == *package) {
                Some(one) => one.files.push(source),
                None => all.push(Package { name: (*package).to_owned(), files: vec![source] }),
            }
        }
        all
    }

    fn told(files: &[(&str, &str, &str)]) -> Vec<String> {
        uses(&packages(files)).into_iter().map(|u| format!("{} > {} ({})", u.from, u.to, u.path)).collect()
    }

    #[test]
    fn paths_lead_to_rooms_of_their_own_package() {
        let store =
            "use crate::plan::Plan; use super::audit; use super::super::clock::now; fn f() -> crate::sys::Uid {}";
        let all = told(&[
            ("p", "", "pub mod store; pub mod plan; pub mod clock; pub mod sys;"),
            ("p", "store::changes", store),
            ("p", "store::audit", "use self::x::Y; use std::fs; fn f() { super::super::sys::g() }"),
            ("p", "plan", ""),
            ("p", "clock", "use super::sys; mod inner { use super::super::plan::Plan; use super::own; }"),
            ("p", "sys", ""),
        ]);
        let expected = [
            "p/store > p/plan (crate::plan::Plan)",
            "p/store > p/clock (super::super::clock::now)",
            "p/store > p/sys (crate::sys::Uid)",
            "p/store > p/sys (super::super::sys::g)",
            "p/clock > p/sys (super::sys)",
            "p/clock > p/plan (super::super::plan::Plan)",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn what_the_root_makes_known_leads_to_its_room() {
        let all = told(&[
            (
                "a-core",
                "",
                "pub mod wire; pub mod request; pub use request::Action; pub use wire::Frame as Picture; pub const N: u8 = 1;",
            ),
            ("a-core", "wire", "macro_rules! frames { () => {} }"),
            ("a-core", "request", "use crate::Picture;"),
            ("b", "", "mod store; pub use a_core::{request, Action}; pub use a_core::wire::*;"),
            (
                "b",
                "store",
                "use a_core::Picture; use crate::Action; use crate::request::Id; use crate::Frame; a_core::frames!(); use a_core::N; use crate::*;",
            ),
        ]);
        let expected = [
            "a-core/request > a-core/wire (crate::Picture)",
            "b/store > a-core/wire (a_core::Picture)",
            "b/store > a-core/request (crate::Action)",
            "b/store > a-core/request (crate::request::Id)",
            "b/store > a-core/wire (crate::Frame)",
            "b/store > a-core/wire (a_core::frames)",
            "b/store > a-core/ (a_core::N)",
            "b/store > b/ (crate::*)",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn programs_stand_above_and_have_no_room() {
        let files = [("p", "", "mod a;"), ("p", "bin::p", "use p::a::run;"), ("p", "a", "")];
        assert!(told(&files).is_empty());
        assert_eq!(rooms(&packages(&files)).into_iter().collect::<Vec<_>>(), ["p/a"]);
    }
}
