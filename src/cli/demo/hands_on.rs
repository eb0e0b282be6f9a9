//! The tour for a person: a shell to be the operator in, and a second terminal to be the user in.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use usher_core::outcome::Exit;

use super::stage::DemoStage;

/// Runs until the operator's shell ends.
pub(super) fn tour(with_tmux: bool) -> io::Result<Exit> {
    // Ctrl-C belongs to the operator's shell; the stage is cleared when the shell ends.
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGQUIT] {
        signal_hook::flag::register(signal, std::sync::Arc::default())?;
    }
    let stage = DemoStage::set()?;
    stage.open_three("exec \"${SHELL:-sh}\"")?;
    let split = with_tmux && std::env::var_os("TMUX").is_none() && has_tmux();
    std::fs::write(stage.directory().join("tour"), text(&stage, split))?;
    let status = if split { split_with_tmux(&stage)? } else { shell(&stage)? };
    drop(stage);
    writeln!(io::stdout(), "The demo's daemon, its sessions and its directory are gone.")?;
    Ok(if status { Exit::Success } else { Exit::Failed })
}

fn text(stage: &DemoStage, split: bool) -> String {
    let socket = stage.socket();
    let program = std::env::current_exe().unwrap_or_default();
    let sit = if split {
        "You sit at session 1 in the right half. Type something there.".to_owned()
    } else {
        format!(
            "Sit down at session 1 in a second terminal, and type something there:\n\n    {} --socket {} attach 1",
            program.display(),
            socket.display()
        )
    };
    let leave = if split { "\nCtrl-b and an arrow key change halves." } else { "" };
    format!(
        "This shell is the operator's; a daemon of its own serves it. Three sessions run.
{sit}{leave}

Then, here:
    usher list
    usher lock 1 --message \"Eyes up, 眼睛看前面\"      its keys reach nobody now
    usher unlock 1
    usher lock 1 --message \"Back soon\" --for 20s     unlocks by itself
    usher disconnect 1                               the session lives on: usher attach 1
    usher block --all --message \"Exam\"               also for sessions opened later: usher open
    usher unblock --all
    usher close 2 --notice 10s                       with a countdown
    usher audit

`exit` ends the demo and removes everything.
"
    )
}

fn has_tmux() -> bool {
    let version = Command::new("tmux").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// The command that shows the tour and then is the operator's shell.
fn operator(stage: &DemoStage) -> Command {
    let mut command = Command::new("sh");
    stage.point(&mut command);
    let programs = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = programs.into_iter().chain(std::env::split_paths(&path));
    if let Ok(path) = std::env::join_paths(paths) {
        command.env("PATH", path);
    }
    command.arg("-c").arg("cat tour; exec \"${SHELL:-sh}\"");
    command
}

fn shell(stage: &DemoStage) -> io::Result<bool> {
    // How the operator's last command ended is no matter of ours.
    operator(stage).status().map(|_| true)
}

/// A tmux server of the tour's own: the operator on the left, a station on the right.
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
    let attach = format!("exec {} attach 1", stage.usher().get_program().to_string_lossy());
    tmux.current_dir(stage.directory()).args(["-L", &server, "-f", "/dev/null", "new-session"]);
    tmux.arg("sh").args(operator.get_args());
    tmux.args([";", "split-window", "-h", &attach, ";", "select-pane", "-L"]);
    tmux.args([";", "set-option", "-g", "status", "off"]);
    // The server ends with the operator's shell, not only with the last pane.
    tmux.args([";", "set-hook", "-t", ":.0", "pane-exited", "kill-server"]);
    let status = tmux.status()?;
    let _ = Command::new("tmux").args(["-L", &server, "kill-server"]).stderr(Stdio::null()).status();
    Ok(status.success())
}
