//! Programs and stations that mean harm: what they may make a holder keep or burn is bounded.

use jiff::Timestamp;
use rustix::process::Signal;

use crate::harness::{Daemon, Station, processes, wait_until};

/// A line of a process's `status` in KiB.
fn status_kib(pid: u32, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = text.lines().find(|line| line.starts_with(name)).expect("a field");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

/// Clock ticks of processor time that a process has used.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let (_, rest) = stat.rsplit_once(") ").expect("fields");
    rest.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().expect("a number")).sum()
}

/// Lets a program write until its holder has worked on it for a second of processor time, and gives the holder's memory
/// after that.
fn memory_after(daemon: &Daemon, program: &str) -> u64 {
    let id = daemon.open(program);
    let holder = daemon.holder(id);
    wait_until("the holder has read much", || ticks(holder) > 100);
    let memory = status_kib(holder, "VmRSS");
    daemon.usher(&["close", &id.to_string()]).exits(0);
    memory
}

#[test]
fn what_a_program_writes_does_not_grow_its_holder_without_bound() {
    let daemon = Daemon::start();
    let floods = [
        // Queries whose answers nobody reads.
        "stty raw -echo; exec yes \"$(printf '\\033[6n\\033[c')\"",
        // Combining characters, with what might make the bound forget how many there were.
        "exec yes \"$(printf 'e\\314\\201\\314\\201\\314\\201\\314\\201\\033[m\\314\\201\\314\\201\\033[1;1H\\314\\201')\" | tr -d '\\n'",
        // A title that never ends, and one after the other.
        "printf '\\033]2;'; exec yes x",
        "exec yes \"$(printf '\\033]2;title\\007\\033[22t')\"",
    ];
    for flood in floods {
        let memory = memory_after(&daemon, flood);
        assert!(memory < 48 << 10, "{memory} KiB after {flood}");
    }
}

#[test]
fn a_program_that_closes_its_terminal_does_not_keep_its_holder_busy() {
    let daemon = Daemon::start();
    let id = daemon.open("exec sleep 1000 < /dev/null > /dev/null 2>&1");
    let holder = daemon.holder(id);
    // Another program shows how much a busy one would get meanwhile, on however busy a machine.
    let busy = daemon.open("while :; do :; done");
    let busy = *processes::descendants(daemon.holder(busy)).first().expect("its shell");
    let (before, begun) = (ticks(holder), ticks(busy));
    wait_until("the other one has worked", || ticks(busy) > begun + 100);
    let used = ticks(holder) - before;
    assert!(used < 30, "{used} clock ticks of doing nothing, beside 100 of work");
}

#[test]
fn keys_typed_at_a_lock_that_ends_while_its_holder_stands_still_never_arrive() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    daemon.usher(&["lock", &id.to_string(), "--message", "stop", "--for", "2s"]).exits(0);
    let until = daemon.session(id)["lock"]["until"].as_str().and_then(|text| text.parse().ok());
    let until: Timestamp = until.expect("it has an end");
    let holder = daemon.holder(id);
    processes::signal(holder, Signal::STOP);
    wait_until("the holder stands still", || processes::stopped(holder));
    station.type_keys(b"late\r");
    wait_until("the lock's time is over", || Timestamp::now() > until);
    processes::signal(holder, Signal::CONT);
    daemon.wait_session(id, "unlocked", |s| s["locked"] == false);
    let fresh = Station::attach(&daemon, id, 24, 80);
    fresh.type_keys(b"after\r");
    daemon.wait_content("typed", "after\n");
}

/// How many filters of system calls a process has, which kernels tell since 5.9.
fn filters(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = text.lines().find_map(|line| line.strip_prefix("Seccomp_filters:"));
    line.and_then(|count| count.trim().parse().ok()).expect("a count")
}

#[test]
fn a_holder_has_a_filter_of_its_own_once_its_program_runs() {
    let daemon = Daemon::start();
    let id = daemon.open("echo yes > runs; exec sleep 1000");
    daemon.wait_content("runs", "yes\n");
    let holder = daemon.holder(id);
    wait_until("it has one more than what it was started by", || filters(holder) > filters(std::process::id()));
    let status = std::fs::read_to_string(format!("/proc/{holder}/status")).expect("it lives");
    for line in ["Seccomp:\t2", "NoNewPrivs:\t1"] {
        assert!(status.lines().any(|one| one == line), "{status}");
    }
}
