//! usherd: knows the sessions, decides, acts, observes, remembers.

use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use tokio::net::{UnixDatagram, UnixListener};
use tokio::sync::mpsc;
use usher_core::clock;
use usher_core::outcome::{Error, ErrorId};
use usher_core::stop;
use usher_core::sys::{descriptors, proc};

use crate::accounts;
use crate::api::server;
use crate::backend::host_session::{self, Bus};
use crate::backend::text::{TextBackend, Units};
use crate::execute::record_ended_looks;
use crate::host::gateway::GatewayService;
use crate::host::login_rules::leave_login_settings;
use crate::host::settings::Settings;
use crate::host::{self, DaemonProcess, Host};
use crate::paths::{Mode, Paths};
use crate::store::Store;

pub mod adopt;
mod ended;
mod expire;
mod instance;
pub mod logins;
pub mod main;
pub mod reconcile;
mod refused_logins;
mod release;
mod watchdog;

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// It cannot start; the sentence says why.
async fn serve(
    paths: &Paths,
    settings: Settings,
    handed_over: Option<std::os::unix::net::UnixListener>,
) -> Result<(), Error> {
    let boot_id = proc::boot_id().map_err(|e| failed("the kernel's boot ID cannot be read", &e))?;
    let (noticed, mut news) = mpsc::unbounded_channel();
    let (host_sessions, units) = match paths.mode {
        Mode::User => (None, None),
        Mode::System => {
            let (who, bus) = ((boot_id.clone(), host::host_name()), Bus::default());
            let (directories, freeze) = ((paths.shields(), paths.guards()), settings.freeze_while_locked);
            let sessions = host_session::open(who, directories, freeze, noticed.clone(), bus.clone())?;
            (Some(sessions), Units::new(bus))
        }
    };
    // Whatever is made from here on is ours alone to read.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // Everybody may ask the system's daemon: who may do what is decided by who asks.
    let open_to = if paths.mode == Mode::System { 0o755 } else { 0o700 };
    own_directory(paths.socket.parent().unwrap_or(Path::new("/")), open_to)?;
    own_directory(&paths.state, 0o700)?;
    let _instance = instance::claim(paths)?;
    own_directory(&paths.holders(), 0o700)?;
    if paths.mode == Mode::System {
        own_directory(&paths.shields(), 0o700)?;
        own_directory(&paths.guards(), 0o700)?;
        own_directory(&paths.seats(), 0o700)?;
    }

    let uid = rustix::process::geteuid().as_raw();
    let user = accounts::account(uid).await.name;
    let (store, loaded) = Store::open(&paths.state, &boot_id, settings.audit_limits(), &host::host_name())?;
    let gateway = GatewayService::new(settings.gateway_user.clone(), paths.gateway());
    gateway.look_up(paths.mode, uid).await;
    let last_session_id = loaded.last_session_id;
    let refused = if paths.mode == Mode::System { before_logins(paths, &settings) } else { None };
    let registry = adopt::remembered(loaded, &settings, paths.mode);
    let daemon = DaemonProcess {
        boot_id,
        uid,
        user,
        open_files: descriptors::raise_limit(),
        mode: paths.mode,
        socket: paths.socket.clone(),
        since: clock::now(),
    };
    let text = Arc::new(TextBackend::new(paths, noticed, units));
    let host = Arc::new(Host::new(daemon, settings, store, text, host_sessions, gateway, registry));
    host.session_ids_beyond(last_session_id);
    if paths.mode == Mode::System {
        // Below are logind's own numbers.
        host.session_ids_beyond(logins::FIRST_OWN_ID - 1);
    }
    let ours = handed_over.is_none();
    let listener = match handed_over {
        Some(listener) => {
            UnixListener::from_std(listener).map_err(|e| failed("the service manager's socket cannot be used", &e))?
        }
        None => server::listen(&paths.socket, paths.mode)?,
    };
    // Before the service manager lets anybody in.
    host.publish_login_rules().await;
    if let Some(socket) = refused {
        tokio::spawn(refused_logins::record(Arc::clone(&host), socket));
    }
    host.web.look_up(paths.mode).await;
    adopt::adopt(&host).await;
    logins::begin(&host, &mut news).await;
    reconcile::catch_up(&host, &mut news).await;
    let reconciling = tokio::spawn(reconcile::run(Arc::clone(&host), news));

    // From here on a SIGTERM is a clean stop.
    let told_to_stop = stop::told_to_stop();
    tracing::info!("usherd {} serves {}", env!("CARGO_PKG_VERSION"), paths.socket.display());
    println!("ready: {}", paths.socket.display());
    watchdog::start_feeding();
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let stop = async {
        told_to_stop.await;
        host.stop_events();
    };
    server::serve(&host, listener, stop).await;

    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    reconciling.abort();
    record_ended_looks(&host, true).await;
    host.store.stop().await;
    // On another's socket the service manager goes on listening, and starts a daemon when somebody calls.
    if ours {
        let _ = std::fs::remove_file(&paths.socket);
    }
    tracing::info!("usherd stopped; its sessions go on");
    Ok(())
}

/// What login programs are told before the rules are known, and the socket at which they tell of refusals. Sessions are
/// covered without either.
fn before_logins(paths: &Paths, settings: &Settings) -> Option<UnixDatagram> {
    if let Err(error) = leave_login_settings(&paths.state, settings) {
        tracing::error!("login programs do not know this daemon's settings before it starts: {error}");
    }
    let heard = refused_logins::listen(&paths.socket);
    heard.inspect_err(|error| tracing::error!("refused logins are not recorded: {error}")).ok()
}

/// A directory that is ours: made with this mode if it is not there, refused if somebody else could put things into it.
fn own_directory(path: &Path, mode: u32) -> Result<(), Error> {
    let made = match path.is_dir() {
        true => Ok(()),
        // The mode is what the directory itself gets; `umask(2)` would take from it.
        false => std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))),
    };
    made.map_err(|e| failed(&format!("the directory {} cannot be made", path.display()), &e))?;
    let me = rustix::process::geteuid().as_raw();
    // Both the entry and what it leads to: a link of somebody else's leads wherever they like.
    for meta in [std::fs::symlink_metadata(path), std::fs::metadata(path)] {
        let meta = meta.map_err(|e| failed(&format!("{} cannot be read", path.display()), &e))?;
        if meta.uid() != me && meta.uid() != 0 {
            let whose = format!("the directory {} belongs to uid {}, not to uid {me}", path.display(), meta.uid());
            return Err(
                Error::new(ErrorId::AccessDenied, whose).hint("give another place with --socket and --state-dir")
            );
        }
    }
    let meta = std::fs::metadata(path).map_err(|e| failed(&format!("{} cannot be read", path.display()), &e))?;
    // In a sticky directory of root's, such as /tmp, nobody renames or removes what is ours.
    let shared = meta.uid() == 0 && meta.mode() & 0o1000 != 0;
    if meta.mode() & 0o022 != 0 && !shared {
        let open = format!("others may write to the directory {} (mode {:o})", path.display(), meta.mode() & 0o7777);
        return Err(Error::new(ErrorId::AccessDenied, open)
            .hint("`chmod go-w` it, or give another place with --socket and --state-dir"));
    }
    Ok(())
}

fn failed(what: &str, error: &dyn std::error::Error) -> Error {
    Error::new(ErrorId::BackendFailed, format!("{what}: {error}"))
}
