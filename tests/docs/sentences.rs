//! Every sentence that a daemon, a holder, a shield or the gateway says has its Chinese, and no sentence that is gone has.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Where sentences for callers come from. The command line's own are in Fluent's files, but for a few.
const SAID: [&str; 9] = [
    "usher-core",
    "usherd",
    "usher-tty",
    "usher-shield",
    "usher-seat",
    "usher-gateway",
    "src/cli",
    "src/client",
    "src/cmdlet/bind",
];

/// The files whose sentences are for machines, or for those who read the log.
const OTHERS: [&str; 22] = [
    // Command lines.
    "cli/pages/table.rs",
    "backend/fake.rs",
    "host/lab.rs",
    "store/schema.rs",
    "store/audit.rs",
    "store/audit_rows.rs",
    "store/identities.rs",
    "store/load.rs",
    "store/rows.rs",
    "store/journal.rs",
    "store/coalesce.rs",
    "host/metrics.rs",
    "draw/fonts.rs",
    "x/devices.rs",
    "sys/cgroup.rs",
    "usher-shield/src/start.rs",
    "usher-tty/src/lib.rs",
    "usher-seat/src/start.rs",
    // The shields' incidents, for the log.
    "usher-shield/src/defence.rs",
    "usher-shield/src/takeover.rs",
    "usher-shield/src/incidents.rs",
    "cli/demo",
];

/// Sentences that nobody reads, that are for the log, or that stand in something else.
const NOT_SAID: &[&str] = &[
    "{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict",
    "A session ID",
    "A session ID, a native ID such as `c2`, a session's name, or `USER/NAME`",
    "{MARK}{API_VERSION} error {text}",
    " (os error ",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "an object",
    "{root} help {verb}",
    "{} help",
    "Global options",
    " [possible values: {of}]",
    " [default: {default}]",
    "audit --follow",
    "open --attach",
    "look at",
    "{}: detach_keys",
    "Maximum number of clients",
    // Pieces, of which the whole is there.
    "{before}process {} ",
    " of {} connections",
    " and {more} more",
    "of uid {uid} has {}",
    "has {}",
    ": {message}",
    "{hint} · {line}",
    "{id} ({client})",
    ", uncovered for {micros} us",
    // On the terminal of a session, whose reader's language is not known.
    "\r\n*** {by} called off the close of this session ***\r\n",
    "\r\n*** {} closes this session at {at}{message} ***\r\n",
    // The log.
    "what was turned off for the lock was turned on, and off again",
    "another program's grab was broken, to hold the input",
    "the cover or the input was found lost",
    "a window of the cover was destroyed or taken away, and made anew",
    "a process of the shield was killed; the other took over",
    "a process of the shield was killed; the other starts a new one",
    "the compositor ended the connection",
    "the compositor ended the connection: {why}",
    "the compositor ended the connection that had the lock",
    "usher's shield of display {display}",
    "usher's guard of the terminals of session {}",
    "usher's limit of processes",
    "usher's warden of {seat}",
    "\u{1b}c\u{1b}[?25l\r\n  {}\r\n",
    "Max processes",
    "sessions of uid {uid}",
    "sign-ins of {name}",
    "uid {me}",
    "uid {}",
    "a caller could not be accepted: {error}",
    "the store could not be tidied: {error}",
    "identity {name}",
    "the groups of {silent:?} cannot be looked up",
    "the user's groups cannot be looked up",
    "the rules have {} bytes; the most is {MOST_BYTES}",
    "no rules yet",
    "session {name}",
    "usher on {host}",
    // sshd's configuration.
    "/usr/bin/usher login",
    "Match Group ",
    "forcecommand {COMMAND}",
    "{HEAD}\nMatch Group {}\n    ForceCommand {COMMAND}\nMatch all\n",
    // Written by a daemon on its own terminal.
    "usherd: {error}",
    "  hint: {hint}",
    "ready: {}",
    "ready: {address}",
    "usher-gateway: {error}",
    "usherd: {} cannot be read: {error}",
    "HTTP/1.1 and JSON on usherd's Unix socket. Who may do what is decided by the peer credentials of the connection, at every request. Unknown fields are refused; bodies are bounded to 1 MiB.",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
    "text/plain; charset=utf-8",
    "Host key verification failed",
    "Permission denied",
    "event: denied",
];

/// What the programs put together of pieces.
const COMPOSED: [&str; 8] = [
    // A refusal of usherd's as a sentence of PowerShell's (`cmdlet/call.rs::sentence`).
    "The message is empty: say something that the user can read.",
    "The message has {chars} characters; the most is {}.",
    "The message contains the control character U+{:04X}; write it as one line of plain text.",
    "the X server has no room for another client: {members}",
    "process {pid} of uid {uid} has {count}",
    "process {pid} of uid {uid} has {count} of {all} connections",
    "process {pid} has {count}",
    "process {pid} has {count} of {all} connections",
];

/// What a macro of these names says is for the log, or for whoever reads a failed test.
const FOR_THE_LOG: [&str; 12] = [
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "panic",
    "unreachable",
    "assert",
    "assert_eq",
    "println",
    "eprintln",
];

#[test]
fn every_sentence_of_the_programs_has_its_chinese() {
    let chinese: toml::Table = include_str!("../../locales/zh-CN/sentences.toml").parse().expect("sentences");
    let (mut said, mut all) = (BTreeSet::new(), BTreeSet::new());
    for file in SAID.iter().flat_map(|place| sources(&top().join(place))) {
        let literals = literals_of(&file);
        let path = file.to_string_lossy();
        let is_cli = file.starts_with(top().join("src"));
        if !OTHERS.iter().any(|other| path.contains(other)) {
            said.extend(literals.iter().filter(|text| is_sentence(text) && (!is_cli || !is_layout(text))).cloned());
        }
        all.extend(literals);
    }
    let missing: Vec<_> =
        said.iter().filter(|text| !chinese.contains_key(*text) && !NOT_SAID.contains(&text.as_str())).collect();
    assert!(missing.is_empty(), "locales/zh-CN/sentences.toml lacks {missing:#?}");
    let spare: Vec<_> =
        chinese.keys().filter(|text| !all.contains(*text) && !COMPOSED.contains(&text.as_str())).collect();
    assert!(spare.is_empty(), "locales/zh-CN/sentences.toml has {spare:#?}, which no program says");
}

#[test]
fn a_sentence_is_found_wherever_it_stands() {
    let code = r#"
        //! No, not this.
        #[doc = "nor this one"]
        const WORDS: &str = "one two";
        fn f() { say(format!("three {} four", "five six")); tracing::warn!("not said here"); x.expect("nor here") }
        #[cfg(test)] mod tests { const X: &str = "not a test"; }
    "#;
    let mut found = Literals::default();
    found.visit_file(&syn::parse_file(code).expect("code"));
    assert_eq!(found.0, ["five six", "one two", "three {} four"].map(str::to_owned).into());
}

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory of sources").flatten().map(|entry| entry.path()) {
        let text = entry.to_string_lossy().into_owned();
        let is_test = ["tests", "tests.rs", "benches", "target"].iter().any(|name| entry.ends_with(name));
        match entry.is_dir() {
            _ if is_test => {}
            true => found.extend(sources(&entry)),
            false if text.ends_with(".rs") => found.push(entry),
            false => {}
        }
    }
    found
}

fn literals_of(file: &Path) -> BTreeSet<String> {
    let code = fs::read_to_string(file).expect("a source");
    let mut literals = Literals::default();
    literals.visit_file(&syn::parse_file(&code).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
    literals.0
}

/// Several words, at least one of them in lower case.
fn is_sentence(text: &str) -> bool {
    let outside = outside_of_values(text);
    let is_han = |c| ('\u{4e00}'..='\u{9fff}').contains(&c);
    !text.contains(is_han)
        && text.trim().contains(' ')
        && outside.split(' ').any(|word| word.chars().filter(char::is_ascii_lowercase).count() > 1)
}

/// What only arranges values.
fn is_layout(text: &str) -> bool {
    text.starts_with("usher: ")
        || text.contains("{{")
        || text.starts_with("usher ")
        || outside_of_values(text).len() < 4
}

fn outside_of_values(text: &str) -> String {
    text.split('{').map(|piece| piece.rsplit('}').next().unwrap_or_default()).collect()
}

/// The literals of a file, without those of tests, attributes, and what goes into the log.
#[derive(Default)]
struct Literals(BTreeSet<String>);

impl<'a> Visit<'a> for Literals {
    fn visit_attribute(&mut self, _: &'a syn::Attribute) {}

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_lit_str(&mut self, text: &'a syn::LitStr) {
        self.0.insert(text.value());
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        match call.method.to_string().as_str() {
            "expect" => self.visit_expr(&call.receiver),
            _ => visit::visit_expr_method_call(self, call),
        }
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        let name = call.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        if !FOR_THE_LOG.contains(&name.as_str()) {
            self.tokens(&call.tokens.to_string());
        }
    }
}

impl Literals {
    /// The literals in what a macro is given, which need not be expressions.
    fn tokens(&mut self, text: &str) {
        if let Ok(tokens) = syn::parse_str::<Loose>(text) {
            self.0.extend(tokens.0);
        }
    }
}

/// Any tokens, of which only the literals count.
struct Loose(Vec<String>);

impl syn::parse::Parse for Loose {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let mut found = Vec::new();
        while !input.is_empty() {
            if input.peek(syn::LitStr) {
                found.push(input.parse::<syn::LitStr>()?.value());
            } else if input.peek(syn::token::Paren) {
                let inside;
                syn::parenthesized!(inside in input);
                found.extend(inside.call(Loose::parse)?.0);
            } else if input.peek(syn::token::Brace) {
                let inside;
                syn::braced!(inside in input);
                found.extend(inside.call(Loose::parse)?.0);
            } else if input.peek(syn::token::Bracket) {
                let inside;
                syn::bracketed!(inside in input);
                found.extend(inside.call(Loose::parse)?.0);
            } else {
                input.step(|cursor| {
                    cursor.token_tree().map(|(_, rest)| ((), rest)).ok_or_else(|| cursor.error("end"))
                })?;
            }
        }
        Ok(Loose(found))
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg") && list.is_ok_and(|list| list.tokens.to_string() == "test")
    })
}
