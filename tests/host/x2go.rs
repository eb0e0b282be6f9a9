//! Sessions of X2Go: the display of an nxagent in the scope of an ssh login, and a client that comes through it.

use crate::harness::{Client, DESKTOP, Host, User, covered, wait_for, wait_until};
use crate::host;
use crate::ssh::{SEEN, became, lock, unlock};
use crate::thumbnail::{Shot, file, look};
use crate::who::{listed, outcome, session, wait_state};

fn by_x2go(host: &Host) {
    let (alice, olga) = (host.user("alice"), host.user_in("olga", &["usher-operator"]));
    let (screen, client) = host.x2go(&alice);
    wait_state(host, &screen, "remote", |s| s["kind"] == "x11" && s["state"] == "remote" && s["client"] == "127.0.0.1");
    wait_until("she sees her desktop", || client.display().picture().share(DESKTOP) > 0.2);
    client.display().point(400, 300);
    client.display().type_keys("a draft");
    screen.wait_typed("a draft");
    look(host, &olga, &screen.id(), "fullscreen").succeeds();
    let (shot, seen) = (Shot::read(host, &file(&olga)), client.display().picture());
    let all = || (0..shot.height).flat_map(|y| (0..shot.width).map(move |x| (x, y)));
    let same = all().filter(|(x, y)| shot.at(*x, *y) == seen.pixel(*x, *y)).count();
    // The pointer and the terminal's cursor aside.
    assert!(same > shot.width * shot.height * 99 / 100, "{same} pixels of {}x{} are the same", shot.width, shot.height);

    let locked =
        outcome(&host.root_usher(&["lock", &screen.session, "--message", "Please listen", "--output", "json"]), 0);
    assert_eq!(became(&locked), SEEN, "{locked}");
    wait_until("she sees the lock", || covered(&client.display().picture()));
    look(host, &olga, &screen.id(), "fullscreen").succeeds();
    assert!(!Shot::read(host, &file(&olga)).has(DESKTOP), "the cover, and nothing of the desktop");
    host.shows("x11-x2go", "thumbnail", "the pixels of the display itself, under a lock those of its cover");
    let watch = screen.watch(covered);
    client.display().type_keys("secret");
    watch.more(20);
    watch.finish().always_right();
    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("she sees her desktop again", || client.display().picture().share(DESKTOP) > 0.2);
    host.shows(
        "x11-x2go",
        "lock",
        "the client shows the lock alone, no key arrives; the desktop again after the unlock",
    );

    let gone = outcome(&host.root_usher(&["disconnect", &screen.id(), "--output", "json"]), 0);
    assert_eq!(became(&gone), SEEN, "{gone}");
    client.wait_gone();
    assert_eq!(session(host, &screen)["state"], "disconnected");
    assert_eq!(screen.typed(), "a draft", "her programs live on, and got no key under the lock");
    // The client's connection was the login's leader. The display is none of its rests.
    assert_eq!(became(&lock(host, &screen.session, "Nobody comes back yet")), SEEN);
    assert!(covered(&screen.pixels()));

    let client = comes_back_to_the_lock(host, &alice);
    wait_state(host, &screen, "remote again", |s| s["state"] == "remote" && s["client"] == "127.0.0.1");
    let watch = screen.watch(covered);
    client.display().type_keys("secret");
    watch.more(20);
    watch.finish().always_right();
    assert_eq!(became(&unlock(host, &screen.session)), SEEN);
    wait_until("she sees the desktop that she left", || client.display().picture().share(DESKTOP) > 0.2);
    client.display().type_keys(" goes on");
    screen.wait_typed("a draft goes on");
    host.shows("x11-x2go", "disconnect", "the client has ended, the programs go on, and the next client finds them");

    let closed = outcome(&host.root_usher(&["close", &screen.id(), "--output", "json"]), 0);
    assert_eq!(became(&closed), SEEN, "{closed}");
    assert!(listed(host, &screen.session).is_none() && !screen.exists());
    client.wait_gone();
    host.shows("x11-x2go", "close", "logind has no such session, and the client has ended");
}

/// Alice resumes her session, and sees the lock. nxproxy of Debian 13 (3.5.99.27) crashes now and then while it resumes: whoever
/// sits there starts it again.
#[track_caller]
fn comes_back_to_the_lock(host: &Host, alice: &User) -> Client {
    wait_for("she comes back to the lock", || {
        let client = host.resumes_by_x2go(alice);
        let sees_it = wait_for("the client shows the lock, or has ended", || match client.sees() {
            Some(picture) if covered(&picture) => Some(true),
            _ => (!client.runs()).then_some(false),
        });
        sees_it.then_some(client)
    })
}

#[test]
fn who_comes_by_x2go_is_locked_disconnected_and_closed_on_debian_12() {
    by_x2go(&host!(Bookworm));
}

#[test]
fn who_comes_by_x2go_is_locked_disconnected_and_closed_on_debian_13() {
    by_x2go(&host!(Trixie));
}
