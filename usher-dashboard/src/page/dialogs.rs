//! What is asked before a verb is sent: the message, for how long, and whom it hits.

use maud::{Markup, html};
use usher::words::{Key, Language};

use super::say;
use crate::words::key;

/// Every dialog.
pub fn all(language: Language) -> Markup {
    html! {
        (order(language, "lock-dialog", key!("dashboard-lock-title"), key!("dashboard-lock"), &html! { (message(language, true)) (until(language)) }))
        (order(language, "block-dialog", key!("dashboard-block-title"), key!("dashboard-block"), &html! { (message(language, true)) (until(language)) }))
        (order(language, "close-dialog", key!("dashboard-close-title"), key!("dashboard-close"), &html! { (notice(language)) (message(language, false)) }))
        (order(language, "disconnect-dialog", key!("dashboard-disconnect-title"), key!("dashboard-disconnect"), &html! {}))
        (large(language))
        (keys(language))
        datalist #recent {}
    }
}

/// An order: its fields, whom it hits, and the button that sends it.
fn order(language: Language, id: &str, title: Key, verb: Key, fields: &Markup) -> Markup {
    let label = format!("{id}-title");
    html! {
        dialog id=(id) aria-labelledby=(label) {
            form method="dialog" {
                h2 id=(label) { (say(language, title)) }
                (fields)
                p.hits {}
                div.buttons {
                    button type="button" data-cancel { (say(language, key!("dashboard-cancel"))) }
                    button.sends type="submit" { (say(language, verb)) }
                }
            }
        }
    }
}

fn message(language: Language, needed: bool) -> Markup {
    let key = if needed { key!("dashboard-message") } else { key!("dashboard-message-maybe") };
    html! {
        label.field { span { (say(language, key)) }
            input name="message" type="text" maxlength="1000" list="recent" autocomplete="off" required[needed];
        }
    }
}

fn until(language: Language) -> Markup {
    html! {
        label.field { span { (say(language, key!("dashboard-until"))) }
            input name="until" type="text" autocomplete="off" pattern=r"\s*(\d{1,5}|\d{1,2}:\d{2})\s*"
                title=(say(language, key!("dashboard-until-long"))) placeholder=(say(language, key!("dashboard-until-example")));
        }
    }
}

fn notice(language: Language) -> Markup {
    html! {
        label.field { span { (say(language, key!("dashboard-notice"))) }
            select name="notice" {
                option value="60" { (say(language, key!("dashboard-notice-60"))) }
                option value="300" { (say(language, key!("dashboard-notice-300"))) }
                option value="0" { (say(language, key!("dashboard-notice-0"))) }
            }
        }
    }
}

/// One session, large: a look, without keys or clicks for it.
fn large(language: Language) -> Markup {
    html! {
        dialog #large aria-labelledby="large-title" {
            header { h2 #large-title {} p.told {} button type="button" data-cancel { (say(language, key!("dashboard-done"))) } }
            img alt="";
            p.about {}
        }
    }
}

fn keys(language: Language) -> Markup {
    let rows = [
        ("/", key!("dashboard-key-filter")),
        ("← ↑ ↓ →", key!("dashboard-key-move")),
        ("Space", key!("dashboard-key-select")),
        ("Shift", key!("dashboard-key-range")),
        ("a", key!("dashboard-key-all")),
        ("Esc", key!("dashboard-key-none")),
        ("Enter", key!("dashboard-key-large")),
        ("l u d c", key!("dashboard-key-verbs")),
        ("b", key!("dashboard-key-block")),
    ];
    html! {
        dialog #keys-dialog aria-labelledby="keys-title" {
            header { h2 #keys-title { (say(language, key!("dashboard-keys"))) }
                button type="button" data-cancel { (say(language, key!("dashboard-done"))) } }
            dl { @for (keys, about) in rows { dt { kbd { (keys) } } dd { (say(language, about)) } } }
            p { (say(language, key!("dashboard-on-record"))) }
        }
    }
}
