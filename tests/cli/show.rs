//! `usher show`: the text on a session's screen, and for a while the last of one that has ended.

use serde_json::json;

use crate::harness::{Daemon, Station, has, http, wait_until};

/// Waits until a session's text has this in it, and gives the text.
#[track_caller]
fn wait_text(daemon: &Daemon, id: &str, part: &str) -> String {
    let mut text = String::new();
    wait_until(&format!("{id} shows {part:?}"), || {
        text = daemon.usher(&["show", id]).exits(0).stdout;
        text.contains(part)
    });
    text
}

#[test]
fn the_screen_is_printed_without_colours_and_control_characters() {
    let daemon = Daemon::start();
    let colours = r"printf '\033[31mred\033[0m  \033[1mbold\033[0m\r\n\r\n眼睛 e\314\201   \r\n\033[8mhidden\033[0m\033]0;a title\007\033[?25l'";
    let id = daemon.open(&format!("{colours}; exec cat")).to_string();
    let text = wait_text(&daemon, &id, "眼睛");
    assert_eq!(text, "red  bold\n\n眼睛 e\u{301}\n");
    has(&daemon.json(&["show", &id]).exits(0).only(), &json!({"session": 1, "text": "red  bold\n\n眼睛 e\u{301}"}));
    let answer = http::request(&daemon.socket(), "GET", &format!("/v1/sessions/{id}/screen"), "");
    let head = answer.head.to_ascii_lowercase();
    assert!(head.contains("text/plain; charset=utf-8") && head.contains("no-store"), "{head}");
}

#[test]
fn a_locked_session_shows_its_lock_screen_and_nothing_beneath() {
    let daemon = Daemon::start();
    let id = daemon.open("echo secret; exec cat");
    wait_text(&daemon, "1", "secret");
    daemon.lock(id, "Eyes up, 眼睛看前面");
    let text = wait_text(&daemon, "1", "Eyes up, 眼睛看前面");
    assert!(!text.contains("secret"), "{text}");
    daemon.unlock(id);
    wait_text(&daemon, "1", "secret");
}

#[test]
fn what_a_short_command_wrote_can_still_be_read() {
    let daemon = Daemon::start();
    daemon.usher(&["open", "--name", "count", "--wait", "--", "/bin/sh", "-c", "seq 1 100; echo the end"]).exits(0);
    for reference in ["1", "u1", "count"] {
        let text = daemon.usher(&["show", reference]).exits(0).stdout;
        assert!(text.contains("100\nthe end\n") && !text.contains('\r'), "{text}");
    }
    // A living session of the name goes before one that has ended.
    daemon.usher(&["open", "--name", "count", "--", "/bin/sh", "-c", "echo again; exec cat"]).exits(0);
    let text = wait_text(&daemon, "count", "again");
    assert!(!text.contains("the end"), "{text}");
}

#[test]
fn a_lock_hides_the_last_text_also_after_the_end() {
    let daemon = Daemon::start();
    let id = daemon.open("echo secret; while [ ! -e go ]; do sleep 0.05; done");
    wait_text(&daemon, "1", "secret");
    daemon.lock(id, "stop");
    std::fs::write(daemon.path("go"), "").expect("a file");
    daemon.wait_gone(id);
    let said = daemon.usher(&["show", "1"]).exits(1);
    assert!(
        said.stderr.contains("SessionNotFound") && said.stderr.contains("nothing of its screen"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_look_is_on_record_and_so_is_one_that_failed() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.usher(&["show", &id.to_string()]).exits(0);
    daemon.usher(&["close", &id.to_string()]).exits(0);
    daemon.usher(&["show", "99"]).exits(1);
    let records = daemon.audit("show");
    has(&records[0], &json!({"targets": [id], "message": null}));
    has(&records[0]["outcomes"][0], &json!({"session_id": id, "result": "done", "observed": true}));
    has(&records[1], &json!({"targets": ["99"]}));
    assert_eq!(records[1]["outcomes"][0]["error"]["id"], "SessionNotFound");
}

#[test]
fn what_a_large_screen_is_full_of_arrives() {
    let daemon = Daemon::start();
    let id = daemon.open("while :; do stty size > size; sleep 0.05; done");
    let station = Station::attach(&daemon, id, 400, 900);
    daemon.wait_content("size", "400 900\n");
    drop(station);
    daemon.usher(&["close", "1"]).exits(0);
    let wide = "stty -echo; head -c 359000 /dev/zero | tr '\\0' x; echo; echo last; exec cat";
    let body = json!({"command": ["/bin/sh", "-c", wide], "directory": "/", "size": {"rows": 400, "cols": 900}});
    http::request(&daemon.socket(), "POST", "/v1/sessions/open", &body.to_string());
    let text = wait_text(&daemon, "2", "last");
    // The last lines, as far as they fit into a message.
    assert!(text.len() > 200_000 && text.len() < 300_000 && text.ends_with("last\n"), "{}", text.len());
}
