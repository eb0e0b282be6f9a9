//! Text sessions of a host's users: `usher open` and `usher attach` where the system's daemon serves everybody.

use serde_json::Value;

use crate::harness::{Host, Ran, Suite, User, wait_for, wait_until};
use crate::host;

/// What root's list says of this user's sessions.
fn listed(host: &Host, user: &User) -> Vec<Value> {
    let all = host.root_usher(&["list", "--output", "json"]).array();
    all.into_iter().filter(|session| session["user"] == user.name.as_str()).collect()
}

/// What is listed of this session.
#[track_caller]
fn session(host: &Host, id: &str) -> Value {
    let said = host.root_usher(&["list", id, "--output", "json"]).array();
    said.into_iter().next().unwrap_or_else(|| panic!("session {id} is listed"))
}

/// The error of a refusal.
#[track_caller]
fn refusal(ran: Ran) -> String {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    ran.stderr
}

/// Opens a session with this command, and gives its ID.
#[track_caller]
fn open(host: &Host, user: &User, command: &str) -> String {
    host.usher(user, &["open", "--", "sh", "-c", command]).succeeds().trim().to_owned()
}

/// The processes of this user's with this name.
fn runs(host: &Host, user: &User, name: &str) -> bool {
    host.root(&format!("pgrep -u {} -x {name}", user.name)).code == Some(0)
}

fn is_a_login(host: &Host) {
    let (alice, bob) = (host.user("alice"), host.user("bob"));
    let id = open(host, &alice, "cat /proc/self/loginuid >$HOME/loginuid; tty >$HOME/tty; env >$HOME/env; exec cat");
    let told = session(host, &id);
    assert!(id.parse::<u32>().unwrap() > 1_000_000, "{told}");
    assert_eq!((&told["user"], &told["kind"]), (&alice.name.as_str().into(), &"text".into()), "{told}");
    let native = told["native_id"].as_str().unwrap().to_owned();
    let login = |property| host.logind_session(&native, property);
    assert_eq!([login("Name"), login("Class"), login("Type")], [alice.name.as_str(), "user", "tty"]);
    let home = |file: &str| host.content(format!("/home/{}/{file}", alice.name));
    wait_until("the program runs", || home("env").contains("USHER_SESSION="));
    assert_eq!(format!("/dev/{}", login("TTY")), home("tty").trim());
    assert_eq!(home("loginuid"), alice.uid.to_string());
    let env = home("env");
    for line in [format!("XDG_SESSION_ID={native}"), format!("XDG_RUNTIME_DIR=/run/user/{}", alice.uid)] {
        assert!(env.lines().any(|known| known == line), "{line}: {env}");
    }
    assert!(host.root("who").stdout.contains(&alice.name), "utmp knows of it");

    // One session, not two; also by the number that logind gave it.
    assert_eq!(listed(host, &alice).len(), 1);
    assert_eq!(session(host, &native)["session_id"], told["session_id"]);
    assert!(listed(host, &bob).is_empty());

    // Who holds it is neither root nor alice.
    let holder = host.root(&format!("systemctl show usher-tty-{id} --property=MainPID --value")).succeeds();
    let uid: u32 = host.root(&format!("stat -c %u /proc/{}", holder.trim())).succeeds().trim().parse().unwrap();
    assert!(uid != 0 && uid != alice.uid, "the holder's uid is {uid}");

    // Nobody else sits down at it, and nobody else closes it.
    let attach = format!("usher attach {id}");
    for (who, expected) in [(bob.name.as_str(), "there is no session"), ("root", "only they can sit down")] {
        let mut stranger = host.terminal(who, &attach);
        assert_eq!(stranger.exit_code(), Some(1), "{}", stranger.text());
        assert!(stranger.text().replace('\n', " ").contains(expected), "{}", stranger.text());
    }
    assert!(refusal(host.usher(&bob, &["close", &id])).contains("AccessDenied"));
    host.root_usher(&["close", &id]).succeeds();
    assert!(listed(host, &alice).is_empty());
    wait_until("logind has let it go", || login("Id").is_empty());
    host.shows("text", "close", "logind has no such session");
}

#[test]
fn a_text_session_is_a_login_of_its_user_on_debian_12() {
    is_a_login(&host!(Bookworm));
}

#[test]
fn a_text_session_is_a_login_of_its_user_on_debian_13() {
    is_a_login(&host!(Trixie));
}

fn two_users_sit_and_a_lock_covers_one(host: &Host) {
    let (alice, bob) = (host.user("alice"), host.user("bob"));
    let open = |user: &User| host.terminal(&user.name, "usher open --attach -- sh -c 'exec cat'");
    let (hers, his) = (open(&alice), open(&bob));
    let id_of = |user: &User| {
        wait_for("the session is listed", || listed(host, user).first().map(|s| s["session_id"].to_string()))
    };
    let (id, other) = (id_of(&alice), id_of(&bob));
    hers.type_keys("before\n");
    hers.wait("before");
    let locked = host.root_usher(&["lock", &id, "--message", "Eyes to the front", "--output", "json"]).array();
    assert_eq!((&locked[0]["result"], &locked[0]["observed"]), (&"done".into(), &true.into()), "{locked:?}");
    hers.wait("Eyes to the front");
    hers.type_keys("secret\n");
    his.type_keys("free\n");
    his.wait("free");
    // Nothing of that waits anywhere, not even over a restart of the daemon.
    host.root("systemctl restart usherd").succeeds();
    assert_eq!(session(host, &id)["locked"], true);
    host.root_usher(&["unlock", &id]).succeeds();
    hers.wait("before");
    hers.type_keys("after\n");
    hers.wait("after");
    assert!(!hers.text().contains("secret"), "{}", hers.text());
    assert!(host.root_usher(&["show", &id]).succeeds().contains("after"));
    let picture = format!("usher thumbnail {id} --output-file /tmp/{id}.png || usher thumbnail {id} -o /tmp/{id}.png");
    host.root(&picture).succeeds();
    host.shows("text", "lock", "the station shows the message, no key arrives, also over a restart of usherd");
    host.shows("text", "thumbnail", "a picture is drawn");
    host.usher(&alice, &["rename", &id, "work"]).succeeds();
    assert_eq!(session(host, &id)["name"], "work");

    let mut hers = hers;
    host.root_usher(&["disconnect", &id]).succeeds();
    assert_eq!(hers.exit_code(), Some(0));
    assert_eq!(session(host, &id)["state"], "disconnected");
    let again = host.terminal(&alice.name, "usher attach work");
    again.wait("after");
    host.shows("text", "disconnect", "the station has ended, and the next one shows the same screen");
    for id in [&id, &other] {
        host.root_usher(&["close", id]).succeeds();
    }
}

#[test]
fn two_users_sit_at_their_sessions_and_a_lock_covers_one_on_debian_12() {
    two_users_sit_and_a_lock_covers_one(&host!(Bookworm));
}

#[test]
fn two_users_sit_at_their_sessions_and_a_lock_covers_one_on_debian_13() {
    two_users_sit_and_a_lock_covers_one(&host!(Trixie));
}

#[test]
fn a_close_ends_what_left_its_terminal_too() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let hers = host.terminal(&alice.name, "usher open --attach -- bash --norc");
    hers.wait("$");
    hers.type_keys("sleep 4711 & disown; setsid sleep 4712 & echo re''ady\n");
    hers.wait("ready");
    wait_until("they run", || runs(&host, &alice, "sleep"));
    let id = listed(&host, &alice)[0]["session_id"].to_string();
    host.root_usher(&["close", &id]).succeeds();
    assert!(!runs(&host, &alice, "sleep") && !runs(&host, &alice, "bash"));
    assert!(listed(&host, &alice).is_empty());
    let left = host.root(&format!("systemctl list-units --all --plain --no-legend 'usher-*-{id}.service'")).stdout;
    assert_eq!(left, "", "no service is left");
}

#[test]
fn a_session_that_ends_by_itself_tells_its_exit_code() {
    let host = host!(Trixie);
    let alice = host.user("alice");
    let mut hers = host.terminal(&alice.name, "usher open --attach -- sh -c 'echo done; exit 7'");
    assert_eq!(hers.exit_code(), Some(7), "{}", hers.text());
    assert_eq!(host.usher(&alice, &["open", "--wait", "--", "sh", "-c", "kill -9 $$"]).code, Some(128 + 9));
    assert!(listed(&host, &alice).is_empty());
    let unknown = host.usher(&alice, &["open", "--", "/no/such/program"]);
    assert!(refusal(unknown).contains("/no/such/program"));
    wait_until("no service is left", || {
        host.root("systemctl list-units --all --plain --no-legend 'usher-session-*.service'").stdout.lines().count()
            == host.root_usher(&["list", "--output", "json"]).array().iter().filter(|s| s["kind"] == "text").count()
    });
}

#[test]
fn nobody_opens_more_sessions_than_they_may_and_the_daemon_finds_all_again() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    host.root("echo 'text_sessions_per_user = 2' >>/etc/usher/usherd.toml; systemctl restart usherd").succeeds();
    let (alice, bob) = (host.user("alice"), host.user("bob"));
    let ids = [open(&host, &alice, "exec cat"), open(&host, &alice, "exec cat"), open(&host, &bob, "exec cat")];
    assert!(refusal(host.usher(&alice, &["open", "--", "cat"])).contains("may have 2"));
    host.root("systemctl kill --signal=KILL usherd").succeeds();
    wait_until("it answers again", || host.root_usher(&["list"]).code == Some(0));
    assert_eq!((listed(&host, &alice).len(), listed(&host, &bob).len()), (2, 1));
    // A holder that dies ends its session, as everywhere, and no other.
    host.root(&format!("systemctl kill --signal=KILL usher-tty-{}", ids[0])).succeeds();
    wait_until("its session is gone", || listed(&host, &alice).len() == 1);
    // With an empty database the holders say what there is, and the kernel whose it is.
    host.root("systemctl stop usherd; rm -r /var/lib/usher/*; systemctl start usherd").succeeds();
    assert_eq!(session(&host, &ids[2])["user"], bob.name.as_str());
    assert_eq!(session(&host, &ids[1])["user"], alice.name.as_str());
    host.root_usher(&["close", "--all"]).succeeds();
    assert!(listed(&host, &alice).is_empty() && listed(&host, &bob).is_empty());
}
