//! A session's properties, as logind gives them on the bus.

use std::collections::HashMap;

use jiff::Timestamp;
use usher_core::session::Kind;
use usher_core::sys::proc;
use usher_core::sys::process::Process;
use zbus::{ObjectPath, OwnedVariant, Variant};

use super::Login;

/// The service by which PAM lets users into text sessions; it is root who names it.
const HOSTED: &str = "usher-login";

/// logind's properties of one session, by name.
type Properties = HashMap<String, OwnedVariant>;

/// The session that these properties describe, if it is one of class user.
pub(super) fn login(properties: &Properties) -> Option<Login> {
    let text = |name: &str| text(properties, name);
    // A text session is on the books already, by its holder.
    if !is_users(&text("Class")) || text("Service") == HOSTED {
        return None;
    }
    let leader = number(properties, "Leader").and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0);
    let remote = flag(properties, "Remote").then(|| printable(&text("RemoteHost")));
    let service = printable(&text("Service"));
    let seat = seat(properties);
    let idle = flag(properties, "IdleHint").then(|| moment(properties, "IdleSinceHint")).flatten();
    Some(Login {
        native_id: text("Id"),
        uid: uid(properties)?,
        user: text("Name"),
        leader,
        leader_start: Process::of(leader).ok().flatten().map_or(0, |process| process.start),
        since: moment(properties, "Timestamp").unwrap_or_else(usher_core::clock::now),
        kind: kind(&text("Type"), remote.is_some(), (seat.is_some(), &text("TTY")), &service),
        by_terminal: gives_terminal(&service) || matches!(&*service, "login" | "su" | "su-l"),
        seat,
        terminal: number(properties, "VTNr").and_then(|number| u32::try_from(number).ok()).unwrap_or(0),
        active: flag(properties, "Active"),
        remote,
        tty: Some(text("TTY")).filter(|tty| !tty.is_empty()),
        scope: text("Scope"),
        closing: text("State") == "closing",
        idle_since: idle,
        program: proc::name(leader).unwrap_or(service),
    })
}

/// Sessions of people: not greeters, service managers, lock screens or background jobs
/// (`org.freedesktop.login1(5)`, "Class"; the last three since version 256).
fn is_users(class: &str) -> bool {
    matches!(class, "user" | "user-early" | "user-incomplete" | "user-light" | "user-early-light")
}

/// Services that let people in from afar, at a terminal and nothing else: sshd, and `login -h` of telnetd and its like.
fn gives_terminal(service: &str) -> bool {
    service.starts_with("sshd") || matches!(service, "dropbear" | "remote" | "rlogin" | "rsh" | "telnet")
}

/// The service is what let the user in; type and terminal are what the user says (`SetType`, `SetTTY`).
fn kind(session_type: &str, remote: bool, (seat, tty): (bool, &str), service: &str) -> Kind {
    let is_terminal = tty.starts_with("pts/") || tty.starts_with("tty");
    match session_type {
        // At no seat there is a terminal alone: a serial line, or that of a container.
        _ if service == "login" && !seat && !remote => Kind::Console,
        _ if gives_terminal(service) => Kind::Ssh,
        "x11" => Kind::X11,
        "wayland" | "mir" => Kind::Wayland,
        _ if remote && is_terminal => Kind::Ssh,
        // A display server that nobody declared is found by its socket. What a user opened is no console of the host.
        _ if remote || tty.is_empty() || tty.starts_with("pts/") => Kind::X11,
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
        const NO_SEAT: bool = false;
        for (session_type, remote, (seat, tty), service, expected) in [
            ("x11", false, (NO_SEAT, ""), "xrdp-sesman", Kind::X11),
            ("unspecified", false, (NO_SEAT, ""), "xrdp-sesman", Kind::X11),
            ("tty", true, (NO_SEAT, "pts/0"), "sshd", Kind::Ssh),
            ("tty", false, (NO_SEAT, ""), "sshd", Kind::Ssh),
            ("tty", false, (true, "tty1"), "login", Kind::Console),
            ("wayland", false, (true, "tty7"), "login", Kind::Wayland),
            ("unspecified", false, (true, "tty3"), "", Kind::Console),
            ("tty", false, (NO_SEAT, ""), "xrdp-sesman", Kind::X11),
            ("tty", false, (NO_SEAT, "pts/3"), "xrdp-sesman", Kind::X11),
            ("x11", true, (NO_SEAT, "pts/0"), "sshd", Kind::Ssh),
            ("x11", true, (NO_SEAT, "pts/0"), "remote", Kind::Ssh),
            // At a serial line and in a container, whatever the user says of it.
            ("tty", false, (NO_SEAT, "ttyS0"), "login", Kind::Console),
            ("tty", false, (NO_SEAT, "pts/1"), "login", Kind::Console),
            ("wayland", false, (NO_SEAT, ""), "login", Kind::Console),
            // A client of xrdp on another machine; the type, and later the terminal, are the user's.
            ("tty", true, (NO_SEAT, ""), "xrdp-sesman", Kind::X11),
            ("unspecified", true, (NO_SEAT, "xrdp-sesman"), "xrdp-sesman", Kind::X11),
            // From afar to a terminal, by a service that nobody knows, unless a display is seen.
            ("tty", true, (NO_SEAT, "pts/2"), "shell-in-a-page", Kind::Ssh),
        ] {
            assert_eq!(kind(session_type, remote, (seat, tty), service), expected, "{session_type} {service} {tty}");
        }
    }

    #[test]
    fn a_remote_host_name_carries_no_control_sequences() {
        assert_eq!(printable("lab\x1b[2J\u{202e}1.example"), "lab[2J1.example");
    }
}
