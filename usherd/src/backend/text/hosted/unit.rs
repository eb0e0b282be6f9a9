//! The services of text sessions in system mode (`systemd.exec(5)`, `systemd.service(5)`).

use std::os::fd::BorrowedFd;
use std::path::Path;

use usher_core::request::ThumbnailSize;
use zbus::{Fd, Variant};

use crate::logind::unit::{Property, without_rights};

/// The file below /etc/pam.d that says what a login by usher is.
const PAM_SERVICE: &str = "usher-login";
/// The most memory of a holder, and of a process that draws.
const MEMORY: u64 = 256 << 20;
/// What services need, and what a holder confines itself further with.
const CALLS: [&str; 5] =
    ["@system-service", "seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"];

/// The control group of a service of ours.
pub(super) fn group_of(unit: &str) -> String {
    format!("/system.slice/{unit}")
}

/// A holder. Its terminal is the only thing of a user's that it has.
pub(super) fn holder(program: &Path, id: u32) -> Vec<Property<'static>> {
    let mut properties = service(program, &["hold"], format!("usher's holder of session {id}"));
    properties.extend([
        ("Type", text("exec")),
        ("CollectMode", text("inactive-or-failed")),
        ("OOMScoreAdjust", Variant::from(-900i32)),
        ("MemoryMax", Variant::from(MEMORY)),
        ("TasksMax", Variant::from(16u64)),
        ("LimitNOFILE", Variant::from(4096u64)),
    ]);
    properties.extend(without_rights(&CALLS));
    properties
}

/// The programs of a session, on this terminal, as this user, logged in by PAM. The first process connects to this socket of
/// ours. The service is remembered after its end, so that how it ended can be asked.
pub(super) fn session(program: &Path, id: u32, uid: u32, number: u32, socket: &Path) -> Vec<Property<'static>> {
    let words = ["login", &socket.to_string_lossy()];
    let mut properties = service(program, &words, format!("usher's session {id}"));
    properties.extend([
        // The process that PAM leaves behind would keep `exec` from being seen.
        ("Type", text("simple")),
        ("RemainAfterExit", Variant::from(true)),
        ("User", Variant::from(uid.to_string())),
        ("PAMName", text(PAM_SERVICE)),
        ("Environment", Variant::from(vec!["XDG_SESSION_TYPE=tty".to_owned(), "XDG_SESSION_CLASS=user".to_owned()])),
        ("TTYPath", Variant::from(format!("/dev/pts/{number}"))),
        // Nobody else has the terminal yet; `tty` would wait for somebody.
        ("StandardInput", text("tty-force")),
        ("StandardOutput", text("tty")),
        ("StandardError", text("tty")),
        // The holder has it open, and set it up.
        ("TTYReset", Variant::from(false)),
        ("TTYVHangup", Variant::from(false)),
        ("UtmpIdentifier", Variant::from(number.to_string())),
        ("UtmpMode", text("user")),
        ("SendSIGHUP", Variant::from(true)),
        ("IgnoreSIGPIPE", Variant::from(false)),
        ("KeyringMode", text("shared")),
        ("TimeoutStopUSec", Variant::from(5_000_000u64)),
    ]);
    properties
}

/// A process that draws the cells that come on its standard input.
pub(super) fn stills<'f>(program: &Path, size: ThumbnailSize, output: BorrowedFd<'f>) -> Vec<Property<'f>> {
    let mut properties = service(program, &["stills", size.as_str()], "usher draws a terminal".to_owned());
    properties.extend([
        ("Type", text("exec")),
        ("CollectMode", text("inactive-or-failed")),
        ("StandardOutputFileDescriptor", Variant::from(Fd::from(output))),
        ("MemoryMax", Variant::from(MEMORY)),
        ("TasksMax", Variant::from(16u64)),
        ("RuntimeMaxUSec", Variant::from(20_000_000u64)),
    ]);
    properties.extend(without_rights(&CALLS));
    properties
}

fn service<'f>(program: &Path, arguments: &[&str], description: String) -> Vec<Property<'f>> {
    let program = program.to_string_lossy().into_owned();
    let words = std::iter::once(program.clone()).chain(arguments.iter().map(|word| (*word).to_owned()));
    let command = vec![(program.clone(), words.collect::<Vec<String>>(), false)];
    vec![("Description", Variant::from(description)), ("ExecStart", Variant::from(command))]
}

fn text<'f>(value: &str) -> Variant<'f> {
    Variant::from(value.to_owned())
}
