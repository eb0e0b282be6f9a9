//! Locks of plain ssh logins: the programs stand still, the connection does not, and the terminal shows the message.

use serde_json::Value;

use crate::freezing::{Beat, beating};
use crate::harness::{Host, Login, Suite, User, wait_for, wait_until};
use crate::host;
use crate::who::{listed, outcome, refusal};

const TITLE: &str = "This session is locked";

/// Locks a session as root: its outcome.
#[track_caller]
pub fn lock(host: &Host, session: &str, message: &str) -> Value {
    outcome(&host.root_usher(&["lock", session, "--message", message, "--output", "json"]), 0)
}

/// Unlocks a session as root: its outcome.
#[track_caller]
pub fn unlock(host: &Host, session: &str) -> Value {
    outcome(&host.root_usher(&["unlock", session, "--output", "json"]), 0)
}

/// What became of it, and whether that was seen.
pub fn became(outcome: &Value) -> (Option<&str>, Option<bool>) {
    (outcome["result"].as_str(), outcome["observed"].as_bool())
}

/// Done, and seen.
pub const SEEN: (Option<&str>, Option<bool>) = (Some("done"), Some(true));

/// Logs in with a login shell of a plain prompt.
#[track_caller]
fn shell(host: &Host, user: &User) -> Login {
    host.root(&format!("echo 'PS1=\"at-the-prompt> \"' >>/home/{}/.bashrc", user.name)).succeeds();
    let terminal = host.login_from_terminal(user, &[], "");
    terminal.wait("at-the-prompt>");
    terminal
}

fn a_login_shell_is_locked_and_comes_back(host: &Host) {
    let alice = host.user("alice");
    let mut terminal = shell(host, &alice);
    terminal.type_keys("echo be''fore\n");
    terminal.wait("before");
    let beat = Beat::of(host, &alice, "beat");
    terminal.type_keys(&format!("({}) &\n", beating("beat")));
    beat.goes_on();
    let (before, device) = (terminal.text(), terminal.device());

    let done = lock(host, &terminal.session, "Please listen");
    assert_eq!(became(&done), SEEN, "{done}");
    assert!(done["notes"].to_string().contains("forwards stay open"), "{done}");
    terminal.wait("Please listen");
    assert!(terminal.text().contains(TITLE) && !terminal.text().contains("before"), "{}", terminal.text());
    beat.stands_still();
    assert_eq!(host.root(&format!("stat -c '%U %a' /dev/{device}")).succeeds(), "root 600\n");
    terminal.type_keys("touch $HOME/typed\n\x03\x04");
    terminal.resize(30, 100);
    wait_until("it is drawn for the new size", || terminal.text().contains("Please listen"));
    assert_eq!(became(&lock(host, &terminal.session, "Look here")), SEEN);
    terminal.wait("Look here");
    terminal.resize(24, 80);

    assert_eq!(became(&unlock(host, &terminal.session)), SEEN);
    terminal.wait_without("Look here");
    beat.goes_on();
    wait_until("its screen is there again", || terminal.text().contains("before") && !terminal.is_alternate());
    // Where lines were broken depends on the sizes that the terminal had.
    let same = || terminal.text().replace('\n', "").contains(before.trim_end().replace('\n', "").trim_end());
    assert!(same(), "{before}\n---\n{}", terminal.text());
    assert_eq!(host.root(&format!("stat -c '%U' /dev/{device}")).succeeds().trim(), alice.name);
    terminal.type_keys("echo af''ter\n");
    terminal.wait("after");
    assert!(!host.path(format!("/home/{}/typed", alice.name)).exists(), "what was typed reached nobody");
    assert!(!terminal.hung_up());
    host.shows("ssh", "lock", "the terminal answered that it shows the message, programs stand still, no key arrives");
}

#[test]
fn a_login_shell_is_locked_and_comes_back_on_debian_12() {
    a_login_shell_is_locked_and_comes_back(&host!(Bookworm));
}

#[test]
fn a_login_shell_is_locked_and_comes_back_on_debian_13() {
    a_login_shell_is_locked_and_comes_back(&host!(Trixie));
}

fn vim_keeps_its_text_under_a_lock(host: &Host) {
    let alice = host.user("alice");
    let terminal = host.login_from_terminal(&alice, &[], "vim.tiny -u NONE text");
    terminal.wait("~");
    terminal.type_keys("ihello\x1b");
    terminal.wait("hello");
    assert_eq!(became(&lock(host, &terminal.session, "Please listen")), SEEN);
    terminal.wait("Please listen");
    terminal.type_keys("oMEANWHILE\x1b:w\n");
    assert_eq!(became(&unlock(host, &terminal.session)), SEEN);
    terminal.wait_without("Please listen");
    wait_until("vim is drawn again", || terminal.text().contains("hello") && terminal.is_alternate());
    terminal.type_keys("A after\x1b:wq\n");
    let written = format!("/home/{}/text", alice.name);
    wait_until("the text is written", || host.path(&written).exists());
    assert_eq!(host.content(&written), "hello after\n");
}

#[test]
fn vim_keeps_its_text_under_a_lock_on_debian_12() {
    vim_keeps_its_text_under_a_lock(&host!(Bookworm));
}

#[test]
fn vim_keeps_its_text_under_a_lock_on_debian_13() {
    vim_keeps_its_text_under_a_lock(&host!(Trixie));
}

#[test]
fn less_and_tmux_are_drawn_again() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    for command in ["seq --format='line %g' 1000 | less", "tmux -f /dev/null new 'echo line 17; exec sleep 1000'"] {
        let terminal = host.login_from_terminal(&alice, &[], command);
        terminal.wait("line 17");
        wait_until("it has the whole screen", || terminal.is_alternate());
        assert_eq!(became(&lock(&host, &terminal.session, "Please listen")), SEEN);
        terminal.wait("Please listen");
        assert!(!terminal.text().contains("line 17"));
        assert_eq!(became(&unlock(&host, &terminal.session)), SEEN);
        terminal.wait("line 17");
        assert!(terminal.is_alternate() && !terminal.text().contains("Please listen"), "{}", terminal.text());
    }
}

#[test]
fn a_flood_of_output_stops_and_goes_on() {
    let host = host!(Bookworm);
    let terminal = host.login_from_terminal(&host.user("alice"), &[], "yes flood");
    terminal.wait("flood\nflood");
    assert_eq!(became(&lock(&host, &terminal.session, "Please listen")), SEEN);
    terminal.wait("Please listen");
    // The lock screen is longer than its message. A flood would never end.
    wait_until("nothing more comes", || {
        let count = terminal.raw().len();
        host.root("for i in $(seq 100); do /bin/true; done").succeeds();
        terminal.raw().len() < count + 100
    });
    assert!(!terminal.text().contains("flood"));
    assert_eq!(became(&unlock(&host, &terminal.session)), SEEN);
    terminal.wait("flood\nflood");
}

#[test]
fn another_channel_of_a_locked_connection_gets_no_shell() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let control = format!("/tmp/control-{}", alice.name);
    let terminal = host.login_from_terminal(&alice, &["-M", "-S", &control], "");
    let second = |command: &str| {
        let mut ssh = host.ssh_command(&alice, &["-S", &control, "-o", "ProxyCommand=false"], command);
        ssh.output().expect("ssh")
    };
    assert_eq!(second("echo open").stdout, b"open\n", "before the lock it is open");
    assert_eq!(became(&lock(&host, &terminal.session, "Please listen")), SEEN);
    let refused = second("touch $HOME/second; echo open");
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{refused:?}");
    assert!(!host.path(format!("/home/{}/second", alice.name)).exists());
    assert_eq!(became(&unlock(&host, &terminal.session)), SEEN);
    assert_eq!(second("echo open").stdout, b"open\n", "and after it again");
}

#[test]
fn a_locked_login_whose_line_is_cut_ends_and_what_outlives_its_terminal_goes_on() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let mut terminal = shell(&host, &alice);
    let (beat, on) = (Beat::of(&host, &alice, "beat"), Beat::of(&host, &alice, "on"));
    terminal.type_keys(&format!("({}) &\n", beating("beat")));
    terminal.type_keys(&format!("nohup sh -c '{}' >/dev/null 2>&1 &\n", beating("on")));
    [&beat, &on].into_iter().for_each(Beat::goes_on);
    assert_eq!(became(&lock(&host, &terminal.session, "Please listen")), SEEN);
    [&beat, &on].into_iter().for_each(Beat::stands_still);

    terminal.cut();
    on.goes_on();
    let shell = format!("pgrep -u {} -x bash", alice.name);
    wait_until("its shell has ended", || host.root(&shell).code == Some(1));
    host.root(&format!("pkill -KILL -u {} -f '[/]on'", alice.name)).succeeds();
    wait_until("nothing is left of it", || listed(&host, &terminal.session).is_none());
}

#[test]
fn a_killed_guard_is_started_again_and_everything_stands_still_meanwhile() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let terminal = shell(&host, &alice);
    terminal.type_keys("echo be''fore\n");
    terminal.wait("before");
    let beat = Beat::of(&host, &alice, "beat");
    terminal.type_keys(&format!("({}) &\n", beating("beat")));
    beat.goes_on();
    assert_eq!(became(&lock(&host, &terminal.session, "Please listen")), SEEN);
    let unit = format!("usher-guard-{}.service", terminal.session);
    let main = || host.root(&format!("systemctl show {unit} --property=MainPID --value")).stdout.trim().to_owned();
    let first = main();
    host.root(&format!("kill -KILL {first}")).succeeds();
    let another = || Some(main()).filter(|pid| !["", "0", &first].contains(&pid.as_str()));
    wait_for("another guard lives", another);
    beat.stands_still();
    terminal.wait("Please listen");
    terminal.type_keys("touch $HOME/typed\n");
    wait_until("it holds the terminal", || became(&lock(&host, &terminal.session, "Still")) == SEEN);
    assert_eq!(became(&unlock(&host, &terminal.session)), SEEN);
    wait_until("its screen is there again", || terminal.text().contains("before") && !terminal.is_alternate());
    terminal.type_keys("echo af''ter\n");
    terminal.wait("after");
    assert!(!host.path(format!("/home/{}/typed", alice.name)).exists());
}

#[test]
fn a_lock_outlives_usherd_and_is_taken_away_by_the_next_one() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let alice = host.user("alice");
    let terminal = shell(&host, &alice);
    let beat = Beat::of(&host, &alice, "beat");
    terminal.type_keys(&format!("({}) &\n", beating("beat")));
    beat.goes_on();
    assert_eq!(became(&lock(&host, &terminal.session, "Please listen")), SEEN);
    host.root("systemctl kill --signal=KILL usherd").succeeds();
    terminal.type_keys("touch $HOME/typed\n");
    wait_until("another daemon serves", || host.root_usher(&["list"]).code == Some(0));
    beat.stands_still();
    assert!(terminal.text().contains("Please listen"), "{}", terminal.text());
    assert_eq!(became(&unlock(&host, &terminal.session)), SEEN);
    beat.goes_on();
    terminal.type_keys("echo af''ter\n");
    terminal.wait("after");
    assert!(!host.path(format!("/home/{}/typed", alice.name)).exists());

    // Without any daemon.
    assert_eq!(became(&lock(&host, &terminal.session, "Please listen")), SEEN);
    host.root("systemctl stop usherd").succeeds();
    beat.stands_still();
    host.root("usherd --release-all").succeeds();
    beat.goes_on();
    wait_until("its screen is there again", || !terminal.text().contains("Please listen") && !terminal.is_alternate());
    terminal.type_keys("echo fr''ee\n");
    terminal.wait("free");
    host.root("systemctl start usherd").succeeds();
    wait_until("another daemon serves", || host.root_usher(&["list"]).code == Some(0));
    beat.goes_on();
}

#[test]
fn the_same_user_gets_at_nothing_from_another_login() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let terminal = shell(&host, &alice);
    let beat = Beat::of(&host, &alice, "beat");
    terminal.type_keys(&format!("({}) &\n", beating("beat")));
    beat.goes_on();
    let device = terminal.device();
    assert_eq!(became(&lock(&host, &terminal.session, "Please listen")), SEEN);
    let guard = host
        .root(&format!("systemctl show usher-guard-{}.service --property=MainPID --value", terminal.session))
        .succeeds();
    let (guard, scope) = (guard.trim(), format!("session-{}.scope", terminal.session));
    let slice = format!("/sys/fs/cgroup/user.slice/user-{}.slice", alice.uid);
    let frozen = host.root(&format!("find {slice}/{scope} -name cgroup.procs -path '*frozen*' -exec cat {{}} +"));
    let frozen: Vec<String> = frozen.succeeds().split_whitespace().map(str::to_owned).collect();
    assert!(frozen.len() >= 2, "the shell and its job: {frozen:?}");
    let connection = host.root(&format!("cat {slice}/{scope}/cgroup.procs | tail -1")).succeeds();
    let mut other = host.shell(&alice);
    for attack in [
        format!("echo gone >/dev/{device}"),
        format!("cat </dev/{device}"),
        format!("chmod 666 /dev/{device}"),
        format!("echo {} >/sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service/cgroup.procs", frozen[0]),
        format!("echo 0 >{slice}/{scope}/usher-frozen-{}/cgroup.freeze", alice.uid),
        format!("kill -KILL {guard}"),
        format!(
            "python3 -c 'import ctypes,sys; sys.exit(ctypes.CDLL(None).ptrace(16, {guard}, 0, 0) == 0 and 0 or 1)'"
        ),
        format!(
            "python3 -c 'import ctypes,sys; sys.exit(ctypes.CDLL(None).ptrace(16, {}, 0, 0) == 0 and 0 or 1)'",
            connection.trim()
        ),
    ] {
        assert_ne!(other.run(&attack).code, Some(0), "{attack}");
    }
    let _ = other.run(&format!("kill -CONT {}", frozen.join(" ")));
    beat.stands_still();
    assert!(terminal.text().contains("Please listen") && !terminal.text().contains("gone"), "{}", terminal.text());
    assert_eq!(became(&unlock(&host, &terminal.session)), SEEN);
    beat.goes_on();
}

fn a_login_without_a_terminal_stands_still(host: &Host) {
    let alice = host.user("alice");
    host.lets_in_by_key(&alice);
    let mut ssh = host.ssh_command(&alice, &[], &beating("beat"));
    let mut client = ssh.stdin(std::process::Stdio::null()).spawn().expect("ssh");
    let beat = Beat::of(host, &alice, "beat");
    beat.goes_on();
    let all = host.root("loginctl list-sessions --no-legend").stdout;
    let line = all.lines().find(|line| line.split_whitespace().nth(2) == Some(&alice.name)).expect("a session");
    let session = line.split_whitespace().next().expect("its ID").to_owned();
    let done = lock(host, &session, "Please listen");
    assert_eq!(became(&done), SEEN, "{done}");
    assert!(done["notes"].to_string().contains("has no terminal"), "{done}");
    beat.stands_still();
    assert_eq!(became(&unlock(host, &session)), SEEN);
    beat.goes_on();
    host.shows("ssh-command", "lock", "programs stand still; a note says that no message can be shown");

    assert_eq!(refusal(&host.root_usher(&["disconnect", &session, "--output", "json"])), "NotSupported");
    host.shows_refusal("ssh-command", "disconnect", "nothing would be left to return to; NotSupported");
    let looked = host.root_usher(&["thumbnail", &session, "-o", "/tmp/none.png"]);
    assert!(looked.code == Some(1) && looked.stderr.contains("NotSupported"), "{looked:?}");
    host.shows_refusal("ssh-command", "thumbnail", "nothing is shown anywhere; NotSupported");
    assert_eq!(became(&outcome(&host.root_usher(&["close", &session, "--output", "json"]), 0)), SEEN);
    assert!(listed(host, &session).is_none());
    wait_until("it ends with its connection", || client.try_wait().expect("a child").is_some());
    host.shows("ssh-command", "close", "logind has no such session, and the client has ended");
}

#[test]
fn a_login_without_a_terminal_stands_still_and_it_is_said_that_no_message_is_shown_on_debian_12() {
    a_login_without_a_terminal_stands_still(&host!(Bookworm));
}

#[test]
fn a_login_without_a_terminal_stands_still_and_it_is_said_that_no_message_is_shown_on_debian_13() {
    a_login_without_a_terminal_stands_still(&host!(Trixie));
}

#[test]
fn a_terminal_that_answers_nothing_is_told_in_plain_text_and_the_lock_is_not_observed() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let terminal = host.login_from_kind(&alice, &[], "echo here; exec sleep 1000", "dumb");
    terminal.wait("here");
    let done = lock(&host, &terminal.session, "Please listen");
    assert_eq!(became(&done), (Some("done"), Some(false)), "{done}");
    assert!(done["notes"].to_string().contains("did not confirm"), "{done}");
    terminal.wait("*** Please listen");
    assert!(!terminal.raw().contains(&0x1b), "no control sequence came");
    assert_eq!(became(&unlock(&host, &terminal.session)).0, Some("done"));
}

#[test]
fn a_rule_locks_ssh_logins_of_before_and_after_and_its_end_frees_them() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let first = shell(&host, &alice);
    host.root_usher(&["block", "--user", &alice.name, "--message", "Please listen"]).succeeds();
    first.wait("Please listen");
    // What PAM runs while somebody logs in comes to its end, or the line would hang until the client gives up.
    let slow = "for i in $(seq 50); do [ -e /tmp/slow ] && sleep 0.1; done; touch /tmp/slow-ended";
    std::fs::write(host.path("/etc/update-motd.d/50-slow"), format!("#!/bin/sh\n{slow}\n")).expect("a script");
    host.root("chmod 755 /etc/update-motd.d/50-slow && touch /tmp/slow").succeeds();
    let mut second = host.login_from_terminal(&alice, &[], "");
    wait_until("the lock holds", || listed(&host, &second.session).is_none_or(|session| session["locked"] == true));
    host.root("rm -f /tmp/slow /tmp/slow-ended").succeeds();
    wait_until("the login goes on", || host.path("/tmp/slow-ended").exists());
    wait_until("she gets no shell", || second.text().contains("Please listen") || second.hung_up());
    let freed = host.root_usher(&["unblock", "--user", &alice.name, "--output", "json"]).json();
    let freed = freed["outcomes"].as_array().expect("outcomes");
    // A second login that was let in no further may end at this moment.
    let other: Value = second.session.parse::<u32>().expect("a number").into();
    let ended = |done: &Value| done["error"]["id"] == "SessionChanged" && done["session_id"] == other;
    assert!(freed.iter().all(|done| ended(done) || became(done) == SEEN), "{freed:?}");
    let own: Value = first.session.parse::<u32>().expect("a number").into();
    assert!(freed.iter().any(|done| done["session_id"] == own && became(done) == SEEN), "{freed:?}");
    first.wait("at-the-prompt>");
    wait_until("the shell comes if one began", || second.text().contains("at-the-prompt>") || second.hung_up());
    let done = outcome(
        &host.root_usher(&["lock", &first.session, "--message", "For a moment", "--for", "2s", "--output", "json"]),
        0,
    );
    assert_eq!(became(&done), SEEN, "{done}");
    first.wait("For a moment");
    first.wait_without("For a moment");
    // What is typed before the guard of its terminal has let go is dropped, also when its screen is there again.
    let guard = format!("systemctl is-active usher-guard-{}.service", first.session);
    wait_until("its guard has let go", || host.root(&guard).stdout.trim() == "inactive");
    first.type_keys("echo af''ter\n");
    first.wait("after");
}
