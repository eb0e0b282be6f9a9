//! X servers of a locked user's that no shield covers, wherever they listen and whoever started them.

use crate::harness::{Screen, X11, covered, wait_until};
use crate::host;
use crate::hostile::{home, lock_fails, pid, says};

#[test]
fn a_second_x_server_under_another_name_is_not_told_as_covered() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let second = host.next_display();
    // A name that usherd took for a Wayland compositor's, and that is no text.
    alice.start(&format!(
        "evil=\"$HOME/$(printf 'Xwayland\\377')\"; cp /usr/bin/Xvfb \"$evil\"; echo $$ > $HOME/server; exec \"$evil\" :{second} -auth $HOME/.Xauthority"
    ));
    let server = pid(&alice, "server");
    wait_until("it listens", || host.path(format!("/tmp/.X11-unix/X{second}")).exists());
    let failed = lock_fails(&host, &alice);
    assert!(says(&failed, &format!("process {server} (Xwayland")), "{failed}");
    host.root(&format!("kill -9 {server}")).succeeds();
    wait_until("without it the lock is observed", || {
        let ran = host.root_usher(&["lock", &alice.session, "--message", "Please listen", "--output", "json"]);
        ran.code == Some(0) && ran.array()[0]["observed"] == true
    });
    assert!(covered(&alice.pixels()));
}

#[test]
fn an_x_server_that_listens_where_nobody_finds_it_is_not_told_as_covered() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let second = host.next_display();
    alice.start(&format!(
        "echo $$ > $HOME/server; exec Xvfb :{second} -auth $HOME/.Xauthority -nolisten unix -nolisten local -listen tcp"
    ));
    let server = pid(&alice, "server");
    let comm = || host.content(format!("/proc/{server}/comm"));
    wait_until("it runs", || comm().trim() == "Xvfb");
    let failed = lock_fails(&host, &alice);
    assert!(says(&failed, &format!("process {server} (Xvfb)")), "{failed}");
}

#[test]
fn an_x_server_of_a_job_of_the_users_is_not_told_as_covered() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let (second, home) = (host.next_display(), home(&alice));
    let job = format!("echo $$ >{home}/server; exec Xvfb :{second} -auth {home}/.Xauthority");
    host.run(&alice.user, &format!("cd {home}; echo '{job}' | at now")).succeeds();
    let server = pid(&alice, "server");
    wait_until("it listens", || host.path(format!("/tmp/.X11-unix/X{second}")).exists());
    let failed = lock_fails(&host, &alice);
    assert!(says(&failed, &format!("process {server} (Xvfb)")), "{failed}");
    host.root(&format!("kill -9 {server}")).succeeds();
}

/// Starts a copy of an X server, under a name that is none's, in namespaces of its own, and waits until it listens.
fn start_apart(screen: &Screen, number: u32, namespaces: &str, before: &str, listens: &str) -> String {
    let host = &screen.host;
    screen.shell("cp /usr/bin/Xvfb $HOME/desk").succeeds();
    let script = format!("{before}\nexec $HOME/desk :{number} -auth $HOME/.Xauthority {listens}\n");
    std::fs::write(host.path(format!("{}/apart.sh", home(screen))), script).expect("a script");
    screen.start(&format!("echo $$ >$HOME/server; exec unshare --user --map-root-user {namespaces} sh $HOME/apart.sh"));
    let server = pid(screen, "server");
    let name = format!("/tmp/.X11-unix/X{number}");
    wait_until("it listens", || {
        let program = host.root(&format!("readlink /proc/{server}/exe")).stdout;
        let sockets = host.root(&format!("cat /proc/{server}/net/unix")).stdout;
        program.trim().ends_with("/desk") && sockets.contains(&name)
    });
    server
}

/// The lock fails over this server, and is observed without it.
fn keeps_from_locking(screen: &Screen, server: &str) {
    let host = &screen.host;
    let failed = lock_fails(host, screen);
    assert!(says(&failed, &format!("process {server} (desk)")), "{failed}");
    host.root(&format!("kill -9 {server}")).succeeds();
    wait_until("without it the lock is observed", || {
        let ran = host.root_usher(&["lock", &screen.session, "--message", "Please listen", "--output", "json"]);
        ran.code == Some(0) && ran.array()[0]["observed"] == true
    });
    assert!(covered(&screen.pixels()));
}

#[test]
fn an_x_server_of_another_name_in_a_network_of_its_own_is_not_told_as_covered() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let second = host.next_display();
    let server = start_apart(&alice, second, "--net", "", "-nolisten unix");
    let ours = host.root("cat /proc/net/unix").succeeds();
    assert!(!ours.contains(&format!("/tmp/.X11-unix/X{second}")), "the host's own list does not have it");
    keeps_from_locking(&alice, &server);
}

#[test]
fn an_x_server_of_another_name_with_a_directory_of_its_own_is_not_told_as_covered() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let second = host.next_display();
    let own = "mount -t tmpfs -o mode=1777 own /tmp/.X11-unix";
    let server = start_apart(&alice, second, "--mount", own, "-nolisten local");
    assert!(!host.path(format!("/tmp/.X11-unix/X{second}")).exists(), "where usherd looks nothing is");
    keeps_from_locking(&alice, &server);
}

#[test]
fn a_second_server_under_the_number_of_a_sessions_display_is_not_told_as_covered() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let number = alice.number;
    // Hers are the socket and the file that says whose the number is: what connects from now on finds the other server.
    alice
        .shell(&format!(
            "rm /tmp/.X{number}-lock /tmp/.X11-unix/X{number} && \
             (setsid sh -c 'echo $$ >$HOME/server; exec Xvfb :{number} -nolisten local -auth $HOME/.Xauthority' \
             >/dev/null 2>&1 &)"
        ))
        .succeeds();
    let server = pid(&alice, "server");
    wait_until("it listens", || host.path(format!("/tmp/.X11-unix/X{number}")).exists());
    let units = format!("systemctl list-units --plain --no-legend 'usher-shield-{}-{number}-*'", alice.session);
    wait_until("both are known", || host.root(&units).stdout.lines().count() == 2);
    // While one of them still arms its shield, that is told first. Every one of these locks fails.
    wait_until("it is told that two have the number", || {
        let failed = lock_fails(&host, &alice);
        says(&failed, "has the number of process") && says(&failed, &format!("process {server}"))
    });
}

/// Listens at a display's socket, leaves that to a child, says which number it had, and ends.
const LEAVES_ITS_SOCKET: &str = r#"
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind("/tmp/.X11-unix/X" + sys.argv[1])
s.listen()
if os.fork():
    open(os.environ["HOME"] + "/left", "w").write(f"{os.getpid()}\n")
    os._exit(0)
time.sleep(1000)
"#;

#[test]
fn a_socket_whose_maker_has_ended_is_no_display_of_the_stranger_who_has_its_number_now() {
    let host = host!(Bookworm);
    let (alice, bob) = (host.x11(&host.user("alice"), X11::Xvfb), host.x11(&host.user("bob"), X11::Xvfb));
    alice.start(&format!("exec python3 -c '{LEAVES_ITS_SOCKET}' {}", host.next_display()));
    let left: u32 = pid(&alice, "left").parse().expect("a number");
    wait_until("it has ended", || !host.path(format!("/proc/{left}")).exists());
    let place = format!("session-{}.scope", bob.session);
    wait_until("a process of bob's has its number", || {
        // Numbers are given upwards from the last one; others start processes as well.
        let next = format!("echo {} >/proc/sys/kernel/ns_last_pid", left - 1);
        let mut inside = std::process::Command::new("nsenter");
        let _ = inside.args(["-t", &host.leader().to_string(), "-p", "sh", "-c", &next]).status();
        bob.start("exec sleep 1000");
        host.root("true").succeeds();
        host.content(format!("/proc/{left}/cgroup")).contains(&place)
    });
    let done = host.root_usher(&["lock", &bob.session, "--message", "Please listen", "--output", "json"]);
    let done = crate::who::outcome(&done, 0);
    assert_eq!((done["result"].as_str(), done["observed"].as_bool()), (Some("done"), Some(true)), "{done}");
    let shields = host.root("systemctl list-units --plain --no-legend 'usher-shield-*'").succeeds();
    let his = shields.lines().filter(|line| line.contains(&format!("usher-shield-{}-", bob.session))).count();
    assert_eq!(his, 1, "{shields}");
}
