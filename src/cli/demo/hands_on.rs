//! The tour for a person: a shell to be the operator in, and a second terminal to be the user in.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use rustix::termios::tcgetwinsize;
use usher_core::outcome::Exit;

use super::stage::DemoStage;
use super::tour::{page, paragraph};
use crate::words::{self, Key, key};

/// The width of a terminal that does not say how wide it is.
const USUAL_WIDTH: usize = 80;

/// Runs until the operator's shell ends.
pub(super) fn tour(with_tmux: bool) -> io::Result<Exit> {
    // Ctrl-C and the end of the terminal belong to the operator's shell; the stage is cleared when the shell ends.
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT};
    for signal in [SIGINT, SIGQUIT, SIGHUP] {
        signal_hook::flag::register(signal, std::sync::Arc::default())?;
    }
    let stage = DemoStage::set_apart()?;
    stage.open_three("exec \"${SHELL:-sh}\"")?;
    let split = with_tmux && std::env::var_os("TMUX").is_none() && has_tmux();
    let columns = tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_col));
    let columns = if columns == 0 { USUAL_WIDTH } else { columns };
    // Two halves and the line between them.
    let width = if split { (columns - 1) / 2 } else { columns };
    let (sit_down, line) = sit_down(&stage, split);
    let page = page(sit_down, line.as_deref(), width, words::language());
    std::fs::write(stage.directory().join("tour"), page)?;
    std::fs::write(stage.directory().join("left"), paragraph(key!("demo-left"), width, words::language()))?;
    let status = if split { split_with_tmux(&stage)? } else { shell(&stage)? };
    drop(stage);
    // Nobody reads it where the terminal was closed.
    let _ = writeln!(io::stdout(), "{}", words::text!("demo-gone"));
    Ok(if status { Exit::Success } else { Exit::Failed })
}

/// How to become the user of session 1: a sentence, and a line to be copied as it is.
fn sit_down(stage: &DemoStage, split: bool) -> (Key, Option<String>) {
    if split {
        return (key!("demo-right-half"), None);
    }
    let program = std::env::current_exe().unwrap_or_default();
    let line = format!("{} --socket {} attach 1", program.display(), stage.socket().display());
    (key!("demo-second-terminal"), Some(line))
}

fn has_tmux() -> bool {
    let version = Command::new("tmux").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// A shell in which the tour is shown, with our programs in its path.
fn operator(stage: &DemoStage) -> Command {
    let mut command = Command::new("sh");
    stage.point(&mut command);
    let programs = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = programs.into_iter().chain(std::env::split_paths(&path));
    if let Ok(path) = std::env::join_paths(paths) {
        command.env("PATH", path);
    }
    command
}

fn shell(stage: &DemoStage) -> io::Result<bool> {
    // How the operator's last command ended is no matter of ours.
    operator(stage).args(["-c", "cat tour; exec \"${SHELL:-sh}\""]).status().map(|_| true)
}

/// A tmux server of the tour's own, which ends with the operator's shell: the operator on the left, a station on the right.
/// Whoever is sent away from the station has a shell there, to sit down again.
fn split_with_tmux(stage: &DemoStage) -> io::Result<bool> {
    let server = format!("usher-demo-{}", std::process::id());
    let operator = operator(stage);
    let mut tmux = Command::new("tmux");
    for (name, value) in operator.get_envs() {
        match value {
            Some(value) => tmux.env(name, value),
            None => tmux.env_remove(name),
        };
    }
    let station = "usher attach 1; cat left; exec \"${SHELL:-sh}\"";
    // What the tour says is UTF-8, whatever the locale.
    tmux.current_dir(stage.directory()).args(["-u", "-L", &server, "-f", "/dev/null", "new-session"]);
    tmux.args(["sh", "-c", "cat tour; \"${SHELL:-sh}\"; exec tmux kill-session"]);
    tmux.args([";", "split-window", "-h", station, ";", "select-pane", "-L"]);
    tmux.args([";", "set-option", "-g", "status", "off"]);
    let status = tmux.status()?;
    let _ = Command::new("tmux").args(["-L", &server, "kill-server"]).stderr(Stdio::null()).status();
    Ok(status.success())
}
