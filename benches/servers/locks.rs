//! The lock of every session on three hosts.

use super::harness::School;
use super::table::{Table, figures};
use super::timing::{at_desk, on_host};

const ROUNDS: usize = 5;
const LOCK: &str = "usher lock --all --message Attention";

/// Locks by ssh, by TLS, and on the three hosts themselves at the same time; unlocks in between.
pub fn measure(school: &School, sessions: usize) -> Table {
    let (by_ssh, by_tls) = ("olga@h1,olga@h2,olga@h3", "h1,h2,h3");
    let unlock = || school.hosts.iter().for_each(|host| drop(host.root_usher(&["unlock", "--all"]).succeeds()));
    let (mut here, mut one, mut ssh, mut tls) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        eprintln!("round {} of {ROUNDS}", round + 1);
        let slowest = std::thread::scope(|scope| {
            let all: Vec<_> = school.hosts.iter().map(|host| scope.spawn(|| on_host(host, 1, LOCK))).collect();
            all.into_iter().flat_map(|host| host.join().expect("it is timed")).fold(0.0, f64::max)
        });
        here.push(slowest);
        unlock();
        one.extend(on_host(&school.hosts[0], 1, LOCK));
        unlock();
        school.usher(&["list", "--server", by_ssh]).succeeds();
        ssh.extend(at_desk(school, 1, &format!("{LOCK} --server {by_ssh}")));
        unlock();
        tls.extend(at_desk(school, 1, &format!("{LOCK} --server {by_tls}")));
        unlock();
    }
    let total = sessions * school.hosts.len();
    let mut table = Table::new(&["lock of every session", "sessions", "exec to exit, ms"]);
    for (name, count, times) in [
        ("on one host itself", sessions, &one),
        ("on three hosts themselves at once, the slowest", total, &here),
        ("--server of three hosts, ssh, connections kept", total, &ssh),
        ("--server of three hosts, TLS", total, &tls),
    ] {
        table.row(vec![name.to_owned(), count.to_string(), figures(times)]);
    }
    table
}
