//! The unit that a shield runs in: what it may do, how much it may take, and how the kernel spares it.

use std::path::Path;
use std::time::Duration;

use usher_core::sys::cgroup::Group;
use usher_core::wire::shield::ALLOCATOR;
use zbus::Variant;

use crate::logind::unit::{Property, without_rights};
use crate::xdisplay::SOCKETS;

/// The most memory of a shield, with the processes that draw text and thumbnails for it.
const MEMORY: u64 = 256 << 20;

/// The system calls that a shield may make: what services need, and what it confines itself further with (systemd's group
/// of these is younger than Debian 12).
const CALLS: [&str; 5] =
    ["@system-service", "seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"];

/// How much less than others the kernel kills a shield for its memory (`proc_pid_oom_score_adj(5)`): only one that is
/// armed, because it reads an unknown X server before that.
pub(super) const SPARED_BY_OOM: i32 = -900;

/// A shield holds a picture for as long as it hands it to the X server, or to a card. Left to itself, the C library would keep that
/// memory.
const GIVES_BACK: &str = "glibc.malloc.mmap_threshold=65536:glibc.malloc.trim_threshold=65536";

/// Resolves when a unit runs its program, if that can be seen: until then it is the service manager's process.
pub(super) async fn executed(unit: &Group, program: &Path) {
    let exe = |pid: u32| std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    for _ in 0..250 {
        if unit.processes().into_iter().any(|pid| exe(pid).file_name() == program.file_name()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The environment of units in which pictures are held.
pub(super) fn environment() -> Property<'static> {
    ("Environment", Variant::from(vec![format!("{ALLOCATOR}={GIVES_BACK}")]))
}

/// Sets how much the kernel spares the processes of a shield's unit. Going back to the value at their start needs no right.
pub(super) fn protect(unit: &Group, score: i32) {
    for pid in unit.processes() {
        let _ = std::fs::write(format!("/proc/{pid}/oom_score_adj"), score.to_string());
    }
}

/// The properties of a shield's unit.
pub(super) fn unit(program: &Path, display: &str) -> Vec<Property<'static>> {
    let mut properties = confined(program, None, format!("usher's shield of display {display}"), (MEMORY, 16));
    properties.extend([
        // Two processes hold the display; the one that is left starts another.
        ("ExitType", Variant::from("cgroup".to_owned())),
        // A unit with a uid of its own has a directory for temporary files of its own, and X servers listen in everybody's.
        ("BindReadOnlyPaths", Variant::from(vec![(SOCKETS.to_owned(), SOCKETS.to_owned(), true, 0u64)])),
        environment(),
        // It is raised until the shield is armed.
        ("OOMScoreAdjust", Variant::from(SPARED_BY_OOM)),
    ]);
    properties
}

/// The properties (`systemd.exec(5)`, `systemd.service(5)`) of a unit that reads what a user's programs say: it has no right
/// that it could lose to them. Its memory and its tasks are bounded.
pub(super) fn confined(
    program: &Path,
    role: Option<&str>,
    description: String,
    (memory, tasks): (u64, u64),
) -> Vec<Property<'static>> {
    let program = program.to_string_lossy().into_owned();
    let words = std::iter::once(program.clone()).chain(role.map(str::to_owned)).collect();
    let command: Vec<(String, Vec<String>, bool)> = vec![(program, words, false)];
    let text = |value: &str| Variant::from(value.to_owned());
    let mut properties = vec![
        ("Description", Variant::from(description)),
        ("ExecStart", Variant::from(command)),
        ("Type", text("exec")),
        ("CollectMode", text("inactive-or-failed")),
        ("MemoryMax", Variant::from(memory)),
        ("MemorySwapMax", Variant::from(0u64)),
        ("TasksMax", Variant::from(tasks)),
    ];
    properties.extend(without_rights(&CALLS));
    properties
}
