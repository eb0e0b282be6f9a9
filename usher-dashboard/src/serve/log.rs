//! The audit log of a host, as far as somebody looks for something in it.

use std::collections::VecDeque;
use std::time::Duration;

use hyper::{Response, StatusCode};
use serde_json::json;
use tokio::time::timeout;
use usher::words::Language;
use usher_core::audit::AuditRecord;
use usher_core::clock;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::Action;

use super::answer::{self, AnswerBody};
use crate::search::{LogSearch, MOST, ShownRecord};
use crate::wall::{Wall, WallHost};
use crate::words::key;

/// How long a log may take to be read.
const DEADLINE: Duration = Duration::from_secs(20);
/// The most of a log that is looked through, and the longest record, in bytes.
const MOST_BYTES: usize = 128 << 20;
const LONGEST: usize = 4 << 20;

/// The newest records that match, the newest first.
pub async fn records(wall: &Wall, host: usize, search: &LogSearch, language: Language) -> Response<AnswerBody> {
    let failed = |error: &Error| answer::failed(StatusCode::BAD_GATEWAY, error, language);
    let Some(host) = wall.host(host) else {
        return failed(&Error::new(ErrorId::BackendFailed, key!("dashboard-no-host").text(&[])));
    };
    let late = || Error::new(ErrorId::Timeout, key!("dashboard-log-late").text(&[]));
    match timeout(DEADLINE, found(host, search)).await.unwrap_or_else(|_| Err(late())) {
        Ok((records, more)) => {
            let shown: Vec<_> = records.into_iter().rev().map(|record| ShownRecord::of(record, language)).collect();
            answer::content(StatusCode::OK, "application/json", json!({"records": shown, "more": more}).to_string())
        }
        Err(error) => failed(&error),
    }
}

/// The newest records that match, the oldest first, and whether there may be more. usherd writes one a line.
async fn found(host: &WallHost, search: &LogSearch) -> Result<(VecDeque<AuditRecord>, bool), Error> {
    let action = Action::Audit(search.query(clock::now()));
    let mut stream = host.client().call_stream(&action).await.map_err(|error| error.error)?;
    let (mut found, mut more) = (VecDeque::new(), false);
    let (mut rest, mut read) = (Vec::new(), 0);
    while let Some(bytes) = stream.next().await.map_err(|error| error.error)? {
        read += bytes.len();
        rest.extend_from_slice(&bytes);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            more |= take(&line, search, &mut found);
        }
        if read > MOST_BYTES || rest.len() > LONGEST {
            return Err(Error::new(ErrorId::BackendFailed, key!("dashboard-log-large").text(&[])));
        }
    }
    take(&rest, search, &mut found);
    Ok((found, more))
}

/// Takes a line's record if it is looked for; true if an older one went for it.
fn take(line: &[u8], search: &LogSearch, found: &mut VecDeque<AuditRecord>) -> bool {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"[").unwrap_or(line);
    let line = line.strip_suffix(b",").or_else(|| line.strip_suffix(b"]")).unwrap_or(line);
    // A record of a newer daemon's that cannot be read is not looked for.
    let Ok(record) = serde_json::from_slice::<AuditRecord>(line) else { return false };
    if !search.finds(&record) {
        return false;
    }
    found.push_back(record);
    found.len() > MOST && found.pop_front().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_that_match_are_kept() {
        let search = LogSearch::of(Some("q=olga")).unwrap();
        let line = |actor: &str| {
            let record = json!({"time": "2026-03-02T09:41:00Z", "actor": actor, "from": "x", "action": "lock",
                "targets": ["[a]"], "message": null, "outcomes": []});
            format!("{record},\n").into_bytes()
        };
        let mut found = VecDeque::new();
        assert!(!take(b"[\n", &search, &mut found) && !take(b"]\n", &search, &mut found));
        assert!(!take(&line("root"), &search, &mut found));
        for count in 0..MOST + 3 {
            assert_eq!(take(&line("Olga"), &search, &mut found), count >= MOST);
        }
        let last = String::from_utf8(line("olga")).unwrap().replace(",\n", "]");
        take(last.as_bytes(), &search, &mut found);
        assert_eq!((found.len(), found.back().unwrap().actor.as_str()), (MOST, "olga"));
    }
}
