//! The audit log, and the rules and hosts: what stands in them before script fills them.

use maud::{Markup, html};
use usher::words::{Key, Language};
use usher_core::request::Verb;

use super::say;
use crate::words::key;

/// What can be looked at.
pub fn views(language: Language) -> Markup {
    let view = |view: &str, key| html! { button type="button" data-view=(view) { (say(language, key)) } };
    html! {
        nav aria-label=(say(language, key!("dashboard-views"))) {
            (view("wall", key!("dashboard-sessions"))) (view("log", key!("dashboard-log")))
            (view("rules", key!("dashboard-rules")))
            input #view type="hidden";
        }
    }
}

/// The audit log.
pub fn log(language: Language) -> Markup {
    let say = |key| say(language, key);
    let option = |value: &str, key: Key| html! { option value=(value) { (say(key)) } };
    html! {
        section #log aria-labelledby="log-title" hidden {
            header {
                h2 #log-title { (say(key!("dashboard-log"))) }
                input #lq type="search" autocomplete="off" spellcheck="false" aria-label=(say(key!("dashboard-log-search")))
                    placeholder=(say(key!("dashboard-log-search")));
                select #hours aria-label=(say(key!("dashboard-log-period"))) {
                    (option("1", key!("dashboard-log-hour"))) (option("24", key!("dashboard-log-day")))
                    (option("168", key!("dashboard-log-week"))) (option("0", key!("dashboard-log-always")))
                }
                select #action aria-label=(say(key!("dashboard-log-action"))) {
                    option value="" { (say(key!("dashboard-log-all"))) }
                    @for verb in Verb::AUDITED { option { (verb) } }
                }
                button #again type="button" { (say(key!("dashboard-log-again"))) }
            }
            p #log-said role="status" {}
            (table("records", &[
                say(key!("dashboard-log-time")), say(key!("dashboard-by-host")), say(key!("dashboard-log-who")),
                say(key!("dashboard-log-action")), say(key!("dashboard-log-whom")), say(key!("dashboard-log-result")),
            ]))
        }
    }
}

/// The rules, and the hosts.
pub fn rules(language: Language) -> Markup {
    let say = |key| say(language, key);
    html! {
        section #rules aria-labelledby="rules-title" hidden {
            h2 #rules-title { (say(key!("dashboard-rules-title"))) }
            (table("standing", &[
                say(key!("dashboard-by-host")), say(key!("dashboard-rule")), say(key!("dashboard-message")),
                say(key!("dashboard-rule-who")), say(key!("dashboard-rule-since")), say(key!("dashboard-rule-end")),
                say(key!("dashboard-actions")),
            ]))
            p #no-rules hidden { (say(key!("dashboard-rules-none"))) }
            h2 { (say(key!("dashboard-hosts"))) }
            (table("reached", &[
                say(key!("dashboard-by-host")), say(key!("dashboard-host-state")), say(key!("dashboard-host-version")),
                say(key!("dashboard-sessions")), say(key!("dashboard-host-heard")),
            ]))
        }
    }
}

/// A table without rows. On a phone each row is a card, and the heads stand beside the cells.
fn table(id: &str, heads: &[String]) -> Markup {
    html! {
        table { thead { tr { @for head in heads { th scope="col" { (head) } } } } tbody id=(id) {} }
    }
}
