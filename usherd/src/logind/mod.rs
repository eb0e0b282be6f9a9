//! The host's logins as systemd-logind knows them (`org.freedesktop.login1(5)`).

use std::collections::HashMap;

use jiff::Timestamp;
use usher_core::session::{Kind, SessionKey};
use usher_core::sys::proc;
use usher_core::sys::process::Process;
use zbus::{ObjectPath, OwnedVariant, Variant};

pub mod bus;
pub mod follow;
pub mod unit;

/// One session of class user.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// logind's ID: a number, or `c` and a number.
    pub native_id: String,
    /// Whose it is.
    pub uid: u32,
    /// That user's name.
    pub user: String,
    /// The process that leads it; 0 if logind knows of none any more.
    pub leader: u32,
    /// That process's start time in clock ticks since boot; 0 if there is no such process.
    pub leader_start: u64,
    /// When it began.
    pub since: Timestamp,
    /// What it is by its type alone, whatever runs in it.
    pub kind: Kind,
    /// The seat it is at; none for a remote or virtual one.
    pub seat: Option<String>,
    /// It came over the network, and from where.
    pub remote: Option<String>,
    /// Its terminal's device below `/dev`.
    pub tty: Option<String>,
    /// The unit of its processes.
    pub scope: String,
    /// It is ending.
    pub closing: bool,
    /// Since when the user is idle, where the session told logind.
    pub idle_since: Option<Timestamp>,
    /// The program that logind says leads it, else its service.
    pub program: String,
}

/// logind's properties of one session.
type Properties = HashMap<String, OwnedVariant>;

impl Login {
    /// The session that these properties describe, if it is one of class user.
    fn from_properties(properties: &Properties) -> Option<Login> {
        let text = |name: &str| text(properties, name);
        if !is_users(&text("Class")) {
            return None;
        }
        let leader = number(properties, "Leader").and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0);
        let remote = flag(properties, "Remote").then(|| printable(&text("RemoteHost")));
        let service = printable(&text("Service"));
        let idle = flag(properties, "IdleHint").then(|| moment(properties, "IdleSinceHint")).flatten();
        Some(Login {
            native_id: text("Id"),
            uid: uid(properties)?,
            user: text("Name"),
            leader,
            leader_start: Process::of(leader).ok().flatten().map_or(0, |process| process.start),
            since: moment(properties, "Timestamp").unwrap_or_else(usher_core::clock::now),
            kind: kind(&text("Type"), remote.is_some(), &text("TTY"), &service),
            seat: seat(properties),
            remote,
            tty: Some(text("TTY")).filter(|tty| !tty.is_empty()),
            scope: text("Scope"),
            closing: text("State") == "closing",
            idle_since: idle,
            program: proc::name(leader).unwrap_or(service),
        })
    }

    /// What makes the session the same session.
    pub fn key(&self, boot_id: &str) -> SessionKey {
        SessionKey {
            boot_id: boot_id.to_owned(),
            native_id: self.native_id.clone(),
            leader_pid: self.leader,
            leader_start: self.leader_start,
        }
    }

    /// The very process that leads the session.
    pub fn leading(&self) -> Process {
        Process { pid: self.leader, start: self.leader_start }
    }

    /// A terminal belongs to the session, and somebody may be typing at it.
    pub fn has_terminal(&self) -> bool {
        self.tty.is_some() || self.kind == Kind::Ssh
    }
}

/// Sessions of people: not greeters, service managers, lock screens or background jobs
/// (`org.freedesktop.login1(5)`, "Class"; the last three since version 256).
fn is_users(class: &str) -> bool {
    matches!(class, "user" | "user-early" | "user-incomplete" | "user-light" | "user-early-light")
}

fn kind(session_type: &str, remote: bool, tty: &str, service: &str) -> Kind {
    let service_is_ssh = service.starts_with("sshd");
    match session_type {
        // The service is what let the user in; the type is what the user says.
        _ if service_is_ssh => Kind::Ssh,
        "x11" => Kind::X11,
        "wayland" | "mir" => Kind::Wayland,
        _ if remote => Kind::Ssh,
        // A display server that nobody declared is found by its socket. What a user opened is no console of the host.
        _ if tty.is_empty() || tty.starts_with("pts/") => Kind::X11,
        _ => Kind::Console,
    }
}

fn text(properties: &Properties, name: &str) -> String {
    match properties.get(name).map(|value| &**value) {
        Some(Variant::Str(text)) => text.as_str().to_owned(),
        _ => String::new(),
    }
}

fn number(properties: &Properties, name: &str) -> Option<u64> {
    match properties.get(name).map(|value| &**value)? {
        Variant::U32(number) => Some(u64::from(*number)),
        Variant::U64(number) => Some(*number),
        _ => None,
    }
}

fn flag(properties: &Properties, name: &str) -> bool {
    matches!(properties.get(name).map(|value| &**value), Some(Variant::Bool(true)))
}

/// logind's times are microseconds since 1970.
fn moment(properties: &Properties, name: &str) -> Option<Timestamp> {
    let micros = number(properties, name).filter(|micros| *micros > 0)?;
    Timestamp::from_microsecond(i64::try_from(micros).ok()?).ok()
}

/// `User` is the number and the user's object.
fn uid(properties: &Properties) -> Option<u32> {
    let value = properties.get("User")?.try_clone().ok()?;
    <(u32, ObjectPath<'_>)>::try_from(Variant::from(value)).ok().map(|(uid, _)| uid)
}

/// `Seat` is the name and the seat's object; without a seat the name is empty.
fn seat(properties: &Properties) -> Option<String> {
    let value = properties.get("Seat")?.try_clone().ok()?;
    let (name, _) = <(String, ObjectPath<'_>)>::try_from(Variant::from(value)).ok()?;
    Some(name).filter(|name| !name.is_empty())
}

/// A remote host's name comes from its own name server: nothing but printable characters of it is shown.
fn printable(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(255).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greeters_managers_and_background_jobs_are_nobodys_sessions() {
        for class in
            ["greeter", "lock-screen", "background", "background-light", "manager", "manager-early", "none", ""]
        {
            assert!(!is_users(class), "{class}");
        }
        assert!(is_users("user") && is_users("user-light"));
    }

    #[test]
    fn a_kind_follows_from_type_and_way_in() {
        for (session_type, remote, tty, service, expected) in [
            ("x11", false, "", "xrdp-sesman", Kind::X11),
            ("unspecified", false, "", "xrdp-sesman", Kind::X11),
            ("tty", true, "pts/0", "sshd", Kind::Ssh),
            ("tty", false, "", "sshd", Kind::Ssh),
            ("tty", false, "tty1", "login", Kind::Console),
            ("wayland", false, "tty7", "login", Kind::Wayland),
            ("unspecified", false, "tty3", "", Kind::Console),
            ("tty", false, "", "xrdp-sesman", Kind::X11),
            ("tty", false, "pts/3", "xrdp-sesman", Kind::X11),
            ("x11", true, "pts/0", "sshd", Kind::Ssh),
        ] {
            assert_eq!(kind(session_type, remote, tty, service), expected, "{session_type} {service}");
        }
    }

    #[test]
    fn a_remote_host_name_carries_no_control_sequences() {
        assert_eq!(printable("lab\x1b[2J\u{202e}1.example"), "lab[2J1.example");
    }
}
