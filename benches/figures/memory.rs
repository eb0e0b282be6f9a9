//! Memory of the daemon and of the holders.

use std::process::Command;

use super::fixture::{Daemon, Table, median, there_is};

pub fn measure(table: &mut Table, sessions: usize) {
    let daemon = Daemon::on_tmpfs();
    table.add("usherd without sessions, RSS", kib(field(daemon.pid(), "status", "VmRSS")), "", "");
    daemon.open(2);
    let few = holder(&daemon);
    table.add("usher-tty, PSS, one of 2 freshly opened", kib(few), "<= 2 MiB", "");
    daemon.open(sessions.saturating_sub(2));
    let peer = if there_is("tmux") { tmux(100) } else { String::new() };
    table.add(&format!("usher-tty, PSS, one of {sessions}"), kib(holder(&daemon)), "<= 2 MiB", &peer);
    daemon.run(&["lock", "--all", "--message", "Eyes up"]);
    table.add(&format!("usher-tty locked, PSS, one of {sessions}"), kib(holder(&daemon)), "", "");
    let rss = field(daemon.pid(), "status", "VmRSS");
    table.add(&format!("usherd with {sessions} sessions, all locked once, RSS"), kib(rss), "<= 30 MiB", "");
}

/// The median PSS of the daemon's holders.
fn holder(daemon: &Daemon) -> Option<f64> {
    let mut sizes: Vec<f64> =
        daemon.holders().into_iter().filter_map(|pid| field(pid, "smaps_rollup", "Pss")).collect();
    (!sizes.is_empty()).then(|| median(&mut sizes))
}

/// A field in KiB of one of a process's files in `/proc`.
fn field(pid: u32, file: &str, name: &str) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
    let line = text.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn kib(value: Option<f64>) -> String {
    value.map_or_else(|| "not readable".to_owned(), |kib| format!("{:.2} MiB", kib / 1024.0))
}

/// The memory that sessions take of a tmux server.
fn tmux(sessions: usize) -> String {
    let server = format!("usher-bench-{}", std::process::id());
    let run = |arguments: &[&str]| {
        Command::new("tmux").env_remove("TMUX").args(["-L", &server, "-f", "/dev/null"]).args(arguments).output()
    };
    for _ in 0..sessions {
        let _ = run(&["new-session", "-d", "cat"]);
    }
    let pid =
        run(&["display-message", "-p", "#{pid}"]).ok().map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    let rss = pid.and_then(|pid| field(pid.parse().ok()?, "status", "VmRSS"));
    let _ = run(&["kill-server"]);
    match rss {
        Some(kib) => format!("tmux server with {sessions} sessions: {:.2} MiB RSS in all", kib / 1024.0),
        None => String::new(),
    }
}
