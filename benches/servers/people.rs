//! Sessions with a display each, and nothing on it: the way to them is measured.

use super::harness::{Host, School, wait_until};

/// Logs so many people in on each host, and waits until every display has its shield.
pub fn log_in(school: &School, sessions: usize) {
    std::thread::scope(|scope| {
        for host in &school.hosts {
            scope.spawn(move || log_in_at(host, sessions));
        }
    });
}

fn log_in_at(host: &Host, sessions: usize) {
    for number in 1..=sessions {
        let person = host.user(&format!("person{number}"));
        let (name, display) = (&person.name, 200 + number);
        host.root(&format!(
            "systemd-run --quiet --collect --unit=person-{number} -p PAMName=test-session -p User={name} \
             -p WorkingDirectory=/home/{name} -E XDG_SESSION_TYPE=x11 -E XDG_SESSION_CLASS=user sh -c \
             'xauth -q -f .Xauthority add :{display} . $(mcookie); \
             exec Xvfb :{display} -auth .Xauthority -screen 0 640x480x24 -nolisten tcp'"
        ))
        .succeeds();
    }
    wait_until("every session can be locked", || {
        let planned = host.root_usher(&["lock", "--all", "--message", "x", "--output", "json"]);
        let done = planned.array().iter().filter(|outcome| outcome["observed"] == true).count();
        host.root_usher(&["unlock", "--all"]).code == Some(0) && done == sessions
    });
}
