//! What the processes of a shield may do to others.

use crate::can_run;
use crate::server::Server;
use crate::usherd::Usherd;

#[test]
fn both_processes_have_a_filter_of_their_own() {
    if !can_run("confined::both_processes_have_a_filter_of_their_own", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let mut usherd = Usherd::start(&server);
    usherd.lock("You stay here");
    assert_eq!(usherd.hello.pids.len(), 2);
    for pid in &usherd.hello.pids {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
        // `proc_pid_status(5)`: 2 is a filter.
        assert!(status.lines().any(|line| line == "Seccomp:\t2"), "{status}");
        assert!(status.lines().any(|line| line == "NoNewPrivs:\t1"), "{status}");
    }
}
