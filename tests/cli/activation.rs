//! `usherd --user` on a socket on which the service manager listens: it is started when somebody calls.

use std::process::{Command, Stdio};

use crate::harness::{Daemon, PATIENCE, USHERD, clean_command, need, processes, wait_bounded, wait_until};

/// Listens as systemd does, starts the daemon when somebody calls, and again when it has ended (`sd_listen_fds(3)`).
const MANAGER: &str = r#"
import os, select, socket, sys
path, usherd, arguments = sys.argv[1], sys.argv[2], sys.argv[2:]
os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
os.chmod(path, 0o600)
listener.listen(16)
print("listening", flush=True)
while True:
    select.select([listener], [], [])
    child = os.fork()
    if child == 0:
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
        os.execv(usherd, arguments)
    print("started", child, flush=True)
    os.waitpid(child, 0)
"#;

#[test]
fn the_daemon_is_started_on_demand_and_again_and_keeps_its_sessions() {
    if need("python3").is_none() {
        return;
    }
    let daemon = Daemon::not_started();
    let socket = daemon.path("run/usher/usher.sock");
    let mut python = clean_command("python3", daemon.directory());
    python.args(["-c", MANAGER]).arg(&socket).args([USHERD, "--user", "--state-dir"]).arg(daemon.path("state"));
    let said = std::fs::File::create(daemon.path("said")).expect("a file");
    let log = std::fs::File::create(daemon.path("log")).expect("a file");
    let mut manager = python.stdin(Stdio::null()).stdout(said).stderr(log).spawn().expect("python3 runs");
    let started = || {
        let said = daemon.content("said");
        said.lines().filter_map(|line| line.strip_prefix("started ")?.parse::<u32>().ok()).collect::<Vec<_>>()
    };
    wait_until("the manager listens", || daemon.content("said").contains("listening"));
    let usher = |words: &[&str]| {
        let mut command: Command = clean_command(crate::harness::USHER, daemon.directory());
        command.arg("--socket").arg(&socket).args(words);
        crate::harness::run(&mut command, b"")
    };
    assert_eq!(started().len(), 0, "nobody has called");
    usher(&["open", "--", "sleep", "1000"]).exits(0);
    let first = *started().last().expect("it was started");
    processes::signal(first, rustix::process::Signal::TERM);
    wait_until("it has ended", || !processes::alive(first));
    assert!(socket.exists(), "the socket is the manager's");
    let listed = usher(&["list", "--output", "json"]).exits(0);
    assert_eq!(listed.only()["session_id"], 1, "another daemon has the session now");
    assert_eq!(started().len(), 2);
    usher(&["close", "--all"]).exits(0);
    manager.kill().expect("it can be killed");
    wait_bounded(&mut manager, PATIENCE).expect("it ends");
    for pid in started() {
        processes::signal(pid, rustix::process::Signal::TERM);
        wait_until("it has ended", || !processes::alive(pid));
    }
}
