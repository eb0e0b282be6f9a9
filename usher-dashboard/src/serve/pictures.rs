//! Pictures of sessions, asked for when a page shows the session's tile.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use hyper::{HeaderMap, Response, StatusCode};
use tokio::time::timeout;
use usher::words::{Key, Language};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, Pin, SessionRef, ThumbnailQuery, ThumbnailSize};
use usher_core::wire::headers::{SCREEN_HEADER, SCREEN_TOLD};

use super::answer::{self, AnswerBody};
use crate::picture;
use crate::wall::{Wall, WallHost};
use crate::words::key;

/// How long a page waits for its turn.
const TURN: Duration = Duration::from_secs(20);

/// The picture, unless it is the one that the page has.
pub async fn picture(
    wall: &Wall,
    (host, id): (usize, u32),
    size: ThumbnailSize,
    headers: &HeaderMap,
    language: Language,
) -> Response<AnswerBody> {
    let known = headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()?.trim_matches('"').parse().ok());
    let (tag, png, told) = match taken(wall, (host, id), size, known.clone()).await {
        Ok((Some((tag, png)), told)) => (Some(tag), Some(png), told),
        Ok((None, told)) => (known, None, told),
        Err(error) => return answer::failed(StatusCode::BAD_GATEWAY, &error, language),
    };
    let mut response = match png {
        None => answer::content(StatusCode::NOT_MODIFIED, "image/png", ""),
        Some(png) => answer::content(StatusCode::OK, "image/png", png),
    };
    let tag = tag.and_then(|tag| HeaderValue::from_str(&format!("\"{tag}\"")).ok());
    response.headers_mut().extend(tag.map(|tag| (ETAG, tag)));
    if told {
        response.headers_mut().insert(SCREEN_HEADER, HeaderValue::from_static(SCREEN_TOLD));
    }
    response
}

/// A picture, and the hash of what the host sent.
type TakenPng = (Pin, Vec<u8>);

/// The picture; none if the page has it, and then the host sent none. With it comes whether the host tells of the next change.
async fn taken(
    wall: &Wall,
    (host, id): (usize, u32),
    size: ThumbnailSize,
    known: Option<Pin>,
) -> Result<(Option<TakenPng>, bool), Error> {
    let none = |key: Key| Error::new(ErrorId::BackendFailed, key.text(&[]));
    let host = wall.host(host).ok_or_else(|| none(key!("dashboard-no-host")))?;
    let turn = timeout(TURN, host.pictures.acquire()).await;
    let _turn = turn.ok().and_then(Result::ok).ok_or_else(|| none(key!("dashboard-picture-late")))?;
    let query = ThumbnailQuery { size, live: true, known: known.clone() };
    let (sent, told) = match ask(host, id, query).await {
        // A host of before 0.2.0 knows nothing of looks that go on.
        Err(error) if error.id == ErrorId::InvalidRequest => ask(host, id, size.into()).await?,
        sent => sent?,
    };
    let tag = Pin::of(&sent);
    if sent.is_empty() && known.is_some() || known.as_ref() == Some(&tag) {
        return Ok((None, told));
    }
    // Others are served meanwhile.
    let rewritten = tokio::task::spawn_blocking(move || picture::rewritten(&sent, size)).await;
    let png = rewritten.ok().flatten().ok_or_else(|| none(key!("dashboard-no-picture")))?;
    Ok((Some((tag, png)), told))
}

async fn ask(host: &WallHost, id: u32, query: ThumbnailQuery) -> Result<(Bytes, bool), Error> {
    host.client().picture(&Action::Thumbnail(SessionRef::Id(id), query)).await.map_err(|error| error.error)
}
