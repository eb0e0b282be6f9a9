//! What a locked user's own programs can do to the shield: with their rights, from inside of their session.

use crate::harness::{Host, Screen, X11, covered, wait_until};
use crate::host;
use crate::who::{locked, shield_pids};

/// Tries every way to touch a process that ptrace(2), kill(2) and proc(5) give to a process of another user. One line
/// for each that was let through.
const TOUCH: &str = r#"
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
for pid in map(int, sys.argv[1:]):
    for signal in (9, 15, 19, 1, 10):
        try:
            os.kill(pid, signal)
            print(f"kill {pid} {signal}")
        except PermissionError:
            pass
    for request in (PTRACE_ATTACH, PTRACE_SEIZE):
        if libc.ptrace(request, pid, 0, 0) == 0:
            print(f"ptrace {pid} {request}")
    for name in ("mem", "environ", "maps", "fd", "cwd", "root", "exe", "auxv", "syscall"):
        path = f"/proc/{pid}/{name}"
        try:
            if name == "fd":
                os.listdir(path)
            elif name in ("cwd", "root", "exe"):
                os.readlink(path)
            else:
                open(path, "rb").read(1)
            print(f"read {path}")
        except (PermissionError, FileNotFoundError):
            pass
    for name in ("oom_score_adj", "clear_refs", "coredump_filter", "comm"):
        try:
            open(f"/proc/{pid}/{name}", "w").write("0")
            print(f"write /proc/{pid}/{name}")
        except (PermissionError, FileNotFoundError):
            pass
    try:
        os.setpriority(os.PRIO_PROCESS, pid, 19)
        print(f"nice {pid}")
    except PermissionError:
        pass
print("tried")
"#;

fn shields_cannot_be_touched(host: &Host) {
    let screen: Screen = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &screen.session, "--message", "Please listen"]).succeeds();
    let pids = shield_pids(host, &screen);
    assert!(pids.len() >= 2, "{pids:?}");
    let watch = screen.watch(covered);
    std::fs::write(host.path("/opt/touch.py"), TOUCH).expect("a script");
    let tried = screen.shell(&format!("python3 /opt/touch.py {}", pids.join(" "))).succeeds();
    assert_eq!(tried.trim(), "tried", "what was let through");
    watch.more(10);
    watch.finish().always_right();
    assert_eq!(shield_pids(host, &screen), pids, "the same processes hold the display");
    assert!(locked(host, &screen));
    screen.type_keys("secret\n");
    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("the desktop is back", || !covered(&screen.pixels()));
    assert_eq!(screen.typed(), "");
}

#[test]
fn the_locked_user_can_neither_signal_nor_trace_nor_read_the_shield_on_debian_12() {
    shields_cannot_be_touched(&host!(Bookworm));
}

#[test]
fn the_locked_user_can_neither_signal_nor_trace_nor_read_the_shield_on_debian_13() {
    shields_cannot_be_touched(&host!(Trixie));
}

/// The processes of a shield that wait to draw a message, or draw one.
fn drawing(host: &Host, screen: &Screen) -> Vec<String> {
    let draws = |pid: &String| host.content(format!("/proc/{pid}/cmdline")).contains("\0draw\0");
    shield_pids(host, screen).into_iter().filter(draws).collect()
}

#[test]
fn what_draws_a_message_has_read_the_fonts_before_and_draws_one_alone() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let one = || {
        wait_until("one process waits to draw", || drawing(&host, &screen).len() == 1);
        drawing(&host, &screen).remove(0)
    };
    let first = one();
    let reads_fonts = |pid: &str| host.content(format!("/proc/{pid}/maps")).contains("/fonts/");
    wait_until("it has read fonts", || reads_fonts(&first));
    assert!(shield_pids(&host, &screen).iter().all(|pid| *pid == first || !reads_fonts(pid)), "no other process does");
    host.root_usher(&["lock", &screen.session, "--message", "First"]).succeeds();
    wait_until("none is there while it is locked", || drawing(&host, &screen).is_empty());
    let shown = screen.pixels();
    host.root_usher(&["unlock", &screen.session]).succeeds();
    let second = one();
    assert_ne!(second, first);

    // One that was killed is missed by nobody.
    host.root(&format!("kill -9 {second}")).succeeds();
    wait_until("it is gone", || drawing(&host, &screen).is_empty());
    let ran = host.root_usher(&["lock", &screen.session, "--message", "First", "--output", "json"]);
    assert!(!ran.stdout.contains("could not be drawn"), "{ran:?}");
    let pixels = screen.pixels();
    assert!(covered(&pixels) && pixels.has([0xff; 3]) && shown.has([0xff; 3]), "the message is on the screen");
    host.root_usher(&["unlock", &screen.session]).succeeds();
}

/// Left to itself, the C library keeps the memory of every picture that was shown.
#[test]
fn both_processes_of_a_shield_give_memory_back_and_so_does_one_that_takes_anothers_place() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let told =
        |pid: &String| host.content(format!("/proc/{pid}/environ")).contains("glibc.malloc.trim_threshold=65536");
    let staying = || {
        let drawing = drawing(&host, &screen);
        shield_pids(&host, &screen).into_iter().filter(|pid| !drawing.contains(pid)).collect::<Vec<_>>()
    };
    wait_until("it has two processes", || staying().len() == 2);
    let first = staying();
    assert!(first.iter().all(told), "{first:?}");
    host.root(&format!("kill -9 {}", first[0])).succeeds();
    wait_until("the other one has started a third", || {
        let now = staying();
        now.len() == 2 && !now.contains(&first[0])
    });
    assert!(staying().iter().all(told), "{:?}", staying());
}
