//! Seats with a display manager: its greeter comes to the front when a session is disconnected, and lets nobody in whom a block covers.

use crate::desktop::{DRAWN_BY_PROCESSOR, GROUND, desktop_files, is_pictured, shows_ground};
use crate::harness::{BOOT, Machine, wait_for, wait_until, wait_within};
use crate::machine;

/// A display manager, and how it is told to let alice in by itself at first.
struct Manager {
    units: &'static str,
    program: &'static str,
    /// The seat's name in the table of what was shown.
    seat: &'static str,
    /// The kind of alice's session.
    kind: &'static str,
    /// Where its sessions are described.
    sessions: &'static str,
    /// Writes its settings.
    settings: &'static str,
}

const LIGHTDM: Manager = Manager {
    units: "lightdm.service",
    program: "/usr/sbin/lightdm",
    seat: "seat-lightdm",
    kind: "x11",
    sessions: "/usr/share/xsessions",
    settings: "mkdir -p /etc/lightdm/lightdm.conf.d; printf '%s\\n' '[Seat:*]' autologin-user=alice autologin-session=desk user-session=desk \
               greeter-hide-users=true greeter-show-manual-login=true >/etc/lightdm/lightdm.conf.d/desk.conf",
};

const SDDM: Manager = Manager {
    units: "sddm.service",
    program: "/usr/bin/sddm",
    seat: "seat-sddm",
    kind: "x11",
    sessions: "/usr/share/xsessions",
    settings: "mkdir -p /etc/sddm.conf.d; printf '%s\\n' '[General]' DisplayServer=x11 InputMethod= \
               GreeterEnvironment=QT_QUICK_BACKEND=software '[Autologin]' User=alice Session=desk >/etc/sddm.conf.d/desk.conf",
};

const GDM: Manager = Manager {
    units: "gdm.service gdm3.service",
    program: "/usr/sbin/gdm3",
    seat: "seat-gdm",
    kind: "wayland",
    sessions: "/usr/share/wayland-sessions",
    settings: "mkdir -p /var/lib/AccountsService/users; \
               printf '%s\\n' '[daemon]' AutomaticLoginEnable=true AutomaticLogin=alice >/etc/gdm3/daemon.conf; \
               printf '%s\\n' '[User]' Session=desk SystemAccount=false >/var/lib/AccountsService/users/alice",
};

/// GDM where nobody is let in without a word, and its greeter asks for a name instead of showing all. Its log says what it asks for.
const GDM_THAT_ASKS: Manager = Manager {
    settings: "mkdir -p /var/lib/AccountsService/users; printf '%s\\n' '[debug]' Enable=true >/etc/gdm3/daemon.conf; \
               printf '%s\\n' '[org/gnome/login-screen]' disable-user-list=true >/etc/gdm3/greeter.dconf-defaults; \
               printf '%s\\n' '[User]' Session=desk SystemAccount=false >/var/lib/AccountsService/users/alice",
    ..GDM
};

const PASSWORD: &str = "sesame";

/// Nobody is logged in at the seat any more.
#[track_caller]
fn clears(machine: &Machine) {
    machine.root("systemctl mask --runtime --now getty@tty1.service; loginctl terminate-user alice; true").succeeds();
    wait_until("alice's console is gone", || machine.session("alice", "console").is_none());
}

/// The display manager begins.
#[track_caller]
fn begins(machine: &Machine, manager: &Manager) {
    desktop_files(machine);
    let Manager { units, program, sessions, settings, .. } = manager;
    let session = "printf '%s\\n' '[Desktop Entry]' Type=Application Name=desk Exec=/opt/desktop";
    machine.root(&format!("mkdir -p {sessions} && {session} >{sessions}/desk.desktop")).succeeds();
    machine.root(settings).succeeds();
    machine
        .root(&format!("echo alice:{PASSWORD} | chpasswd; echo {program} >/etc/X11/default-display-manager"))
        .succeeds();
    machine.root(&format!("systemctl set-environment {DRAWN_BY_PROCESSOR}")).succeeds();
    machine.root(&format!("printf '%s\\n' {DRAWN_BY_PROCESSOR} >>/etc/environment")).succeeds();
    machine.root(&format!("systemctl unmask {units}; systemctl start --no-block {units}")).succeeds();
}

/// The class of the session in front, by logind's word: `greeter` or `user`.
fn class_in_front(machine: &Machine) -> String {
    let front = "loginctl show-session $(loginctl show-seat seat0 -p ActiveSession --value) -p Class --value";
    machine.root(front).stdout.trim().to_owned()
}

#[track_caller]
fn id(machine: &Machine, manager: &Manager) -> u64 {
    wait_for("usherd knows alice's session", || machine.session("alice", manager.kind)?["session_id"].as_u64())
}

fn state(machine: &Machine, manager: &Manager) -> String {
    let session = machine.session("alice", manager.kind);
    session.and_then(|session| Some(session["state"].as_str()?.to_owned())).unwrap_or_default()
}

/// The screen shows something, and not the desktop.
fn is_seen(machine: &Machine) -> bool {
    let screen = machine.screen(0);
    !shows_ground(&screen) && screen.data.chunks_exact(4).any(|pixel| pixel[..3] != [0; 3])
}

/// Nearly all of the screen is drawn on: no console's text is that much.
fn fills_the_screen(machine: &Machine) -> bool {
    let screen = machine.screen(0);
    let drawn = screen.data.chunks_exact(4).filter(|pixel| pixel[..3] != [0; 3]).count();
    !shows_ground(&screen) && drawn > screen.data.len() / 4 * 9 / 10
}

/// Olga disconnects alice: the greeter is in front, and alice's session lives on behind.
#[track_caller]
fn leaves(machine: &Machine, manager: &Manager, id: u64) {
    wait_until("alice sits there", || state(machine, manager) == "connected" && shows_ground(&machine.screen(0)));
    let programs = "pgrep --uid alice sleep";
    let before = machine.root(programs).succeeds();
    let outcome = &machine.olga(&format!("disconnect {id} --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
    wait_until("the greeter is in front", || class_in_front(machine) == "greeter");
    wait_until("nobody sits at the session", || state(machine, manager) == "disconnected");
    wait_until("the greeter is seen", || is_seen(machine));
    assert!(!machine.screen(0).has(GROUND), "nothing of the desktop is seen");
    assert_eq!(machine.root(programs).succeeds(), before, "its programs live on");
}

/// Somebody switches back to alice's virtual terminal.
#[track_caller]
fn switches_back(machine: &Machine, manager: &Manager, id: u64) {
    let number = machine.root(&format!("loginctl show-session {id} -p VTNr --value")).succeeds();
    machine.key(&format!("ctrl-alt-f{}", number.trim()));
    is_back(machine, manager);
    machine.shows(
        manager.seat,
        "disconnect",
        "the greeter is in front and seen; the programs live on, and are seen again",
    );
}

#[track_caller]
fn is_back(machine: &Machine, manager: &Manager) {
    wait_until("alice sits there again", || {
        state(machine, manager) == "connected" && class_in_front(machine) == "user"
    });
    wait_until("she sees her desktop", || shows_ground(&machine.screen(0)));
}

/// How often LightDM's greeter has asked for something, by LightDM's log.
fn asked(machine: &Machine) -> u32 {
    let count = machine.root("grep --count 'Prompt greeter with' /var/log/lightdm/lightdm.log");
    count.stdout.trim().parse().unwrap_or(0)
}

/// Alice types her name and her password at LightDM's greeter, until `done`.
#[track_caller]
fn signs_in(machine: &Machine, what: &str, done: impl Fn() -> bool) {
    wait_until(what, || {
        let before = asked(machine);
        machine.type_text("alice\n");
        let is_asked = (0..10).any(|_| {
            machine.rest();
            asked(machine) > before
        });
        if is_asked {
            machine.type_text(&format!("{PASSWORD}\n"));
        }
        (0..10).any(|_| {
            machine.rest();
            done()
        })
    });
}

/// Alice types her name and her password at GDM's greeter, until `done`. It is GNOME's shell, which emulated processors draw slowly:
/// keys that come before what it asks for is seen are lost.
#[track_caller]
fn types_in(machine: &Machine, what: &str, done: impl Fn() -> bool) {
    let asked = || machine.root("journalctl --boot --no-pager | grep --count \"payload 'Password\"").stdout;
    wait_within(BOOT, what, || {
        machine.key("esc");
        machine.rest();
        let before = asked();
        machine.type_text("alice\n");
        if (0..20).any(|_| {
            machine.rest();
            asked() != before
        }) {
            (0..10).for_each(|_| machine.rest());
            machine.type_text(&format!("{PASSWORD}\n"));
        }
        let is_done = (0..20).any(|_| {
            machine.rest();
            done()
        });
        is_done.then_some(())
    });
}

/// Alice is let in by herself, and olga disconnects her; gives the session's ID.
#[track_caller]
fn is_left(machine: &Machine, manager: &Manager) -> u64 {
    clears(machine);
    begins(machine, manager);
    let id = id(machine, manager);
    leaves(machine, manager, id);
    id
}

#[test]
fn a_session_of_lightdm_is_left_for_its_greeter() {
    let machine = machine!();
    let id = is_left(&machine, &LIGHTDM);
    switches_back(&machine, &LIGHTDM, id);
    is_pictured(&machine, id, LIGHTDM.seat, || machine.screen(0));
}

#[test]
fn whoever_was_disconnected_comes_back_by_lightdms_greeter() {
    let machine = machine!();
    let id = is_left(&machine, &LIGHTDM);
    signs_in(&machine, "alice is back by the greeter", || class_in_front(&machine) == "user");
    is_back(&machine, &LIGHTDM);
    assert_eq!(machine.session("alice", "x11").expect("it")["session_id"], id, "it is the same session");
}

#[test]
fn a_session_of_sddm_is_left_for_its_greeter() {
    let machine = machine!();
    let id = is_left(&machine, &SDDM);
    switches_back(&machine, &SDDM, id);
    is_pictured(&machine, id, SDDM.seat, || machine.screen(0));
}

#[test]
fn a_session_of_gdm_is_left_for_its_greeter() {
    let machine = machine!();
    let id = is_left(&machine, &GDM);
    switches_back(&machine, &GDM, id);
}

/// The audit log has a refusal of alice by this login program.
fn is_refused(machine: &Machine, program: &str) -> bool {
    let records = machine.root("usher audit --action login --output json").array();
    records.iter().any(|record| record["from"] == program && record["outcomes"][0]["error"]["id"] == "AccessDenied")
}

/// The display manager begins under a block.
#[track_caller]
fn begins_under_a_block(machine: &Machine, manager: &Manager) {
    machine.install("libpam-usher_");
    clears(machine);
    machine.root("usher block --user alice --message 'Exam 考试'").succeeds();
    begins(machine, manager);
}

/// The display manager begins under a block, and would let alice in by herself.
#[track_caller]
fn lets_nobody_in(machine: &Machine, manager: &Manager, automatic: &str) {
    begins_under_a_block(machine, manager);
    wait_until("alice is not let in by herself", || is_refused(machine, automatic));
}

#[test]
fn nobody_whom_a_block_covers_gets_in_by_lightdms_greeter() {
    let machine = machine!();
    lets_nobody_in(&machine, &LIGHTDM, "lightdm-autologin");
    wait_until("the greeter asks for a name", || class_in_front(&machine) == "greeter" && asked(&machine) > 0);
    wait_until("the greeter is seen", || is_seen(&machine));
    signs_in(&machine, "alice is refused at the greeter", || is_refused(&machine, "lightdm"));
    assert!(machine.session("alice", "x11").is_none());
    assert_eq!(class_in_front(&machine), "greeter");
    machine.root("usher unblock --user alice").succeeds();
    signs_in(&machine, "alice is let in", || machine.session("alice", "x11").is_some());
    wait_until("she sees her desktop", || shows_ground(&machine.screen(0)));
    machine.shows(LIGHTDM.seat, "block", "the greeter refuses name and password; not after the block");
}

#[test]
fn nobody_whom_a_block_covers_is_let_in_by_sddm_without_a_word() {
    let machine = machine!();
    lets_nobody_in(&machine, &SDDM, "sddm-autologin");
    let seen = if machine.is_debian_12() {
        // Its SDDM shows nothing then until it is started anew.
        "the automatic login is refused; not after the block, once SDDM was started anew"
    } else {
        wait_until("the greeter is seen", || class_in_front(&machine) == "greeter" && is_seen(&machine));
        "the automatic login is refused, and the greeter is seen; not after the block"
    };
    assert!(machine.session("alice", "x11").is_none());
    machine.root("usher unblock --user alice").succeeds();
    machine.root("systemctl restart --no-block sddm.service").succeeds();
    wait_until("she sees her desktop", || shows_ground(&machine.screen(0)));
    machine.shows(SDDM.seat, "block", seen);
}

#[test]
fn nobody_whom_a_block_covers_gets_in_by_gdms_greeter() {
    let machine = machine!();
    begins_under_a_block(&machine, &GDM_THAT_ASKS);
    wait_within(BOOT, "the greeter is seen", || fills_the_screen(&machine).then_some(()));
    assert_eq!(class_in_front(&machine), "greeter");
    types_in(&machine, "alice is refused at the greeter", || is_refused(&machine, "gdm-password"));
    assert!(machine.session("alice", "wayland").is_none());
    assert_eq!(class_in_front(&machine), "greeter");
    machine.root("usher unblock --user alice").succeeds();
    types_in(&machine, "alice is let in", || machine.session("alice", "wayland").is_some());
    wait_until("she sees her desktop", || shows_ground(&machine.screen(0)));
    machine.shows(GDM.seat, "block", "the greeter refuses name and password; not after the block");
}

#[test]
fn nobody_whom_a_block_covers_is_let_in_by_gdm_without_a_word() {
    let machine = machine!();
    lets_nobody_in(&machine, &GDM, "gdm-autologin");
    assert!(machine.session("alice", "wayland").is_none());
    machine.root("usher unblock --user alice").succeeds();
    machine.root("systemctl restart --no-block gdm.service").succeeds();
    wait_until("she sees her desktop", || shows_ground(&machine.screen(0)));
}
