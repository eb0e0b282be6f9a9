//! Sentences that script puts together, with `{name}` where something is to stand.

use serde_json::{Map, Value};
use usher::words::{Key, Language};

use crate::words::key;

/// What script calls them.
const ALL: &[(&str, Key)] = &[
    ("counts", key!("dashboard-counts")),
    ("selected", key!("dashboard-selected")),
    ("waiting", key!("dashboard-host-waiting")),
    ("lost", key!("dashboard-host-lost")),
    ("lostPage", key!("dashboard-page-lost")),
    ("signedOut", key!("dashboard-signed-out")),
    ("lastWord", key!("dashboard-last-word")),
    ("never", key!("dashboard-never")),
    ("from", key!("dashboard-from")),
    ("station", key!("dashboard-station")),
    ("nobody", key!("dashboard-nobody")),
    ("active", key!("dashboard-active")),
    ("idleMinutes", key!("dashboard-idle-minutes")),
    ("idleHours", key!("dashboard-idle-hours")),
    ("lockedBy", key!("dashboard-locked-by")),
    ("lockedUntil", key!("dashboard-locked-until")),
    ("ruleBy", key!("dashboard-rule-by")),
    ("ruleUntil", key!("dashboard-rule-until")),
    ("ruleSome", key!("dashboard-rule-some")),
    ("closingAt", key!("dashboard-closing-at")),
    ("own", key!("dashboard-own")),
    ("noPicture", key!("dashboard-picture-none")),
    ("lookTold", key!("dashboard-look-told")),
    ("lookUntold", key!("dashboard-look-untold")),
    ("busy", key!("dashboard-busy")),
    ("done", key!("dashboard-result-done")),
    ("unchanged", key!("dashboard-result-unchanged")),
    ("unseen", key!("dashboard-result-unseen")),
    ("skipped", key!("dashboard-result-skipped")),
    ("failed", key!("dashboard-result-failed")),
    ("unclear", key!("dashboard-result-unclear")),
    ("unknown", key!("dashboard-result-unknown")),
    ("seen", key!("dashboard-seen")),
    ("exempt", key!("dashboard-exempt")),
    ("cancelClose", key!("dashboard-cancel-close")),
    ("hits", key!("dashboard-hits")),
    ("hitsHosts", key!("dashboard-hits-hosts")),
    ("lock", key!("dashboard-lock")),
    ("unlock", key!("dashboard-unlock")),
    ("disconnect", key!("dashboard-disconnect")),
    ("close", key!("dashboard-close")),
    ("cancel-close", key!("dashboard-cancel-close")),
    ("block-all", key!("dashboard-block-all")),
    ("unblock-all", key!("dashboard-unblock")),
    ("unblock", key!("dashboard-unrule")),
    ("groupless", key!("dashboard-groupless")),
    ("signIn", key!("dashboard-sign-in")),
    ("signInOver", key!("dashboard-sign-in-over")),
    ("here", key!("dashboard-host-here")),
    ("now", key!("dashboard-now")),
    ("logCount", key!("dashboard-log-count")),
    ("logMore", key!("dashboard-log-more")),
    ("wrongOrder", key!("dashboard-wrong-order")),
    ("text", key!("dashboard-kind-text")),
    ("console", key!("dashboard-kind-console")),
];

/// What may stand in them.
const NAMES: [(&str, &str); 11] = [
    ("count", "{count}"),
    ("locked", "{locked}"),
    ("host", "{host}"),
    ("why", "{why}"),
    ("time", "{time}"),
    ("where", "{where}"),
    ("by", "{by}"),
    ("since", "{since}"),
    ("until", "{until}"),
    ("names", "{names}"),
    ("user", "{user}"),
];

/// All of them as JSON.
pub fn json(language: Language) -> String {
    let all: Map<String, Value> =
        ALL.iter().map(|(name, key)| ((*name).to_owned(), key.in_language(language, &NAMES).into())).collect();
    Value::Object(all).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::page::assets;

    /// The words that script asks for by name, `say("counts")`.
    fn asked() -> BTreeSet<String> {
        let texts = assets::ALL.iter().map(|asset| std::str::from_utf8(asset.content).unwrap());
        let calls = texts.flat_map(|text| text.split("say(\"").skip(1));
        calls.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn script_asks_for_words_that_are_there() {
        let known: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
        let asked = asked();
        assert!(asked.len() > 20, "the search finds what it looks for");
        assert_eq!(asked.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
    }

    #[test]
    fn no_name_is_left_unsaid() {
        for language in Language::ALL {
            let words: Map<String, Value> = serde_json::from_str(&json(language)).unwrap();
            assert!(words.values().all(|word| !word.as_str().unwrap().contains("{$")), "{words:?}");
        }
    }
}
