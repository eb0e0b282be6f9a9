//! The service: TLS in front of usherd's socket, with identities instead of users.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpListener;
use usher_core::language::{Language, help, translated};
use usher_core::paths::{AUTHORITY_FILE, LISTEN_FILE};
use usher_core::{files, paths, stop};

mod answer;
pub mod authority;
pub mod config;
mod forward;
mod issue;
mod limits;
pub mod routes;
mod serve;
mod tls;
mod web;

use authority::{Authority, BoxedError};
use config::{GatewaySettings, SYSTEM_CONFIG};

/// Where the system's gateway keeps its authority.
const SYSTEM_STATE: &str = "/var/lib/usher-gateway";

/// Serve usher's API over TLS to callers who were invited
///
/// usher-gateway listens on the network, recognises callers by their certificates, and passes their requests on to
/// usherd, which judges them. `usher invite` starts it.
#[derive(Debug, Parser)]
#[command(name = "usher-gateway", version, max_term_width = 100)]
pub struct GatewayArguments {
    /// Serve the `usherd --user` of the calling user
    #[arg(long)]
    user: bool,
    /// usherd's socket [default: /run/usher/usher.sock; with --user, that of `usherd --user`]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// The directory of the host's authority [default: /var/lib/usher-gateway; with --user, the directory gateway in
    /// usherd's state]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// The address and port to listen on, instead of the configured ones
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// A configuration file in TOML [default: /etc/usher/gateway.toml if it exists; with --user, none]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What every connection is served with.
#[derive(Debug)]
pub struct GatewayState {
    settings: GatewaySettings,
    socket: PathBuf,
    authority: Arc<Authority>,
    limits: limits::Limits,
}

/// The whole program.
pub fn main() -> ExitCode {
    let arguments: GatewayArguments = help::parse();
    usher_core::logging::start();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("usher-gateway: {}", translated(Language::of_locale(), &error.to_string()));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: GatewayArguments) -> Result<(), BoxedError> {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    if rustix::process::geteuid().is_root() && !arguments.user {
        return Err(
            "it listens on the network, and so refuses to run as root: `usher invite` starts it as the right user"
                .into(),
        );
    }
    let config = paths::configuration(arguments.config, arguments.user, SYSTEM_CONFIG);
    let mut settings = GatewaySettings::read(config.as_deref())?;
    settings.listen = arguments.listen.unwrap_or(settings.listen);
    let socket = arguments.socket.unwrap_or_else(|| match arguments.user {
        true => paths::user_socket(),
        false => PathBuf::from(paths::SYSTEM),
    });
    let socket = std::path::absolute(&socket)?;
    let state = arguments.state_dir.unwrap_or_else(|| match arguments.user {
        true => paths::user_state().join("gateway"),
        false => PathBuf::from(SYSTEM_STATE),
    });
    std::fs::create_dir_all(&state).map_err(|e| format!("{} cannot be made: {e}", state.display()))?;
    let authority = Authority::open(&state, settings.certificate_lifetime.0)
        .map_err(|e| format!("the authority in {} cannot be used: {e}", state.display()))?;
    usher_core::sys::descriptors::raise_limit();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(settings, socket, Arc::new(authority)))
}

async fn serve(settings: GatewaySettings, socket: PathBuf, authority: Arc<Authority>) -> Result<(), BoxedError> {
    let stop = stop::told_to_stop();
    let listener = listen(settings.listen).map_err(|e| format!("cannot listen on {}: {e}", settings.listen))?;
    let address = listener.local_addr()?;
    let directory = paths::gateway_of(&socket);
    publish(&directory, &authority, address).map_err(|e| format!("{} cannot be written: {e}", directory.display()))?;
    let limits = limits::Limits::new(&settings);
    let gateway = Arc::new(GatewayState { settings, socket, authority, limits });
    tokio::spawn(renew_in_time(Arc::clone(&gateway.authority)));
    tracing::info!("usher-gateway {} listens on {address}", env!("CARGO_PKG_VERSION"));
    println!("ready: {address}");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    serve::serve(&gateway, listener, stop).await;
    let _ = std::fs::remove_file(directory.join(LISTEN_FILE));
    Ok(())
}

/// Listens; where a host has no IPv6, every address is every one of IPv4.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let bound = match bind(address) {
        Err(error)
            if address.ip().is_unspecified()
                && error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error()) =>
        {
            bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())))
        }
        other => other,
    }?;
    TcpListener::from_std(bound)
}

fn bind(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, false)?;
    }
    bind(&socket, &address)?;
    listen(&socket, 1024)?;
    Ok(std::net::TcpListener::from(socket))
}

/// Tells usherd, and whoever looks, by which authority and where this gateway is reached. Nothing of it is secret.
fn publish(directory: &Path, authority: &Authority, address: SocketAddr) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    files::replace(&directory.join(AUTHORITY_FILE), authority.certificate(), 0o644)?;
    files::replace(&directory.join(LISTEN_FILE), format!("{address}\n").as_bytes(), 0o644)
}

/// Gives the server another certificate when two thirds of the last one's time are over, or the clock was set to before
/// it. The wall clock is what counts: a machine that was suspended has not slept as long as it was away.
async fn renew_in_time(authority: Arc<Authority>) {
    let step = (authority.lifetime() / 12).clamp(Duration::from_millis(50), Duration::from_secs(60));
    loop {
        tokio::time::sleep(step).await;
        if let Err(error) = authority.renew_server(time::OffsetDateTime::now_utc()) {
            tracing::error!("the server's certificate cannot be renewed: {error}");
        }
    }
}
