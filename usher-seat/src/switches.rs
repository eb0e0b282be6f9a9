//! What keys reach past every terminal: the kernel's own commands (SysRq), and Ctrl-Alt-Del, which restarts the host.

use std::io;

use serde::{Deserialize, Serialize};

/// What SysRq is allowed (`admin-guide/sysrq`).
const SYSRQ: &str = "/proc/sys/kernel/sysrq";
/// The process that the kernel tells of Ctrl-Alt-Del, by SIGINT (`reboot(2)`, `LINUX_REBOOT_CMD_CAD_OFF`): the first one, which
/// restarts the host. Where the process is dead, nobody is told.
const CAD_PID: &str = "/proc/sys/kernel/cad_pid";
/// The kernel's own choice of it.
const FIRST_PROCESS: &str = "1";

/// How these are set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    pub sysrq: String,
    pub cad_pid: String,
}

impl Switches {
    /// How they are set now.
    pub fn read() -> io::Result<Self> {
        let read = |path| Ok::<_, io::Error>(std::fs::read_to_string(path)?.trim().to_owned());
        Ok(Switches { sysrq: read(SYSRQ)?, cad_pid: read(CAD_PID)? })
    }

    /// SysRq does nothing, and Ctrl-Alt-Del tells this process alone, which takes no notice (`start::main`).
    pub fn withheld() -> Self {
        Switches { sysrq: "0".to_owned(), cad_pid: std::process::id().to_string() }
    }

    /// Sets them so.
    pub fn set(&self) -> io::Result<()> {
        // One that was told before may be dead.
        std::fs::write(CAD_PID, &self.cad_pid).or_else(|_| std::fs::write(CAD_PID, FIRST_PROCESS))?;
        std::fs::write(SYSRQ, &self.sysrq)
    }
}
