//! Rust's source as words: comments, literals and test code are left out.

/// A word of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// An identifier, `::`, or one other character.
    pub text: String,
    /// Its line, counted from 1.
    pub line: usize,
}

/// Every word of this source, without test code.
pub fn of(source: &str) -> Vec<Token> {
    without_tests(&with_tests(source))
}

/// Every word of this source.
pub fn with_tests(source: &str) -> Vec<Token> {
    let text: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let length = literal(&text[at..]).unwrap_or_else(|| word(&text[at..]));
        let here = &text[at..at + length];
        if is_token(here) {
            let name: String = here.iter().collect();
            tokens.push(Token { text: name.trim_start_matches("r#").to_owned(), line });
        }
        line += here.iter().filter(|c| **c == '\n').count();
        at += length;
    }
    tokens
}

fn is_token(text: &[char]) -> bool {
    let begins = text[0];
    let ident = begins.is_alphabetic() || begins == '_';
    // What is longer and neither a name nor `::` is a comment or a literal.
    !begins.is_whitespace()
        && (ident && !text.contains(&'"') && !text.contains(&'\'') || text.len() == 1 || text == [':', ':'])
}

/// The length of a name, of `::`, or of one character.
fn word(text: &[char]) -> usize {
    let name = |c: &char| c.is_alphanumeric() || *c == '_';
    if text.starts_with(&['r', '#']) && text.get(2).is_some_and(name) {
        return 2 + text[2..].iter().take_while(|c| name(c)).count();
    }
    if text.starts_with(&[':', ':']) { 2 } else { text.iter().take_while(|c| name(c)).count().max(1) }
}

/// The length of the comment or literal that begins here.
fn literal(text: &[char]) -> Option<usize> {
    let starts = |word: &str| word.chars().enumerate().all(|(i, c)| text.get(i) == Some(&c));
    if starts("//") {
        return Some(text.iter().take_while(|c| **c != '\n').count());
    }
    if starts("/*") {
        return Some(block_comment(text));
    }
    let prefix = ["br", "cr", "r", "b", "c"].into_iter().find(|p| starts(p)).map_or(0, str::len);
    let hashes = text[prefix..].iter().take_while(|c| **c == '#').count();
    match text.get(prefix + hashes) {
        Some('"') if text[..prefix].contains(&'r') => Some(raw_string(text, prefix + hashes + 1, hashes)),
        Some('"') if hashes == 0 => Some(quoted(text, prefix + 1, '"')),
        Some('\'') if hashes == 0 && prefix <= 1 && text[..prefix] != ['r'] => character(text, prefix),
        _ => None,
    }
}

fn block_comment(text: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at + 1 < text.len() {
        match (text[at], text[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn raw_string(text: &[char], from: usize, hashes: usize) -> usize {
    let ends =
        |at: usize| text[at] == '"' && text[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    (from..text.len()).find(|at| ends(*at)).map_or(text.len(), |at| at + 1 + hashes)
}

fn quoted(text: &[char], from: usize, end: char) -> usize {
    let mut at = from;
    while at < text.len() && text[at] != end {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// A character, or the one sign that begins a lifetime.
fn character(text: &[char], prefix: usize) -> Option<usize> {
    match (text.get(prefix + 1), text.get(prefix + 2)) {
        (Some('\\'), _) => Some(quoted(text, prefix + 1, '\'')),
        (Some(_), Some('\'')) => Some(prefix + 3),
        _ if prefix == 0 => Some(1),
        _ => None,
    }
}

/// Leaves out every item under an attribute that names `test` as a condition.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(end) = attribute(&tokens[at..]) {
            if tests(&tokens[at..at + end]) {
                at += end + item(&tokens[at + end..]);
                continue;
            }
            kept.extend_from_slice(&tokens[at..at + end]);
            at += end;
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// The length of the attribute that begins here.
fn attribute(tokens: &[Token]) -> Option<usize> {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    (is(0, "#") && is(1, "[")).then(|| 1 + group(&tokens[1..]))
}

fn tests(attribute: &[Token]) -> bool {
    let text: Vec<&str> = attribute.iter().map(|token| token.text.as_str()).collect();
    matches!(text[..], ["#", "[", "test", "]"])
        || text.get(2) == Some(&"cfg") && text.contains(&"test") && !text.contains(&"not") && !text.contains(&"any")
}

/// The length of a bracketed group, its brackets included.
fn group(tokens: &[Token]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth <= 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The length of the item that begins here: to its `;`, the end of its block, or, of a field or an arm, its comma.
fn item(tokens: &[Token]) -> usize {
    const ITEMS: [&str; 12] =
        ["mod", "fn", "use", "impl", "struct", "enum", "const", "static", "type", "trait", "pub", "macro_rules"];
    let mut at = 0;
    while let Some(length) = attribute(&tokens[at..]) {
        at += length;
    }
    let is_item = tokens.get(at).is_some_and(|token| ITEMS.contains(&token.text.as_str()));
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            ";" => return at + 1,
            "," if !is_item => return at + 1,
            "}" => return at,
            "{" => return at + group(&tokens[at..]),
            "(" | "[" => at += group(&tokens[at..]),
            _ => at += 1,
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::of;

    fn words(source: &str) -> String {
        of(source).into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_no_words() {
        let source = r###"a/* b /* c */ */d // e
            "f\" crate::g" r#"h " i"# b"j" br##"k"# "## 'l' '\'' b'\\' &'m n 'o: r#mod"###;
        assert_eq!(words(source), "a d & ' m n ' o : mod");
    }

    #[test]
    fn lines_are_counted() {
        let tokens = of("a\n/*\n*/\"\n\" b::c");
        assert_eq!(
            tokens.iter().map(|t| (t.text.as_str(), t.line)).collect::<Vec<_>>(),
            [("a", 1), ("b", 4), ("::", 4), ("c", 4)]
        );
    }

    #[test]
    fn test_code_is_left_out() {
        assert_eq!(words("a #[cfg(test)] mod tests { use b; } c"), "a c");
        assert_eq!(words("#[cfg(test)] #[allow(x)] pub(crate) fn f(a: [u8; 2]) -> B { g() } d"), "d");
        assert_eq!(words("#[cfg(all(test, unix))] use b::{c, d}; e"), "; e");
        assert_eq!(words("S { #[cfg(test)] a: b, c: d }"), "S { c : d }");
        assert_eq!(words("#[cfg(not(test))] a"), "# [ cfg ( not ( test ) ) ] a");
    }
}
