//! Pictures of sessions, asked for when a page shows the session's tile.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::{ACCEPT, ETAG, HeaderValue, IF_NONE_MATCH, VARY};
use hyper::{HeaderMap, Response, StatusCode};
use tokio::time::timeout;
use usher::words::{Key, Language};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, Pin, SessionRef, ThumbnailQuery, ThumbnailSize};
use usher_core::wire::headers::{SCREEN_HEADER, SCREEN_TOLD};

use super::answer::{self, AnswerBody};
use crate::picture::{self, Encoding};
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
    let encoding = taken_by_browser(headers);
    let (tag, picture, told) = match taken(wall, (host, id), size, known.clone(), encoding).await {
        Ok((Some((tag, picture)), told)) => (Some(tag), Some(picture), told),
        Ok((None, told)) => (known, None, told),
        Err(error) => return answer::failed(StatusCode::BAD_GATEWAY, &error, language),
    };
    let mut response = match picture {
        None => answer::content(StatusCode::NOT_MODIFIED, encoding.media_type(), ""),
        Some(picture) => answer::content(StatusCode::OK, encoding.media_type(), picture),
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    let tag = tag.and_then(|tag| HeaderValue::from_str(&format!("\"{tag}\"")).ok());
    response.headers_mut().extend(tag.map(|tag| (ETAG, tag)));
    if told {
        response.headers_mut().insert(SCREEN_HEADER, HeaderValue::from_static(SCREEN_TOLD));
    }
    response
}

/// The smallest encoding that the browser names; what says nothing gets what every browser shows.
fn taken_by_browser(headers: &HeaderMap) -> Encoding {
    let named =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let webp = |kind: &str| kind.trim().eq_ignore_ascii_case(Encoding::WebP.media_type());
    if named.into_iter().any(webp) { Encoding::WebP } else { Encoding::Png }
}

/// A picture, and the hash of what the host sent.
type TakenPicture = (Pin, Vec<u8>);

/// The picture; none if the page has it, and then the host sent none. With it comes whether the host tells of the next change.
async fn taken(
    wall: &Wall,
    (host, id): (usize, u32),
    size: ThumbnailSize,
    known: Option<Pin>,
    encoding: Encoding,
) -> Result<(Option<TakenPicture>, bool), Error> {
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
    let rewritten = tokio::task::spawn_blocking(move || picture::rewritten(&sent, size, encoding)).await;
    let picture = rewritten.ok().flatten().ok_or_else(|| none(key!("dashboard-no-picture")))?;
    Ok((Some((tag, picture)), told))
}

async fn ask(host: &WallHost, id: u32, query: ThumbnailQuery) -> Result<(Bytes, bool), Error> {
    host.client().picture(&Action::Thumbnail(SessionRef::Id(id), query)).await.map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_webp_only_if_it_names_it() {
        let asked = |accept: &'static str| {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            taken_by_browser(&headers)
        };
        assert_eq!(asked("image/webp, image/png"), Encoding::WebP);
        assert_eq!(asked("image/avif,Image/WebP"), Encoding::WebP);
        for other in ["*/*", "image/png", "image/*", "image/webp;q=0", ""] {
            assert_eq!(asked(other), Encoding::Png, "{other}");
        }
        assert_eq!(taken_by_browser(&HeaderMap::new()), Encoding::Png);
    }
}
