//! What the gateway takes of memory: idle, with connections of people who joined and say nothing, and after them.
//!
//! `cargo build --release --workspace && cargo bench -p usher-gateway [-- CONNECTIONS]`; a thousand if nothing is said.

#[path = "../tests/gateway/harness/mod.rs"]
#[allow(dead_code, reason = "the tests stand on it too")]
mod harness;

use harness::{Lab, tls, wait_until};

fn main() {
    let count = std::env::args().find_map(|word| word.parse::<usize>().ok()).unwrap_or(1000);
    usher_core::sys::descriptors::raise_limit();
    let lab = Lab::start_with("", "connections_per_address = 4000\nidle = \"10m\"\n");
    let operator = lab.joined("olga@laptop", "operator");
    operator.usher(&["list", "--server", "lab"]).exits(0);
    say("idle, after one request", &lab);
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = tls::as_operator(&lab, &operator);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).expect("a handshake");
        }
        connections.push(stream);
    }
    say(&format!("{count} connections, authenticated and silent"), &lab);
    drop(connections);
    let descriptors = || std::fs::read_dir(format!("/proc/{}/fd", lab.gateway_pid())).expect("it lives").count();
    wait_until("they are gone", || descriptors() < 50);
    say("after they ended", &lab);
}

/// Prints a line of figures, in KiB (`proc_pid_smaps(5)`).
fn say(what: &str, lab: &Lab) {
    let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", lab.gateway_pid())).expect("it lives");
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).expect("a field");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number")
    };
    println!("{what}: PSS {} KiB, RSS {} KiB", field("Pss:"), field("Rss:"));
}
