//! `usher list`, from exec to exit, with 20 sessions.

use std::process::Command;

use super::fixture::{Daemon, Table, exec, median_ms, there_is};

pub fn measure(table: &mut Table) {
    let daemon = Daemon::on_disk();
    daemon.open(20);
    let ours = median_ms(100, || exec(daemon.usher().arg("list")));
    let floor = median_ms(100, || exec(&mut Command::new("/bin/true")));
    let mut peers = format!("/bin/true {floor:.1} ms");
    if there_is("tmux") {
        let server = format!("usher-bench-{}", std::process::id());
        let tmux = |arguments: &[&str]| {
            let mut command = Command::new("tmux");
            command.env_remove("TMUX").args(["-L", &server, "-f", "/dev/null"]).args(arguments);
            command
        };
        for _ in 0..20 {
            exec(&mut tmux(&["new-session", "-d", "cat"]));
        }
        let listed = median_ms(100, || exec(&mut tmux(&["list-sessions"])));
        peers += &format!(", tmux list-sessions {listed:.1} ms");
        exec(&mut tmux(&["kill-server"]));
    }
    if there_is("loginctl") && Command::new("loginctl").output().is_ok_and(|o| o.status.success()) {
        let listed = median_ms(100, || exec(Command::new("loginctl").arg("list-sessions")));
        peers += &format!(", loginctl list-sessions {listed:.1} ms");
    }
    table.add("list, exec to exit, 20 sessions", format!("{ours:.1} ms"), "<= 3 ms", &peers);
}
