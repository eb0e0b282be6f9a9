//! `usher dashboard join` and `leave`: the page that this host serves shows another host's sessions too, or no more. The key
//! by which that host knows this one is usher-dial's service's, and the program that serves the page never has it.

use std::io::{BufRead, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use usher_core::outcome::Exit;
use usher_core::request::IdentityName;
use usher_core::servers::ServerName;
use usher_core::wire::joining::{JoinAnswer, JoinOrder};
use usher_core::wire::relay::PLACE;

use super::enable::{failed, systemctl};
use crate::words::key;

/// Whom usher-dial's service runs as.
const USER: &str = "usher-dial";

/// Joins a host.
pub fn join(name: Option<ServerName>) -> ExitCode {
    // No token is near this long.
    let mut line = String::new();
    if let Err(error) = std::io::BufReader::new(std::io::stdin().lock().take(16 << 10)).read_line(&mut line) {
        return failed(&error.to_string());
    }
    let identity = match own_identity() {
        Some(identity) => identity,
        None => return failed(&key!("dashboard-join-nameless").text(&[])),
    };
    let order = JoinOrder { token: line.trim().to_owned(), name, identity: Some(identity) };
    match asked(&order) {
        Ok(JoinAnswer::Joined(joined)) => {
            if let Err(why) = systemctl("enable", &["usher-dial.socket"]) {
                return failed(&why);
            }
            let values = [("host", joined.name.as_str()), ("identity", joined.identity.as_str())];
            println!("{}", key!("dashboard-joined").text(&[values[0], values[1], ("role", joined.role.as_str())]));
            Exit::Success.into()
        }
        Ok(JoinAnswer::Failed(error)) => failed(&error.to_string()),
        Err(why) => failed(&why),
    }
}

/// Forgets one.
pub fn leave(name: &ServerName) -> ExitCode {
    let directory = Path::new(PLACE).join("usher/servers").join(name.as_str());
    if !name.is_plain() || !directory.is_dir() {
        return failed(&key!("dashboard-not-joined").text(&[("host", name.as_str())]));
    }
    // As the user whose it is: what that user made of the directory leads root nowhere else.
    match as_dial("rm").args(["-rf", "--"]).arg(&directory).status() {
        Ok(status) if status.success() => {
            println!("{}", key!("dashboard-left").text(&[("host", name.as_str())]));
            Exit::Success.into()
        }
        Ok(status) => failed(&status.to_string()),
        Err(error) => failed(&error.to_string()),
    }
}

/// Who the page is on other hosts.
fn own_identity() -> Option<IdentityName> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{}@{host}", IdentityName::PAGE).parse().ok()
}

/// Has usher-dial join, as the user who keeps what it brings.
fn asked(order: &JoinOrder) -> Result<JoinAnswer, String> {
    let say = |error: std::io::Error| error.to_string();
    let mut dial = as_dial("usher-dial");
    let mut child = dial.arg("--join").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(say)?;
    let text = serde_json::to_vec(order).map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read says why in its answer.
        let _ = stdin.write_all(&text);
    }
    let output = child.wait_with_output().map_err(say)?;
    serde_json::from_slice(&output.stdout).map_err(|_| key!("dashboard-join-root").text(&[]))
}

/// A program as that user, which root alone may start so.
fn as_dial(program: &str) -> Command {
    let mut command = Command::new("runuser");
    command.args(["-u", USER, "--", program]).env("XDG_CONFIG_HOME", PLACE).current_dir("/");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_called_by_its_host() {
        assert!(own_identity().is_none_or(|identity| identity.page_of().is_some()));
    }
}
