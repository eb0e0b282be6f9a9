//! Locking displays, usher beside other lockers, on a real host: Debian 12 with sessions of logind's on Xvfb.
//!
//! `cargo bench --bench displays [-- 1 10 20]` prints the tables of docs/figures/displays.md. It needs what the tests on real
//! hosts need. All lockers take turns in every round, so that whatever else the machine does meets all of them.
//! `USHER_BENCH_ROUNDS=15` measures longer. No time is ever demanded: machines are noisy.

#[path = "../../tests/host/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests on real hosts stand on it too")]
mod harness;

#[path = "../shared/built.rs"]
mod built;
mod cost;
mod gate;
mod hold;
mod installed;
mod kill;
mod lab;
mod list;
mod locker;
mod painted;
mod probe;
mod table;

use lab::Bench;
use locker::Locker;
use table::Table;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this too, with an argument that says so: it only has to start.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    if arguments.first().is_some_and(|argument| argument == list::INSIDE) {
        return list::inside(&arguments[1..]);
    }
    if arguments.first().is_some_and(|argument| argument == painted::INSIDE) {
        return painted::inside(&arguments[1]);
    }
    let mut counts: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    if counts.is_empty() {
        counts = vec![1, 10, 20];
    }
    if let Err(reason) = harness::ready(harness::Suite::Bookworm) {
        println!("displays: not measured: {reason}");
        return;
    }
    built::programs(&["usher", "usherd", "usher-tty"]);
    built::shield();
    let rounds = std::env::var("USHER_BENCH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    let mut bench = Bench::open(counts.iter().copied().max().unwrap_or(1));
    println!("{}", locks(&mut bench, &counts, rounds));
    println!("{}", painted::measure(&bench));
    println!("{}", kills(&mut bench));
    println!("{}", list::measure(&bench));
}

/// Every locker on every number of displays.
fn locks(bench: &mut Bench, counts: &[usize], rounds: usize) -> Table {
    let mut table =
        Table::new(&["locker", "displays", "covered and held, ms", "CPU ms a display", "PSS MiB a display"]);
    for count in counts {
        let mut all: Vec<hold::Runs> = Locker::ALL.iter().map(|_| hold::Runs::default()).collect();
        for round in 0..rounds {
            for (locker, runs) in Locker::ALL.into_iter().zip(&mut all) {
                eprintln!("{count} displays, round {} of {rounds}: {}", round + 1, locker.name());
                runs.add(hold::measure(bench, locker, *count));
            }
        }
        for (locker, runs) in Locker::ALL.into_iter().zip(&all) {
            table.row(vec![locker.name().to_owned(), count.to_string(), runs.times(), runs.cpu(), runs.pss()]);
        }
    }
    table
}

/// The displays while lockers are killed.
fn kills(bench: &mut Bench) -> Table {
    let mut table =
        Table::new(&["killed with -9", "uncovered samples", "longest uncovered", "keys withheld again", "in the end"]);
    for locker in Locker::ALL {
        eprintln!("1 display, killed: {}", locker.name());
        kill::measure(bench, locker).into_iter().for_each(|row| table.row(row));
    }
    table
}
