//! `usher status`: what the daemon is, and what does not work, with what to do about it.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Daemon, USHERD, copy_program, has};

fn status(daemon: &Daemon) -> Value {
    daemon.json(&["status"]).exits(0).json()
}

#[test]
fn the_daemon_tells_what_it_is_and_counts_what_it_has() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.open("exec cat");
    daemon.lock(id, "x");
    daemon.usher(&["block", "--user", "nobody", "--message", "x"]).exits(0);
    let said = status(&daemon);
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    has(&said, &json!({"mode": "user", "role": "administrator", "host": host, "version": env!("CARGO_PKG_VERSION")}));
    has(&said, &json!({"sessions": 2, "locked": 1, "rules": 1, "identities": 0, "gateway": null, "degraded": []}));
    assert_eq!(said["socket"], daemon.socket().display().to_string());
    assert_eq!(said["store"]["directory"], daemon.path("state").display().to_string());
    assert!(said["store"]["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{said}");
    let page = daemon.usher(&["status"]).exits(0).stdout;
    let parts = [&host, "Mode", "user: text sessions", "an administrator", "2, 1 locked", "schema"];
    assert!(parts.iter().all(|part| page.contains(*part)) && !page.contains("Degraded"), "{page}");
    let chinese = daemon.usher(&["status", "--lang", "zh-CN"]).exits(0).stdout;
    assert!(["模式", "管理员", "2 个，其中 1 个已锁定"].iter().all(|part| chinese.contains(part)), "{chinese}");
}

#[test]
fn what_is_missing_is_told_with_what_to_do_about_it() {
    let mut daemon = Daemon::not_started();
    std::fs::create_dir(daemon.path("bin")).expect("a directory");
    // The other programs are not beside it.
    let program = daemon.path("bin/usherd");
    copy_program(Path::new(USHERD), &program);
    daemon = daemon.with_program(program).started();
    has(&status(&daemon)["degraded"][0], &json!({"id": "NoHolder"}));
    let page = daemon.usher(&["status"]).exits(0).stdout;
    assert!(page.contains("Degraded:") && page.contains("usher-tty is not beside usherd"), "{page}");
    assert!(page.contains("hint: install the whole package again"), "{page}");
    let chinese = daemon.usher(&["status", "--lang", "zh-CN"]).exits(0).stdout;
    assert!(chinese.contains("异常：") && chinese.contains("请重新安装完整的软件包"), "{chinese}");
}

#[test]
fn without_a_daemon_the_answer_says_how_to_start_one() {
    let daemon = Daemon::not_started();
    let said = daemon.usher(&["status"]).exits(3);
    assert!(said.stderr.contains("usherd --user"), "{}", said.stderr);
}
