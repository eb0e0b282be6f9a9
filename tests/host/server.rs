//! `--server`: an operator's machine without a daemon controls three hosts by ssh.

use std::io::{BufRead, BufReader};

use serde_json::Value;

use crate::harness::{School, Suite, User, X11, covered, ready, skip, wait_until};
use crate::who::{locked, session, wait_state};

/// Two releases of Debian between which the operator should see no difference.
const THREE: [Suite; 3] = [Suite::Bookworm, Suite::Bookworm, Suite::Trixie];

/// Everything that has to be there for three hosts.
fn prepared() -> Result<(), String> {
    ready(Suite::Bookworm).and(ready(Suite::Trixie))
}

/// The outcomes of a command that exits so, by host and in the order of the hosts.
#[track_caller]
fn outcomes(ran: crate::harness::Ran, code: i32) -> Vec<Value> {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    let mut outcomes = ran.array();
    outcomes.sort_by_key(|outcome| (outcome["host"].to_string(), outcome["session_id"].to_string()));
    outcomes
}

/// The session that an outcome is about.
fn id(outcome: &Value) -> String {
    outcome["session_id"].to_string()
}

/// What became of a user's session on each host.
fn results(outcomes: &[Value], user: &str) -> Vec<String> {
    let of_user = outcomes.iter().filter(|outcome| outcome["user"] == user);
    of_user.map(|o| format!("{} {} {}", o["host"], o["result"], o["observed"]).replace('"', "")).collect()
}

#[test]
fn every_verb_acts_on_three_hosts_by_names_by_group_and_through_pipes() {
    if let Err(reason) = prepared() {
        return skip(&reason);
    }
    let school = School::open(&THREE);
    let screens: Vec<_> = school.hosts.iter().map(|host| host.x11(&host.user("alice"), X11::Xvnc)).collect();
    let viewers: Vec<_> = school.hosts.iter().zip(&screens).map(|(host, screen)| host.viewer(screen)).collect();
    for (host, screen) in school.hosts.iter().zip(&screens) {
        wait_state(host, screen, "remote", |s| s["state"] == "remote");
    }

    // By names. The hosts are called as the caller called them, and their sessions are told apart.
    let listed = school.usher(&["list", "--server", "h1,h2,h3", "--user", "alice", "--output", "json"]).array();
    let mut hosts: Vec<_> = listed.iter().map(|s| s["host"].as_str().unwrap()).collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["h1", "h2", "h3"]);
    let table = school.usher(&["list", "--server", "h1,h2,h3"]).succeeds();
    assert!(table.starts_with("HOST  ID"), "{table}");

    let lock = ["lock", "--user", "alice", "--message", "Please listen", "--output", "json"];
    let done = outcomes(school.usher(&[&lock[..], &["--server", "h1,h2,h3"]].concat()), 0);
    assert_eq!(results(&done, "alice"), ["h1 done true", "h2 done true", "h3 done true"]);
    for (host, screen) in school.hosts.iter().zip(&screens) {
        assert!(covered(&screen.pixels()));
        let by = session(host, screen)["lock"]["by"].as_str().unwrap().to_owned();
        assert_eq!(by, format!("olga via ssh from {}", school.desk.address()));
    }

    // By a group.
    school.usher(&["servers", "group", "lab", "h1", "h2", "h3"]).succeeds();
    let unlock = ["unlock", "--user", "alice", "--server", "lab", "--output", "json"];
    assert_eq!(results(&outcomes(school.usher(&unlock), 0), "alice"), ["h1 done true", "h2 done true", "h3 done true"]);
    assert!(school.hosts.iter().zip(&screens).all(|(host, screen)| !locked(host, screen)));
    assert!(school.usher(&["servers"]).succeeds().contains("h3    ssh"), "the members of a group are listed");

    // Through pipes: each object goes back to the host that it came from.
    let piped = |to: &str| format!("usher Get-WmsSession -All -Server lab | grep '\"alice\"' | {to}");
    let said = school.shell(&piped("usher --output json Lock-WmsSession -Message 'Eyes up'")).succeeds();
    let said: Vec<Value> = serde_json::from_str(&said).unwrap();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(school.hosts.iter().zip(&screens).all(|(host, screen)| locked(host, screen)));
    school.shell(&piped("usher Unlock-WmsSession")).succeeds();
    let lines = "usher list --server lab --output jsonl | grep '\"alice\"'";
    school.shell(&format!("{lines} | usher Disconnect-WmsSession")).succeeds();
    for (host, screen) in school.hosts.iter().zip(&screens) {
        assert_eq!(session(host, screen)["state"], "disconnected");
    }

    let close = ["close", "--user", "alice", "--server", "lab", "--output", "json"];
    assert_eq!(results(&outcomes(school.usher(&close), 0), "alice"), ["h1 done true", "h2 done true", "h3 done true"]);
    assert!(screens.iter().all(|screen| !screen.exists()));

    // What was done from afar is in the audit log, with who did it and from where.
    let records = school.hosts[2].root_usher(&["audit", "--action", "close", "--output", "json"]).array();
    let actor = format!("olga via ssh from {}", school.desk.address());
    assert_eq!(records.last().unwrap()["actor"], actor.as_str(), "{records:?}");
    let by_name = school.hosts[2].root_usher(&["audit", "--user", "olga", "--output", "json"]).array();
    assert!(by_name.len() >= 4, "the records are found by the name: {by_name:?}");
    viewers.iter().for_each(|viewer| viewer.leave());
}

#[test]
fn a_host_cut_off_in_the_middle_and_one_that_is_down_delay_nobody_by_ssh() {
    if let Err(reason) = prepared() {
        return skip(&reason);
    }
    cut_off_in_the_middle(&School::open(&THREE));
}

#[test]
fn a_host_cut_off_in_the_middle_and_one_that_is_down_delay_nobody_by_tls() {
    if let Err(reason) = prepared() {
        return skip(&reason);
    }
    let school = School::open(&THREE);
    school.join_all();
    cut_off_in_the_middle(&school);
}

/// The first host is well, the second loses its cable while it is at work, the third has none.
#[track_caller]
fn cut_off_in_the_middle(school: &School) {
    let (up, cut, down) = (&school.hosts[0], &school.hosts[1], &school.hosts[2]);
    let stubborn = "trap '' TERM HUP INT; echo up > $HOME/stubborn; while :; do sleep 1; done";
    let screens: Vec<_> = [up, cut].map(|host| host.x11(&host.user("alice"), X11::Xvfb)).into();
    for (host, screen) in [up, cut].iter().zip(&screens) {
        screen.start(stubborn);
        wait_until("it runs", || !host.content("/home/alice/stubborn").is_empty());
    }
    let ids: Vec<String> = screens.iter().map(|screen| screen.id()).collect();
    down.root("systemctl stop ssh.socket ssh.service; ip link set host0 down").succeeds();

    // Closing takes seconds here: the program has to be killed. Meanwhile the cable is taken out.
    let close = ["close", "--all", "--server", "h1,h2,h3", "--timeout", "6s", "--output", "jsonl"];
    let mut command = school.started(&close).spawn().expect("usher");
    let mut lines = BufReader::new(command.stdout.take().expect("a pipe")).lines();
    wait_until("the host is at it", || session(cut, &screens[1])["state"] == "closing");
    cut.plugged(false);
    let first: Vec<Value> = std::iter::from_fn(|| lines.next())
        .map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON"))
        .take_while(|outcome: &Value| id(outcome) != ids[0] || outcome["host"] != "h1")
        .collect();
    assert!(command.try_wait().expect("a child").is_none(), "h1 is told before the others are given up: {first:?}");
    let ended = wait_for_end(&mut command);
    let rest: Vec<Value> = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    let all: Vec<&Value> = first.iter().chain(&rest).collect();
    let error_of = |host: &str| {
        let failed = all.iter().find(|o| o["host"] == host && o["result"] == "failed");
        failed.map(|o| o["error"]["id"].as_str().unwrap().to_owned())
    };
    assert_eq!(error_of("h2").as_deref(), Some("OutcomeUnknown"), "{all:?}");
    assert_eq!(error_of("h3").as_deref(), Some("HostUnreachable"), "{all:?}");
    assert_eq!(error_of("h1"), None, "{all:?}");
    assert_eq!(ended.code, Some(1), "one was reached: {ended:?}");
    assert!(ended.stderr.contains("1 of 3 hosts answered"), "{ended:?}");
    assert!(ended.stderr.contains("nothing was sent: h3") && ended.stderr.contains("not answered: h2;"));

    // Back again, the host tells the truth: what it was asked for, it did.
    cut.plugged(true);
    let listed = || {
        let ran = school.usher(&["list", "--server", "h2", "--user", "alice", "--output", "json"]);
        (ran.code == Some(0)).then(|| ran.array())
    };
    wait_until("h2 shows that the session is gone", || listed().is_some_and(|sessions| sessions.is_empty()));

    // Nobody at all: that is another exit code.
    let nobody = school.usher(&["list", "--server", "h3", "--timeout", "2s"]);
    assert_eq!(nobody.code, Some(3), "{nobody:?}");
}

/// The rest of what a command complains about, and how it ends.
fn wait_for_end(command: &mut std::process::Child) -> crate::harness::Ran {
    let mut stderr = String::new();
    let mut pipe = command.stderr.take().expect("a pipe");
    std::io::Read::read_to_string(&mut pipe, &mut stderr).expect("text");
    let code = command.wait().expect("a child").code();
    crate::harness::Ran { what: "usher".into(), code, stdout: String::new(), stderr }
}

#[test]
fn the_session_that_one_calls_from_is_spared_also_over_ssh_and_by_another_name() {
    if let Err(reason) = prepared() {
        return skip(&reason);
    }
    let school = School::open(&[Suite::Bookworm]);
    let host = &school.hosts[0];
    let screen = host.x11(&host.user("alice"), X11::Xvfb);

    // The login by which the request comes is the caller's own.
    let planned = school.usher(&["close", "--all", "--dry-run", "--server", "h1", "--output", "json"]).array();
    assert_eq!(results(&planned, "alice"), ["h1 planned false"]);
    let own: Vec<_> = planned.iter().filter(|o| o["user"] == "olga").collect();
    assert!(!own.is_empty() && own.iter().all(|o| o["error"]["id"] == "OwnSession"), "{planned:?}");

    // Somebody who sits at the host, and calls it by an address that it does not know as its own.
    let login = host.ssh(&User { name: "olga".into(), ..host.user("unused") }, "sleep 600");
    host.root("install -d -o olga -m 700 /home/olga/.ssh && cp /root/.ssh/test /home/olga/.ssh/id_ed25519 && chown olga /home/olga/.ssh/id_ed25519")
        .succeeds();
    host.root("printf 'Host *\\n StrictHostKeyChecking accept-new\\n' > /home/olga/.ssh/config").succeeds();
    let command = format!("usher --server {} close --all --dry-run --output json", host.address());
    let said = host.root(&format!(
        "systemd-run --quiet --wait --pipe --collect -p PAMName=test-session -p User=olga -E XDG_SESSION_CLASS=user sh -c \
         'echo $XDG_SESSION_ID > /tmp/own; {command}'"
    ));
    let own = host.content("/tmp/own").trim().to_owned();
    let planned: Vec<Value> = serde_json::from_str(&said.stdout).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    let spared: Vec<String> = planned.iter().filter(|o| o["error"]["id"] == "OwnSession").map(id).collect();
    assert!(spared.contains(&own) && spared.len() == 2, "session {own}, and the login that asks: {planned:?}");
    drop((login, screen));
}

#[test]
fn what_keeps_a_host_from_being_reached_is_said() {
    if let Err(reason) = prepared() {
        return skip(&reason);
    }
    let school = School::open(&[Suite::Bookworm]);
    let host = &school.hosts[0];
    let refused = |what: &str, words: &[&str]| {
        let ran = school.usher(&["list", "--server", "h1", "--timeout", "8s"]);
        assert_eq!(ran.code, Some(3), "{what}: {ran:?}");
        assert!(words.iter().all(|word| ran.stderr.contains(word)), "{what}: {}", ran.stderr);
    };
    school.usher(&["list", "--server", "h1"]).succeeds();

    host.root("systemctl stop usherd").succeeds();
    refused("no daemon", &["HostUnreachable", "h1: there is no usherd at"]);
    host.root("systemctl start usherd").succeeds();
    host.root("mv /usr/bin/usher /usr/bin/usher.away").succeeds();
    refused("no usher", &["h1 has no usher", "install the usher package"]);
    host.root("mv /usr/bin/usher.away /usr/bin/usher").succeeds();

    // A login shell that greets is no obstacle.
    host.root("sed -i '1i echo Welcome to the lab' /home/olga/.bashrc").succeeds();
    school.usher(&["list", "--server", "h1"]).succeeds();

    // Without the connection that is still open, the key counts again.
    let _ = school.shell("for s in /tmp/usher-*/ssh-*; do ssh -o ControlPath=$s -O exit h1; done");
    host.root("mv /home/olga/.ssh/authorized_keys /home/olga/.ssh/away").succeeds();
    refused("no key", &["ssh did not reach h1", "Permission denied", "use a key"]);
    host.root("mv /home/olga/.ssh/away /home/olga/.ssh/authorized_keys").succeeds();
    host.root("rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart ssh").succeeds();
    refused("another key of the host's", &["ssh did not reach h1", "Host key verification failed", "by hand"]);
    let unknown = school.usher(&["list", "--server", "nobody-has-this-name"]);
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
    assert!(unknown.stderr.contains("ssh did not reach nobody-has-this-name"), "{unknown:?}");
}
