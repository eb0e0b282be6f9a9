//! Pictures of sessions, asked for when a page shows the session's tile.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use hyper::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use hyper::{HeaderMap, Response, StatusCode};
use tokio::time::timeout;
use usher::words::{Key, Language};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, SessionRef, ThumbnailSize};

use super::DashboardState;
use super::answer::{self, AnswerBody};
use crate::picture;
use crate::words::key;

/// How long a page waits for its turn.
const TURN: Duration = Duration::from_secs(20);

/// The picture, unless it is the one that the page has.
pub async fn picture(
    dashboard: &DashboardState,
    (host, id): (usize, u32),
    size: ThumbnailSize,
    headers: &HeaderMap,
    language: Language,
) -> Response<AnswerBody> {
    let taken = taken(dashboard, (host, id), size).await;
    let png = match taken {
        Ok(png) => png,
        Err(error) => return answer::failed(StatusCode::BAD_GATEWAY, &error, language),
    };
    let tag = tag(&png);
    let known = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = match known {
        true => answer::content(StatusCode::NOT_MODIFIED, "image/png", ""),
        false => answer::content(StatusCode::OK, "image/png", png),
    };
    response.headers_mut().extend(HeaderValue::from_str(&tag).ok().map(|tag| (ETAG, tag)));
    response
}

async fn taken(dashboard: &DashboardState, (host, id): (usize, u32), size: ThumbnailSize) -> Result<Vec<u8>, Error> {
    let none = |key: Key| Error::new(ErrorId::BackendFailed, key.text(&[]));
    let host = dashboard.wall.host(host).ok_or_else(|| none(key!("dashboard-no-host")))?;
    let turn = timeout(TURN, host.pictures.acquire()).await;
    let _turn = turn.ok().and_then(Result::ok).ok_or_else(|| none(key!("dashboard-picture-late")))?;
    let action = Action::Thumbnail(SessionRef::Id(id), size);
    let sent = host.client().call_bytes(&action).await.map_err(|error| error.error)?;
    // Others are served meanwhile.
    let rewritten = tokio::task::spawn_blocking(move || picture::rewritten(&sent, size)).await;
    rewritten.ok().flatten().ok_or_else(|| none(key!("dashboard-no-picture")))
}

/// What two pictures have in common if they are the same.
fn tag(png: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    png.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}
