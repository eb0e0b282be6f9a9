//! Logins by ssh that outlive their connection: `usher login` as sshd runs it for a group.

use std::process::Command;

use serde_json::Value;

use crate::harness::{Host, Lab, PATIENCE, Ran, Suite, Terminal, User, run_here, wait_telling, wait_until};

/// The options of every ssh client: a key, and nobody asked.
const SSH: &str =
    "ssh -q -i /root/.ssh/test -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null";

/// A host of its own, because these tests change its sshd, with a group that logs in by usher.
fn own(suite: Suite) -> Option<(Host, User)> {
    let host = Host::own(suite)?;
    host.root("groupadd pupils").succeeds();
    let alice = host.user_in("alice", &["pupils"]);
    host.lets_in_by_key(&alice);
    host.root_usher(&["login", "enable", "pupils"]).succeeds();
    // sshd listens anew, and refuses connections until it does.
    wait_until("sshd lets her in", || beside(&host, &alice, "$SSH $AT true").code == Some(0));
    Some((host, alice))
}

/// The beginning of a command with the host's files, in the laboratory's network: another machine.
fn client(host: &Host, words: &str) -> Command {
    let mut command = host.beside();
    command.args(["sh", "-c", words]);
    command
}

/// Logs in from another machine, with a terminal.
fn log_in(host: &Host, user: &User, options: &str) -> Terminal {
    Terminal::run(&client(host, &format!("exec {SSH} {options} {}@{}", user.name, host.address())))
}

/// Runs a shell command on another machine, where `$SSH` is ssh and `$AT` the user at the host.
#[track_caller]
fn beside(host: &Host, user: &User, command: &str) -> Ran {
    run_here(&mut client(host, &format!("export SSH='{SSH}' AT={}@{}; {command}", user.name, host.address())))
}

fn listed(host: &Host, user: &User) -> Vec<Value> {
    let all = host.root_usher(&["list", "--output", "json"]).array();
    all.into_iter().filter(|session| session["user"] == user.name.as_str()).collect()
}

/// The text session of this user. For a moment, a connection that came to it is listed beside it.
#[track_caller]
fn held(host: &Host, user: &User) -> Value {
    listed(host, user).into_iter().find(|session| session["kind"] == "text").expect("a text session")
}

fn outlives_its_line(suite: Suite) {
    let Some((host, alice)) = own(suite) else { return };
    let first = log_in(&host, &alice, "");
    first.wait("$");
    first.type_keys("vi essay\n");
    first.wait("essay");
    first.type_keys("iHello there");
    first.wait("Hello there");
    // The connection is a station of the one session, and no session beside it.
    wait_until("it is the only one", || listed(&host, &alice).len() == 1);
    let one = listed(&host, &alice);
    assert_eq!((&one[0]["kind"], &one[0]["state"]), (&"text".into(), &"remote".into()), "{one:?}");
    assert_eq!(one[0]["client"], Lab::HUB, "{one:?}");
    let id = one[0]["session_id"].to_string();

    first.cut();
    wait_until("nobody sits there", || listed(&host, &alice).iter().any(|s| s["state"] == "disconnected"));
    let again = log_in(&host, &alice, "");
    again.wait("Hello there");
    assert_eq!(held(&host, &alice)["session_id"].to_string(), id);

    let locked = host.root_usher(&["lock", &id, "--message", "Pens down", "--output", "json"]).array();
    assert_eq!((&locked[0]["result"], &locked[0]["observed"]), (&"done".into(), &true.into()), "{locked:?}");
    again.wait("Pens down");
    again.type_keys("secret");
    host.root_usher(&["unlock", &id]).succeeds();
    again.wait("Hello there");
    // What is typed before the station has all of the picture is nobody's. Too much of it would not fit into the line.
    let arrives = || {
        again.type_keys("!");
        again.soon_shows("there!")
    };
    wait_telling(
        PATIENCE,
        || format!("her keys do not reach the editor:\n{}", again.text()),
        || arrives().then_some(()),
    );
    again.type_keys(" again\x1b:wq\n");
    let essay = || host.content(format!("/home/{}/essay", alice.name));
    wait_until("it is written", || essay().ends_with("! again\n"));
    assert_eq!(essay().replace('!', ""), "Hello there again\n");
    let mut again = again;
    again.type_keys("exit 5\n");
    assert_eq!(again.exit_code(), Some(5), "{}", again.text());
    wait_until("it is over", || listed(&host, &alice).is_empty());
    host.shows("hosted-login", "lock", "the client shows the message, no key arrives; the editor's text as before");
    is_pictured_left_and_closed(&host, &alice);
}

fn is_pictured_left_and_closed(host: &Host, alice: &User) {
    let mut third = log_in(host, alice, "");
    third.wait("$");
    third.type_keys("echo st''ays\n");
    third.wait("stays");
    let id = held(host, alice)["session_id"].to_string();
    host.root_usher(&["thumbnail", &id, "-o", "/tmp/login.png"]).succeeds();
    assert!(host.content("/tmp/login.png").contains("PNG"));
    host.shows("hosted-login", "thumbnail", "a picture is drawn");
    let left = host.root_usher(&["disconnect", &id, "--output", "json"]).array();
    assert_eq!((&left[0]["result"], &left[0]["observed"]), (&"done".into(), &true.into()), "{left:?}");
    third.exit_code().expect("the client has ended");
    wait_until("nobody sits there", || listed(host, alice).iter().any(|s| s["state"] == "disconnected"));
    let mut fourth = log_in(host, alice, "");
    fourth.wait("stays");
    host.shows("hosted-login", "disconnect", "the client has ended, and the next login shows the same screen");
    let closed = host.root_usher(&["close", &id, "--output", "json"]).array();
    assert_eq!((&closed[0]["result"], &closed[0]["observed"]), (&"done".into(), &true.into()), "{closed:?}");
    fourth.exit_code().expect("the client has ended");
    wait_until("it is over", || listed(host, alice).is_empty());
    host.shows("hosted-login", "close", "logind has no such session, and the client has ended");
}

#[test]
fn a_login_outlives_its_line_on_debian_12() {
    outlives_its_line(Suite::Bookworm);
}

#[test]
fn a_login_outlives_its_line_on_debian_13() {
    outlives_its_line(Suite::Trixie);
}

#[test]
fn commands_run_as_they_do_without_usher() {
    let Some((host, alice)) = own(Suite::Trixie) else { return };
    let ran = |command: &str| beside(&host, &alice, command);
    assert_eq!(ran("$SSH $AT 'echo out; echo err >&2; exit 3'").code, Some(3));
    assert_eq!(ran("$SSH $AT 'echo \"a  b\" $0; tty'").exits(1).lines().next().unwrap(), "a  b bash");
    assert!(ran("$SSH -tt $AT 'tty; exit 4'").exits(4).contains("/dev/pts/"));
    assert_eq!(ran("echo 'echo $((6 * 7))' | $SSH -T $AT").succeeds().trim(), "42");
    // 100 MB by both protocols of scp, and back.
    let copy = "head -c 100000000 /dev/urandom >/tmp/large; set -e; for p in -O -s; do \
        scp $p ${SSH#ssh} /tmp/large $AT:copy; scp $p ${SSH#ssh} $AT:copy /tmp/back; cmp /tmp/large /tmp/back; done";
    ran(copy).succeeds();
    ran("printf 'put /tmp/large by-sftp\\nls by-sftp\\n' | sftp ${SSH#ssh} -b - $AT").succeeds();
    host.root("cmp /tmp/large /home/alice/by-sftp").succeeds();
    // sshd's own server is a word and no program.
    host.root("sed -i 's/^Subsystem.*/Subsystem sftp internal-sftp/' /etc/ssh/sshd_config; systemctl restart ssh")
        .succeeds();
    ran("printf 'put /tmp/large internal\\n' | sftp ${SSH#ssh} -b - $AT").succeeds();
    host.root("cmp /tmp/large /home/alice/internal").succeeds();
    ran("rsync -e \"$SSH\" /tmp/large $AT:by-rsync").succeeds();
    host.root("cmp /tmp/large /home/alice/by-rsync").succeeds();
    host.run(&alice, "git init -q --bare $HOME/work.git").succeeds();
    ran("set -e; rm -rf /tmp/work; git init -q /tmp/work; cd /tmp/work; echo x >x; git add x; \
         git -c user.name=a -c user.email=a@b commit -qm x; GIT_SSH_COMMAND=\"$SSH\" git push -q $AT:work.git HEAD:main")
    .succeeds();
    assert_eq!(host.run(&alice, "git -C $HOME/work.git log --format=%s main").succeeds().trim(), "x");
    assert!(listed(&host, &alice).iter().all(|session| session["kind"] != "text"));
}

#[test]
fn who_left_several_sessions_is_asked_and_finds_the_agent_that_came_last() {
    let Some((host, alice)) = own(Suite::Bookworm) else { return };
    for name in ["maths", "history"] {
        host.usher(&alice, &["open", "--name", name, "--", "bash", "--norc"]).succeeds();
    }
    let chooses = log_in(&host, &alice, "");
    chooses.wait("Which one?");
    chooses.type_keys("n\n");
    chooses.wait("$");
    assert_eq!(listed(&host, &alice).len(), 3);
    chooses.type_keys("echo $SSH_AUTH_SOCK, $SSH_TTY.\n");
    chooses.wait(&format!("/run/user/{}/usher-agent.sock, .", alice.uid));
    chooses.cut();
    wait_until("nobody sits there", || listed(&host, &alice).iter().all(|s| s["state"] == "disconnected"));

    // An agent that is another one at each connection.
    let with_agent = |key: &str| {
        let words = format!(
            "ssh-keygen -q -t ed25519 -N '' -C {key} -f /tmp/{key}; \
             exec ssh-agent sh -c 'ssh-add -q /tmp/{key}; exec {SSH} -A {}@{}'",
            alice.name,
            host.address()
        );
        Terminal::run(&client(&host, &words))
    };
    host.root_usher(&["close", &format!("{}/maths", alice.name), &format!("{}/history", alice.name)]).succeeds();
    for key in ["first-agent", "second-agent"] {
        let session = with_agent(key);
        session.wait("$");
        session.type_keys("clear; ssh-add -L\n");
        session.wait(key);
        session.cut();
        wait_until("nobody sits there", || listed(&host, &alice).iter().all(|s| s["state"] == "disconnected"));
    }
    assert_eq!(listed(&host, &alice).len(), 1);
}

#[test]
fn nobody_is_locked_out_and_sshd_has_the_last_word() {
    let Some((host, alice)) = own(Suite::Trixie) else { return };
    let file = "/etc/ssh/sshd_config.d/50-usher-login.conf";
    // usherd is down: a plain shell, and a word about it.
    host.root("systemctl stop usherd").succeeds();
    let plain = log_in(&host, &alice, "");
    plain.wait("plain login shell");
    plain.type_keys("echo $((6 * 7)).\n");
    plain.wait("42.");
    drop(plain);
    host.root("systemctl start usherd").succeeds();

    // Who is not in the group has what they had.
    let bob = host.user("bob");
    host.lets_in_by_key(&bob);
    let his = log_in(&host, &bob, "");
    his.wait("$");
    wait_until("his login is an ssh login", || listed(&host, &bob).iter().any(|s| s["kind"] == "ssh"));

    host.root("groupadd teachers").succeeds();
    let before = host.content(file);
    assert!(before.contains("Match Group pupils\n"), "{before}");
    for wrong in ["nobody-has-this", "a b", "x\nPermitRootLogin yes"] {
        assert_eq!(host.root_usher(&["login", "enable", wrong]).code, Some(2), "{wrong}");
    }
    assert_eq!(host.usher(&alice, &["login", "enable", "pupils"]).code, Some(2), "only root");
    // What sshd refuses is taken back.
    host.root("echo 'NoSuchWord yes' >/etc/ssh/sshd_config.d/90-broken.conf").succeeds();
    assert_eq!(host.root_usher(&["login", "enable", "teachers"]).code, Some(1));
    assert_eq!(host.content(file), before);
    host.root("rm /etc/ssh/sshd_config.d/90-broken.conf").succeeds();
    // So is what sshd does not do, because something before says otherwise.
    host.root("printf 'Match Group pupils\\n ForceCommand /bin/true\\n' >/etc/ssh/sshd_config.d/10-other.conf")
        .succeeds();
    assert_eq!(host.root_usher(&["login", "enable", "pupils"]).code, Some(1));
    assert_eq!(host.content(file), before);
    host.root("rm /etc/ssh/sshd_config.d/10-other.conf").succeeds();

    host.root_usher(&["login", "enable", "teachers"]).succeeds();
    assert!(host.content(file).contains("Match Group pupils,teachers\n"));
    host.root_usher(&["login", "disable"]).succeeds();
    assert!(!host.path(file).exists());
    let plain = log_in(&host, &alice, "");
    plain.wait("$");
    assert!(listed(&host, &alice).iter().all(|session| session["kind"] == "ssh"));
    drop(plain);
    // Who removes the package finds sshd as it was.
    host.root_usher(&["login", "enable", "pupils"]).succeeds();
    host.root("dpkg --remove usher").succeeds();
    assert!(!host.path(file).exists());
}
