//! What the processes of a shield may do to others.

use crate::can_run;
use crate::server::Server;
use crate::usherd::Usherd;

/// How many filters a process has, which kernels tell since 5.9.
fn filters(status: &str) -> u32 {
    let line = status.lines().find_map(|line| line.strip_prefix("Seccomp_filters:"));
    line.and_then(|count| count.trim().parse().ok()).expect("a count")
}

#[test]
fn both_processes_have_a_filter_of_their_own() {
    if !can_run("confined::both_processes_have_a_filter_of_their_own", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let mut usherd = Usherd::start(&server);
    usherd.lock("You stay here");
    assert_eq!(usherd.hello.pids.len(), 2);
    let own = std::fs::read_to_string("/proc/self/status").expect("this process");
    for pid in &usherd.hello.pids {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
        // `proc_pid_status(5)`: 2 is a filter.
        assert!(status.lines().any(|line| line == "Seccomp:\t2"), "{status}");
        assert!(status.lines().any(|line| line == "NoNewPrivs:\t1"), "{status}");
        // Not only what everything here is started with.
        assert!(filters(&status) > filters(&own), "{status}");
    }
}
