//! The list of one host's sessions.

use super::harness::School;
use super::table::{Table, figures};
use super::timing::{at_desk, on_host};

const ROUNDS: usize = 5;
const RUNS: usize = 10;

/// Each command and what it is called.
const COMMANDS: [(&str, &str); 4] = [
    ("usher list --server h1, ssh, connection kept", "usher list --server olga@h1"),
    ("usher list --server h1, TLS", "usher list --server h1"),
    ("loginctl -H h1, as it comes", "loginctl --host=olga@h1 list-sessions"),
    ("loginctl -H h1, ssh told to keep its connection", "loginctl --host=olga@kept list-sessions"),
];

/// Times each of them in turn.
pub fn measure(school: &School) -> Table {
    let keep = "Host kept\n  HostName h1\n  ControlMaster auto\n  ControlPersist 60\n  ControlPath ~/.ssh/kept-%C\n";
    school.shell(&format!("printf '{keep}' >> ~/.ssh/config; ssh olga@kept true")).succeeds();
    let mut times = COMMANDS.map(|_| Vec::new());
    let mut local = Vec::new();
    for _ in 0..ROUNDS {
        local.extend(on_host(&school.hosts[0], RUNS, "usher list"));
        for ((_, command), times) in COMMANDS.iter().zip(&mut times) {
            // The first opens the connection that the others find.
            school.shell(command).succeeds();
            times.extend(at_desk(school, RUNS, command));
        }
    }
    let mut table = Table::new(&["list of one host's sessions", "exec to exit, ms"]);
    table.row(vec!["usher list, on the host itself".to_owned(), figures(&local)]);
    for ((name, _), times) in COMMANDS.iter().zip(&times) {
        table.row(vec![(*name).to_owned(), figures(times)]);
    }
    table
}
