//! The rows of sessions that have ended.

use serde::{Deserialize, Serialize};
use usher_core::session::{EndCause, Session, SessionEnd};

use super::cells::{Placed, moment};
use super::rows::TableRow;
use crate::words;

impl Placed<EndedRow> {
    /// A session that has ended, on the host by the name that the caller gave.
    pub fn ended(host: &str, EndedRow(session): EndedRow) -> Self {
        Placed::session(host, session).map(EndedRow)
    }
}

/// A session that has ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EndedRow(pub Session);

impl TableRow for EndedRow {
    fn heads() -> Vec<&'static str> {
        vec!["ID", "USER", "KIND", "SINCE", "ENDED", "HOW", "TITLE"]
    }

    fn cells(&self) -> Vec<String> {
        let EndedRow(session) = self;
        vec![
            session.session_id.to_string(),
            session.user.clone(),
            session.kind.as_str().to_owned(),
            moment(session.since),
            session.end.map_or_else(|| "-".to_owned(), |end| moment(end.at)),
            session.end.as_ref().map_or_else(|| "-".to_owned(), how),
            session.title.clone(),
        ]
    }

    fn cuttable() -> Vec<&'static str> {
        vec!["TITLE", "USER"]
    }

    fn spare() -> Vec<&'static str> {
        vec!["SINCE", "KIND"]
    }
}

/// The end of a session in a few words.
pub(super) fn how(end: &SessionEnd) -> String {
    match (end.cause, end.exit_code, end.signal) {
        (_, Some(code), _) => words::with!("end-exited", &[("code", &code.to_string())]),
        (_, _, Some(signal)) => words::with!("end-signalled", &[("signal", &signal.to_string())]),
        (EndCause::Closed, ..) => words::text!("end-closed"),
        (EndCause::LoggedOut, ..) => words::text!("end-logged-out"),
        (EndCause::HolderDied, ..) => words::text!("end-holder-died"),
        (EndCause::Exited | EndCause::Signalled | EndCause::Unknown, ..) => words::text!("end-unknown"),
    }
}
