//! `usher dashboard enable` and `disable`: the host serves the page, or serves it no more.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use usher_core::outcome::Exit;
use usher_core::paths::LISTEN_FILE;
use usher_core::wire::sign_in::PUBLISHED;

use super::service::FINGERPRINT;
use crate::words::key;

/// The sockets first: who signs in needs them.
const UNITS: [&str; 2] = ["usher-auth.socket", "usher-dashboard.service"];

/// Starts it, now and with the host, and says where it is.
pub fn enable() -> ExitCode {
    if let Err(why) = systemctl("enable", &UNITS) {
        return failed(&why);
    }
    let read = |name| std::fs::read_to_string(Path::new(PUBLISHED).join(name)).map(|text| text.trim().to_owned());
    let (Ok(listen), Ok(fingerprint)) = (read(LISTEN_FILE), read(FINGERPRINT)) else {
        return failed(&key!("dashboard-not-ready").text(&[]));
    };
    println!("{}\n{fingerprint}", key!("dashboard-enabled").text(&[("address", &address(&listen))]));
    Exit::Success.into()
}

/// Stops it, now and for good.
pub fn disable() -> ExitCode {
    match systemctl("disable", &UNITS) {
        Ok(()) => {
            println!("{}", key!("dashboard-disabled").text(&[]));
            Exit::Success.into()
        }
        Err(why) => failed(&why),
    }
}

/// What the service manager allows: it asks whoever is not root who they are.
pub fn systemctl(what: &str, units: &[&str]) -> Result<(), String> {
    let why = |why: &str| key!("dashboard-systemctl").text(&[("why", why)]);
    let mut command = Command::new("systemctl");
    command.args([what, "--now", "--quiet"]).args(units).stdout(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(why(&status.to_string())),
        Err(error) => Err(why(&error.to_string())),
    }
}

/// The page's address in a browser.
fn address(listen: &str) -> String {
    let name = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    match listen.parse::<SocketAddr>() {
        Ok(listen) if listen.ip().is_unspecified() => format!("https://{}:{}/", name(), listen.port()),
        _ => format!("https://{listen}/"),
    }
}

pub fn failed(why: &str) -> ExitCode {
    eprintln!("usher dashboard: {why}");
    Exit::Failed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_called_by_the_hosts_name() {
        assert!(address("[::]:8478").ends_with(":8478/") && !address("[::]:8478").contains("[::]"));
        assert_eq!(address("10.0.0.5:443"), "https://10.0.0.5:443/");
    }
}
