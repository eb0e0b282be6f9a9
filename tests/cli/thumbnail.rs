//! `usher thumbnail`: what the person at a session sees, as a picture.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use usher_core::request::Pin;

use crate::harness::{
    Daemon, Png, Station, USHER, USHERD, clean_command, copy_program, has, http, need_shield, run, wait_until,
};

/// A new session's size.
const SIZE: (usize, usize) = (24, 80);
/// A colour in which nothing of a lock screen is drawn.
const HIDDEN: &str = "38;2;250;0;250";

/// Opens a session whose program says this and then waits, and waits until it is said.
fn shows(daemon: &Daemon, said: &str) -> u32 {
    let id = daemon.open(&format!("printf '{said}'; printf '\\033]2;said\\007'; exec cat"));
    daemon.wait_session(id, "showing it", |session| session["title"] == "said");
    id
}

/// The picture of a session.
#[track_caller]
fn picture(daemon: &Daemon, id: u32, size: &str) -> Png {
    let file = daemon.path("shot.png");
    let said = daemon.usher(&["thumbnail", &id.to_string(), "--size", size, "-o", file.to_str().unwrap()]).exits(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    Png::read(file)
}

#[test]
fn a_text_session_is_pictured_as_a_station_would_show_it() {
    if !need_shield() {
        return;
    }
    let daemon = Daemon::start();
    let id = shows(&daemon, "\\033[48;2;200;10;20m ab \\033[0m\\n\\033[44m眼\\033[0m\\033[31mx\\033[7my\\033[0m");
    let shown = picture(&daemon, id, "fullscreen");
    assert_eq!(shown.cell((0, 0), SIZE), [200, 10, 20], "a colour of its own");
    assert_eq!(shown.cell((0, 1), SIZE), [200, 10, 20], "below a character");
    assert!(shown.colours((0, 1), SIZE) > 2 && shown.colours((0, 3), SIZE) == 1, "a glyph, and none");
    assert_eq!(shown.cell((0, 4), SIZE), [0, 0, 0], "the ground");
    let blue = shown.cell((1, 0), SIZE);
    assert_eq!((blue, shown.cell((1, 1), SIZE)), ([0, 0, 238], [0, 0, 238]), "both cells of a wide character");
    assert_eq!(shown.cell((1, 2), SIZE), [0, 0, 0]);
    assert_eq!(shown.cell((1, 3), SIZE), [205, 0, 0], "inverse");
    assert_eq!(shown.cell((1, 4), SIZE), [229, 229, 229], "the cursor");
    assert_eq!(shown.colours((5, 5), SIZE), 1, "nothing where nothing was written");
}

#[test]
fn a_caller_who_has_the_picture_gets_none_until_the_screen_changes() {
    if !need_shield() {
        return;
    }
    let daemon = Daemon::start();
    let id = daemon.open("printf '\\033]2;said\\007'; read line; printf 'changed\\033]2;changed\\007'; exec cat");
    daemon.wait_session(id, "showing it", |session| session["title"] == "said");
    picture(&daemon, id, "small");
    let known = Pin::of(&fs::read(daemon.path("shot.png")).unwrap());
    let again = |size: &str| {
        let path = format!("/v1/sessions/{id}/thumbnail?size={size}&live=true&known={known}");
        http::request(&daemon.socket(), "GET", &path, "").status
    };
    assert_eq!((again("small"), again("small"), again("large")), (204, 204, 200), "another size is another picture");
    daemon.lock(id, "Eyes up");
    assert_eq!(again("small"), 200, "a lock screen is another screen");
    daemon.unlock(id);
    assert_eq!(again("small"), 204);
    let wrong = http::request(&daemon.socket(), "GET", &format!("/v1/sessions/{id}/thumbnail?known=x"), "");
    assert_eq!(wrong.status, 400);
}

#[test]
fn a_locked_session_shows_the_message_and_nothing_below_it() {
    if !need_shield() {
        return;
    }
    let daemon = Daemon::start();
    let id = shows(&daemon, &format!("\\033[{HIDDEN}m{}\\033[0m", "secret ".repeat(200)));
    // What is drawn in that colour on black is as red as blue, and not green at all.
    let hidden = |pixel: [u8; 3]| pixel[0] > 20 && pixel[1] == 0 && pixel[0] == pixel[2];
    let open = picture(&daemon, id, "fullscreen");
    assert!(open.pixels().filter(|pixel| hidden(*pixel)).count() > 5000, "it is seen without a lock");

    daemon.lock(id, "Eyes up, 眼睛看前面");
    for size in ["fullscreen", "small"] {
        let locked = picture(&daemon, id, size);
        // Between the lock screen's blue and its white there are only colours as red as green.
        let stranger = locked.pixels().find(|[red, green, _]| red != green);
        assert_eq!(stranger, None, "{size}");
        assert!(locked.pixels().any(|[red, ..]| red > 100), "{size}: the message is seen");
        assert_eq!(locked.cell((0, 0), SIZE), [0, 0, 238], "{size}: the ground");
    }
    let locked = picture(&daemon, id, "fullscreen");
    let rows: Vec<_> = (0..24).filter(|row| (0..80).any(|col| locked.colours((*row, col), SIZE) > 1)).collect();
    assert_eq!(rows.len(), 3, "title, message and who locked it: {rows:?}");

    daemon.unlock(id);
    let again = picture(&daemon, id, "fullscreen");
    assert!(again.pixels().eq(open.pixels()), "as it was");
}

#[test]
fn sizes_keep_the_proportions_and_are_read_in_any_casing() {
    if !need_shield() {
        return;
    }
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let whole = picture(&daemon, id, "FullScreen");
    for (size, most) in [("small", (160, 120)), ("Medium", (320, 240)), ("LARGE", (640, 480))] {
        let one = picture(&daemon, id, size);
        assert_eq!(one.width, most.0, "{size}");
        let exact = whole.height * one.width / whole.width;
        assert!(one.height <= most.1 && one.height.abs_diff(exact) <= 1, "{size}: {} for {exact}", one.height);
    }
    // A small terminal's picture is not made larger than it is.
    let mut station = Station::attach(&daemon, id, 5, 20);
    wait_until("the session has the station's size", || picture(&daemon, id, "large").width < 640);
    let (small, whole) = (picture(&daemon, id, "large"), picture(&daemon, id, "fullscreen"));
    assert_eq!((small.width, small.height), (whole.width, whole.height));
    station.kill9();
}

#[test]
fn a_look_is_on_record_and_so_is_one_that_failed() {
    if !need_shield() {
        return;
    }
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    picture(&daemon, id, "small");
    let [look] = <[_; 1]>::try_from(daemon.audit("thumbnail")).expect("one record");
    has(&look, &json!({"action": "thumbnail", "targets": [id], "actor": daemon.session(id)["user"]}));
    has(&look["outcomes"][0], &json!({"session_id": id, "result": "done", "observed": true}));

    let file = daemon.path("none.png");
    let said = daemon.usher(&["thumbnail", "99", "-o", file.to_str().unwrap()]).exits(1);
    assert!(said.stderr.contains("SessionNotFound"), "{}", said.stderr);
    assert!(!file.exists());
    let records = daemon.audit("thumbnail");
    assert_eq!(records.len(), 2);
    has(&records[1], &json!({"targets": ["99"]}));
    assert_eq!(records[1]["outcomes"][0]["error"]["id"], "SessionNotFound");
}

#[test]
fn nobody_is_looked_at_for_a_file_that_cannot_be_written() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat").to_string();
    let directory = daemon.directory().to_str().unwrap().to_owned();
    for place in ["/proc/none/shot.png", "no/such/place.png", directory.as_str()] {
        let said = daemon.usher(&["thumbnail", &id, "-o", place]).exits(1);
        assert!(said.stderr.contains("cannot be written"), "{place}: {}", said.stderr);
    }
    assert!(daemon.audit("thumbnail").is_empty());
}

#[test]
fn a_wrong_command_line_asks_nothing() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat").to_string();
    for wrong in [
        &["thumbnail", &id, "--size", "huge", "-o", "x.png"][..],
        &["thumbnail", &id],
        &["thumbnail", "-o", "x.png"],
        &["thumbnail", "-1", "-o", "x.png"],
    ] {
        daemon.usher(wrong).exits(2);
    }
    assert!(daemon.audit("thumbnail").is_empty() && !daemon.path("x.png").exists());
}

#[test]
fn standard_output_takes_a_picture_unless_it_is_a_terminal() {
    if !need_shield() {
        return;
    }
    let daemon = Daemon::start();
    let id = daemon.open("exec cat").to_string();
    let command = format!("\"$0\" --socket \"$1\" thumbnail {id} -o - > piped.png");
    let mut shell = clean_command("/bin/sh", daemon.directory());
    shell.args(["-c", &command, USHER]).arg(daemon.socket());
    run(&mut shell, b"").exits(0);
    assert_eq!(Png::read(daemon.path("piped.png")).width, 320, "medium, if no size is named");

    let looks = daemon.audit("thumbnail").len();
    let mut terminal = Station::run(&daemon, &["thumbnail", &id, "-o", "-"], 24, 80);
    assert_eq!(terminal.wait_gone().code(), Some(2));
    terminal.wait_for("cannot show a thumbnail");
    assert_eq!(daemon.audit("thumbnail").len(), looks);
}

/// A daemon with `usher-tty` beside it, and this program as its `usher-shield`; none at all without.
pub fn with_shield(script: Option<&str>) -> Daemon {
    let daemon = Daemon::not_started();
    let programs = daemon.path("programs");
    fs::create_dir(&programs).unwrap();
    let usherd = std::path::Path::new(USHERD);
    for name in ["usherd", "usher-tty"] {
        copy_program(&usherd.with_file_name(name), &programs.join(name));
    }
    if let Some(script) = script {
        let shield = programs.join("usher-shield");
        fs::write(&shield, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&shield, fs::Permissions::from_mode(0o755)).unwrap();
    }
    daemon.with_program(programs.join("usherd")).started()
}

#[test]
fn without_the_program_that_draws_it_is_not_supported_and_the_file_stays() {
    let daemon = with_shield(None);
    let id = daemon.open("exec cat").to_string();
    fs::write(daemon.path("shot.png"), "before").unwrap();
    let said = daemon.usher(&["thumbnail", &id, "-o", "shot.png"]).exits(1);
    assert!(said.stderr.contains("NotSupported") && said.stderr.contains("install usher-shield"), "{}", said.stderr);
    assert_eq!(daemon.content("shot.png"), "before");
    let left: Vec<_> = fs::read_dir(daemon.directory()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".shot")), "{left:?}");
    assert_eq!(daemon.audit("thumbnail")[0]["outcomes"][0]["error"]["id"], "NotSupported");
}

#[test]
fn a_program_that_fails_or_says_nothing_gives_no_picture() {
    let half = "head -c 8 >/dev/null; printf '\\200\\000\\000\\000\\211PNG half'; exit 1";
    for script in [half, "exit 0"] {
        let daemon = with_shield(Some(script));
        let id = daemon.open("exec cat").to_string();
        let said = daemon.usher(&["thumbnail", &id, "-o", "shot.png"]).exits(1);
        assert!(said.stderr.contains("BackendFailed"), "{}", said.stderr);
        assert!(!daemon.path("shot.png").exists());
    }
}

#[test]
fn a_program_that_hangs_is_given_up_and_killed() {
    let daemon = with_shield(Some("echo $$ > \"${0%/*}/drawing\"; exec sleep 1000"));
    let id = daemon.open("exec cat").to_string();
    let said = daemon.usher(&["thumbnail", &id, "-o", "shot.png"]).exits(1);
    assert!(said.stderr.contains("Timeout") && !daemon.path("shot.png").exists(), "{}", said.stderr);
    let pid = daemon.content("programs/drawing");
    wait_until("it is gone", || !std::path::Path::new(&format!("/proc/{}", pid.trim())).exists());
    assert!(pid.trim().parse::<u32>().is_ok(), "{pid:?}");
}

#[test]
fn a_look_that_goes_on_has_a_drawing_process_of_its_own_for_each_session() {
    if !need_shield() {
        return;
    }
    let shield = std::path::Path::new(USHERD).with_file_name("usher-shield");
    let daemon = with_shield(Some(&format!("echo $$ >>\"${{0%/*}}/drawing\"; exec {} \"$@\"", shield.display())));
    let ids = [daemon.open("exec cat"), daemon.open("exec cat")];
    let look = |id: u32, how: &str| {
        let answer =
            http::request(&daemon.socket(), "GET", &format!("/v1/sessions/{id}/thumbnail?size=SMALL{how}"), "");
        assert_eq!(answer.status, 200, "{}", answer.head);
    };
    let drawing = || -> Vec<String> { daemon.content("programs/drawing").lines().map(str::to_owned).collect() };
    for _ in 0..3 {
        ids.iter().for_each(|id| look(*id, "&live=true"));
    }
    let kept = drawing();
    assert_eq!(kept.len(), 2, "one for each session");
    let lives = |pid: &String| std::path::Path::new(&format!("/proc/{pid}")).exists();
    wait_until("nobody looks any more", || !kept.iter().any(lives));
    // A single look keeps nothing.
    (0..2).for_each(|_| look(ids[0], ""));
    let all = drawing();
    assert_eq!(all.len(), 4);
    wait_until("they are gone", || !all.iter().any(lives));
}

#[test]
fn the_api_answers_a_picture_or_an_error_in_json() {
    if !need_shield() {
        return;
    }
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let get = |path: &str| http::request(&daemon.socket(), "GET", path, "");
    let picture = get(&format!("/v1/sessions/{id}/thumbnail?size=SMALL"));
    assert_eq!(picture.status, 200);
    let head = picture.head.to_ascii_lowercase();
    assert!(head.contains("content-type: image/png") && head.contains("cache-control: no-store"), "{head}");
    let unknown = get("/v1/sessions/99/thumbnail");
    assert_eq!((unknown.status, &unknown.json()["error"]["id"]), (404, &json!("SessionNotFound")));
    for wrong in ["?size=huge", "?size=", "?width=3"] {
        let answer = get(&format!("/v1/sessions/{id}/thumbnail{wrong}"));
        assert_eq!((answer.status, &answer.json()["error"]["id"]), (400, &json!("InvalidRequest")), "{wrong}");
    }
}

#[test]
fn many_look_at_once_and_all_see() {
    if !need_shield() {
        return;
    }
    let daemon = Daemon::start();
    let id = shows(&daemon, "\\033[41m here \\033[0m");
    std::thread::scope(|scope| {
        for number in 0..12 {
            let daemon = &daemon;
            scope.spawn(move || {
                let file = format!("shot{number}.png");
                daemon.usher(&["thumbnail", &id.to_string(), "--size", "fullscreen", "-o", &file]).exits(0);
                assert_eq!(Png::read(daemon.path(&file)).cell((0, 0), SIZE), [205, 0, 0]);
            });
        }
    });
}
