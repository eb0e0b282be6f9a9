//! The paths that a file writes: those of its `use` lines, and those in its code.

use super::tokens::Token;

/// A path as it is written, without generics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its names; `*` at the end is a glob.
    pub names: Vec<String>,
    /// The name under which a `use` makes it known.
    pub alias: Option<String>,
    /// Whether that name is known outside, too.
    pub public: bool,
    /// Modules inside of the file in which it stands.
    pub inside: Vec<String>,
    /// Where it stands.
    pub line: usize,
}

/// Every path of a file.
pub fn of(tokens: &[Token]) -> Vec<Written> {
    let mut all = Vec::new();
    // Each brace that is open, with the name of the module that it opened.
    let mut braces: Vec<Option<String>> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let inside = || braces.iter().flatten().cloned().collect::<Vec<_>>();
        match text(tokens, at) {
            "{" => {
                let module = at >= 2 && text(tokens, at - 2) == "mod";
                braces.push(module.then(|| tokens[at - 1].text.clone()));
                at += 1;
            }
            "}" => {
                braces.pop();
                at += 1;
            }
            // `pub(in crate::x)` is no use of x.
            "pub" if text(tokens, at + 1) == "(" => at += 1 + closing(&tokens[at + 1..]),
            // `impl Trait + use<'a>` captures.
            "use" if text(tokens, at + 1) != "<" => {
                let public = at > 0 && ["pub", ")"].contains(&text(tokens, at - 1));
                let end = at + tokens[at..].iter().take_while(|token| token.text != ";").count();
                tree(&tokens[at + 1..end], &mut Vec::new(), &mut |names, alias, line| {
                    all.push(Written { names, alias, public, inside: inside(), line });
                });
                at = end;
            }
            _ => match path(&tokens[at..]) {
                Some(names) => {
                    let line = tokens[at].line;
                    at += 2 * names.len() - 1;
                    all.push(Written { names, alias: None, public: false, inside: inside(), line });
                }
                None => at += 1,
            },
        }
    }
    all
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn closing(tokens: &[Token]) -> usize {
    tokens.iter().take_while(|token| token.text != ")").count() + 1
}

/// `a::b::c`, at least two names.
fn path(tokens: &[Token]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while is_name(text(tokens, 2 * names.len())) {
        names.push(tokens[2 * names.len()].text.clone());
        if text(tokens, 2 * names.len() - 1) != "::" {
            break;
        }
    }
    // `a::<B>` ends after the a.
    (names.len() > 1).then_some(names)
}

/// The branches of a `use`, each with all of its names.
fn tree(tokens: &[Token], before: &mut Vec<String>, add: &mut impl FnMut(Vec<String>, Option<String>, usize)) {
    let depth = before.len();
    let mut at = usize::from(text(tokens, 0) == "::");
    while is_name(text(tokens, at)) && text(tokens, at) != "as" {
        before.push(tokens[at].text.clone());
        at += 1;
        if text(tokens, at) != "::" {
            break;
        }
        at += 1;
    }
    let line = tokens.get(at.saturating_sub(1)).map_or(0, |token| token.line);
    match text(tokens, at) {
        "{" => branches(&tokens[at + 1..]).for_each(|branch| tree(branch, before, add)),
        "*" => add([before.as_slice(), &["*".to_owned()]].concat(), None, line),
        "as" => add(before.clone(), Some(text(tokens, at + 1).to_owned()), line),
        _ if before.len() > depth => {
            let named = if before.last().is_some_and(|last| last == "self") {
                before.iter().rev().nth(1)
            } else {
                before.last()
            };
            add(before.clone(), named.cloned(), line);
        }
        _ => {}
    }
    before.truncate(depth);
}

/// The branches between a brace that was opened and its end.
fn branches(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0;
    let mut ends = Vec::new();
    let mut from = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth == 0 => {
                ends.push(from..at);
                break;
            }
            "}" => depth -= 1,
            "," if depth == 0 => {
                ends.push(from..at);
                from = at + 1;
            }
            _ => {}
        }
    }
    ends.into_iter().map(|range| &tokens[range])
}

#[cfg(test)]
mod tests {
    use super::super::tokens;
    use super::of;

    fn paths(source: &str) -> Vec<String> {
        of(&tokens::of(source)).into_iter().map(|path| path.names.join("::")).collect()
    }

    #[test]
    fn a_use_has_branches() {
        let source = "use crate::{a, b::{self, c as d, e::*}, f::{g}}; pub use ::h::i;";
        let expected = ["crate::a", "crate::b::self", "crate::b::c", "crate::b::e::*", "crate::f::g", "h::i"];
        assert_eq!(paths(source), expected);
        let all = of(&tokens::of(source));
        let aliases: Vec<_> = all.iter().map(|path| path.alias.as_deref().unwrap_or("-")).collect();
        assert_eq!(aliases, ["a", "b", "d", "-", "g", "i"]);
        assert_eq!(all.iter().map(|path| path.public).collect::<Vec<_>>(), [false, false, false, false, false, true]);
    }

    #[test]
    fn paths_in_code_and_macros_are_seen() {
        let source = "fn f(x: &crate::a::B) -> super::C { note!($crate::d::E, self::g::<H>::i); Vec::<u8>::new() }";
        assert_eq!(paths(source), ["crate::a::B", "super::C", "crate::d::E", "self::g"]);
        assert!(paths("pub(in crate::a) fn f() -> impl T + use<'a> {}").is_empty());
    }

    #[test]
    fn modules_inside_of_a_file_are_told() {
        let all = of(&tokens::of("mod a { fn f() { super::b::c(); } mod d { use super::super::e; } } use super::g;"));
        let inside: Vec<_> = all.iter().map(|path| path.inside.join("/")).collect();
        assert_eq!(inside, ["a", "a/d", ""]);
    }
}
