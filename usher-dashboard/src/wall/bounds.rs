//! A host may be anybody's: what it tells is bounded before it is kept.

use std::collections::BTreeMap;

use usher_core::session::{Rule, Session};

/// The most sessions of one host that are shown.
const MOST_SESSIONS: usize = 2000;
/// The most rules.
const MOST_RULES: usize = 500;
/// The most groups of a user.
const MOST_GROUPS: usize = 32;
/// The longest name or title, in characters.
const LONGEST: usize = 200;

/// The sessions of a host by their IDs.
pub fn sessions(all: Vec<Session>) -> BTreeMap<u32, Session> {
    all.into_iter().take(MOST_SESSIONS).map(|one| (one.session_id, session(one))).collect()
}

/// Whether there is room for one more session.
pub fn has_room(sessions: &BTreeMap<u32, Session>, id: u32) -> bool {
    sessions.len() < MOST_SESSIONS || sessions.contains_key(&id)
}

/// A session with names that a page can show.
pub fn session(mut session: Session) -> Session {
    for text in [&mut session.native_id, &mut session.host, &mut session.user, &mut session.title] {
        shorten(text);
    }
    let by = session.lock.as_mut().map(|lock| &mut lock.by);
    for text in [session.client.as_mut(), session.name.as_mut(), by].into_iter().flatten() {
        shorten(text);
    }
    session.groups.truncate(MOST_GROUPS);
    session.groups.iter_mut().for_each(shorten);
    // How a session ended is no matter of the wall's, and holds its last text.
    session.end = None;
    session
}

/// The rules of a host.
pub fn rules(mut all: Vec<Rule>) -> Vec<Rule> {
    all.truncate(MOST_RULES);
    all.into_iter().map(rule).collect()
}

/// A rule with names that a page can show.
pub fn rule(mut rule: Rule) -> Rule {
    shorten(&mut rule.by);
    rule.exempt.truncate(MOST_SESSIONS);
    rule.except.truncate(MOST_SESSIONS);
    rule
}

fn shorten(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: u32, title: &str) -> Session {
        serde_json::from_value(serde_json::json!({
            "session_id": id, "native_id": "1", "host": "lab1", "user": "alice", "uid": 7, "kind": "text",
            "state": "connected", "station_id": 1, "client": null, "admin": false, "operator": false,
            "orchestratable": true, "locked": false, "lock": null, "since": "2026-03-02T09:41:00Z",
            "idle_seconds": 0, "title": title
        }))
        .unwrap()
    }

    #[test]
    fn a_title_of_a_megabyte_is_cut_and_a_usual_one_is_not() {
        assert_eq!(session(named(1, "眼睛")).title, "眼睛");
        let cut = session(named(1, &"眼".repeat(1 << 20))).title;
        assert_eq!(cut.chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_host_with_very_many_sessions_fills_its_share_alone() {
        let all = sessions((0..100_000).map(|id| named(id, "x")).collect());
        assert_eq!(all.len(), MOST_SESSIONS);
        assert!(has_room(&all, 5) && !has_room(&all, 99_999));
    }
}
