//! `usher list` beside other commands, timed from exec to exit by this very program, run inside the host.

use std::process::{Command, Stdio};
use std::time::Instant;

use super::lab::Bench;
use super::table::{Table, figures};

/// The argument that tells this program to time the command that follows, and nothing else.
pub const INSIDE: &str = "--time";
const RUNS: usize = 100;
/// Where this program is inside the host.
pub const OWN: &str = "/run/bench/displays";
const COMMANDS: [&[&str]; 3] = [&["usher", "list"], &["loginctl", "list-sessions"], &["/bin/true"]];

/// Times each of the commands, as the operator.
pub fn measure(bench: &Bench) -> Table {
    let own = std::env::current_exe().expect("this program's path");
    std::fs::copy(own, bench.host.path(OWN)).expect("a copy of this program");
    let mut table = Table::new(&["command", "exec to exit, ms"]);
    let mut times = COMMANDS.map(|_| Vec::new());
    // They take turns, as the lockers do.
    for _ in 0..3 {
        for (command, times) in COMMANDS.iter().zip(&mut times) {
            let inside = format!("{OWN} {INSIDE} {}", command.join(" "));
            let said = bench.host.run(&bench.operator, &inside).succeeds();
            times.extend(said.lines().filter_map(|line| line.parse::<f64>().ok()));
        }
    }
    for (command, times) in COMMANDS.iter().zip(&times) {
        table.row(vec![format!("{}, {} sessions", command.join(" "), bench.screens.len()), figures(times)]);
    }
    table
}

/// This program's part inside the host: prints the milliseconds of each run.
pub fn inside(command: &[String]) {
    for _ in 0..RUNS {
        let begun = Instant::now();
        let mut run = Command::new(&command[0]);
        let status = run.args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::null()).status();
        let took = begun.elapsed();
        assert!(status.is_ok_and(|status| status.success()), "{command:?} fails");
        println!("{}", took.as_secs_f64() * 1e3);
    }
}
