//! An operator's machine without a daemon, and hosts that its operator reaches.

use std::process::{Command, Stdio};

use super::host::Options;
use super::ran::run;
use super::{Host, Lab, PATIENCE, Ran, Suite, User, copy_program};

/// Several hosts and the machine from which olga controls them. She is an operator on each, and logs in by ssh with a key.
pub struct School {
    /// The operator's machine: it has `usher`, and no daemon.
    pub desk: Host,
    /// Who sits at it.
    pub olga: User,
    /// The hosts; at the desk they are called `h1`, `h2` and so on.
    pub hosts: Vec<Host>,
}

impl School {
    /// Boots everything side by side.
    #[track_caller]
    pub fn open(suites: &[Suite]) -> School {
        let boot = |suite, packages| std::thread::spawn(move || Host::boot(Options { suite, packages }));
        let desk = boot(Suite::Bookworm, false);
        let hosts: Vec<_> = suites.iter().map(|suite| boot(*suite, true)).collect();
        let desk = desk.join().expect("the desk boots");
        let hosts: Vec<Host> = hosts.into_iter().map(|host| host.join().expect("a host boots")).collect();
        let olga = desk.user("olga");
        let school = School { desk, olga, hosts };
        school.equip();
        school
    }

    fn equip(&self) {
        for program in ["usher", "usher-dial"] {
            let (from, to) = (self.hosts[0].path("/usr/bin").join(program), self.desk.path("/usr/bin").join(program));
            if from.exists() {
                copy_program(&from, &to);
            }
        }
        let config = "Host *\n  StrictHostKeyChecking accept-new\n";
        self.shell(&format!(
            "mkdir -m 700 -p ~/.ssh && ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519 && printf '{config}' > ~/.ssh/config"
        ))
        .succeeds();
        let key = self.shell("cat ~/.ssh/id_ed25519.pub").succeeds();
        let mut names = String::new();
        for (index, host) in self.hosts.iter().enumerate() {
            names += &format!("{} h{}\n", host.address(), index + 1);
            let there = host.user_in("olga", &["usher-operator"]);
            assert_eq!(there.name, self.olga.name, "the account");
            host.root(&format!(
                "install -d -o olga -m 700 /home/olga/.ssh && echo '{}' > /home/olga/.ssh/authorized_keys",
                key.trim()
            ))
            .succeeds();
        }
        self.desk.root(&format!("printf '{names}' >> /etc/hosts")).succeeds();
    }

    /// Joins every host by a token that its root has invited olga with.
    #[track_caller]
    pub fn join_all(&self) {
        for (index, host) in self.hosts.iter().enumerate() {
            self.usher(&["join", &host.token("operator"), "--name", &format!("h{}", index + 1)]).succeeds();
        }
    }

    /// Runs `usher` at the desk as olga.
    #[track_caller]
    pub fn usher(&self, arguments: &[&str]) -> Ran {
        run(self.desk.command_as("olga").arg("usher").args(arguments), b"", 3 * PATIENCE)
    }

    /// Runs a shell command at the desk as olga.
    #[track_caller]
    pub fn shell(&self, command: &str) -> Ran {
        self.desk.run(&self.olga, &format!("cd; {command}"))
    }

    /// The beginning of `usher` at the desk as olga, whose output is read while it runs.
    pub fn started(&self, arguments: &[&str]) -> Command {
        let mut command = self.desk.command_as("olga");
        command.arg("usher").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Host {
    /// A token with which one machine can join, as this role.
    #[track_caller]
    pub fn token(&self, role: &str) -> String {
        let said = self.root_usher(&["invite", "--role", role, "--address", self.address()]).succeeds();
        said.trim().to_owned()
    }

    /// Takes the host's cable out, or puts it back: what was connected stays so, and nothing arrives.
    #[track_caller]
    pub fn plugged(&self, plugged: bool) {
        let state = if plugged { "up" } else { "down" };
        let (lab, link) = (Lab::shared().init.to_string(), format!("to-{}", self.name()));
        let mut command = Command::new("nsenter");
        command.args(["-t", &lab, "-n", "ip", "link", "set", &link, state]);
        run(&mut command, b"", PATIENCE).succeeds();
    }
}
