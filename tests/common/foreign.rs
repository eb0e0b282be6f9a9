//! What stands in a Chinese text and is not Chinese, but for names, options, identifiers and code.

/// Names of programs and things that are called the same in Chinese.
const NAMES: &str = "
    usher usherd usher-tty usher-shield usher-gateway usher-dial usher-demo pam_usher
    Linux Unix root uid gid shell tmux logind systemd journalctl getent bash zsh fish jq sudo wheel xrdp ssh tls
    D-Bus X X11 Wayland VNC Xvnc Xvfb TLS PNG JSON API HTTP MiB KiB GiB TOML UTC RFC SSE OpenAPI Prometheus SQLite PAM
    PowerShell Windows MultiPoint cmdlet Fluent IPv6 ID IDs UID GID DIR PATH NUL NATS
    Ctrl Ctrl-C Ctrl-b PgUp PgDn Enter Esc Tab q v b d y a n o U Noto SIGHUP SIGKILL SIGTERM
    fg fonts-dejavu-core fonts-noto-cjk
    alice bob olga lab1 lab2 laptop root s m h
";

/// What options take, which is the same in every language.
pub const OPTION_VALUES: &[&str] = &[
    "table",
    "list",
    "json",
    "jsonl",
    "connected",
    "remote",
    "disconnected",
    "closing",
    "small",
    "medium",
    "large",
    "fullscreen",
    "yesterday",
];

/// The Latin words of a Chinese text that are none of these: names, options, identifiers, variables, files, code between
/// backticks or quotation marks, values in braces, and what stands in the code of an example.
pub fn foreign_words(text: &str, more: &[&str]) -> Vec<String> {
    // What is quoted may go on in the next line, and not in the next paragraph.
    let mut paragraphs = vec![String::new()];
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if line.trim().is_empty() {
            paragraphs.push(String::new());
        } else if let Some(last) = paragraphs.last_mut().filter(|_| !in_code) {
            *last += line.trim();
            last.push(' ');
        }
    }
    let found = paragraphs.iter().flat_map(|text| words(&prose(text)).map(str::to_owned).collect::<Vec<_>>());
    found.filter(|word| !is_name(word, more)).collect()
}

/// A text without code, quotations and values.
fn prose(text: &str) -> String {
    let mut rest = String::new();
    let mut until = None;
    for c in text.chars() {
        match (until, c) {
            (Some(end), c) if c == end => until = None,
            (Some(_), _) => continue,
            (None, '`') => until = Some('`'),
            (None, '“') => until = Some('”'),
            (None, '{') => until = Some('}'),
            (None, '<') => until = Some('>'),
            (None, '\'') => until = Some('\''),
            (None, c) => {
                rest.push(c);
                continue;
            }
        }
        rest.push(' ');
    }
    rest
}

/// What stands together without blanks and Chinese letters.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_./:~@$%^\\#=+&*[]|".contains(c)));
    parts
        .map(|word| word.trim_matches(|c| ".:,[]|*".contains(c)))
        .filter(|word| word.contains(|c: char| c.is_ascii_alphabetic()))
}

fn is_name(word: &str, more: &[&str]) -> bool {
    let is_marked = word.starts_with('-')
        || word.starts_with("usher-")
        || word.contains(['/', '$', '@', '~', '=', '_', '\\', '^', '%', '#', '+']);
    // SessionNotFound, MESSAGE, x11, c2, server.toml, 90s
    let is_identifier =
        word.chars().skip(1).any(|c| c.is_ascii_uppercase()) || word.contains(|c: char| c.is_ascii_digit());
    let is_file = word.contains('.') && !word.ends_with('.');
    is_marked
        || is_identifier
        || is_file
        || NAMES.split_whitespace().chain(more.iter().copied()).any(|name| name == word)
}
