//! `usher demo`: its own suggestions do not end it, its text fits, and it speaks the caller's language.

use crate::harness::{Daemon, Shot, Station, USHER, clean_command, need, run, wait_until};

/// The demo in a terminal of 80×24, in a language; its directories are the test's.
fn demo(daemon: &Daemon, language: &str, arguments: &str) -> Station {
    let directory = daemon.directory().display();
    let line = format!("TMPDIR='{directory}' TMUX_TMPDIR='{directory}' LANG={language} {USHER} demo {arguments}");
    Station::run_program(daemon, "sh", &["-c".to_owned(), line], 24, 80)
}

/// What stands in the left half.
fn left(shot: &Shot) -> String {
    let halves = shot
        .text()
        .lines()
        .map(|line| line.split('│').next().unwrap_or_default().trim_end().to_owned())
        .collect::<Vec<_>>();
    halves.join("\n")
}

#[test]
fn every_suggestion_can_be_typed_and_the_end_leaves_nothing_behind() {
    if need("tmux").is_none() {
        return;
    }
    let daemon = Daemon::not_started();
    let mut station = demo(&daemon, "C.UTF-8", "");
    let shot = station.wait_for("ends the demo.");
    let text = left(&shot);
    for line in [
        "This shell is the operator's. It has a",
        "  usher lock 1 --message Soon --for 20s",
        "    it lives on: usher attach 1",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line:?} is whole:\n{}", shot.text());
    }
    station.wait("somebody sits on the right", |shot| {
        shot.text().lines().any(|line| line.split_once('│').is_some_and(|(_, right)| !right.trim().is_empty()))
    });
    station.type_keys(b"usher disconnect 1\r");
    station.wait_for("You left session 1.");
    station.type_keys(b"clear; usher list --state disconnected\r");
    station.wait_for("exam");
    station.type_keys(b"clear; usher close 1\r");
    station.wait("it is closed", |shot| left(shot).contains("close   done"));
    station.type_keys(b"clear; usher list\r");
    station.wait("the operator goes on", |shot| left(shot).contains("clock") && !left(shot).contains("exam"));
    station.type_keys(b"exit\r");
    station.wait_for("its sessions and its directory are gone.");
    assert!(station.wait_gone().success());
    wait_until("nothing is left", || left_behind(&daemon) == 0);
}

/// The demo's directories.
fn left_behind(daemon: &Daemon) -> usize {
    let entries = std::fs::read_dir(daemon.directory()).expect("a directory").flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("usher-demo"))
        .count()
}

/// The processes in one of the demo's directories.
fn processes_inside(daemon: &Daemon) -> usize {
    let inside = daemon.directory().join("usher-demo");
    let places = std::fs::read_dir("/proc").expect("/proc").flatten().map(|entry| entry.path().join("cwd"));
    let places = places.filter_map(|place| std::fs::read_link(place).ok());
    places.filter(|place| place.to_string_lossy().starts_with(&*inside.to_string_lossy())).count()
}

#[test]
fn a_terminal_that_is_closed_ends_every_process_of_the_demo() {
    if need("tmux").is_none() {
        return;
    }
    let daemon = Daemon::not_started();
    let directory = daemon.directory();
    let tmux = |arguments: &[&str]| {
        let mut command = clean_command("tmux", directory);
        command.env("TMUX_TMPDIR", directory).env("TMPDIR", directory);
        run(command.args(["-L", "desk", "-f", "/dev/null"]).args(arguments), b"").exits(0)
    };
    tmux(&["new-session", "-d", "-x", "80", "-y", "24", &format!("{USHER} demo --no-tmux")]);
    wait_until("the tour is shown", || tmux(&["capture-pane", "-p"]).stdout.contains("ends the demo."));
    wait_until("its sessions run", || processes_inside(&daemon) >= 3);
    tmux(&["kill-server"]);
    wait_until("no process is left", || processes_inside(&daemon) == 0);
    wait_until("nothing is left", || left_behind(&daemon) == 0);
}

#[test]
fn ctrl_c_ends_the_web_page_and_every_process_of_the_demo() {
    let daemon = Daemon::not_started();
    let mut station = demo(&daemon, "C.UTF-8", "--web");
    station.wait_for("opens it once");
    wait_until("its sessions run", || processes_inside(&daemon) >= 3);
    station.type_keys(b"\x03");
    station.wait_for("its sessions and its directory are gone.");
    station.wait_gone();
    wait_until("no process is left", || processes_inside(&daemon) == 0);
}

#[test]
fn a_chinese_caller_reads_chinese() {
    if need("tmux").is_none() {
        return;
    }
    let daemon = Daemon::not_started();
    let mut station = demo(&daemon, "zh_CN.UTF-8", "");
    let shot = station.wait_for("结束演示");
    assert!(shot.text().contains("这里是操作员的 shell") && !shot.text().contains("operator"), "{}", shot.text());
    station.type_keys(b"clear; usher list\r");
    station.wait_for("状态");
    station.type_keys(b"exit\r");
    station.wait_for("都已清除");
    station.wait_gone();
    let mut station = demo(&daemon, "C.UTF-8", "--no-tmux --lang zh-CN");
    station.wait_for("请在另一个终端中连接会话 1");
    station.type_keys(b"exit\r");
    station.wait_for("都已清除");
    station.wait_gone();
}

#[test]
fn the_unattended_tour_speaks_the_callers_language_too() {
    let daemon = Daemon::not_started();
    let mut command = clean_command(USHER, daemon.directory());
    command.args(["--lang", "zh-CN", "demo", "--script"]).env("TMPDIR", daemon.directory());
    let said = run(&mut command, b"").exits(0).stdout;
    let han = |line: &str| line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let told: Vec<&str> = said.lines().filter(|line| line.starts_with("# ")).collect();
    assert!(told.len() > 5 && told.iter().all(|line| han(line)), "{told:?}");
    assert!(said.contains("以上每一步都已得到确认"), "{said}");
}
