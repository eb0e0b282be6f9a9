//! What `--freeze` stops beside a session's own processes, and when it lets go for a moment.

use crate::freezing::{Beat, beating, freeze, unlock};
use crate::harness::{X11, covered, wait_until};
use crate::host;
use crate::who::outcome;

#[test]
fn a_unit_of_the_users_service_manager_stands_still() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let (screen, mut shell) = (host.x11(&alice, X11::Xvfb), host.shell(&alice));
    let beat = Beat::of(&host, &alice, "unit");
    let script = format!("/home/{}/unit.sh", alice.name);
    std::fs::write(host.path(&script), beating("unit")).expect("a script");
    let unit = format!("beat-{}", alice.name);
    shell.run(&format!("systemd-run --user --quiet --collect --unit={unit} sh {script}")).succeeds();
    beat.goes_on();
    let pid = shell.run(&format!("systemctl --user show {unit} --property=MainPID --value")).succeeds();
    let group = host.content(format!("/proc/{}/cgroup", pid.trim()));
    assert!(group.contains(&format!("user@{}.service", alice.uid)), "{group}");
    freeze(&host, &screen);
    beat.stands_still();
    unlock(&host, &screen);
    beat.goes_on();
}

#[test]
fn a_job_with_subordinate_uids_stands_still() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let screen = host.x11(&alice, X11::Xvfb);
    let (beat, home) = (Beat::of(&host, &alice, "beat"), format!("/home/{}", alice.name));
    screen.shell("install -m 666 /dev/null $HOME/beat && chmod 755 $HOME").succeeds();
    // No user of the container is the user: nothing but the range tells whose it is.
    let program = format!(
        "echo $$ >{home}/beat.pid; while [ ! -e {home}/beat.end ]; do date +%s%N >{home}/beat; sleep 0.05; done"
    );
    std::fs::write(host.path(format!("{home}/beat.sh")), program).expect("a script");
    screen.shell("install -m 666 /dev/null $HOME/beat.pid").succeeds();
    let container =
        format!("unshare --user --map-users=auto --map-groups=auto --setuid 0 --setgid 0 sh {home}/beat.sh");
    host.run(&alice, &format!("cd {home}; echo 'exec {container}' | at now")).succeeds();
    beat.goes_on();
    let pid = host.content(format!("{home}/beat.pid")).trim().to_owned();
    let of = |file: &str| host.content(format!("/proc/{pid}/{file}"));
    assert!(!of("cgroup").contains("user.slice"), "it is in nobody's slice: {}", of("cgroup"));
    println!("login uid {}, uid map {}", of("loginuid"), of("uid_map"));
    freeze(&host, &screen);
    beat.stands_still();
    unlock(&host, &screen);
    beat.goes_on();
    host.root(&format!("kill -9 {pid}")).succeeds();
}

/// Takes the X server and keeps it until it finds that it was stopped, and goes on.
const GRABS: &str = "
import time
from Xlib import display
d = display.Display()
d.grab_server()
d.sync()
open('grabbed', 'w').write('yes')
gap, group = 0, ''
while gap < 0.3 or 'usher-frozen' not in group:
    before = time.monotonic()
    time.sleep(0.01)
    gap, group = time.monotonic() - before, open('/proc/self/cgroup').read()
d.ungrab_server()
d.sync()
open('released', 'w').write('yes')
time.sleep(1000)
";

#[test]
fn a_stopped_program_that_has_the_server_goes_on_for_a_moment_so_that_it_can_let_go() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let home = format!("/home/{}", screen.user.name);
    std::fs::write(host.path(format!("{home}/grabs.py")), GRABS).expect("a program");
    screen.start("cd $HOME && exec python3 grabs.py");
    wait_until("it has the server", || host.content(format!("{home}/grabbed")) == "yes");
    let ran = host.root_usher(&["lock", &screen.session, "--message", "Listen", "--freeze", "--output", "json"]);
    let failed = outcome(&ran, 1);
    assert_eq!((failed["result"].as_str(), failed["observed"].as_bool()), (Some("failed"), Some(false)), "{ran:?}");
    wait_until("it has let go", || host.content(format!("{home}/released")) == "yes");
    assert!(covered(&screen.pixels()));
    unlock(&host, &screen);
    wait_until("the display is free", || !covered(&screen.pixels()));
}
