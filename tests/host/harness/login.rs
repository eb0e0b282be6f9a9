//! Somebody at a terminal of the laboratory's, logged in by ssh.

use std::ops::Deref;
use std::process::Command;

use super::{Host, Terminal, User, wait_for};

/// A terminal with an ssh client in it. The login ends when this value goes.
pub struct Login {
    /// logind's ID of the login.
    pub session: String,
    host: Host,
    user: User,
    terminal: Terminal,
}

impl Deref for Login {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.terminal
    }
}

impl Host {
    /// Logs this user in by ssh from a terminal of the laboratory's, with these options of the client's.
    #[track_caller]
    pub fn login_from_terminal(&self, user: &User, options: &[&str], command: &str) -> Login {
        self.login_from_kind(user, options, command, "xterm-256color")
    }

    /// The same from a terminal of this kind (`TERM`); `dumb` answers no questions.
    #[track_caller]
    pub fn login_from_kind(&self, user: &User, options: &[&str], command: &str, kind: &str) -> Login {
        self.lets_in_by_key(user);
        let before = self.ssh_sessions(user);
        let ssh = self.ssh_command(user, &[&["-tt"], options].concat(), command);
        let terminal = Terminal::of_kind(&ssh, kind);
        let session = wait_for(&format!("{} is logged in by ssh", user.name), || {
            self.ssh_sessions(user).into_iter().find(|id| !before.contains(id))
        });
        Login { session, host: self.clone(), user: user.clone(), terminal }
    }

    /// An ssh client on another machine, with the host's own program and files.
    pub fn ssh_command(&self, user: &User, options: &[&str], command: &str) -> Command {
        let mut ssh = self.beside();
        ssh.args(["ssh", "-q", "-i", "/root/.ssh/test", "-o", "StrictHostKeyChecking=no"]);
        ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "ServerAliveInterval=2"]);
        ssh.args(options).arg(format!("{}@{}", user.name, self.address()));
        if !command.is_empty() {
            ssh.arg(command);
        }
        ssh
    }

    fn ssh_sessions(&self, user: &User) -> Vec<String> {
        self.logins_by("sshd", user)
    }

    /// logind's IDs of the sessions that this service of PAM's let a user into.
    pub fn logins_by(&self, service: &str, user: &User) -> Vec<String> {
        let listed = self.root("loginctl list-sessions --no-legend").stdout;
        let of_user = listed.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            (fields.get(2) == Some(&user.name.as_str())).then(|| fields[0].to_owned())
        });
        of_user.filter(|id| self.logind_session(id, "Service") == service).collect()
    }
}

impl Login {
    /// The device of the login's terminal, below `/dev`.
    #[track_caller]
    pub fn device(&self) -> String {
        wait_for("the login has a terminal", || {
            let user = &self.user.name;
            let scope =
                format!("/sys/fs/cgroup/user.slice/user-{}.slice/session-{}.scope", self.user.uid, self.session);
            let pids = self.host.root(&format!("find {scope} -name cgroup.procs -exec cat {{}} +")).stdout;
            let pids = pids.split_whitespace().collect::<Vec<_>>().join(",");
            let said = self.host.root(&format!("ps -o tty= -o user:32= -p {pids} | grep ' {user}'")).stdout;
            said.split_whitespace().find(|word| word.starts_with("pts/")).map(str::to_owned)
        })
    }

    /// Cuts the login's line.
    pub fn cut(&mut self) {
        self.terminal.kill();
    }

    /// Whether the client has ended.
    pub fn hung_up(&mut self) -> bool {
        self.terminal.has_ended()
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("--- the terminal of {}:\n{}", self.user.name, self.text());
            let said =
                self.host.root("journalctl --no-pager -n 60 -u usherd -u 'usher-guard*' -u 'usher-limit*'").stdout;
            println!("--- usherd:\n{said}");
        }
        let _ = self.host.root(&format!("loginctl kill-session --signal=KILL {}", self.session));
    }
}
