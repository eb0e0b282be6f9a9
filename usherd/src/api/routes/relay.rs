//! `/v1/web/hosts`: the hosts that an administrator joined this host's web page to, and connections that lead there.
//!
//! The page's service shows whose secret it has; this host says who that is, and usher-dial says it to the other host. What
//! the service writes on the connection is heard there as that person's, and as nobody else's.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::UnixStream;
use usher_core::outcome::{Error, ErrorId};
use usher_core::per_key::OneOfKey;
use usher_core::request::{PagePerson, Pin};
use usher_core::wire::answers::ErrorBody;
use usher_core::wire::headers::RELAY_PROTOCOL;
use usher_core::wire::relay::{PLACE, RelayOrder, SOCKET};

use super::Shared;
use super::answer::{ErrorResponse, require_upgrade};
use crate::execute::flow::{Caller, page_person};
use crate::host::Host;

/// The most joined hosts that a page shows.
const MOST_HOSTS: usize = 64;
/// The most connections of one sign-in at once.
const MOST: u32 = 512;
/// How often it is looked whether a connection is still for the same person with the same rights.
const AGAIN: Duration = Duration::from_secs(5);

/// Lists the hosts that the web page was joined to, for operators and administrators who signed in there.
#[utoipa::path(get, path = "/v1/web/hosts", responses(
    (status = 200, description = "Their names; none for those who see only their own sessions", body = Vec<String>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn hosts(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    let person = page_person(&host, &caller).await.map_err(ErrorResponse)?;
    let names = if person.is_some() { joined().await } else { Vec::new() };
    Ok(axum::Json(names).into_response())
}

/// Makes the connection one to a joined host, for whoever signed in.
#[utoipa::path(post, path = "/v1/web/hosts/{name}/stream", params(("name" = String, Path, description = "The host's name here")), responses(
    (status = 101, description = "The connection now leads to usherd on that host; its first line is a greeting"),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn stream(
    State(host): Shared,
    caller: Caller,
    Path(name): Path<String>,
    mut request: Request,
) -> Result<Response, ErrorResponse> {
    let refused = |id, why: &str| ErrorResponse(Error::new(id, why));
    require_upgrade(request.headers(), RELAY_PROTOCOL)?;
    let upgrade = hyper::upgrade::on(&mut request);
    let person = page_person(&host, &caller).await.map_err(ErrorResponse)?;
    let person =
        person.ok_or_else(|| refused(ErrorId::AccessDenied, "joined hosts are for operators and administrators"))?;
    if !joined().await.contains(&name) {
        return Err(refused(ErrorId::HostUnreachable, "this host's web page was not joined to a host of this name"));
    }
    let secret = caller.web.as_ref().map(|claim| claim.secret.clone());
    let place = secret.and_then(|secret| host.web.relays.take_one(secret, MOST));
    let place = place.ok_or_else(|| refused(ErrorId::BackendFailed, "too many connections lead to joined hosts"))?;
    let to = UnixStream::connect(SOCKET).await.map_err(|error| {
        let why = format!("usher-dial cannot be reached: {error}");
        ErrorResponse(Error::new(ErrorId::BackendFailed, why).hint("see `systemctl status usher-dial.socket`"))
    })?;
    let order = RelayOrder { host: name, person };
    tokio::spawn(relayed(host, caller, order, to, upgrade, place));
    let headers = [(header::CONNECTION.as_str(), "upgrade"), (header::UPGRADE.as_str(), RELAY_PROTOCOL)];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// The names of the hosts that were joined: directories of usher-dial's, of which nothing is read.
async fn joined() -> Vec<String> {
    let plain = |name: &String| {
        !name.starts_with(['.', '-']) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let read = tokio::task::spawn_blocking(move || {
        let entries = std::fs::read_dir(std::path::Path::new(PLACE).join("usher/servers")).into_iter().flatten();
        let names = entries.take(MOST_HOSTS).flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(plain).collect();
        names.sort();
        names
    });
    read.await.unwrap_or_default()
}

/// Copies both ways for as long as whoever signed in is signed in, and may do what they might when it began.
async fn relayed(
    host: Arc<Host>,
    caller: Caller,
    order: RelayOrder,
    mut to: UnixStream,
    upgrade: OnUpgrade,
    _place: OneOfKey<Pin>,
) {
    let Ok(upgraded) = upgrade.await else { return };
    let mut line = serde_json::to_vec(&order).unwrap_or_default();
    line.push(b'\n');
    if to.write_all(&line).await.is_err() {
        return;
    }
    let mut from = TokioIo::new(upgraded);
    tokio::select! {
        _ = copy_bidirectional(&mut from, &mut to) => {}
        () = changed(&host, &caller, &order.person) => {}
    }
}

/// Resolves when the connection is no more for this person with these rights.
async fn changed(host: &Host, caller: &Caller, person: &PagePerson) {
    let mut news = host.gateway.changes();
    loop {
        // A sign-in that was ended is over at once; one whose time is over, and a role, are looked at now and then.
        let _ = tokio::time::timeout(AGAIN, news.changed()).await;
        if page_person(host, caller).await.ok().flatten().as_ref() != Some(person) {
            return;
        }
    }
}
