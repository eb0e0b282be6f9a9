//! Somebody logged in by ssh, with a key and a terminal, from another machine of the laboratory's network.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};

use super::{Host, Lab, PATIENCE, Ran, User};

/// A real ssh session with a terminal. It ends when this value goes.
pub struct Shell {
    /// Whose it is.
    pub user: User,
    /// logind's ID of it.
    pub session: String,
    /// Where it was opened from.
    pub client: String,
    host: Host,
    process: Child,
    input: ChildStdin,
    output: Receiver<String>,
}

impl Host {
    /// Logs this user in by ssh, from the laboratory's own address, with a shell at a terminal.
    #[track_caller]
    pub fn shell(&self, user: &User) -> Shell {
        let name = &user.name;
        self.lets_in_by_key(user);
        // The host's own program and files, in the network of the laboratory: the client is another machine.
        let mut ssh = self.beside();
        ssh.args(["ssh", "-tt", "-q", "-i", "/root/.ssh/test", "-o", "StrictHostKeyChecking=no"]);
        ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"]);
        // A host that has just booted may lose the first try.
        ssh.args(["-o", "ConnectTimeout=8", "-o", "ConnectionAttempts=3"]);
        ssh.arg(format!("{name}@{}", self.address()))
            .arg("stty -echo -onlcr; echo '<<END 0>>'; PS1= PS2= exec /bin/sh");
        let log = fs::File::create(Lab::shared().directory().join(format!("ssh-{name}.log"))).expect("a log");
        let mut process = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().expect("ssh");
        let input = process.stdin.take().expect("a pipe");
        let output = lines(process.stdout.take().expect("a pipe"));
        let (user, session, client) = (user.clone(), String::new(), Lab::HUB.to_owned());
        let mut shell = Shell { user, session, client, host: self.clone(), process, input, output };
        let _ = shell.answer("log in");
        shell.session = shell.run("echo $XDG_SESSION_ID").succeeds().trim().to_owned();
        shell
    }
}

impl Shell {
    /// Runs a shell command in the session, on its terminal, to its end. Errors come among what it prints.
    #[track_caller]
    pub fn run(&mut self, command: &str) -> Ran {
        self.type_line(&format!("( {command}\n) </dev/null; echo \"<<END $?>>\""));
        self.answer(command)
    }

    /// What comes until the end of a command is told.
    #[track_caller]
    fn answer(&self, command: &str) -> Ran {
        let mut stdout = String::new();
        loop {
            let line = self.output.recv_timeout(PATIENCE).unwrap_or_else(|e| panic!("{command:?}: {e}: {stdout}"));
            if let Some((last, code)) = line.trim_end().strip_suffix(">>").and_then(|line| line.rsplit_once("<<END ")) {
                stdout.push_str(last);
                let code = code.parse().ok();
                return Ran { what: command.to_owned(), code, stdout, stderr: String::new() };
            }
            stdout.push_str(&line);
        }
    }

    /// Types a line on the session's terminal.
    #[track_caller]
    pub fn type_line(&mut self, line: &str) {
        writeln!(self.input, "{line}").and_then(|()| self.input.flush()).expect("the session takes input");
    }

    /// Whether logind still has the session.
    pub fn exists(&self) -> bool {
        !self.host.logind_session(&self.session, "Id").is_empty()
    }

    /// Whether the connection has ended.
    pub fn hung_up(&mut self) -> bool {
        self.process.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lines(output: ChildStdout) -> Receiver<String> {
    let (say, said) = channel();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let _ = say.send(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
    });
    said
}
