//! What keys reach past every terminal: the kernel's own commands (SysRq), and Ctrl-Alt-Del, which restarts the host.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `kernel.sysrq` (`admin-guide/sysrq`).
const SYSRQ: &str = "/proc/sys/kernel/sysrq";
/// What systemd starts at Ctrl-Alt-Del (`systemd.special(7)`).
const RESTART: &str = "ctrl-alt-del.target";
/// Where it lies while it is masked.
const MASK: &str = "/run/systemd/system/ctrl-alt-del.target";

/// What SysRq is allowed now.
pub fn sysrq() -> io::Result<String> {
    Ok(std::fs::read_to_string(SYSRQ)?.trim().to_owned())
}

/// Sets what SysRq is allowed.
pub fn set_sysrq(value: &str) -> io::Result<()> {
    std::fs::write(SYSRQ, value)
}

/// Whether an administrator has masked Ctrl-Alt-Del, or we have.
pub fn is_masked() -> bool {
    let leads_nowhere = |path: &str| std::fs::read_link(path).is_ok_and(|to| to == Path::new("/dev/null"));
    leads_nowhere(MASK) || leads_nowhere("/etc/systemd/system/ctrl-alt-del.target")
}

/// Ctrl-Alt-Del restarts nothing until the next boot, or does so again.
///
/// systemd reads its units again for that, which may take seconds: it is not waited for.
pub fn mask(masked: bool) -> io::Result<Child> {
    let verb = if masked { "mask" } else { "unmask" };
    let mut systemctl = Command::new("systemctl");
    systemctl.args([verb, "--runtime", RESTART]).stdin(Stdio::null()).stdout(Stdio::null());
    systemctl.spawn()
}
