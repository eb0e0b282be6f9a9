//! What somebody probably meant. Better no suggestion than a wrong one: a verb that was not meant may end sessions.

/// What other programs call our verbs.
const ELSEWHERE: [(&str, &[&str]); 9] = [
    ("list", &["ps", "sessions", "list-sessions", "who", "w"]),
    ("lock", &["lock-session", "freeze"]),
    ("unlock", &["unlock-session", "release"]),
    ("disconnect", &["detach", "kick"]),
    ("close", &["kill", "end", "exit", "logoff", "logout", "terminate", "terminate-session", "kill-session"]),
    ("open", &["new", "new-session", "start", "run"]),
    ("attach", &["enter", "resume", "attach-session"]),
    ("audit", &["log", "logs", "history"]),
    ("blocks", &["rules", "list-rules"]),
];

/// The verbs that come nearest to a word.
pub(super) fn verb(word: &str, known: &[&str]) -> Vec<String> {
    let lower = word.to_lowercase();
    let meant = ELSEWHERE.iter().find(|(verb, others)| known.contains(verb) && others.contains(&lower.as_str()));
    meant.map_or_else(|| nearest(word, known), |(verb, _)| vec![(*verb).to_owned()])
}

/// The options that come nearest to one.
pub(super) fn option(word: &str, known: &[String]) -> Vec<String> {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    let Some(name) = name.strip_prefix("--").or_else(|| name.strip_prefix('-').filter(|name| name.len() > 1)) else {
        return Vec::new();
    };
    let known: Vec<&str> = known.iter().filter_map(|option| option.strip_prefix("--")).collect();
    nearest(name, &known).into_iter().map(|near| format!("--{near}")).collect()
}

/// The values that come nearest to one.
pub(super) fn value(word: &str, known: &[String]) -> Vec<String> {
    nearest(word, &known.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Those at the least distance, if that is small for the word's length.
fn nearest(word: &str, known: &[&str]) -> Vec<String> {
    let length = word.chars().count();
    if !(2..=32).contains(&length) {
        return Vec::new();
    }
    let word = word.to_lowercase();
    let distances =
        known.iter().filter_map(|candidate| Some((distance(&word, &candidate.to_lowercase())?, *candidate)));
    let distances: Vec<(usize, &str)> = distances.collect();
    let least = distances.iter().map(|(distance, _)| *distance).min();
    let near = distances.iter().filter(|(distance, _)| Some(*distance) == least).take(3);
    near.map(|(_, candidate)| (*candidate).to_owned()).collect()
}

/// How far a word is from what it may stand for: by slips of the fingers, else as an abbreviation.
fn distance(word: &str, candidate: &str) -> Option<usize> {
    let slips = strsim::osa_distance(word, candidate);
    let allowed = 1 + word.chars().count() / 5;
    if slips <= allowed {
        return Some(slips);
    }
    (candidate.starts_with(word) || abbreviates(word, candidate)).then_some(slips + allowed)
}

/// The word has at least three of the candidate's letters, in their order, the first among them.
fn abbreviates(word: &str, candidate: &str) -> bool {
    let mut letters = candidate.chars();
    word.len() > 2 && word.chars().next() == candidate.chars().next() && word.chars().all(|c| letters.any(|l| l == c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERBS: [&str; 14] = [
        "list",
        "ls",
        "lock",
        "unlock",
        "disconnect",
        "close",
        "block",
        "unblock",
        "blocks",
        "open",
        "status",
        "servers",
        "dial-stdio",
        "Lock-WmsSession",
    ];

    #[test]
    fn a_slip_of_the_fingers_is_understood() {
        let near = |word: &str| verb(word, &VERBS).join(" ");
        for (word, meant) in [
            ("lokc", "lock"),
            ("unlok", "unlock"),
            ("lst", "list ls"),
            ("LOCK", "lock"),
            ("sttaus", "status"),
            ("disconect", "disconnect"),
            ("disc", "disconnect"),
            ("blok", "block"),
            ("lock-wmsesion", "Lock-WmsSession"),
        ] {
            assert_eq!(near(word), meant, "{word}");
        }
    }

    #[test]
    fn the_words_of_other_programs_are_understood() {
        assert_eq!(verb("kill", &VERBS), ["close"]);
        assert_eq!(verb("PS", &VERBS), ["list"]);
        // Only where the verb is known.
        assert!(verb("kill", &["group", "test"]).is_empty());
    }

    #[test]
    fn what_nobody_meant_is_not_suggested() {
        for word in ["explode", "x", "", "frobnicate", &"lock".repeat(1000)] {
            assert!(verb(word, &VERBS).is_empty(), "{word}: {:?}", verb(word, &VERBS));
        }
    }

    #[test]
    fn options_and_values_are_understood_too() {
        let options = ["--message", "--for", "--freeze", "--all", "--output"].map(str::to_owned);
        assert_eq!(option("--mesage", &options), ["--message"]);
        assert_eq!(option("--msg=x", &options), ["--message"]);
        assert_eq!(option("-message", &options), ["--message"]);
        assert!(option("-x", &options).is_empty() && option("--explode", &options).is_empty());
        let values = ["table", "list", "json", "jsonl"].map(str::to_owned);
        assert_eq!(value("jsn", &values), ["json"]);
        assert_eq!(value("JSON", &values), ["json"]);
        assert!(value("xml", &values).is_empty());
    }
}
