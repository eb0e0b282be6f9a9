//! The packages: what they install, the hardened unit, upgrade, removal and purge, on hosts of their own.

use crate::harness::{Host, Options, Suite, X11, covered, ready, skip, wait_until};
use crate::host;
use crate::who::locked;

/// The exposure that `systemd-analyze security` may find, in tenths; what it objects to is explained in the unit.
const EXPOSURE: u32 = 40;

/// Installed while the host runs, as an administrator does it: other tests boot hosts that have it.
fn is_installed_whole(suite: Suite) {
    let Ok(()) = ready(suite).inspect_err(|reason| skip(reason)) else { return };
    let host = Host::boot(Options { suite, packages: false });
    host.install();
    for program in ["usher", "usherd", "usher-tty", "usher-shield"] {
        assert!(
            host.root(&format!("{program} --version")).code != Some(127),
            "{program} is there, and finds its libraries"
        );
    }
    for group in ["usher-admin", "usher-operator", "usher-shield"] {
        host.root(&format!("getent group {group}")).succeeds();
    }
    assert!(host.root("getent passwd usher-shield").succeeds().trim().ends_with(":/usr/sbin/nologin"));
    for file in [
        "/etc/usher/usherd.toml",
        "/usr/share/man/man1/usher-lock.1.gz",
        "/usr/share/man/man8/usherd.8.gz",
        "/usr/share/man/zh_CN/man1/usher-lock.1.gz",
        "/usr/share/man/zh_CN/man8/usherd.8.gz",
        "/usr/share/bash-completion/completions/usher",
        "/usr/share/bash-completion/completions/Lock-WmsSession",
        "/usr/share/zsh/vendor-completions/_usher",
        "/usr/share/fish/vendor_completions.d/Lock-WmsSession.fish",
        "/usr/share/doc/usher/copyright",
        "/usr/bin/Lock-WmsSession",
        "/usr/bin/lock-wmssession",
        "/usr/local/share/powershell/Modules/Usher/Usher.psd1",
        "/usr/local/share/powershell/Modules/Usher/Public/Lock-WmsSession.ps1",
        "/usr/local/share/powershell/Modules/Usher/zh-CN/Usher-help.xml",
        "/usr/lib/systemd/user/usherd.socket",
        "/usr/lib/systemd/user/usherd.service",
    ] {
        assert!(host.path(file).exists(), "{file}");
    }
    assert_eq!(host.root("stat -c '%a %U' /run/usher /var/lib/usher").succeeds(), "755 root\n700 root\n");
    host.root("systemctl is-active usherd && systemctl is-enabled usherd").succeeds();
    host.root_usher(&["list"]).succeeds();
    // What the archive's own checks of the unit say goes to standard error; they must say nothing of ours.
    let verified = host.root("systemd-analyze verify --man=no usherd.service 2>&1 | grep usher");
    assert_eq!(verified.stdout, "", "systemd-analyze verify");
}

#[test]
fn the_package_is_installed_whole_on_debian_12() {
    is_installed_whole(Suite::Bookworm);
}

#[test]
fn the_package_is_installed_whole_on_debian_13() {
    is_installed_whole(Suite::Trixie);
}

/// What `systemd-analyze security` objects to, by the names of the directives.
fn objections(host: &Host) -> Vec<String> {
    let table = host.root("systemd-analyze security --no-pager usherd.service").stdout;
    let cross = |line: &&str| line.trim_start().starts_with('\u{2717}');
    let name = |line: &str| line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    table.lines().filter(cross).map(name).collect()
}

fn explains_its_openness(host: &Host) {
    host.root(&format!("systemd-analyze security --no-pager --threshold={EXPOSURE} usherd.service")).succeeds();
    let unit = host.root("systemctl cat usherd.service").succeeds();
    let comments: String = unit.lines().filter(|line| line.starts_with('#')).collect::<Vec<_>>().join("\n");
    // A name of the table is a directive, with what is not refused behind a tilde.
    let explained = |objection: &String| {
        let (directive, value) = objection.split_once('=').unwrap_or((objection, ""));
        comments.contains(if value.is_empty() { objection } else { value }) && comments.contains(directive)
    };
    let unexplained: Vec<String> = objections(host).into_iter().filter(|one| !explained(one)).collect();
    assert_eq!(unexplained, Vec::<String>::new(), "each objection is explained in the unit");
}

#[test]
fn what_the_unit_leaves_open_is_explained_on_debian_12() {
    explains_its_openness(&host!(Bookworm));
}

#[test]
fn what_the_unit_leaves_open_is_explained_on_debian_13() {
    explains_its_openness(&host!(Trixie));
}

/// What bounds the daemon, as the service manager and the kernel have it.
fn is_bounded(host: &Host) {
    let of = |property: &str| {
        host.root(&format!("systemctl show usherd --property={property} --value")).succeeds().trim().to_owned()
    };
    let bounds = [
        ("WatchdogUSec", "30s"),
        ("MemoryMax", "805306368"),
        ("MemorySwapMax", "67108864"),
        ("TasksMax", "128"),
        ("OOMScoreAdjust", "-900"),
    ];
    for (property, value) in bounds {
        assert_eq!(of(property), value, "{property}");
    }
    let status = host.content(format!("/proc/{}/status", of("MainPID")));
    for set in ["CapBnd:", "CapEff:", "CapPrm:"] {
        let line = status.lines().find_map(|line| line.strip_prefix(set)).expect("a set of capabilities");
        let bits = u64::from_str_radix(line.trim(), 16).expect("a number");
        // CAP_FOWNER, CAP_SETUID and CAP_SYS_ADMIN (`capabilities(7)`), among others: nothing uses them.
        assert_eq!(bits & (1 << 3 | 1 << 7 | 1 << 21), 0, "{set} {line}");
    }
    assert!(status.lines().any(|line| line == "NoNewPrivs:\t1"), "{status}");
}

#[test]
fn the_daemon_is_watched_and_bounded_on_debian_12() {
    is_bounded(&host!(Bookworm));
}

#[test]
fn the_daemon_is_watched_and_bounded_on_debian_13() {
    is_bounded(&host!(Trixie));
}

/// Makes a newer package of the one under test, and installs it.
fn upgrade(host: &Host) {
    host.root(
        "set -e; rm -rf /root/newer; dpkg-deb --raw-extract /opt/packages/usher_*.deb /root/newer
         sed -i 's/^Version: .*/Version: 999.0/' /root/newer/DEBIAN/control
         dpkg-deb --build --root-owner-group -Znone /root/newer /root/newer.deb
         DEBIAN_FRONTEND=noninteractive dpkg --install /root/newer.deb",
    )
    .succeeds();
    assert_eq!(host.root("dpkg-query --show --showformat='${Version}' usher").succeeds(), "999.0");
}

fn survives_an_upgrade(suite: Suite) {
    let Some(host) = Host::own(suite) else { return };
    host.root("echo 'close_grace_seconds = 7' >>/etc/usher/usherd.toml").succeeds();
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Upgrade under way"]).succeeds();
    let before = host.root("systemctl show usherd --property=MainPID --value").succeeds();
    let watch = screen.watch(covered);
    upgrade(&host);
    let after = host.root("systemctl show usherd --property=MainPID --value").succeeds();
    assert_ne!(before, after, "the new daemon runs");
    wait_until("it answers", || host.root_usher(&["list"]).code == Some(0));
    screen.type_keys("secret");
    watch.more(10);
    watch.finish().always_right();
    assert!(locked(&host, &screen), "what was stored is known");
    assert_eq!(screen.typed(), "");
    assert!(host.content("/etc/usher/usherd.toml").contains("close_grace_seconds = 7"), "own settings are kept");
}

#[test]
fn an_upgrade_leaves_locked_screens_locked_on_debian_12() {
    survives_an_upgrade(Suite::Bookworm);
}

#[test]
fn an_upgrade_leaves_locked_screens_locked_on_debian_13() {
    survives_an_upgrade(Suite::Trixie);
}

fn goes_without_a_trace(suite: Suite) {
    let Some(host) = Host::own(suite) else { return };
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Soon nobody can unlock this"]).succeeds();
    host.root("dpkg --remove usher").succeeds();
    wait_until("the screen is free: nobody could unlock it any more", || !covered(&screen.pixels()));
    screen.type_keys("free");
    screen.wait_typed("free");
    let active = host.root("systemctl list-units --plain --no-legend 'usher*'").succeeds();
    assert_eq!(active, "", "no unit is left");
    assert!(
        host.path("/var/lib/usher").exists() && host.path("/etc/usher/usherd.toml").exists(),
        "kept until the purge"
    );

    host.root("dpkg --purge usher").succeeds();
    let traces = "find / -xdev -path /proc -prune -o -path /opt/packages -prune -o -iname '*usher*' -print";
    assert_eq!(host.root(traces).succeeds(), "", "the purge leaves nothing");
    assert_eq!(host.root("find /run -iname '*usher*'").succeeds(), "");
}

#[test]
fn a_removal_frees_the_screens_and_a_purge_leaves_nothing_on_debian_12() {
    goes_without_a_trace(Suite::Bookworm);
}

#[test]
fn a_removal_frees_the_screens_and_a_purge_leaves_nothing_on_debian_13() {
    goes_without_a_trace(Suite::Trixie);
}
