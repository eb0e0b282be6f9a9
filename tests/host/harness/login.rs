//! Somebody at a terminal of the laboratory's, logged in by ssh: an emulator that shows what comes and answers questions.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};

use pty_process::Size;
use pty_process::blocking::{Pts, Pty};

use super::{Host, PATIENCE, User, wait_for, wait_until};

/// A terminal with an ssh client in it. The login ends when this value goes.
pub struct Login {
    /// logind's ID of the login.
    pub session: String,
    host: Host,
    user: User,
    pty: Arc<Pty>,
    _end: Pts,
    client: Child,
    shown: Arc<Mutex<Shown>>,
}

struct Shown {
    parser: vt100::Parser<Answers>,
    raw: Vec<u8>,
}

/// What the emulator answers, as xterm does.
struct Answers {
    said: Vec<u8>,
    /// It answers nothing, as a terminal that knows no questions.
    silent: bool,
}

impl vt100::Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        second: Option<u8>,
        params: &[&[u16]],
        last: char,
    ) {
        let number = params.first().and_then(|one| one.first()).copied().unwrap_or(0);
        let (row, column) = screen.cursor_position();
        let set = |set: bool| if set { 1 } else { 2 };
        let answer = match (first, second, last, number) {
            (None, None, 'n', 5) => "\x1b[0n".to_owned(),
            (None, None, 'n', 6) => format!("\x1b[{};{}R", row + 1, column + 1),
            (Some(b'?'), Some(b'$'), 'p', 1049) => format!("\x1b[?1049;{}$y", set(screen.alternate_screen())),
            (Some(b'?'), Some(b'$'), 'p', 25) => format!("\x1b[?25;{}$y", set(!screen.hide_cursor())),
            (Some(b'?'), Some(b'$'), 'p', mode) => format!("\x1b[?{mode};0$y"),
            _ => return,
        };
        if !self.silent {
            self.said.extend(answer.as_bytes());
        }
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
        let (pty, end) = pty_process::blocking::open().expect("a pseudoterminal");
        pty.resize(Size::new(24, 80)).expect("a size");
        let mut spawn = pty_process::blocking::Command::new(ssh.get_program()).args(ssh.get_args()).env_clear();
        for (name, value) in ssh.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            spawn = spawn.env(name, value);
        }
        let client = spawn.env("TERM", kind).spawn_borrowed(&end).expect("ssh");
        let answers = Answers { said: Vec::new(), silent: kind == "dumb" };
        let parser = vt100::Parser::new_with_callbacks(number(24), number(80), 0, answers);
        let shown = Arc::new(Mutex::new(Shown { parser, raw: Vec::new() }));
        let pty = Arc::new(pty);
        read_on(Arc::clone(&pty), Arc::clone(&shown));
        let session = wait_for(&format!("{} is logged in by ssh", user.name), || {
            self.ssh_sessions(user).into_iter().find(|id| !before.contains(id))
        });
        Login { session, host: self.clone(), user: user.clone(), pty, _end: end, client, shown }
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
        let listed = self.root("loginctl list-sessions --no-legend").stdout;
        let of_user = listed.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            (fields.get(2) == Some(&user.name.as_str())).then(|| fields[0].to_owned())
        });
        of_user.filter(|id| self.logind_session(id, "Service") == "sshd").collect()
    }
}

impl Login {
    /// What is on the screen.
    pub fn text(&self) -> String {
        self.lock().parser.screen().contents()
    }

    /// Whether the alternate screen is shown.
    pub fn is_alternate(&self) -> bool {
        self.lock().parser.screen().alternate_screen()
    }

    /// Every byte that came.
    pub fn raw(&self) -> Vec<u8> {
        self.lock().raw.clone()
    }

    /// Waits until the screen has this text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        let deadline = std::time::Instant::now() + PATIENCE;
        while !self.text().contains(text) {
            assert!(std::time::Instant::now() < deadline, "waited in vain for {text:?}; the screen:\n{}", self.text());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Waits until the screen does not have this text.
    #[track_caller]
    pub fn wait_without(&self, text: &str) {
        wait_until(&format!("{text:?} is not on the screen"), || !self.text().contains(text));
    }

    /// Types.
    pub fn type_keys(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Makes the terminal larger or smaller.
    pub fn resize(&self, rows: u16, cols: u16) {
        self.lock().parser.screen_mut().set_size(number(rows), number(cols));
        self.pty.resize(Size::new(rows, cols)).expect("a size");
    }

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

    /// Whether the client has ended.
    pub fn hung_up(&mut self) -> bool {
        self.client.try_wait().is_ok_and(|status| status.is_some())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
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
        let _ = self.client.kill();
        let _ = self.client.wait();
        let _ = self.host.root(&format!("loginctl kill-session --signal=KILL {}", self.session));
    }
}

fn number(value: u16) -> NonZeroU16 {
    NonZeroU16::new(value).expect("a size")
}

fn read_on(pty: Arc<Pty>, shown: Arc<Mutex<Shown>>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = (&*pty).read(&mut buffer) {
            let said = {
                let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                shown.parser.process(&buffer[..count]);
                shown.raw.extend(&buffer[..count]);
                std::mem::take(&mut shown.parser.callbacks_mut().said)
            };
            if !said.is_empty() && (&*pty).write_all(&said).is_err() {
                return;
            }
        }
    });
}
