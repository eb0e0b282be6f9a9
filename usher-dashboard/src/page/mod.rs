//! The page: what stands in it before the first news, in the browser's language. What hosts tell is put into it by
//! script, as text.

use maud::{DOCTYPE, Markup, html};
use usher::words::{Key, Language};

use crate::words::key;

pub mod assets;
mod dialogs;
mod records;
mod script_words;
pub mod sign_in;

/// The language that a browser prefers of those that usher speaks (`Accept-Language`, RFC 9110, 12.5.4).
pub fn language(accepted: Option<&str>) -> Language {
    let ranked = accepted.unwrap_or_default().split(',').take(32).filter_map(|range| {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
        Some((tag.trim().parse::<Language>().ok()?, weight))
    });
    // Of two with the same weight the first counts.
    let best =
        ranked.filter(|(_, weight)| *weight > 0.0).reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(Language::English, |(language, _)| language)
}

/// A page that says one thing.
pub fn notice(language: Language, sentence: Key) -> Markup {
    frame(language, &html! { main.notice { p { (say(language, sentence)) } } }, false)
}

/// The page itself; somebody who signed in is told who they are, and can sign out.
pub fn page(language: Language, user: Option<&str>) -> Markup {
    let say = |key| say(language, key);
    frame(
        language,
        &html! {
            (bar(language, user))
            p #lost role="status" hidden {}
            main {
                div #wall role="listbox" aria-multiselectable="true" aria-label=(say(key!("dashboard-sessions"))) {}
                p #empty hidden { (say(key!("dashboard-none"))) }
                (records::log(language))
                (records::rules(language))
            }
            (failures(language))
            (actions(language))
            p #said .spoken role="status" aria-live="polite" {}
            (dialogs::all(language))
            (tile())
            noscript { p.notice { (say(key!("dashboard-noscript"))) } }
        },
        true,
    )
}

fn say(language: Language, key: Key) -> String {
    key.in_language(language, &[])
}

fn frame(language: Language, body: &Markup, script: bool) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (say(language, key!("dashboard-title"))) }
                link rel="icon" href="/assets/icon.svg";
                link rel="stylesheet" href="/assets/wall.css";
                @if script {
                    // Nothing is shown before script has set the view that the address names: the page would move.
                    script type="module" src="/assets/main.js" blocking="render" {}
                }
            }
            body data-words=[script.then(|| script_words::json(language))] { (body) }
        }
    }
}

fn bar(language: Language, user: Option<&str>) -> Markup {
    let say = |key| say(language, key);
    let option = |value: &str, key| html! { option value=(value) { (say(key)) } };
    html! {
        header.bar {
            h1 { "usher" }
            (records::views(language))
            @if let Some(user) = user {
                button #out type="button" title=(say(key!("dashboard-sign-out"))) { (user) " · " (say(key!("dashboard-sign-out"))) }
            }
            search {
                input #filter type="search" autocomplete="off" spellcheck="false" enterkeyhint="search"
                    placeholder=(say(key!("dashboard-filter"))) aria-label=(say(key!("dashboard-filter-long"))) aria-keyshortcuts="/";
            }
            label { span { (say(key!("dashboard-sort"))) }
                select #sort aria-label=(say(key!("dashboard-sort"))) {
                    (option("user", key!("dashboard-by-user"))) (option("host", key!("dashboard-by-host")))
                    (option("where", key!("dashboard-by-where"))) (option("idle", key!("dashboard-by-idle")))
                    (option("locked", key!("dashboard-by-lock")))
                }
            }
            label { span { (say(key!("dashboard-arrange"))) }
                select #part aria-label=(say(key!("dashboard-arrange"))) {
                    (option("none", key!("dashboard-arrange-none"))) (option("host", key!("dashboard-arrange-host")))
                    (option("group", key!("dashboard-arrange-group")))
                }
            }
            label { span { (say(key!("dashboard-pictures"))) }
                select #every aria-label=(say(key!("dashboard-pictures"))) {
                    (option("0.5", key!("dashboard-every-change"))) (option("2", key!("dashboard-every-2"))) (option("5", key!("dashboard-every-5")))
                    (option("30", key!("dashboard-every-30"))) (option("0", key!("dashboard-every-0")))
                }
            }
            label.size { span { (say(key!("dashboard-size"))) }
                input #size type="range" min="130" max="720" step="10" value="260";
            }
            button #block type="button" role="switch" aria-checked="false" aria-describedby="blocked" aria-keyshortcuts="b" disabled {
                span.knob aria-hidden="true" {} span { (say(key!("dashboard-block-all"))) }
            }
            // What is told comes into a row of its own, so that it moves nothing.
            div.sum { ul #hosts aria-label=(say(key!("dashboard-hosts"))) {} p #counts {} p #blocked {} }
        }
    }
}

fn failures(language: Language) -> Markup {
    html! {
        section #failures aria-labelledby="failed" hidden {
            header {
                h2 #failed { (say(language, key!("dashboard-failed"))) }
                button #seen-all type="button" { (say(language, key!("dashboard-seen-all"))) }
            }
            ul role="alert" {}
        }
    }
}

fn actions(language: Language) -> Markup {
    let button = |verb: &str, shortcut: &str, key: Key| {
        html! {
            button type="button" data-verb=(verb) aria-keyshortcuts=(shortcut) disabled {
                (say(language, key)) kbd aria-hidden="true" { (shortcut) }
            }
        }
    };
    html! {
        footer.actions { div role="toolbar" aria-label=(say(language, key!("dashboard-actions"))) {
            p #selected aria-live="polite" {}
            button #all type="button" aria-keyshortcuts="a" { (say(language, key!("dashboard-all"))) kbd aria-hidden="true" { "a" } }
            select #group aria-label=(say(language, key!("dashboard-group-long"))) disabled {
                option value="" { (say(language, key!("dashboard-group"))) }
            }
            (button("lock", "l", key!("dashboard-lock")))
            (button("unlock", "u", key!("dashboard-unlock")))
            (button("disconnect", "d", key!("dashboard-disconnect")))
            (button("close", "c", key!("dashboard-close")))
            button #cancel-close type="button" data-verb="cancel-close" hidden { (say(language, key!("dashboard-cancel-close"))) }
            button #keys type="button" aria-keyshortcuts="?" aria-label=(say(language, key!("dashboard-keys"))) { "?" }
        } }
    }
}

/// A tile, which script copies and fills with text.
fn tile() -> Markup {
    html! {
        template #tile {
            div.tile role="option" aria-selected="false" tabindex="-1" {
                div.screen {
                    img alt="" decoding="async" draggable="false";
                    p.blank {}
                    span.mark aria-hidden="true" {}
                    p.lock {}
                }
                div.who { strong.user {} span.title {} }
                div.where { span.host {} span.kind {} span.station {} span.idle {} }
                p.outcome {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_language_decides() {
        for (accepted, expected) in [
            (None, Language::English),
            (Some("zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese),
            (Some("en-US,en;q=0.9,zh-CN;q=0.8"), Language::English),
            (Some("de-DE, zh-Hans;q=0.3, en;q=0.2"), Language::Chinese),
            (Some("zh-TW, fr"), Language::English),
            (Some("zh;q=0, *"), Language::English),
            (Some(";;;,q=x,zh;q=nan"), Language::English),
        ] {
            assert_eq!(language(accepted), expected, "{accepted:?}");
        }
    }

    #[test]
    fn the_page_has_no_script_style_or_address_of_anybody_else() {
        for language in Language::ALL {
            let text = page(language, Some("olga")).into_string();
            assert!(text.contains(&format!("<html lang=\"{language}\">")));
            assert_eq!(text.matches("<script").count(), 1);
            for foreign in ["style=", "onclick", "http:", "https:", "//", "javascript:", "<form action", "<style"] {
                assert!(!text.contains(foreign), "{foreign}");
            }
        }
    }
}
