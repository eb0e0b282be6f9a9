//! Locks of Wayland sessions by ext-session-lock-v1, on real compositors, and what their users do against it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;

use crate::harness::{Compositor, DESKTOP, Desk, GROUND, Host, Picture, Suite, covered as covered_whole, wait_until};
use crate::host;
use crate::who::{listed, locked, outcome, refusal, session, wait_state};

const MESSAGE: &str = "Eyes up, 眼睛看前面";

/// The processes of the session's shield.
fn shield(host: &Host, desk: &Desk) -> Vec<String> {
    let units = host.root(&format!("systemctl list-units --plain --no-legend 'usher-shield-{}-*'", desk.session));
    let Some(unit) = units.stdout.split_whitespace().next().map(str::to_owned) else { return Vec::new() };
    let group = host.root(&format!("systemctl show {unit} --property=ControlGroup --value")).succeeds();
    let pids = host.root(&format!("cat /sys/fs/cgroup{}/cgroup.procs", group.trim())).stdout;
    pids.split_whitespace().map(str::to_owned).collect()
}

/// The two that talk to the compositor: what draws is a process of another kind.
fn holders(host: &Host, desk: &Desk) -> Vec<String> {
    let draws = |pid: &String| host.content(format!("/proc/{pid}/cmdline")).contains("draw");
    shield(host, desk).into_iter().filter(|pid| !draws(pid)).collect()
}

/// A session whose shield is ready.
pub fn shielded(host: &Host, compositor: Compositor) -> Desk {
    let desk = host.wayland(&host.user("alice"), compositor);
    wait_until("its shield is ready", || {
        listed(host, &desk.session).is_some_and(|s| s["kind"] == "wayland") && holders(host, &desk).len() == 2
    });
    wait_until("the desktop is seen", || open(&desk.picture()));
    desk
}

fn lock(host: &Host, desk: &Desk) -> Value {
    lock_with(host, desk, MESSAGE)
}

fn lock_with(host: &Host, desk: &Desk, message: &str) -> Value {
    let done = outcome(&host.root_usher(&["lock", &desk.session, "--message", message, "--output", "json"]), 0);
    assert_eq!((done["result"].as_str(), done["observed"].as_bool()), (Some("done"), Some(true)), "{done}");
    done
}

/// Where a compositor on headless outputs shows its pointer, also on a lock screen.
const POINTER: std::ops::Range<usize> = 90..130;

/// Nothing but a lock screen is seen, and a pointer.
fn covered(picture: &Picture) -> bool {
    let mut picture = picture.clone();
    for (x, y) in POINTER.flat_map(|x| POINTER.map(move |y| (x, y))) {
        let at = 4 * (y * picture.width + x);
        picture.data[at..at + 3].copy_from_slice(&[GROUND[2], GROUND[1], GROUND[0]]);
    }
    covered_whole(&picture)
}

pub fn open(picture: &Picture) -> bool {
    picture.share(DESKTOP) > 0.4
}

/// Samples the outputs from the lock to the unlock.
struct Sampled {
    stop: Arc<AtomicBool>,
    taken: Arc<AtomicUsize>,
    thread: std::thread::JoinHandle<Vec<Picture>>,
}

impl Sampled {
    /// Begins; keeps every picture that is not right.
    fn start(desk: &Arc<Desk>, right: impl Fn(&Picture) -> bool + Send + 'static) -> Sampled {
        let (stop, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (stopped, count, desk) = (Arc::clone(&stop), Arc::clone(&taken), Arc::clone(desk));
        let thread = std::thread::spawn(move || {
            let mut wrong = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let Some(picture) = desk.try_picture() else { continue };
                count.fetch_add(1, Ordering::Relaxed);
                if !right(&picture) {
                    wrong.push(picture);
                }
            }
            wrong
        });
        Sampled { stop, taken, thread }
    }

    #[track_caller]
    fn more(&self, samples: usize) {
        let enough = self.taken.load(Ordering::Relaxed) + samples;
        wait_until("enough samples were taken", || self.taken.load(Ordering::Relaxed) >= enough);
    }

    #[track_caller]
    fn always_right(self) {
        self.more(1);
        self.stop.store(true, Ordering::Relaxed);
        let wrong = self.thread.join().expect("samples");
        if let Some(picture) = wrong.first() {
            let file = std::env::temp_dir().join(format!("usher-wrong-{}.png", std::process::id()));
            picture.save(&file);
            panic!("{} samples were wrong; the first: {}", wrong.len(), file.display());
        }
    }
}

/// Nothing of the desktop is seen. A compositor may hide an output in a way of its own before the lock screen is there.
fn hidden(picture: &Picture) -> bool {
    !picture.has(DESKTOP)
}

fn lock_holds(host: &Host, compositor: Compositor) {
    let desk = Arc::new(shielded(host, compositor));
    desk.types("before");
    desk.wait_typed("before");
    lock(host, &desk);
    assert!(covered(&desk.picture()), "the message is on both outputs");
    let sampled = Sampled::start(&desk, covered);
    desk.types("secret");
    sampled.more(5);
    assert_eq!(session(host, &desk)["lock"]["message"], MESSAGE);
    sampled.always_right();
    host.root_usher(&["unlock", &desk.session]).succeeds();
    wait_until("the desktop is as it was", || open(&desk.picture()));
    desk.types("after");
    desk.wait_typed("beforeafter");
    host.shows(
        compositor.kind(),
        "lock",
        "no sample of the desktop on two outputs, no key arrives; as before after the unlock",
    );
}

#[test]
fn under_a_lock_nothing_of_the_desktop_is_seen_and_no_key_arrives_on_sway() {
    lock_holds(&host!(Trixie), Compositor::Sway);
}

#[test]
fn under_a_lock_nothing_of_the_desktop_is_seen_and_no_key_arrives_on_labwc() {
    lock_holds(&host!(Trixie), Compositor::Labwc);
}

#[test]
fn an_output_that_is_plugged_in_under_a_lock_shows_the_message() {
    let host = host!(Trixie);
    let desk = Arc::new(shielded(&host, Compositor::Sway));
    lock(&host, &desk);
    let sampled = Sampled::start(&desk, hidden);
    desk.shell("swaymsg create_output").succeeds();
    let shows = |output: &str| desk.try_output(output).is_some_and(|picture| covered(&picture));
    wait_until("the message is on the third", || shows("HEADLESS-3"));
    desk.shell("swaymsg output HEADLESS-1 scale 2").succeeds();
    desk.shell("swaymsg output HEADLESS-2 mode 800x600").succeeds();
    wait_until("it follows their scale and size", || {
        desk.try_output("HEADLESS-2").is_some_and(|picture| picture.width == 800 && covered(&picture))
            && shows("HEADLESS-1")
    });
    assert!(locked(&host, &desk));
    sampled.always_right();
    host.root_usher(&["unlock", &desk.session]).succeeds();
    wait_until("the desktop is back", || !hidden(&desk.picture()));
}

/// Tries to take the lock over, as often as it can, and to open the session as soon as it has it.
const TAKES_OVER: &str = "while [ ! -e stop ]; do swaylock -c 206040 & locker=$!; sleep 0.1; kill -USR1 $locker && echo >>taken; wait $locker; done";

fn killed_holder(host: &Host, compositor: Compositor) {
    let desk = Arc::new(shielded(host, compositor));
    lock(host, &desk);
    let before = holders(host, &desk);
    assert_eq!(before.len(), 2, "{before:?}");
    desk.start(TAKES_OVER);
    let sampled = Sampled::start(&desk, covered);
    sampled.more(2);
    for pid in &before {
        host.root(&format!("kill -9 {pid}")).succeeds();
        wait_until("there are two again", || {
            let now = holders(host, &desk);
            now.len() == 2 && !now.contains(pid)
        });
        sampled.more(2);
    }
    assert!(holders(host, &desk).iter().all(|pid| !before.contains(pid)), "none of the first two is left");
    desk.types("secret");
    sampled.more(2);
    assert!(locked(host, &desk));
    sampled.always_right();
    desk.shell("touch stop").succeeds();
    lock_with(host, &desk, "Another message");
    wait_until("it is seen", || covered(&desk.picture()));
    host.root_usher(&["unlock", &desk.session]).succeeds();
    wait_until("the desktop is back", || open(&desk.picture()));
    desk.types("after");
    desk.wait_typed("after");
}

#[test]
fn the_users_own_locker_takes_nothing_over_from_killed_holders_on_sway() {
    killed_holder(&host!(Trixie), Compositor::Sway);
}

#[test]
fn the_users_own_locker_takes_nothing_over_from_killed_holders_on_labwc() {
    killed_holder(&host!(Trixie), Compositor::Labwc);
}

#[test]
fn who_took_over_from_a_killed_holder_opens_the_session() {
    let host = host!(Trixie);
    let desk = shielded(&host, Compositor::Sway);
    lock(&host, &desk);
    let first = holders(&host, &desk);
    host.root(&format!("kill -9 {}", first[0])).succeeds();
    wait_until("there are two again", || {
        holders(&host, &desk).len() == 2 && !holders(&host, &desk).contains(&first[0])
    });
    assert!(covered(&desk.picture()));
    host.root_usher(&["unlock", &desk.session]).succeeds();
    wait_until("the desktop is back", || open(&desk.picture()));
    lock(&host, &desk);
    assert!(covered(&desk.picture()), "and locks it again");
}

#[test]
fn a_lock_stands_when_usherd_restarts_when_all_of_its_shield_is_killed_and_when_the_compositor_is_another() {
    let Some(host) = Host::own(Suite::Trixie) else { return };
    let desk = Arc::new(shielded(&host, Compositor::Sway));
    lock(&host, &desk);
    let sampled = Sampled::start(&desk, covered);
    let before = holders(&host, &desk);
    host.root("systemctl restart usherd").succeeds();
    assert!(locked(&host, &desk));
    assert_eq!(holders(&host, &desk), before, "the same processes hold it");
    sampled.more(2);
    sampled.always_right();
    host.root(&format!("kill -9 {}", before.join(" "))).succeeds();
    let hides = Sampled::start(&desk, hidden);
    wait_until("others hold it", || holders(&host, &desk).len() == 2 && locked(&host, &desk));
    wait_until("the message is there", || covered(&desk.picture()));
    hides.always_right();

    let compositor = desk.compositor(Compositor::Sway);
    desk.shell("touch again").succeeds();
    host.root(&format!("kill -9 {compositor}")).succeeds();
    wait_until("the new one is locked", || {
        let new = host.root(&format!("pgrep -u {} -x sway", desk.user.name)).stdout;
        new.trim() != compositor && desk.try_picture().is_some_and(|picture| covered(&picture))
    });
    wait_state(&host, &desk, "locked", |session| session["locked"] == true);
    host.root("usherd --release-all").succeeds();
    wait_until("the desktop is back", || open(&desk.picture()));
    wait_state(&host, &desk, "not locked", |session| session["locked"] == false);
}

/// A session that cannot be locked, once usher knows that.
pub fn without_a_lock(host: &Host, compositor: Compositor) -> Desk {
    let desk = host.wayland(&host.user("alice"), compositor);
    wait_until("it is known what it lacks", || {
        let ran = host.root_usher(&["lock", &desk.session, "--message", "Eyes up", "--output", "json"]);
        ran.array()[0]["error"]["message"].to_string().contains("no ext-session-lock-v1")
    });
    desk
}

fn is_refused(host: &Host, compositor: Compositor) {
    let desk = without_a_lock(host, compositor);
    let ran = host.root_usher(&["lock", &desk.session, "--message", "Eyes up", "--output", "json"]);
    assert_eq!(refusal(&ran), "NotSupported", "{ran:?}");
    assert!(open(&desk.picture()) && !locked(host, &desk));
    let why = format!("{} has no ext-session-lock-v1; NotSupported", compositor.name());
    host.shows_refusal(compositor.kind(), "lock", &why);
    let closed = outcome(&host.root_usher(&["close", &desk.id(), "--output", "json"]), 0);
    assert_eq!((closed["result"].as_str(), closed["observed"].as_bool()), (Some("done"), Some(true)), "{closed}");
    assert!(!desk.exists());
    host.shows(compositor.kind(), "close", "logind has no such session");
}

#[test]
fn a_compositor_without_the_protocol_is_refused_with_its_reason_on_debian_13() {
    is_refused(&host!(Trixie), Compositor::Cage);
}

#[test]
fn a_compositor_without_the_protocol_is_refused_with_its_reason_on_debian_12() {
    is_refused(&host!(Bookworm), Compositor::Cage);
}

#[test]
fn sway_of_debian_12_is_refused_with_its_reason() {
    is_refused(&host!(Bookworm), Compositor::Sway);
}

#[test]
fn a_session_without_a_compositor_is_refused_with_its_reason() {
    let host = host!(Bookworm);
    let alice = host.user("alice");
    let unit = format!("bare-{}", alice.name);
    host.root(&format!(
        "systemd-run --quiet --collect --unit={unit} -p PAMName=test-session -p User={} -E XDG_SESSION_TYPE=wayland \
         -E XDG_SESSION_CLASS=user sleep infinity",
        alice.name
    ))
    .succeeds();
    let mut id = String::new();
    wait_until("usher knows the session", || {
        let all = host.root_usher(&["list", "--output", "json"]).array();
        id = all
            .iter()
            .find(|s| s["user"] == alice.name.as_str())
            .map(|s| s["session_id"].to_string())
            .unwrap_or_default();
        !id.is_empty()
    });
    let refused = outcome(&host.root_usher(&["lock", &id, "--message", "Eyes up", "--output", "json"]), 1);
    assert_eq!(refused["error"]["id"], "NotSupported", "{refused}");
    assert!(refused["error"]["message"].to_string().contains("no compositor of it listens"), "{refused}");
    host.root(&format!("systemctl stop {unit}")).succeeds();
}

#[test]
fn a_compositor_of_the_users_own_making_is_not_believed() {
    let host = host!(Trixie);
    let alice = host.user("alice");
    let bin = format!("/home/{}/bin", alice.name);
    host.root(&format!("install -D -o {0} -g {0} /usr/bin/sway {bin}/sway", alice.name)).succeeds();
    let desk = host.wayland_with(&alice, Compositor::Sway, &format!("PATH={bin}:/usr/bin:/bin"));
    wait_until("its shield is ready", || holders(&host, &desk).len() == 2);
    let failed = outcome(&host.root_usher(&["lock", &desk.session, "--message", "Eyes up", "--output", "json"]), 1);
    assert_eq!((failed["result"].as_str(), failed["observed"].as_bool()), (Some("failed"), Some(false)), "{failed}");
    assert!(failed["error"]["message"].to_string().contains("can be changed by others than root"), "{failed}");
    wait_until("it is covered all the same", || covered(&desk.picture()));
}

#[test]
fn a_compositor_that_does_not_answer_is_locked_as_soon_as_it_does() {
    let host = host!(Trixie);
    let desk = shielded(&host, Compositor::Sway);
    let compositor = desk.compositor(Compositor::Sway);
    host.root(&format!("kill -STOP {compositor}")).succeeds();
    let ran = host.root_usher(&["lock", &desk.session, "--message", "Eyes up", "--output", "json"]);
    host.root(&format!("kill -CONT {compositor}")).succeeds();
    assert_eq!(refusal(&ran), "Timeout", "{ran:?}");
    wait_state(&host, &desk, "locked", |session| session["locked"] == true);
    assert!(covered(&desk.picture()));
}
