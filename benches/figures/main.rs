//! The figures of the design, measured on this machine, each beside a peer of the same run.
//!
//! `cargo bench` (or `cargo xtask bench`) prints the table. Every figure is a median; machines are
//! noisy, so compare within a run. The release build is measured, as it is shipped. Sizes can be set:
//! `USHER_BENCH_SESSIONS=200 cargo bench`.

#[path = "../shared/built.rs"]
mod built;
mod bytes;
mod echo;
mod fixture;
mod list;
mod lock;
mod memory;
mod terminal;

use fixture::Table;

fn main() {
    // `cargo test --benches` runs this too, with an argument that says so: it only has to start.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let sessions = std::env::var("USHER_BENCH_SESSIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    built::programs(&["usher", "usherd", "usher-tty"]);
    let mut table = Table::default();
    list::measure(&mut table);
    echo::measure(&mut table);
    bytes::measure(&mut table);
    lock::measure(&mut table, sessions);
    memory::measure(&mut table, sessions);
    table.print();
}
