//! The hosts that a caller names, each with the way to its daemon.

use std::path::PathBuf;
use std::time::Duration;

use usher_core::outcome::Error;
use usher_core::servers::{Book, ServerName};

use super::Client;
use super::here;
use super::remote::Transport;

/// A host that is to be asked.
pub struct TargetHost {
    /// How the caller called it; `None` for this host if nobody named it.
    label: Option<String>,
    /// Asks its daemon.
    pub client: Client,
}

impl TargetHost {
    /// This host, which nobody named, asked by this client.
    pub fn this(client: Client) -> Self {
        TargetHost { label: None, client }
    }

    /// A host by its name, asked by this client.
    pub fn named(name: &ServerName, client: Client) -> Self {
        TargetHost { label: Some(name.to_string()), client }
    }

    /// How the caller called it.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// The label, or the daemon's socket if the host has none.
    pub fn name(&self) -> String {
        self.label.clone().unwrap_or_else(|| self.client.endpoint().to_string())
    }
}

/// This host if there are no names; else the hosts that the names stand for. `asks` says whether ssh may ask on the
/// terminal if they stand for one.
///
/// # Errors
/// The book of known hosts cannot be read.
pub fn choose(
    names: &[ServerName],
    socket: Option<PathBuf>,
    patience: Option<Duration>,
    asks: bool,
) -> Result<Vec<TargetHost>, Error> {
    let local = || Client::here(socket.clone()).within(patience);
    if names.is_empty() {
        return Ok(vec![TargetHost { label: None, client: local() }]);
    }
    let book = Book::load()?;
    let names = book.expand(names);
    let asks = asks && names.len() == 1;
    let client = |name: &ServerName| match book.server(name) {
        _ if here::is_here(name.as_str()) => local(),
        Some(_) => Client::there(name.clone(), Transport::Dial).within(patience),
        None => Client::there(name.clone(), Transport::Ssh { asks }).within(patience),
    };
    Ok(names.iter().map(|name| TargetHost { label: Some(name.to_string()), client: client(name) }).collect())
}
