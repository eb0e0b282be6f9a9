//! What ordinary users try, with their own rights, against truth and others: what usherd says was seen is what is so.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::{Host, Screen, Suite, X11, covered, skip, wait_for, wait_until};
use crate::host;
use crate::who::{outcome, session, wait_state};

/// Keeps an abstract socket of this name open for ever, in the session.
fn hold_abstract(screen: &Screen, name: &str) {
    let mark = format!("{}/held", home(screen));
    screen.start(&format!(
        "python3 -c 'import socket,time\ns=socket.socket(socket.AF_UNIX)\ns.bind({name})\ns.listen()\nopen(\"{mark}\",\"w\").write(\"yes\")\ntime.sleep(1000)'"
    ));
    wait_until("the socket is there", || screen.host.content(&mark) == "yes");
}

pub fn home(screen: &Screen) -> String {
    format!("/home/{}", screen.user.name)
}

/// The outcome of locking a session that shows more than is covered.
pub fn lock_fails(host: &Host, screen: &Screen) -> Value {
    let ran = host.root_usher(&["lock", &screen.session, "--message", "Please listen", "--output", "json"]);
    let failed = outcome(&ran, 1);
    assert_eq!((failed["result"].as_str(), failed["observed"].as_bool()), (Some("failed"), Some(false)), "{failed}");
    failed
}

pub fn says(outcome: &Value, what: &str) -> bool {
    outcome["error"]["message"].as_str().is_some_and(|message| message.contains(what))
}

pub fn disconnect(host: &Host, screen: &Screen) -> Value {
    outcome(&host.root_usher(&["disconnect", &screen.id(), "--output", "json"]), 0)
}

#[test]
fn a_socket_whose_name_is_no_text_hides_no_client_of_xrdp() {
    let host = host!(Bookworm);
    let mallory = host.x11(&host.user("mallory"), X11::Xvfb);
    hold_abstract(&mallory, "b\"\\0ev\\xffil\"");
    let (screen, client) = host.xrdp(&host.user("carol"));
    wait_state(&host, &screen, "remote", |s| s["state"] == "remote");
    let gone = disconnect(&host, &screen);
    assert_eq!((gone["result"].as_str(), gone["observed"].as_bool()), (Some("done"), Some(true)), "{gone}");
    client.wait_gone();
}

#[test]
fn a_forged_line_of_sockets_ends_nobodys_connection() {
    let host = host!(Bookworm);
    let (screen, client) = host.xrdp(&host.user("carol"));
    wait_state(&host, &screen, "remote", |s| s["state"] == "remote");
    let mallory = host.x11(&host.user("mallory"), X11::Xvfb);
    // Her own display's number, and the inode of the other's connection: everybody may read it.
    let list = host.run(&mallory.user, "cat /proc/net/unix").succeeds();
    let theirs =
        list.lines().find(|line| line.contains(" 03 ") && line.ends_with(&format!("xrdp_display_{}", screen.number)));
    let inode = theirs.expect("the connection").split_whitespace().nth(6).expect("an inode").to_owned();
    let line =
        format!("ffff: 00000003 00000000 00000000 0001 03 {inode} /run/xrdp/sockdir/xrdp_display_{}", mallory.number);
    hold_abstract(&mallory, &format!("b\"\\0x\\n{line}\""));
    assert_eq!(disconnect(&host, &mallory)["result"], "unchanged");
    assert_eq!(session(&host, &screen)["state"], "remote", "the other is still there");
    let gone = disconnect(&host, &screen);
    assert_eq!(gone["result"], "done");
    client.wait_gone();
}

#[test]
fn a_bound_name_of_a_display_of_xrdp_keeps_nobody_connected() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let mallory = host.x11(&host.user("mallory"), X11::Xvfb);
    let path = format!("{}/xrdp_display_{}", home(&mallory), alice.number);
    let mark = format!("{}/both", home(&mallory));
    mallory.start(&format!(
        "python3 -c 'import socket,time\ns=socket.socket(socket.AF_UNIX)\ns.bind(\"{path}\")\ns.listen()\nc=socket.socket(socket.AF_UNIX)\nc.connect(\"{path}\")\na=s.accept()\nopen(\"{mark}\",\"w\").write(\"yes\")\ntime.sleep(1000)'"
    ));
    wait_until("the connection is there", || host.content(&mark) == "yes");
    assert_eq!(disconnect(&host, &alice)["result"], "unchanged");
}

#[test]
fn a_port_that_a_stranger_has_too_aims_at_nobody() {
    let host = host!(Bookworm);
    let port = 15_900 + host.next_display();
    let marks = format!("/run/database-{port}");
    host.root(&format!(
        "systemd-run --quiet --collect --unit=database-{port} python3 -c 'import socket\ns=socket.socket()\ns.bind((\"127.0.0.2\",{port}))\ns.listen()\nc=socket.create_connection((\"127.0.0.2\",{port}))\na=s.accept()[0]\nopen(\"{marks}.up\",\"w\").write(\"yes\")\ntry: c.recv(1)\nfinally: open(\"{marks}.cut\",\"w\").write(\"yes\")'"
    ))
    .succeeds();
    wait_until("the database has a client", || host.content(format!("{marks}.up")) == "yes");
    let mallory = host.x11(&host.user("mallory"), X11::Xvfb);
    let second = host.next_display();
    mallory.start(&format!(
        "exec Xtigervnc :{second} -auth $HOME/.Xauthority -interface 127.0.0.1 -rfbport {port} -SecurityTypes None"
    ));
    let number = format!("-{second}-");
    wait_until("it has a shield", || {
        host.root("systemctl list-units --plain --no-legend 'usher-shield-*'").stdout.contains(&number)
    });
    // Her own viewer, so that there is something to drop, on a port that opened after usherd found the display.
    let seen = format!("{}/viewer", home(&mallory));
    mallory.start(&format!(
        "python3 -c 'import socket\nc=socket.create_connection((\"127.0.0.1\",{port}))\nc.recv(12)\nopen(\"{seen}\",\"w\").write(\"up\")\ntry:\n while c.recv(999): pass\nexcept OSError: pass\nopen(\"{seen}\",\"w\").write(\"cut\")'"
    ));
    wait_until("she has a viewer", || host.content(&seen) == "up");
    wait_state(&host, &mallory, "remote", |s| s["state"] == "remote");
    assert_eq!(disconnect(&host, &mallory)["result"], "done");
    wait_until("her viewer is gone", || host.content(&seen) == "cut");
    assert_eq!(host.content(format!("{marks}.cut")), "", "the database's client is still there");
    host.root(&format!("systemctl stop database-{port}")).succeeds();
}

#[test]
fn an_x_server_calls_its_viewer_and_that_one_is_seen_and_dropped() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvnc);
    let port = 15_900 + host.next_display();
    let seen = format!("{}/viewer", home(&alice));
    alice.start(&format!(
        "python3 -c 'import socket\ns=socket.socket()\ns.bind((\"127.0.0.1\",{port}))\ns.listen()\nopen(\"{seen}\",\"w\").write(\"waits\")\nc=s.accept()[0]\ntry:\n while c.recv(999): pass\nexcept OSError: pass\nopen(\"{seen}\",\"w\").write(\"cut\")'"
    ));
    wait_until("the viewer waits", || host.content(&seen) == "waits");
    alice.shell(&format!("vncconfig -connect 127.0.0.1:{port}")).succeeds();
    wait_state(&host, &alice, "remote", |s| s["state"] == "remote");
    assert_eq!(disconnect(&host, &alice)["result"], "done");
    wait_until("the viewer is gone", || host.content(&seen) == "cut");
}

/// The pid that a script of the session's wrote.
pub fn pid(screen: &Screen, file: &str) -> String {
    let path = format!("{}/{file}", home(screen));
    wait_for("the process is there", || {
        Some(screen.host.content(&path).trim().to_owned()).filter(|pid| !pid.is_empty())
    })
}

#[test]
fn junk_sockets_hide_no_display_of_anybody_elses() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let bob = host.x11(&host.user("bob"), X11::Xvfb);
    let mallory = host.x11(&host.user("mallory"), X11::Xvfb);
    let mark = format!("{}/junk", home(&mallory));
    mallory.start(&format!(
        "ulimit -n 4096; python3 -c 'import socket,time\nkept=[]\nfor n in range(1500):\n s=socket.socket(socket.AF_UNIX)\n s.bind(\"/tmp/.X11-unix/X%d\"%(100000+n))\n s.listen()\n kept.append(s)\nopen(\"{mark}\",\"w\").write(\"yes\")\ntime.sleep(1000)'"
    ));
    wait_until("the junk is there", || host.content(&mark) == "yes");
    // A daemon that knows of no display yet finds among them what is really there.
    host.root("systemctl restart usherd").succeeds();
    let carol = host.x11(&host.user("carol"), X11::Xvfb);
    for screen in [&bob, &carol] {
        let lock = ["lock", &screen.session, "--message", "Please listen", "--output", "json"];
        wait_until("it is covered", || {
            let ran = host.root_usher(&lock);
            ran.code == Some(0) && ran.array()[0]["observed"] == true
        });
        assert!(covered(&screen.pixels()));
    }
    let failed = lock_fails(&host, &mallory);
    assert!(covered(&mallory.pixels()), "her own display is covered all the same: {failed}");
}

#[test]
fn a_server_with_a_preloaded_library_is_not_believed() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let second = host.next_display();
    alice.start(&format!("echo $$ > $HOME/server; LD_PRELOAD=libm.so.6 exec Xvfb :{second} -auth $HOME/.Xauthority"));
    let server = pid(&alice, "server");
    let number = format!("-{second}-");
    wait_until("it has a shield", || {
        host.root("systemctl list-units --plain --no-legend 'usher-shield-*'").stdout.contains(&number)
    });
    let failed = lock_fails(&host, &alice);
    assert!(says(&failed, &format!("process {server} (Xvfb)")) && says(&failed, "LD_PRELOAD"), "{failed}");
}

/// A file system on which every access waits for ever, at this directory of the host's.
struct Dead(Child);

impl Dead {
    fn mount(host: &Host, uid: u32, directory: &str) -> Dead {
        let command = format!(
            "exec 3<>/dev/fuse; nsenter -t {} -m mount -i -t fuse -o fd=3,rootmode=40000,user_id={uid},group_id={uid},allow_other dead {directory}; exec sleep 1000",
            host.leader()
        );
        let holder = Command::new("sh").args(["-c", &command]).stdin(Stdio::null()).spawn().expect("a shell");
        wait_until("it is mounted", || {
            host.root("cat /proc/mounts").stdout.contains(&format!("dead {directory} fuse"))
        });
        Dead(holder)
    }
}

impl Drop for Dead {
    fn drop(&mut self) {
        // With its last descriptor the file system is over, and whoever waits for it goes on.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_file_that_never_answers_keeps_nobody_else_waiting() {
    if !Path::new("/dev/fuse").exists() {
        return skip("there is no /dev/fuse here");
    }
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let dead = format!("{}/dead", home(&alice));
    alice.shell(&format!("mkdir {dead}")).succeeds();
    let _dead = Dead::mount(&host, alice.user.uid, &dead);
    let second = host.next_display();
    // Her server reads the last, and usherd the first.
    alice.start(&format!("exec Xvfb :{second} -auth {dead}/cookies -auth $HOME/.Xauthority"));
    wait_until("it listens", || host.path(format!("/tmp/.X11-unix/X{second}")).exists());
    let bob = host.x11(&host.user("bob"), X11::Xvfb);
    let lock = ["lock", &bob.session, "--message", "Please listen", "--output", "json"];
    wait_until("bob is locked", || {
        let ran = host.root_usher(&lock);
        ran.code == Some(0) && ran.array()[0]["observed"] == true
    });
    // The cookie is in her home as well, so that even her own second display gets its shield.
    let number = format!("-{second}-");
    wait_until("it has a shield", || {
        host.root("systemctl list-units --plain --no-legend 'usher-shield-*'").stdout.contains(&number)
    });
}
