//! A real `usherd` of the system's, in namespaces of its own, without the host's bus, displays and network: its sessions
//! are written into its database, and its callers have uids of the host's own accounts.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use rustix::process::Signal;
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use serde_json::Value;

use super::http::{self, Answer};
use super::{Daemon, PATIENCE, USHERD, clean_command, need, need_root, processes, wait_bounded};

/// An administrator: root.
pub const ROOT: u32 = 0;
/// `bin` and `sys`: ordinary users.
pub const BIN: u32 = 2;
pub const SYS: u32 = 3;
/// `daemon`, whose group makes it an administrator here.
pub const ADMIN: u32 = 1;
/// `games` and `nobody`, whose groups make them operators here.
pub const GAMES: u32 = 5;
pub const NOBODY: u32 = 65534;

/// A daemon of the system's and everything it started.
pub struct System {
    directory: tempfile::TempDir,
    process: Child,
}

impl System {
    /// Starts one with these sessions, by number and uid, shown by ssh; none where that cannot be done here.
    #[track_caller]
    pub fn start(configuration: &str, sessions: &[(u32, u32)]) -> Option<Self> {
        use std::os::unix::fs::PermissionsExt;
        if !need_root() || need("unshare").is_none() {
            return None;
        }
        let directory = tempfile::Builder::new().prefix("us").tempdir_in("/tmp").expect("a directory");
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        let state = directory.path().join("state");
        // A daemon of a user's makes the tables.
        Daemon::not_started().with_state(state.clone()).started().stop();
        book(&state.join("usher.db"), sessions);
        let roles = "admin_groups = [\"daemon\"]\noperator_groups = [\"games\", \"nogroup\"]\n";
        std::fs::write(directory.path().join("usherd.toml"), format!("{roles}{configuration}"))
            .expect("a configuration");
        let process = started(&directory);
        Some(System { directory, process })
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    /// One request by this uid, with more headers.
    #[track_caller]
    pub fn request_with(&self, uid: u32, headers: &str, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: usherd\r\nConnection: close\r\n{headers}");
        let head = format!("{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let socket = self.socket();
        // Credentials are a thread's: the others of this process stay what they are.
        let asked = std::thread::spawn(move || {
            let (user, group) = (rustix::process::Uid::from_raw(uid), rustix::process::Gid::from_raw(uid));
            set_thread_groups(&[]).expect("root may");
            set_thread_res_gid(group, group, group).expect("root may");
            set_thread_res_uid(user, user, user).expect("root may");
            http::exchange(&socket, head.as_bytes()).expect("an answer")
        });
        asked.join().expect("it was asked")
    }

    /// One request by this uid.
    #[track_caller]
    pub fn request(&self, uid: u32, method: &str, path: &str, body: &Value) -> Answer {
        self.request_with(uid, "", method, path, body)
    }

    /// The audit log's records of this action.
    #[track_caller]
    pub fn audit(&self, action: &str) -> Vec<Value> {
        let answer = self.request(ROOT, "GET", &format!("/v1/audit?action={action}"), &Value::Null);
        answer.json().as_array().expect("records").clone()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        processes::signal(self.process.id(), Signal::TERM);
        let _ = wait_bounded(&mut self.process, PATIENCE);
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            println!("--- the daemon's log\n{log}");
        }
    }
}

/// The kernel's boot ID.
pub fn boot_id() -> String {
    let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("a boot ID");
    boot_id.trim().to_owned()
}

/// Puts sessions on a dead daemon's books.
fn book(database: &std::path::Path, sessions: &[(u32, u32)]) {
    let database = rusqlite::Connection::open(database).expect("the database");
    let boot = boot_id();
    for (id, uid) in sessions {
        let insert =
            "INSERT INTO session (id, boot_id, native_id, leader_pid, leader_start, user, uid, since, program, kind)
             VALUES (?1, ?2, ?1, 4194304, 1, 'u' || ?3, ?3, '2026-03-02T09:41:00.000000Z', 'sshd', 'ssh')";
        database.execute(insert, rusqlite::params![id, boot, uid]).expect("a session");
    }
}

fn started(directory: &tempfile::TempDir) -> Child {
    let path = |name: &str| directory.path().join(name);
    let script = "mkdir -p /tmp/.X11-unix && mount -t tmpfs none /tmp/.X11-unix && exec \"$0\" \"$@\"";
    let mut command = clean_command("unshare", directory.path());
    command.args(["--mount", "--net", "sh", "-c", script, USHERD]).arg("--socket").arg(path("s"));
    command.arg("--state-dir").arg(path("state")).arg("--config").arg(path("usherd.toml"));
    command.env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", path("no-bus").display()));
    await_ready(command, &path("log"))
}

#[track_caller]
fn await_ready(mut command: Command, log: &std::path::Path) -> Child {
    let log = std::fs::File::create(log).expect("a log");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().expect("unshare");
    let stdout = child.stdout.take().expect("a pipe");
    let (say, said) = mpsc::channel();
    std::thread::spawn(move || say.send(BufReader::new(stdout).lines().map_while(Result::ok).next()));
    let line = said.recv_timeout(2 * PATIENCE);
    assert!(matches!(&line, Ok(Some(line)) if line.starts_with("ready: ")), "the system's usherd says {line:?}");
    child
}
