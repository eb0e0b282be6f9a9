//! `--server`, beside `loginctl -H` and beside the same work done on the host itself: three real hosts, an operator's
//! machine without a daemon, and twenty sessions with a display on each host.
//!
//! `cargo bench --bench servers [-- SESSIONS_A_HOST]` prints the tables of docs/servers.md. It needs what the tests on
//! real hosts need. All commands take turns in every round, so that whatever else the machine does meets all of them.
//! No time is ever demanded: machines are noisy.

#[path = "../../tests/host/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests on real hosts stand on it too")]
mod harness;
#[path = "../displays/table.rs"]
mod table;

mod lists;
mod locks;
mod people;
mod timing;

use harness::{School, Suite};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this too, with an argument that says so: it only has to start.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    if arguments.first().is_some_and(|argument| argument == timing::INSIDE) {
        return timing::inside(&arguments[1..]);
    }
    let sessions = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(20);
    if let Err(reason) = harness::ready(Suite::Bookworm) {
        println!("servers: not measured: {reason}");
        return;
    }
    eprintln!("three hosts and an operator's machine");
    let school = School::open(&[Suite::Bookworm; 3]);
    school.join_all();
    eprintln!("{sessions} sessions on each host");
    people::log_in(&school, sessions);
    timing::prepare(&school);
    println!("{}", lists::measure(&school));
    println!("{}", locks::measure(&school, sessions));
}
