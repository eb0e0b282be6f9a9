//! How a session ended: what the daemon knows, in words, and as an exit code.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::{Action, EndQuery, SessionRef};
use usher_core::session::{EndCause, ProgramEnd, Session, SessionEnd};

use super::CommandError;
use super::hosts::TargetHost;
use crate::client::ClientError;
use crate::words;

/// How long one question waits for the end.
const LONGEST: u32 = 25;
/// How long a daemon may be gone while the end is awaited; its sessions live on meanwhile.
const GONE: Duration = Duration::from_secs(60);
/// How often a daemon that is gone is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// The question whether a session has ended, answered after so many seconds at most.
pub(super) fn question(session: &SessionRef, wait_seconds: u32) -> Action {
    Action::End(session.clone(), EndQuery { wait_seconds })
}

/// The end of a session that has ended.
pub(super) fn of(session: Session) -> Option<SessionEnd> {
    session.end
}

/// The exit code of a command that stayed with a program until its end.
pub(super) fn exit_of(end: ProgramEnd) -> Exit {
    end.shell_code().map_or(Exit::Failed, Exit::Program)
}

/// The end as a sentence.
pub(super) fn in_words(end: &SessionEnd) -> String {
    let how = match (end.cause, end.program()) {
        (EndCause::Closed, _) => words::text!("end-closed"),
        (_, ProgramEnd::Code(0)) => words::text!("ended"),
        (_, ProgramEnd::Code(code)) => words::with!("ended-with-code", &[("code", &code.to_string())]),
        (_, ProgramEnd::Signal(signal)) => words::with!("ended-by-signal", &[("signal", &signal.to_string())]),
        (_, ProgramEnd::Gone) => words::text!("ended-somehow"),
    };
    words::with!("left-over", &[("how", &how)])
}

/// Waits until a session has ended, and ends as its program did.
///
/// # Errors
/// The daemon is gone for long, or does not know how the session ended.
pub(super) async fn awaited(host: &TargetHost, id: u32) -> Result<Exit, CommandError> {
    let question = question(&SessionRef::Id(id), LONGEST);
    let mut gone_since = None;
    loop {
        let answer: Result<Session, ClientError> = host.client.call(&question).await;
        match answer {
            Ok(session) => match of(session).map(|end| end.program()) {
                None => gone_since = None,
                Some(ProgramEnd::Gone) => return Err(unknown(id)),
                Some(end) => return Ok(exit_of(end)),
            },
            Err(lost) if matches!(lost.error.id, ErrorId::HostUnreachable | ErrorId::OutcomeUnknown) => {
                let since = *gone_since.get_or_insert_with(Instant::now);
                if since.elapsed() > GONE {
                    return Err(lost.into());
                }
                sleep(AGAIN).await;
            }
            // A daemon that was started anew knows the living alone.
            Err(refused) if refused.error.id == ErrorId::SessionNotFound => return Err(unknown(id)),
            Err(error) => return Err(error.into()),
        }
    }
}

fn unknown(id: u32) -> CommandError {
    let message = words::with!("end-unseen", &[("id", &id.to_string())]);
    let error = Error::new(ErrorId::OutcomeUnknown, message).hint(words::text!("end-unseen-hint"));
    CommandError::Client(Box::new(ClientError { error, exit: Exit::Failed }))
}
