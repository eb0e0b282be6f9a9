//! The tour as a web page: the demo's three sessions on the dashboard.

use std::io::{self, Write};
use std::process::Command;

use usher_core::outcome::Exit;

use super::stage::DemoStage;
use crate::words;

/// What the page is worth locking for: somebody's work that goes on.
const EXAM: &str = r#"
n=1
while :; do
  printf '\033[2J\033[H\n   \033[1;30;47m  Exam  \033[0m\n\n   Question %d of 12\n\n' "$n"
  printf '   Why does the moon show us one face alone?\n\n   > It turns once on its way \033[7m \033[0m\n'
  n=$((n % 12 + 1))
  sleep 5
done"#;

/// Serves the page until Ctrl-C, or until the terminal is closed.
pub(super) fn tour(open: bool) -> io::Result<Exit> {
    // They end the page, which is a program of its own; the stage is cleared after it.
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT};
    for signal in [SIGINT, SIGQUIT, SIGHUP] {
        signal_hook::flag::register(signal, std::sync::Arc::default())?;
    }
    let stage = DemoStage::set_apart()?;
    stage.open_three(EXAM)?;
    writeln!(io::stdout(), "{}", words::text!("demo-web"))?;
    let mut page: Command = stage.usher();
    page.arg("dashboard").args(open.then_some("--open"));
    let status = page.status()?;
    drop(stage);
    // Nobody reads it where the terminal was closed.
    let _ = writeln!(io::stdout(), "{}", words::text!("demo-gone"));
    Ok(if status.success() { Exit::Success } else { Exit::Failed })
}
