//! Several daemons as hosts that are reached by `--server`. In the place of ssh stands a script that leads each name to
//! its daemon by the same `usher dial-stdio` that ssh runs; with the real ssh and real hosts that is shown in
//! `tests/host/server.rs`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::{Daemon, Ran, USHER, clean_command, run};

/// An operator's home, and hosts called `lab1`, `lab2` and so on.
pub struct Fleet {
    home: tempfile::TempDir,
    pub hosts: Vec<Daemon>,
}

impl Fleet {
    /// Starts so many hosts.
    #[track_caller]
    pub fn start(count: usize) -> Fleet {
        let home = tempfile::Builder::new().prefix("ut").tempdir_in("/tmp").expect("a directory");
        let fleet = Fleet { home, hosts: (0..count).map(|_| Daemon::start()).collect() };
        let cases: String = (1..).zip(&fleet.hosts).map(|(number, host)| fleet.leads_to(number, host)).collect();
        // What the others do: hang, end, chatter, refuse, speak another version, say what terminals would obey.
        let script = format!(
            "#!/bin/sh\necho \"$*\" >> {0}/calls\nwhile [ \"$1\" != -- ]; do shift; done\ncase $2 in\n{cases}\
             hangs) exec sleep 60 ;;\n\
             mute) echo 'usher-stream 1 0.0.0'; exec sleep 60 ;;\n\
             gone) echo 'ssh: connect to host gone port 22: No route to host' >&2; exit 255 ;;\n\
             bare) echo 'sh: 1: usher: not found' >&2; exit 127 ;;\n\
             old) echo 'usher-stream 0 0.0.1' ;;\n\
             flood) exec yes ;;\n\
             breaks) echo 'usher-stream 1 0.0.0'; read line; printf 'HTTP/1.1 200 OK\\r\\nusher-api: 1\\r\\ncontent-length: 900\\r\\n\\r\\n[' ;;\n\
             liar) echo 'usher-stream 1 0.0.0'; read line; case $line in\n\
             *events*) printf 'HTTP/1.1 200 OK\\r\\nusher-api: 1\\r\\n\\r\\ndata: 1\\n\\n'; exec sleep 60 ;;\n\
             *) printf 'HTTP/1.1 500 No\\r\\nusher-api: 1\\r\\nconnection: close\\r\\n\\r\\n';\n\
             printf '{{\"error\":{{\"id\":\"BackendFailed\",\"message\":\"a\\302\\233 b\\342\\200\\256 c\"}}}}' ;; esac ;;\n\
             esac\n",
            fleet.home.path().display()
        );
        let file = fleet.path("ssh");
        fs::write(&file, script).expect("a script");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a mode");
        fleet
    }

    fn leads_to(&self, number: usize, host: &Daemon) -> String {
        let socket = host.socket();
        format!("lab{number}) echo Welcome; exec {USHER} --socket {} dial-stdio ;;\n", socket.display())
    }

    /// Opens so many sessions on each host.
    #[track_caller]
    pub fn open(&self, count: usize) {
        for host in &self.hosts {
            (0..count).for_each(|_| {
                host.open("exec cat");
            });
        }
    }

    /// A file in the operator's home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// What the script was called with, a line each.
    pub fn calls(&self) -> String {
        fs::read_to_string(self.path("calls")).unwrap_or_default()
    }

    /// The command line at the operator's machine.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = clean_command(USHER, self.home.path());
        command.env("USHER_SSH", self.path("ssh")).args(arguments);
        command
    }

    /// Runs it.
    #[track_caller]
    pub fn usher(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments), b"")
    }

    /// Runs it with something on standard input.
    #[track_caller]
    pub fn piped(&self, arguments: &[&str], input: &str) -> Ran {
        run(&mut self.command(arguments), input.as_bytes())
    }
}
