//! What went over the sockets of holders and shields of earlier versions, recorded from their own programs: today's usherd
//! understands all that they say, and all that they understood is still said as they understand it.
//!
//! `recorded/holder-1` and `shield-1` are of protocol 1 (commit 649f82e's parent), `holder-2` and `shield-2` of protocol
//! 2 (commit e0d539b). Each file is what went one way over one connection, byte by byte.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use usher_core::request::Size;
use usher_core::session::CoverSource;
use usher_core::wire::cells::TerminalCells;
use usher_core::wire::holder::{FromHolder, ToHolder};
use usher_core::wire::shield::{FromShield, ToShield};
use usher_core::wire::{Decoder, Tag};

fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn frames(name: &str) -> Vec<(Tag, Vec<u8>)> {
    let mut decoder = Decoder::default();
    decoder.push(&file(name));
    std::iter::from_fn(|| decoder.next_frame().unwrap().map(|(tag, payload)| (tag, payload.to_vec()))).collect()
}

/// The messages, as they were written and as today's code reads them.
fn messages<T: DeserializeOwned>(name: &str) -> Vec<(Value, T)> {
    let read = |(tag, json): (Tag, Vec<u8>)| {
        assert_eq!(tag, Tag::Control);
        let text = String::from_utf8_lossy(&json).into_owned();
        let message = serde_json::from_slice(&json).unwrap_or_else(|error| panic!("{text}: {error}"));
        (serde_json::from_slice(&json).unwrap(), message)
    };
    frames(name).into_iter().map(read).collect()
}

/// Which messages there are.
fn kinds<T>(messages: &[(Value, T)]) -> BTreeSet<String> {
    let kind = |value: &Value| match value {
        Value::Object(fields) => fields.keys().next().cloned().unwrap_or_default(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    messages.iter().map(|(value, _)| kind(value)).collect()
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// Today's code writes everything that stood in a message, so that whoever understood that one understands today's.
fn written_as_before<T: Serialize>(messages: &[(Value, T)]) {
    for (before, message) in messages {
        let now = serde_json::to_value(message).unwrap();
        assert!(holds(&now, before), "before: {before}\nnow: {now}");
    }
}

fn holds(now: &Value, before: &Value) -> bool {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            before.iter().all(|(name, value)| now.get(name).is_some_and(|now| holds(now, value)))
        }
        (Value::Array(now), Value::Array(before)) => {
            now.len() == before.len() && now.iter().zip(before).all(|(now, before)| holds(now, before))
        }
        _ => now == before,
    }
}

#[test]
fn what_holders_said_is_understood() {
    for version in [1, 2] {
        let said: Vec<(Value, FromHolder)> = messages(&format!("holder-{version}/from-holder.frames"));
        let mut expected = names(["Closed", "Covered", "Disconnected", "Ended", "Hello", "Started", "Status"]);
        expected.extend((version >= 2).then(|| "Written".to_owned()));
        assert_eq!(kinds(&said), expected);
        let hello =
            said.iter().find_map(|(_, said)| if let FromHolder::Hello(hello) = said { Some(hello) } else { None });
        let hello = hello.expect("a holder introduces itself");
        assert_eq!((hello.protocol, hello.session_id), (version, 7));
        assert!(hello.holder_pid > 0 && hello.key.leader_pid > 0 && hello.key.leader_start > 0);
        let states: Vec<_> = said
            .iter()
            .filter_map(|(_, said)| if let FromHolder::Status(status) = said { Some(status) } else { None })
            .collect();
        assert!(states.iter().any(|status| status.title.as_deref() == Some("title")));
        assert!(states.iter().any(|status| status.last_input.is_some()));
        assert!(states.iter().any(|s| s.stations.iter().any(|s| s.id == 3 && s.client.as_deref() == Some("10.0.0.5"))));
        assert!(states.iter().any(|s| s.released.as_ref().is_some_and(|(by, _)| by == "root")));
        let covers: Vec<_> = states.iter().flat_map(|status| &status.covers).collect();
        assert!(covers.iter().any(|cover| cover.message.as_str() == "Eyes up 眼睛看前面" && cover.until.is_none()));
        assert!(covers.iter().any(|c| matches!(c.source, CoverSource::Rule(_)) && c.until.is_some()));
    }
}

#[test]
fn what_holders_were_told_is_still_said_so() {
    for version in [1, 2] {
        let told: Vec<(Value, ToHolder)> = messages(&format!("holder-{version}/to-holder.frames"));
        let mut expected = names(["Announce", "Close", "Cover", "Disconnect", "Open", "Release", "Start", "Station"]);
        expected.extend((version >= 2).then(|| "Still".to_owned()));
        assert_eq!(kinds(&told), expected);
        written_as_before(&told);
    }
}

#[test]
fn stations_and_holders_of_other_versions_understand_each_other() {
    for version in [1, 2] {
        let typed = frames(&format!("holder-{version}/from-station.frames"));
        let tags: Vec<Tag> = typed.iter().map(|(tag, _)| *tag).collect();
        for tag in [Tag::Input, Tag::Resize, Tag::Scroll, Tag::Redraw, Tag::Shown] {
            assert!(tags.contains(&tag), "{tag:?} {tags:?}");
        }
        let drawn = frames(&format!("holder-{version}/to-station.frames"));
        assert!(drawn.iter().any(|(tag, payload)| *tag == Tag::Draw && !payload.is_empty()));
        let ends: Vec<u64> = drawn
            .iter()
            .filter(|(tag, payload)| *tag == Tag::DrawEnd && payload.len() == 9)
            .map(|(_, payload)| u64::from_le_bytes(payload[..8].try_into().unwrap()))
            .collect();
        assert!(!ends.is_empty() && ends.is_sorted(), "{ends:?}");
        let left = drawn.last().expect("a goodbye");
        assert_eq!(left.0, Tag::Leave);
        assert!(String::from_utf8_lossy(&left.1).contains("olga"));
    }
}

#[test]
fn a_recorded_thumbnail_is_understood() {
    let cells: TerminalCells = serde_json::from_slice(&file("holder-2/still.json")).unwrap();
    let text: String = cells.runs.iter().map(|run| run.text.as_str()).collect();
    assert!(text.contains("key") && cells.cursor.is_some(), "{cells:?}");
    assert_eq!(Size { rows: cells.rows, cols: cells.cols }, Size { rows: 30, cols: 100 });
}

#[test]
fn what_shields_said_is_understood() {
    for version in [1, 2] {
        let said: Vec<(Value, FromShield)> = messages(&format!("shield-{version}/from-shield.frames"));
        let mut expected = names(["Covered", "Hello", "Status"]);
        expected.extend((version >= 2).then(|| "Pictured".to_owned()));
        let kinds = kinds(&said);
        assert!(kinds.is_superset(&expected), "{kinds:?}");
        let hello =
            said.iter().find_map(|(_, said)| if let FromShield::Hello(hello) = said { Some(hello) } else { None });
        let hello = hello.expect("a shield introduces itself");
        assert_eq!((hello.protocol, hello.session_id, hello.display), (version, 7, 97));
        assert!(!hello.pids.is_empty() && hello.key.leader_pid == 4242);
        let covered = |said: &FromShield| matches!(said, FromShield::Covered { held_micros: Some(_), .. });
        assert!(said.iter().any(|(_, said)| covered(said)));
        let held = |said: &FromShield| matches!(said, FromShield::Status(s) if s.covered && s.input_held && s.covers.len() == 2);
        assert!(said.iter().any(|(_, said)| held(said)));
    }
}

#[test]
fn what_shields_were_told_is_still_said_so() {
    for version in [1, 2] {
        let told: Vec<(Value, ToShield)> = messages(&format!("shield-{version}/to-shield.frames"));
        let mut expected = names(["Announce", "Arm", "Cover", "Release", "Retire"]);
        expected.extend((version >= 2).then(|| "Picture".to_owned()));
        assert_eq!(kinds(&told), expected);
        written_as_before(&told);
    }
}
