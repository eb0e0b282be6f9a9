//! `cargo xtask names`: type names that stand for two or more things.

use std::collections::BTreeMap;

use crate::reader;
use crate::reader::tokens::Token;
use crate::steps::{Report, Verdict};

/// The share of types that may share a name, in percent.
const MOST: f64 = 8.0;

/// The step of `cargo verify`.
pub fn few(_: &mut Report) -> Verdict {
    let all = match reader::packages() {
        Ok(packages) => places(&packages),
        Err(why) => return Verdict::Failed(why),
    };
    let shared: Vec<_> = all.iter().filter(|(_, places)| places.len() > 1).collect();
    for (name, places) in &shared {
        println!("    {name}: {}", places.join(", "));
    }
    let (types, doubtful) = (all.values().map(Vec::len).sum(), shared.iter().map(|(_, places)| places.len()).sum());
    let share = percent(doubtful, types);
    let said = format!(
        "{doubtful} of {types} types ({share:.1} %) have a name that stands for two or more; \
        {} of {} names ({:.1} %) do",
        shared.len(),
        all.len(),
        percent(shared.len(), all.len())
    );
    println!("    {said}");
    if share < MOST { Verdict::Passed } else { Verdict::Failed(format!("{said}; at most {MOST} % may")) }
}

fn percent(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "there are not so many types")]
    let share = part as f64 * 100.0 / whole.max(1) as f64;
    share
}

/// Each type name, with the places where it is defined.
fn places(packages: &[reader::Package]) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in packages.iter().flat_map(|package| &package.files) {
        for definition in types(&source.tokens) {
            let place = format!("{}:{}", source.path.display(), definition.line);
            all.entry(definition.text.clone()).or_default().push(place);
        }
    }
    all
}

/// The names of all structs, enums, unions, traits and type aliases. Types of impls and traits belong to these.
fn types(tokens: &[Token]) -> Vec<&Token> {
    let mut found = Vec::new();
    // Each brace that is open, with whether it is that of an impl or a trait.
    let mut braces: Vec<bool> = Vec::new();
    let mut header = false;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).filter(|next| next.text.starts_with(char::is_uppercase));
        // `impl` also stands before types, `trait` never.
        let begins = at == 0 || ["}", "{", ";", "]", "unsafe"].contains(&tokens[at - 1].text.as_str());
        match token.text.as_str() {
            "{" => braces.push(std::mem::take(&mut header)),
            "}" => drop(braces.pop()),
            ";" => header = false,
            "impl" => header |= begins,
            "struct" | "enum" | "union" => found.extend(next),
            "type" if braces.last() != Some(&true) => found.extend(next),
            "trait" => {
                header = true;
                found.extend(next);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::types;
    use crate::reader::tokens;

    #[test]
    fn types_are_found_where_they_are_defined() {
        let source = "
            pub struct A<T>(T); struct B { r#type: u8 } enum C {} trait D { type Own; fn f() { struct E; } }
            type F = A<u8>; impl Iterator for B { type Item = C; } fn g(x: impl D) { type H = u8; }
            unsafe impl D for C { type Own = u8; } #[cfg(test)] mod tests { struct I; }";
        let tokens = tokens::of(source);
        let names: Vec<&str> = types(&tokens).into_iter().map(|token| token.text.as_str()).collect();
        assert_eq!(names, ["A", "B", "C", "D", "E", "F", "H"]);
    }
}
