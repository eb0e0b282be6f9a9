//! A process that makes whoever looks at it wait.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::harness::{Host, Suite, X11, covered, skip, wait_for, wait_until};
use crate::who::outcome;

/// A file system of this user's, with one file whose contents never come.
struct Stuck(Child);

impl Stuck {
    fn mount(host: &Host, uid: u32, directory: &str, mark: &str) -> Stuck {
        let serves = host.script("stuck_files.py", include_str!("attacks/stuck_files.py"));
        let options = format!("fd=3,rootmode=40000,user_id={uid},group_id={uid},allow_other");
        let command = format!(
            "exec 3<>/dev/fuse; exec nsenter -t {} -m -r -w sh -c \
             'mount -i -t fuse -o {options} stuck {directory} && exec python3 {serves} 3 {mark}'",
            host.leader()
        );
        let serving = Command::new("sh").args(["-c", &command]).stdin(Stdio::null()).spawn().expect("a shell");
        wait_until("it is mounted", || {
            host.root("cat /proc/mounts").stdout.contains(&format!("stuck {directory} fuse"))
        });
        Stuck(serving)
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        // With its last descriptor the file system is over, and whoever waits for it goes on.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_process_whose_arguments_and_environment_never_come_keeps_nobody_else_waiting() {
    if !Path::new("/dev/fuse").exists() {
        return skip("there is no /dev/fuse here");
    }
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    // Starting a desktop looks through everybody's processes, as `pgrep` does, and would wait too.
    let bob = host.x11(&host.user("bob"), X11::Xvfb);
    let (home, asked) = (format!("/home/{}", alice.user.name), "/run/asked");
    alice.shell("mkdir $HOME/stuck").succeeds();
    let files = Stuck::mount(&host, alice.user.uid, &format!("{home}/stuck"), asked);
    let stops = host.script("stops_reading.py", include_str!("attacks/stops_reading.py"));
    let second = host.next_display();
    alice.start(&format!(
        "echo $$ > $HOME/server; exec python3 {stops} $HOME/stuck/file {asked} /tmp/.X11-unix/X{second}"
    ));
    wait_until("it listens", || host.path(format!("/tmp/.X11-unix/X{second}")).exists());
    let server = host.content(format!("{home}/server"));
    for file in ["cmdline", "environ"] {
        let read = host.root(&format!("timeout --signal=KILL 1 cat /proc/{}/{file}", server.trim()));
        assert_eq!(read.code, Some(137), "who reads it waits: {read:?}");
    }
    let lock = |session: &str| host.root_usher(&["lock", session, "--message", "Please listen", "--output", "json"]);
    wait_until("bob is locked", || lock(&bob.session).code == Some(0));
    assert!(covered(&bob.pixels()));
    // Her own lock fails for what cannot be looked at, and is there.
    let failed = outcome(&lock(&alice.session), 1);
    assert_eq!((failed["result"].as_str(), failed["observed"].as_bool()), (Some("failed"), Some(false)), "{failed}");
    assert!(covered(&alice.pixels()));
    drop(files);
}

#[test]
fn a_process_that_cannot_be_stopped_is_named() {
    if !Path::new("/dev/fuse").exists() {
        return skip("there is no /dev/fuse here");
    }
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let (home, asked) = (format!("/home/{}", alice.user.name), "/run/asked");
    alice.shell("mkdir $HOME/stuck").succeeds();
    let files = Stuck::mount(&host, alice.user.uid, &format!("{home}/stuck"), asked);
    alice.start("echo $$ > $HOME/reader; exec cat $HOME/stuck/file");
    wait_until("its read has come to the file system", || !host.content(asked).is_empty());
    let reader = wait_for("its number is there", || {
        Some(host.content(format!("{home}/reader"))).filter(|pid| !pid.trim().is_empty())
    });
    let reads = || host.content(format!("/proc/{}/comm", reader.trim())).trim() == "cat";
    wait_until("it is the program that reads", reads);
    let lock = ["lock", &alice.session, "--message", "Please listen", "--freeze", "--output", "json"];
    let failed = outcome(&host.root_usher(&lock), 1);
    assert_eq!((failed["result"].as_str(), failed["observed"].as_bool()), (Some("failed"), Some(false)), "{failed}");
    let said = failed["error"]["message"].as_str().unwrap_or_default();
    assert!(said.contains(&format!("process {} (cat)", reader.trim())), "{failed}");
    assert!(covered(&alice.pixels()), "it is covered all the same");
    drop(files);
    wait_until("with its end the lock is observed", || {
        let ran = host.root_usher(&lock);
        ran.code == Some(0) && ran.array()[0]["observed"] == true
    });
}
