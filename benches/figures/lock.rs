//! Lock and unlock of many text sessions, until the last one was observed.

use std::time::Duration;

use super::fixture::{Daemon, Table, exec, median, median_ms};

pub fn measure(table: &mut Table, most: usize) {
    let (disk, memory) = (Daemon::on_disk(), Daemon::on_tmpfs());
    let mut there = 0;
    for count in [1, 100, most] {
        let count = count.min(most).max(there);
        [&disk, &memory].into_iter().for_each(|daemon| daemon.open(count - there));
        there = count;
        for (daemon, place) in [(&disk, "state on disk"), (&memory, "state on tmpfs")] {
            let runs = if count > 100 { 7 } else { 15 };
            let goal = if count >= 1000 { "<= 60 ms" } else { "" };
            let mut observed = Vec::new();
            let lock = median_ms(runs, || {
                let took = exec(daemon.usher().args(["lock", "--all", "--message", "Eyes up"]));
                // Locking twice with the same words changes nothing: unlock between the runs.
                observed.push(last_observed(daemon));
                took
            });
            let unlock = median_ms(runs, || {
                daemon.run(&["lock", "--all", "--message", "Eyes up"]);
                exec(daemon.usher().args(["unlock", "--all"]))
            });
            let (lock, unlock) = (format!("{lock:.1} ms"), format!("{unlock:.1} ms"));
            let last = format!("unlock to last observed, in the daemon: {:.1} ms", median(&mut observed));
            table.add(&format!("lock {count} text sessions, exec to exit, {place}"), lock, goal, &last);
            table.add(&format!("unlock {count} text sessions, exec to exit, {place}"), unlock, "", "");
        }
    }
}

/// Unlocks all, and gives the milliseconds from the request's arrival to the last one observed.
fn last_observed(daemon: &Daemon) -> f64 {
    let output = daemon.run(&["unlock", "--all", "--output", "json"]);
    let outcomes: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let millis = outcomes.as_array().into_iter().flatten().filter_map(|outcome| outcome["millis"].as_f64());
    millis.fold(Duration::ZERO.as_secs_f64(), f64::max)
}
