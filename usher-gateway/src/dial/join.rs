//! Joining: the host proves by the token's pin who it is, then the secret is sent, then we have a certificate.

use std::path::Path;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Address, IdentityName, Pin};
use usher_core::servers::{Book, Server, ServerName};
use usher_core::token::Token;
use usher_core::wire::joining::{JoinOrder, Joined};

use super::connect::reach;
use super::files::{Credentials, Files};
use super::http;
use crate::certificates::Facts;
use crate::join::{Issued, JoinRequest};

/// Joins a host.
///
/// # Errors
/// Why not, and what to do; nothing is kept then.
pub async fn join(order: &JoinOrder, place: &Path) -> Result<Joined, Error> {
    let invalid = |why: String| Error::new(ErrorId::InvalidRequest, why);
    let token: Token = order.token.parse().map_err(|e: usher_core::request::InvalidValue| invalid(e.to_string()))?;
    let name = host_name(order, &token)?;
    let files = Files::at(place, &name);
    if let Some(other) = taken(&files, &token.authority)? {
        let why = format!("{name} is the name of another host already, at {other}");
        return Err(
            invalid(why).hint("give this one another name with --name, or forget that one: `usher servers remove`")
        );
    }
    // A book that cannot be read is no reason not to join; who reads it next says what is wrong with it.
    if let Ok(book) = Book::read(place.to_owned())
        && book.server(&name).is_none()
        && book.groups().any(|(group, _)| *group == name)
    {
        let why = format!("{name} is the name of a group of hosts already");
        return Err(invalid(why).hint("give the host another name with --name"));
    }
    let (key, request) = fresh_key()?;
    let identity = order.identity.clone().map_or_else(own_name, Ok)?;
    let credentials = Credentials { addresses: token.addresses.clone(), authority: token.authority.clone(), own: None };
    let body = JoinRequest { secret: token.secret, name: identity, named: order.identity.is_some(), request };
    let body = serde_json::to_vec(&body).map_err(|e| invalid(e.to_string()))?;
    // A token is good once: nothing that can fail here is left for when it is used up.
    files.prepare()?;
    let (address, issued) = match redeem(&name, &credentials, body, &key).await {
        Ok(issued) => issued,
        Err(error) => {
            files.undo();
            return Err(error);
        }
    };
    let server = Server {
        addresses: tried_first(&token.addresses, &address),
        authority: token.authority.to_string(),
        identity: issued.facts.name.to_string(),
        expires: issued.facts.until,
    };
    files.write(&server, &issued.answer.authority, &issued.answer.certificate, &key.serialize_pem())?;
    Ok(Joined {
        name: name.to_string(),
        identity: issued.facts.name,
        role: issued.answer.role,
        address: address.to_string(),
        expires: issued.facts.until,
        directory: files.directory().display().to_string(),
    })
}

/// Sends the token's secret, and gives what was issued for it and where.
async fn redeem(
    name: &ServerName,
    credentials: &Credentials,
    body: Vec<u8>,
    key: &KeyPair,
) -> Result<(Address, Checked), Error> {
    let reached = reach(name, credentials).await?;
    let address = reached.address;
    let answered =
        http::send_request(reached.stream, "POST", "/v1/join", body).await.map_err(|trouble| match trouble {
            http::ExchangeError::Refused(error) => error,
            http::ExchangeError::Lost(error) => {
                let why = format!("the token was sent, and whether it was used is not known: {}", error.message);
                let hint = "try again; if it says that it was used, ask for a new token: `usher invite` on the host";
                Error::new(ErrorId::OutcomeUnknown, why).hint(hint)
            }
        })?;
    Ok((address, checked(&answered.body, key, &credentials.authority)?))
}

/// The name that the host gets here.
fn host_name(order: &JoinOrder, token: &Token) -> Result<ServerName, Error> {
    let name = order.name.clone().or_else(|| token.host.parse().ok()).filter(ServerName::is_plain);
    name.ok_or_else(|| {
        let why = "the host needs a name here of letters, digits, dots, dashes and underscores";
        Error::new(ErrorId::InvalidRequest, why).hint("give one with --name")
    })
}

/// Where another host of this name is, if there is one. A host may be joined again.
fn taken(files: &Files, authority: &Pin) -> Result<Option<String>, Error> {
    if !files.directory().join("server.toml").exists() {
        return Ok(None);
    }
    let server = files.server()?;
    Ok((server.authority != authority.as_str()).then(|| server.addresses.join(", ")))
}

/// A new key and the request to certify it. The key never leaves this machine.
///
/// # Errors
/// There are no random numbers.
pub fn fresh_key() -> Result<(KeyPair, String), Error> {
    let failed = |e: rcgen::Error| Error::new(ErrorId::BackendFailed, format!("a key cannot be made: {e}"));
    let key = KeyPair::generate().map_err(failed)?;
    let request = CertificateParams::default().serialize_request(&key).map_err(failed)?;
    Ok((key, request.pem().map_err(failed)?))
}

/// A certificate that was issued to us.
pub struct Checked {
    /// The gateway's answer.
    pub answer: Issued,
    /// What the certificate says.
    pub facts: Facts,
}

/// Looks whether what was issued is what was asked for.
///
/// # Errors
/// It is for another key or by another authority.
pub fn checked(answer: &[u8], key: &KeyPair, authority: &Pin) -> Result<Checked, Error> {
    let wrong = |why: &str| Error::new(ErrorId::BackendFailed, format!("what the host issued cannot be used: {why}"));
    let issued: Issued = serde_json::from_slice(answer).map_err(|e| wrong(&e.to_string()))?;
    let der = |text: &str| CertificateDer::from_pem_slice(text.as_bytes()).map_err(|e| wrong(&e.to_string()));
    let facts = Facts::of(&der(&issued.certificate)?).ok_or_else(|| wrong("it is no certificate of usher's"))?;
    let ours = Pin::of(&rcgen::PublicKeyData::subject_public_key_info(key));
    if facts.key != ours || Pin::of(&der(&issued.authority)?) != *authority {
        return Err(wrong("it is for another key, or by another authority"));
    }
    Ok(Checked { answer: issued, facts })
}

/// Who we are if nobody says: the user's name at this machine's.
fn own_name() -> Result<IdentityName, Error> {
    let plain = |text: &str, else_: &str| {
        let text: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || ".-_".contains(*c)).take(30).collect();
        let text = text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
        if text.is_empty() { else_.to_owned() } else { text }
    };
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let user = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    let uid = format!("uid{}", rustix::process::getuid().as_raw());
    let name = format!("{}@{}", plain(&user, &uid), plain(&machine, "localhost"));
    name.parse().map_err(|e: usher_core::request::InvalidValue| {
        Error::new(ErrorId::InvalidRequest, e.to_string()).hint("say who you are with --as")
    })
}

/// The addresses, the one that answered first.
fn tried_first(addresses: &[Address], answered: &Address) -> Vec<String> {
    let rest = addresses.iter().filter(|address| *address != answered);
    std::iter::once(answered).chain(rest).map(ToString::to_string).collect()
}
