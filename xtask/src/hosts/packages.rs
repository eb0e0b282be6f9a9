//! What is installed in the test hosts.

use crate::host;

/// The releases of Debian that are tested.
pub const SUITES: [&str; 2] = [OLDEST, "trixie"];
/// The first of them, whose C library all others' programs can be linked with.
pub const OLDEST: &str = "bookworm";

/// A host with systemd, its sessions, and what a shared host has, programs of the whole screen among it.
const BASE: &[&str] = &[
    "at",
    "cron",
    "dbus",
    "git",
    "iproute2",
    "less",
    "libcap2-bin",
    "libpam-systemd",
    "openssh-client",
    "openssh-server",
    "pamtester",
    "polkitd",
    "procps",
    "psmisc",
    "rsync",
    "sudo",
    "systemd",
    "systemd-sysv",
    "tmux",
    "uidmap",
    "vim-tiny",
];

/// Displays, window managers, remote desktops, and programs that people have on them.
const DESKTOP: &[&str] = &[
    "fonts-dejavu-core",
    "fonts-noto-cjk",
    "fonts-noto-color-emoji",
    // x2goresume-session writes an empty file of options without.
    "libencode-locale-perl",
    "nxproxy",
    "openbox",
    "tigervnc-standalone-server",
    "tigervnc-viewer",
    "wmctrl",
    "x11-utils",
    "x11-xkb-utils",
    "x11-xserver-utils",
    "x2goserver",
    "xauth",
    "xdotool",
    "xorgxrdp",
    "xrdp",
    "xterm",
    "xvfb",
];

/// What attacks are written in, and the lockers that usher is compared with.
const PEERS: &[&str] = &["i3lock", "python3-minimal", "python3-xlib", "xsecurelock"];

/// Wayland compositors, and what is run, seen and typed there.
const WAYLAND: &[&str] = &["cage", "foot", "grim", "sway", "wayvnc", "wtype"];

/// What a Rust toolchain needs to link programs.
const LINKER: &[&str] = &["gcc", "libc6-dev"];

/// Every package of a release's tree.
pub fn of(suite: &str) -> Vec<&'static str> {
    let linker = if suite == OLDEST && !host::builds_for_every_host() { LINKER } else { &[] };
    // Epoptes shows its lock with GTK, which it only recommends.
    // The client of xrdp has its version in its name, Epoptes is in no release after bookworm, and bookworm has no
    // compositor with a session lock.
    let own: &[&str] = if suite == OLDEST {
        &[
            "epoptes-client",
            "freerdp2-x11",
            "gir1.2-gtk-3.0",
            "librsvg2-common",
            "python3-gi",
            "python3-gi-cairo",
            // cage does not start without.
            "xwayland",
        ]
    } else {
        &["freerdp3-x11", "labwc", "swaylock"]
    };
    [BASE, DESKTOP, PEERS, own, WAYLAND, linker].concat()
}
