//! A start line: commands that wait in the host, each as its user, until all are let go at once. Letting go is closing
//! a pipe, on which shells wait that then become the commands.

use std::fs::{self, File};
use std::time::{Duration, Instant};

use super::cost::Unit;
use super::harness::{Host, wait_until};

/// The waiting commands.
pub struct Command {
    /// As whom.
    pub user: String,
    /// A line of shell, which ends with `exec`.
    pub line: String,
}

/// Commands in one transient service, which wait or run. They are killed when this value goes.
pub struct Gate {
    /// Their service.
    pub unit: Unit,
    host: Host,
    name: String,
    pipe: Option<File>,
}

impl Gate {
    /// Lets these commands wait.
    pub fn prepare(host: &Host, name: &str, commands: &[Command]) -> Gate {
        let directory = format!("/run/bench/{name}");
        host.root(&format!("mkdir -m 1777 {directory} && mkfifo -m 666 {directory}/gate")).succeeds();
        let mut script = String::new();
        for (index, Command { user, line }) in commands.iter().enumerate() {
            let waits =
                format!("exec 3<{directory}/gate; : >{directory}/ready{index}; read -r _ <&3; exec 3<&-; {line}\n");
            fs::write(host.path(format!("{directory}/{index}.sh")), waits).expect("a script");
            script += &format!(
                "setpriv --reuid {user} --regid {user} --init-groups --reset-env sh {directory}/{index}.sh \
                 >{directory}/log{index} 2>&1 &\n"
            );
        }
        // It stays, so that the time of commands that end is not forgotten.
        fs::write(host.path(format!("{directory}/all.sh")), script + "exec sleep infinity\n").expect("a script");
        let pipe = File::options().read(true).write(true).open(host.path(format!("{directory}/gate"))).expect("a pipe");
        host.root(&format!("systemd-run --quiet --collect --unit={name} sh {directory}/all.sh")).succeeds();
        wait_until("everybody is at the start line", || {
            (0..commands.len()).all(|index| host.path(format!("{directory}/ready{index}")).exists())
        });
        std::thread::sleep(Duration::from_millis(200));
        let unit = Unit::of(host, &format!("{name}.service"));
        Gate { unit, host: host.clone(), name: name.to_owned(), pipe: Some(pipe) }
    }

    /// Lets them go; gives the moment.
    pub fn open(&mut self) -> Instant {
        let now = Instant::now();
        self.pipe = None;
        now
    }

    /// The first command's output.
    pub fn said(&self) -> String {
        self.host.content(format!("/run/bench/{}/log0", self.name))
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let name = &self.name;
        let _ = self.host.root(&format!("systemctl kill --signal=KILL {name}.service; rm -rf /run/bench/{name}"));
        wait_until("all are gone", || self.unit.pids().is_empty());
    }
}
