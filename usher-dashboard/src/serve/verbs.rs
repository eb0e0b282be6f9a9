//! Verbs: one request to each host, side by side, and what each host answers as it comes: one JSON object a line. An order
//! that has begun goes on when its page is gone.

use std::convert::Infallible;
use std::sync::Arc;

use futures_util::stream;
use http_body_util::{BodyExt, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::json;
use tokio::sync::mpsc;
use usher::client::ClientError;
use usher::client::lost::lost;
use usher::words::Language;
use usher_core::outcome::{Outcome, RuleAnswer};
use usher_core::request::{Action, Targets};

use super::answer::{self, AnswerBody, in_language};
use crate::order::{PageOrder, PageVerb};
use crate::wall::{Wall, WallHost};

/// The largest order.
const LARGEST: usize = 256 << 10;

/// Carries out an order.
pub async fn order(
    wall: &Arc<Wall>,
    verb: PageVerb,
    headers: &HeaderMap,
    body: Incoming,
    language: Language,
) -> Response<AnswerBody> {
    let wrong = |why: &str| answer::plain(StatusCode::BAD_REQUEST, why);
    // No form of another page's can send this type unasked.
    if headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes()) != Some(b"application/json") {
        return answer::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "an order is JSON");
    }
    let Ok(body) = Limited::new(body, LARGEST).collect().await else { return wrong("the order is too large") };
    let Ok(order) = serde_json::from_slice::<PageOrder>(&body.to_bytes()) else { return wrong("this is no order") };
    let of_host = |(host, ids): (&usize, &Vec<u32>)| {
        wall.host(*host)?;
        Some((*host, order.action(verb, ids)?))
    };
    let Some(actions) = order.targets.iter().map(of_host).collect::<Option<Vec<_>>>() else {
        return wrong("the order lacks something, or has too much");
    };
    let (say, said) = mpsc::unbounded_channel();
    for (host, action) in actions {
        let (wall, say) = (Arc::clone(wall), say.clone());
        tokio::spawn(async move {
            let Some(target) = wall.host(host) else { return };
            let outcomes = answered(target, &action, language).await;
            // One line for each host: never more than the order named.
            let _ = say.send(json!({"host": host, "outcomes": outcomes}).to_string() + "\n");
        });
    }
    drop(say);
    answer::streamed(StatusCode::OK, "application/x-ndjson", lines(said))
}

/// The lines as they come, and a last one, without which a page knows that something is missing.
fn lines(said: mpsc::UnboundedReceiver<String>) -> AnswerBody {
    let lines = stream::unfold(Some(said), |said| async {
        let mut said = said?;
        match said.recv().await {
            Some(line) => Some((frame(line), Some(said))),
            None => Some((frame("{\"end\":true}\n".to_owned()), None)),
        }
    });
    StreamBody::new(lines).boxed_unsync()
}

fn frame(line: String) -> Result<Frame<Bytes>, Infallible> {
    Ok(Frame::data(line.into()))
}

/// What became of an action on a host, in sentences of the page's language.
async fn answered(host: &WallHost, action: &Action, language: Language) -> Vec<Outcome> {
    let mut outcomes = sent(host, action).await.unwrap_or_else(|error| {
        lost(&host.name(), action.verb(), action.targets().unwrap_or(&Targets::All), &error.error)
    });
    for outcome in &mut outcomes {
        outcome.host = host.name();
        outcome.error = outcome.error.take().map(|error| in_language(language, error));
    }
    outcomes
}

async fn sent(host: &WallHost, action: &Action) -> Result<Vec<Outcome>, ClientError> {
    match action {
        Action::Block(..) | Action::Unblock(_) => {
            host.client().call::<RuleAnswer>(action).await.map(|rule| rule.outcomes)
        }
        _ => host.client().call(action).await,
    }
}
