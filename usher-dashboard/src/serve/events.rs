//! The one stream of a page: server-sent events, each the difference to what the page knows.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::{Response, StatusCode};
use tokio::time::timeout;

use super::answer::{self, AnswerBody};
use crate::wall::{News, Wall};

/// How long a stream says nothing at most.
const SILENCE: Duration = Duration::from_secs(15);

/// The news for as long as the page reads them.
pub fn stream(wall: &Arc<Wall>) -> Response<AnswerBody> {
    let told = stream::unfold(wall.news(), |mut news| async { Some((next(&mut news).await, news)) });
    let told = told.take_until(Box::pin(wall.ending()));
    answer::streamed(StatusCode::OK, "text/event-stream", StreamBody::new(told).boxed_unsync())
}

async fn next(news: &mut News) -> Result<Frame<Bytes>, Infallible> {
    let text = match timeout(SILENCE, news.next()).await {
        // JSON has no line break in it.
        Ok(json) => format!("data: {json}\n\n"),
        Err(_) => ":\n\n".to_owned(),
    };
    Ok(Frame::data(text.into()))
}
