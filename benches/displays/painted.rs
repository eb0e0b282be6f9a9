//! One display's lock from exec to exit, with the message on the screen, and the memory of its shield.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::cost;
use super::lab::Bench;
use super::list::OWN;
use super::table::{Table, figures};

/// The argument that tells this program to lock and unlock the session that follows, and nothing else.
pub const INSIDE: &str = "--lock";
const RUNS: usize = 30;
/// How long a session is unlocked in between.
const PAUSE: Duration = Duration::from_millis(500);

/// Locks the first session again and again, as the operator.
pub fn measure(bench: &Bench) -> Table {
    let own = std::env::current_exe().expect("this program's path");
    std::fs::copy(own, bench.host.path(OWN)).expect("a copy of this program");
    let (screen, host) = (&bench.screens[0], &bench.host);
    let apart = || cost::shield(host, screen).expect("a shield").pss_apart();
    let unlocked = apart();
    let said = host.run(&bench.operator, &format!("{OWN} {INSIDE} {}", screen.session)).succeeds();
    let times: Vec<f64> = said.lines().filter_map(|line| line.parse().ok()).collect();
    host.root_usher(&["lock", &screen.session, "--message", "Eyes to the front, please"]).succeeds();
    std::thread::sleep(PAUSE);
    let locked = apart();
    host.root_usher(&["unlock", &screen.session]).succeeds();
    let mut table = Table::new(&["one display", "ms, or MiB"]);
    let mut row = |what: &str, value: String| table.row(vec![what.to_owned(), value]);
    row("usher lock, exec to exit with the message on the screen", figures(&times));
    for (state, (staying, drawing)) in [("unlocked", unlocked), ("locked", locked)] {
        row(&format!("PSS of its shield, {state}"), format!("{staying:.1}"));
        row(&format!("PSS of its drawing process, {state}"), format!("{drawing:.1}"));
    }
    table
}

/// This program's part inside the host: prints the milliseconds of each lock.
pub fn inside(session: &str) {
    let usher = |words: &[&str]| {
        let mut command = Command::new("usher");
        let status = command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "{words:?} fails");
    };
    for _ in 0..RUNS {
        let begun = Instant::now();
        usher(&["lock", session, "--message", "Eyes to the front, please"]);
        println!("{}", begun.elapsed().as_secs_f64() * 1e3);
        usher(&["unlock", session]);
        std::thread::sleep(PAUSE);
    }
}
