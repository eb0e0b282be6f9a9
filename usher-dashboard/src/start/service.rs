//! The page as a host's service, by TLS.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use usher_core::outcome::Exit;
use usher_core::paths::LISTEN_FILE;
use usher_core::wire::sign_in::{self, PUBLISHED};
use usher_core::{files, paths, stop};

use crate::certificate::{self, PageCertificate};
use crate::reception::Reception;
use crate::serve::{self, DashboardState, WayIn};
use crate::settings::{PageSettings, SYSTEM_CONFIG};
use crate::words::key;

/// Where it keeps its certificate.
const STATE: &str = "/var/lib/usher-dashboard";
/// The file with its fingerprint, where it says how it is reached.
pub const FINGERPRINT: &str = "fingerprint";
/// How often the certificate is looked at.
const EVERY: Duration = Duration::from_secs(60);
/// Days before its end from which an administrator's own is complained about.
const SOON: i64 = 21;

/// Serves it until the service manager says to stop.
pub async fn run(socket: Option<PathBuf>) -> ExitCode {
    match served(socket).await {
        Ok(()) => Exit::Success.into(),
        Err(why) => super::cannot_serve(&why),
    }
}

async fn served(socket: Option<PathBuf>) -> Result<(), String> {
    if rustix::process::geteuid().is_root() {
        return Err(key!("dashboard-root").text(&[]));
    }
    let settings = PageSettings::read(Path::new(SYSTEM_CONFIG))?;
    let certificate = Arc::new(PageCertificate::open(&settings, Path::new(STATE))?);
    let tls = certificate::tls(&certificate).map_err(|error| error.to_string())?;
    let stop = stop::told_to_stop();
    let listener = TcpListener::bind(settings.listen).await.map_err(|error| format!("{}: {error}", settings.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    publish(LISTEN_FILE, &address.to_string())?;
    publish(FINGERPRINT, &certificate.fingerprint())?;
    let auth = PathBuf::from(sign_in::SOCKET);
    let reception = Reception::new(socket.unwrap_or_else(|| PathBuf::from(paths::SYSTEM)), auth);
    let dashboard = Arc::new(DashboardState { entry: WayIn::Service(reception) });
    println!("ready: {address}");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let tidied = async {
        if let WayIn::Service(reception) = &dashboard.entry {
            reception.tidy().await;
        }
    };
    tokio::select! {
        () = serve::serve_by_tls(&dashboard, listener, TlsAcceptor::from(Arc::new(tls)), stop) => {}
        () = tidied => {}
        () = renewed(&certificate) => {}
    }
    let _ = std::fs::remove_file(Path::new(PUBLISHED).join(LISTEN_FILE));
    Ok(())
}

fn publish(name: &str, text: &str) -> Result<(), String> {
    let file = Path::new(PUBLISHED).join(name);
    files::replace(&file, format!("{text}\n").as_bytes(), 0o644).map_err(|error| format!("{}: {error}", file.display()))
}

/// Looks at the certificate for as long as the page is served. What there is to say is in the journal.
async fn renewed(certificate: &PageCertificate) {
    let mut said = String::new();
    loop {
        tokio::time::sleep(EVERY).await;
        let now = OffsetDateTime::now_utc();
        let told = match certificate.renew(now) {
            Ok(true) => {
                let fingerprint = certificate.fingerprint();
                let _ = publish(FINGERPRINT, &fingerprint);
                format!("another certificate is served; its SHA-256 fingerprint is {fingerprint}")
            }
            Ok(false) => match certificate.days_left(now) {
                Some(days) if days < SOON => format!("the certificate ends in {days} days"),
                _ => continue,
            },
            Err(error) => format!("the certificate cannot be read again, and the one of before is served: {error}"),
        };
        if told != said {
            eprintln!("usher-dashboard: {told}");
            said = told;
        }
    }
}
