//! Pictures and titles of Wayland sessions, on real compositors.

use crate::harness::{Compositor, DESKTOP, Desk, GROUND, Host, User, wait_until};
use crate::host;
use crate::thumbnail::{Shot, file, look, refused};
use crate::wayland::{shielded, without_a_lock};
use crate::who::{session, wait_state};

/// What this user is shown of a session.
#[track_caller]
fn shot(host: &Host, by: &User, desk: &Desk, size: &str) -> Shot {
    look(host, by, &desk.id(), size).succeeds();
    Shot::read(host, &file(by))
}

fn pictured_and_locked(host: &Host, compositor: Compositor) {
    let olga = host.user_in("olga", &["usher-operator"]);
    let desk = shielded(host, compositor);
    let (whole, seen) = (shot(host, &olga, &desk, "fullscreen"), desk.picture());
    assert_eq!((whole.width, whole.height), (seen.width, seen.height), "both outputs, side by side");
    let all = (0..seen.height).flat_map(|y| (0..seen.width).map(move |x| (x, y)));
    let same = all.filter(|(x, y)| whole.at(*x, *y) == seen.pixel(*x, *y)).count();
    assert!(same > seen.width * seen.height * 99 / 100 && whole.has(DESKTOP), "{same} pixels are the same");
    assert_eq!(shot(host, &olga, &desk, "small").width, 160);

    // Above one that has the whole screen, sway gives no other the focus.
    desk.start("swaymsg fullscreen disable; foot --title='Chapter 3 of ten' sleep 1000");
    wait_state(host, &desk, "shown with its window's title", |s| s["title"] == "Chapter 3 of ten");
    host.root_usher(&["lock", &desk.session, "--message", "Eyes up"]).succeeds();
    for size in ["small", "fullscreen"] {
        let covered = shot(host, &olga, &desk, size);
        assert!(!covered.has(DESKTOP) && covered.at(0, 0) == GROUND, "{size}: the cover, and nothing of the desktop");
    }
    assert!(shot(host, &olga, &desk, "fullscreen").has([255; 3]), "the message is in the picture");
    assert_eq!(session(host, &desk)["title"], "Chapter 3 of ten", "under a lock it stays");
    host.root_usher(&["unlock", &desk.session]).succeeds();
    wait_until("the desktop is in the picture", || shot(host, &olga, &desk, "fullscreen").has(DESKTOP));
    wait_state(host, &desk, "as before", |s| s["title"] == "Chapter 3 of ten");
    host.shows(compositor.kind(), "thumbnail", "the pixels of both outputs, under a lock those of its cover");
}

#[test]
fn a_session_is_pictured_and_has_a_title_and_a_locked_one_shows_its_cover_on_sway() {
    pictured_and_locked(&host!(Trixie), Compositor::Sway);
}

#[test]
fn a_session_is_pictured_and_has_a_title_and_a_locked_one_shows_its_cover_on_labwc() {
    pictured_and_locked(&host!(Trixie), Compositor::Labwc);
}

#[test]
fn an_output_that_stands_on_its_side_is_pictured_upright() {
    let host = host!(Trixie);
    let desk = shielded(&host, Compositor::Sway);
    desk.shell("swaymsg output HEADLESS-1 transform 90 && swaymsg output HEADLESS-2 disable").succeeds();
    let same = || {
        let (Some(seen), shown) = (desk.try_picture(), shot(&host, &desk.user, &desk, "fullscreen")) else {
            return false;
        };
        let upright = (shown.width, shown.height) == (seen.width, seen.height) && shown.width < shown.height;
        let all = (0..seen.height).flat_map(|y| (0..seen.width).map(move |x| (x, y)));
        upright
            && all.filter(|(x, y)| shown.at(*x, *y) == seen.pixel(*x, *y)).count() > seen.width * seen.height * 99 / 100
    };
    wait_until("it is as another program sees it", same);
}

#[test]
fn a_compositor_that_does_not_answer_delays_nobody_and_is_told() {
    let host = host!(Trixie);
    let desk = shielded(&host, Compositor::Sway);
    let compositor = desk.compositor(Compositor::Sway);
    host.root(&format!("kill -STOP {compositor}")).succeeds();
    let ran = host.root_usher(&["thumbnail", &desk.id(), "-o", "/dev/null"]);
    host.root(&format!("kill -CONT {compositor}")).succeeds();
    assert_eq!(refused(&ran), "BackendFailed", "{ran:?}");
    assert!(ran.stderr.contains("the compositor does not answer"), "{ran:?}");
    wait_until("it is pictured again", || {
        host.root_usher(&["thumbnail", &desk.id(), "-o", "/dev/null"]).code == Some(0)
    });
    host.root_usher(&["lock", &desk.session, "--message", "Eyes up"]).succeeds();
}

fn is_not_pictured(host: &Host, compositor: Compositor) {
    let desk = without_a_lock(host, compositor);
    let ran = host.root_usher(&["thumbnail", &desk.id(), "-o", "/dev/null"]);
    assert_eq!(refused(&ran), "NotSupported", "{ran:?}");
    assert!(ran.stderr.contains("hint: sessions of sway, labwc and X11 can be pictured"), "{ran:?}");
    let why = format!("{} has no ext-session-lock-v1; NotSupported", compositor.name());
    host.shows_refusal(compositor.kind(), "thumbnail", &why);
}

#[test]
fn a_session_of_a_compositor_without_a_lock_is_not_pictured_and_that_is_said_on_debian_13() {
    is_not_pictured(&host!(Trixie), Compositor::Cage);
}

#[test]
fn a_session_of_a_compositor_without_a_lock_is_not_pictured_and_that_is_said_on_debian_12() {
    is_not_pictured(&host!(Bookworm), Compositor::Cage);
}

#[test]
fn a_session_of_sway_of_debian_12_is_not_pictured_and_that_is_said() {
    is_not_pictured(&host!(Bookworm), Compositor::Sway);
}
