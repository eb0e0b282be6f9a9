//! The one service that usherd lets speak for others: who it is, whom it vouches for, what it published.

use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use usher_core::outcome::{Error, ErrorId};
use usher_core::paths::{AUTHORITY_FILE, LISTEN_FILE};
use usher_core::request::{Address, IdentityName, PagePerson, Pin};
use usher_core::sys::peer::Peer;

use super::Host;
use crate::actor::Who;
use crate::paths::Mode;

/// The service that serves callers from afar.
const UNIT: &str = "usher-gateway.service";
/// How long it may take to be ready after it was started.
const START_DEADLINE: Duration = Duration::from_secs(15);
/// More than any of its files has.
const MAX_FILE: u64 = 16 << 10;
/// The most addresses that a token tells of by itself.
const MOST_ADDRESSES: usize = 8;
/// No user: `(uid_t) -1`.
const NOBODY: u32 = u32::MAX;

/// What a caller says of the one for whom it asks. Believed of nobody but the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The identity that proved to have this key; none while an invitation is redeemed.
    pub identity: Option<(IdentityName, Pin)>,
    /// For whom it asks, where it is another host's web page.
    pub person: Option<PagePerson>,
    /// Where it calls from.
    pub from: IpAddr,
}

/// usherd's side of usher-gateway.
#[derive(Debug)]
pub struct GatewayService {
    user: String,
    directory: PathBuf,
    uid: AtomicU32,
    changed: watch::Sender<()>,
}

/// What the gateway tells everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The hash of its authority's certificate.
    pub authority: Pin,
    /// Where it listens.
    pub listen: SocketAddr,
}

impl GatewayService {
    /// The gateway that runs as this user and publishes in this directory.
    pub fn new(user: String, directory: PathBuf) -> Self {
        GatewayService { user, directory, uid: AtomicU32::new(NOBODY), changed: watch::channel(()).0 }
    }

    /// Its uid, if the host has such a user.
    pub fn uid(&self) -> Option<u32> {
        Some(self.uid.load(Ordering::Relaxed)).filter(|uid| *uid != NOBODY)
    }

    /// Asks the user database for its uid. Root is never it: whatever root says of others would be believed.
    pub async fn look_up(&self, mode: Mode, own_uid: u32) {
        let uid = match mode {
            Mode::User => Some(own_uid),
            Mode::System => crate::accounts::uid_of(&self.user).await.filter(|uid| *uid != 0),
        };
        self.uid.store(uid.unwrap_or(NOBODY), Ordering::Relaxed);
    }

    /// Tells those who wait that some identity may do less than before.
    pub fn identities_changed(&self) {
        self.changed.send_replace(());
    }

    /// Resolves whenever identities change.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// What it published, if it runs.
    ///
    /// # Errors
    /// It has published nothing, or nothing that can be believed.
    fn published(&self) -> Result<Published, Error> {
        let uid = self.uid().unwrap_or(0);
        let certificate = read_bounded(&self.directory.join(AUTHORITY_FILE), uid)?;
        let listen = read_bounded(&self.directory.join(LISTEN_FILE), uid)?;
        let listen = std::str::from_utf8(&listen).ok().and_then(|text| text.trim().parse().ok());
        let listen = listen.ok_or_else(|| unusable(&self.directory.join(LISTEN_FILE), "it names no address"))?;
        Ok(Published { authority: Pin::of(&certificate), listen })
    }

    /// Where it listens, if it runs.
    pub fn listens(&self) -> Option<SocketAddr> {
        self.published().ok().map(|published| published.listen)
    }

    /// What it published; in system mode it is enabled and started first, if it does not run.
    ///
    /// # Errors
    /// It does not run, or does not come up.
    pub async fn ready(&self, host: &Host) -> Result<Published, Error> {
        self.look_up(host.daemon.mode, host.daemon.uid).await;
        if host.daemon.mode == Mode::User {
            return self.published().map_err(|error| error.hint("start `usher-gateway --user` first"));
        }
        if self.uid().is_none() {
            let why = format!("this host has no user {}, as which usher-gateway runs", self.user);
            return Err(Error::new(ErrorId::NotSupported, why).hint("install the package usher with its users"));
        }
        let no_bus = || Error::new(ErrorId::BackendFailed, "there is no system bus");
        host.host_sessions.as_ref().ok_or_else(no_bus)?.enable_and_start(UNIT).await.map_err(|error| {
            let why = format!("{UNIT} cannot be started: {}", error.message);
            Error::new(ErrorId::BackendFailed, why).hint(format!("see `systemctl status {UNIT}`"))
        })?;
        let started = Instant::now();
        loop {
            match self.published() {
                Err(_) if started.elapsed() < START_DEADLINE => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(error) => return Err(error.hint(format!("see `systemctl status {UNIT}`"))),
                Ok(published) => return Ok(published),
            }
        }
    }
}

/// Whom a connection's maker speaks for.
///
/// # Errors
/// It vouches for somebody, and is not the gateway.
pub fn speaker(host: &Host, peer: Peer, vouched: Option<&Vouched>) -> Result<Who, Error> {
    let is_gateway = host.gateway.uid() == Some(peer.uid);
    match (vouched, is_gateway) {
        (Some(Vouched { identity: Some((name, key)), .. }), true) => {
            Ok(Who::Identity { name: name.clone(), key: key.clone() })
        }
        (Some(Vouched { identity: None, .. }), true) => Ok(Who::Gateway),
        (Some(_), false) => {
            let why = "only usher-gateway may say for whom it asks";
            Err(Error::new(ErrorId::AccessDenied, why).hint("ask as yourself, without headers about an identity"))
        }
        // In `--user` mode it shares its uid with the daemon's owner, who needs nobody to vouch.
        (None, true) if host.daemon.mode == Mode::System => Ok(Who::Gateway),
        (None, _) => Ok(Who::User(peer.uid)),
    }
}

/// A small file of the gateway's or root's, which must be a plain one: the gateway may be anybody's by now.
fn read_bounded(path: &Path, owner: u32) -> Result<Vec<u8>, Error> {
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
    let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let why = "usher-gateway does not run on this host, or has not got ready yet";
            Error::new(ErrorId::NotSupported, why)
        }
        _ => unusable(path, &error.to_string()),
    })?;
    let meta = file.metadata().map_err(|error| unusable(path, &error.to_string()))?;
    if !meta.is_file() || (meta.uid() != owner && meta.uid() != 0) {
        return Err(unusable(path, "it is no plain file of usher-gateway's"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| unusable(path, &error.to_string()))?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length == 0 || length > MAX_FILE {
        return Err(unusable(path, "its size is not that of such a file"));
    }
    Ok(bytes)
}

fn unusable(path: &Path, why: &str) -> Error {
    Error::new(ErrorId::BackendFailed, format!("{} cannot be used: {why}", path.display()))
}

/// Where a gateway that listens there is reached: at that address, or where it is any, by the host's name and numbers.
pub fn addresses(listen: SocketAddr, host_name: &str, interfaces: impl IntoIterator<Item = IpAddr>) -> Vec<Address> {
    let port = listen.port();
    let address = |text: &str| Address::parse_with_port(text, port).ok();
    if !listen.ip().is_unspecified() {
        return address(&listen.ip().to_string()).into_iter().collect();
    }
    let numbers = interfaces.into_iter().filter(|ip| match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local() && !ip.is_unspecified(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local() && !ip.is_unspecified(),
    });
    let mut found: Vec<Address> = Vec::new();
    for one in address(host_name).into_iter().chain(numbers.filter_map(|ip| address(&ip.to_string()))) {
        if !found.contains(&one) && found.len() < MOST_ADDRESSES {
            found.push(one);
        }
    }
    found
}

/// The addresses of the host's interfaces (`getifaddrs(3)`).
pub fn interfaces() -> Vec<IpAddr> {
    let addresses = nix::ifaddrs::getifaddrs().into_iter().flatten().filter_map(|one| one.address);
    let number =
        |storage: nix::sys::socket::SockaddrStorage| match (storage.as_sockaddr_in(), storage.as_sockaddr_in6()) {
            (Some(v4), _) => Some(IpAddr::V4(v4.ip())),
            (None, Some(v6)) => Some(IpAddr::V6(v6.ip())),
            (None, None) => None,
        };
    addresses.filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_reached_where_it_listens() {
        let interfaces = || ["127.0.0.1", "10.0.0.2", "fe80::1", "fd00::2", "10.0.0.2"].map(|ip| ip.parse().unwrap());
        let shown = |listen: &str| -> Vec<String> {
            addresses(listen.parse().unwrap(), "lab1", interfaces()).iter().map(ToString::to_string).collect()
        };
        assert_eq!(shown("[::]:8477"), ["lab1:8477", "10.0.0.2:8477", "[fd00::2]:8477"]);
        assert_eq!(shown("127.0.0.1:99"), ["127.0.0.1:99"]);
    }

    #[test]
    fn what_the_gateway_published_is_not_believed_blindly() {
        let directory = tempfile::tempdir().unwrap();
        let me = rustix::process::geteuid().as_raw();
        let path = |name: &str| directory.path().join(name);
        assert!(read_bounded(&path("none"), me).unwrap_err().message.contains("does not run"));
        std::fs::write(path("plain"), "x").unwrap();
        assert_eq!(read_bounded(&path("plain"), me).unwrap(), b"x");
        std::os::unix::fs::symlink(path("plain"), path("link")).unwrap();
        assert!(read_bounded(&path("link"), me).is_err());
        std::fs::write(path("large"), vec![0; 17 << 10]).unwrap();
        assert!(read_bounded(&path("large"), me).is_err());
        assert!(read_bounded(directory.path(), me).is_err());
        if me != 0 {
            assert!(read_bounded(&path("plain"), me + 1).is_err());
        }
    }
}
