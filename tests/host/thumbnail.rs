//! `usher thumbnail` on real hosts: what a person sees, by whom it may be seen, and what cannot be pictured.

use std::fs;

use serde_json::Value;

use crate::harness::{DESKTOP, GROUND, Host, Ran, Screen, User, X11, covered, wait_for, wait_until};
use crate::host;
use crate::who::{listed, session};

/// A decoded picture.
pub struct Shot {
    pub width: usize,
    pub height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Shot {
    /// A file of the host's, which must be a whole picture.
    #[track_caller]
    pub fn read(host: &Host, file: &str) -> Shot {
        let bytes = fs::read(host.path(file)).expect("a file");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("a whole picture");
        let pixels = pixels.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Shot { width: info.width as usize, height: info.height as usize, pixels }
    }

    pub fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width + x]
    }

    pub fn has(&self, colour: [u8; 3]) -> bool {
        self.pixels.contains(&colour)
    }
}

/// A user's picture of a session, in a directory of theirs.
pub fn look(host: &Host, by: &User, id: &str, size: &str) -> Ran {
    host.run(by, &format!("cd /tmp && usher thumbnail {id} --size {size} -o {}", file(by)))
}

pub fn file(by: &User) -> String {
    format!("/tmp/shot-{}.png", by.name)
}

/// The ID of the error that a refused look is answered with.
#[track_caller]
pub fn refused(ran: &Ran) -> String {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let id = ran.stderr.strip_prefix("usher: ").and_then(|said| said.split(':').next());
    id.expect("an error").to_owned()
}

/// The audit records of looks by this user.
fn looks(host: &Host, by: &User) -> Vec<Value> {
    let records = host.root_usher(&["audit", "--action", "thumbnail", "--output", "json"]).array();
    records.into_iter().filter(|record| record["actor"] == by.name.as_str()).collect()
}

fn pictured_and_locked(host: &Host, server: X11) {
    let olga = host.user_in("olga", &["usher-operator"]);
    let alice = host.x11(&host.user("alice"), server);
    let id = alice.id();
    look(host, &olga, &id, "fullscreen").succeeds();

    let shot = Shot::read(host, &file(&olga));
    let screen = alice.pixels();
    assert_eq!((shot.width, shot.height), (1280, 720));
    if let Some(directory) = std::env::var_os("USHER_LOOK") {
        let to = std::path::Path::new(&directory).join(format!("host-{server:?}.png"));
        fs::copy(host.path(file(&olga)), to).expect("a copy");
    }
    // The pointer and the terminal's cursor aside, pixel for pixel what the display itself says.
    let same = (0..720).flat_map(|y| (0..1280).map(move |x| (x, y)));
    let same = same.filter(|(x, y)| shot.at(*x, *y) == screen.pixel(*x, *y)).count();
    assert!(same > 1280 * 720 * 99 / 100 && shot.at(1279, 719) == DESKTOP, "{same} pixels are the same");
    for (size, width, height) in [("small", 160, 90), ("Medium", 320, 180), ("LARGE", 640, 360)] {
        look(host, &olga, &id, size).succeeds();
        let shot = Shot::read(host, &file(&olga));
        assert_eq!((shot.width, shot.height, shot.at(width - 1, height - 1)), (width, height, DESKTOP));
    }

    host.root_usher(&["lock", &alice.session, "--message", "Eyes up, 眼睛看前面"]).succeeds();
    let watch = alice.watch(covered);
    for size in ["small", "fullscreen"] {
        look(host, &olga, &id, size).succeeds();
        let shot = Shot::read(host, &file(&olga));
        assert!(!shot.has(DESKTOP) && shot.at(0, 0) == GROUND, "{size}: the cover, and nothing of the desktop");
    }
    wait_until("the message is in the picture", || {
        look(host, &olga, &id, "fullscreen").succeeds();
        Shot::read(host, &file(&olga)).has([255; 3])
    });
    watch.more(3);
    watch.finish().always_right();
    host.root_usher(&["unlock", &alice.session]).succeeds();
    look(host, &olga, &id, "fullscreen").succeeds();
    assert_eq!(Shot::read(host, &file(&olga)).at(1279, 719), DESKTOP);
    let records = looks(host, &olga);
    let done = records.iter().filter(|record| record["outcomes"][0]["result"] == "done").count();
    assert!(done >= 7 && records[0]["targets"][0] == session(host, &alice)["session_id"], "{records:?}");
    host.shows(server.kind(), "thumbnail", "the pixels of the display itself, under a lock those of its cover");
}

#[test]
fn a_display_is_pictured_and_a_locked_one_shows_its_cover_on_xvfb() {
    pictured_and_locked(&host!(Bookworm), X11::Xvfb);
}

#[test]
fn a_display_is_pictured_and_a_locked_one_shows_its_cover_on_xvnc() {
    pictured_and_locked(&host!(Bookworm), X11::Xvnc);
}

#[test]
fn a_display_is_pictured_and_a_locked_one_shows_its_cover_on_debian_13() {
    let host = host!(Trixie);
    pictured_and_locked(&host, X11::Xvnc);
    pictured_and_locked(&host, X11::Xvfb);
}

#[test]
fn a_session_is_pictured_from_its_first_moment_on() {
    let host = host!(Bookworm);
    let olga = host.user_in("olga", &["usher-operator"]);
    let alice = host.user("alice");
    std::thread::scope(|scope| {
        let screen = scope.spawn(|| host.x11(&alice, X11::Xvfb));
        let come =
            || host.root_usher(&["list", "--output", "json"]).array().into_iter().find(|s| s["user"] == *alice.name);
        let session = wait_for("the session is listed", come);
        look(&host, &olga, &session["session_id"].to_string(), "small").succeeds();
        drop(screen.join());
    });
}

#[test]
fn who_may_look_at_whom() {
    let host = host!(Bookworm);
    let olga = host.user_in("olga", &["usher-operator"]);
    let bob = host.user("bob");
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let adam = host.x11(&host.user_in("adam", &["usher-admin"]), X11::Xvfb);
    let may = |by: &User, screen: &Screen| {
        wait_until("there is a shield for it", || {
            host.root_usher(&["thumbnail", &screen.id(), "-o", "/dev/null"]).code == Some(0)
        });
        let ran = look(&host, by, &screen.id(), "small");
        if ran.code == Some(0) { "may".to_owned() } else { refused(&ran) }
    };
    assert_eq!(may(&olga, &alice), "may");
    assert_eq!(may(&alice.user, &alice), "may", "the own session");
    assert_eq!(may(&adam.user, &adam), "may");
    assert_eq!(may(&adam.user, &alice), "may", "an administrator");
    assert_eq!(may(&olga, &adam), "AccessDenied", "an operator an administrator's");
    assert_eq!(may(&bob, &alice), "SessionNotFound", "somebody else is told no more than of a number that nobody has");
    assert_eq!(may(&alice.user, &adam), "SessionNotFound");
    assert!(!host.path(file(&bob)).exists(), "and nothing was written");
    let refusal = looks(&host, &bob);
    assert_eq!(refusal.len(), 1, "{refusal:?}");
    assert_eq!(refusal[0]["outcomes"][0]["error"]["id"], "SessionNotFound");
    assert_eq!(refused(&look(&host, &olga, "4000000", "small")), "SessionNotFound");
    // The cmdlet says the same, and shows what it may.
    let (first, second) = (alice.id(), adam.id());
    let ran = host.usher(&olga, &["Get-WmsSession", &format!("{first},{second}"), "-Thumbnail", "Small"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains(&format!("PermissionDenied: ({second}:UInt32)")), "{ran:?}");
    let objects: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(
        (objects.len(), objects[0]["Thumbnail"].is_string(), objects[1]["Thumbnail"].is_null()),
        (2, true, true)
    );
}

fn an_ssh_login_cannot_be_pictured(host: &Host) {
    let bob = host.shell(&host.user("bob"));
    wait_until("usher knows the session", || listed(host, &bob.session).is_some());
    let id = listed(host, &bob.session).expect("a session")["session_id"].to_string();
    let ran = host.root_usher(&["thumbnail", &id, "-o", "/tmp/none.png"]);
    assert_eq!(refused(&ran), "NotSupported");
    assert!(ran.stderr.contains("other end of the connection") && ran.stderr.contains("hint: "), "{ran:?}");
    assert!(!host.path("/tmp/none.png").exists());
    host.shows_refusal("ssh", "thumbnail", "the screen is at the other end of the connection; NotSupported");
}

#[test]
fn an_ssh_login_cannot_be_pictured_and_that_is_said() {
    an_ssh_login_cannot_be_pictured(&host!(Bookworm));
    an_ssh_login_cannot_be_pictured(&host!(Trixie));
}

/// Pixels of the lock screen that a session with this variable shows.
fn lock_screen(host: &Host, variable: &str) -> Vec<[u8; 3]> {
    let screen = host.x11_speaking(&host.user("alice"), variable);
    let id = screen.id();
    wait_until("there is a shield for it", || host.root_usher(&["thumbnail", &id, "-o", "/dev/null"]).code == Some(0));
    host.root_usher(&["lock", &screen.session, "--message", "Stop"]).succeeds();
    let take = || {
        host.root_usher(&["thumbnail", &id, "--size", "fullscreen", "-o", "/tmp/language.png"]).succeeds();
        Shot::read(host, "/tmp/language.png")
    };
    wait_until("the message is drawn", || take().has([255; 3]));
    let shot = take();
    if let Some(directory) = std::env::var_os("USHER_LOOK") {
        let to = std::path::Path::new(&directory).join(format!("host-{}.png", variable.replace(['=', '.'], "-")));
        fs::copy(host.path("/tmp/language.png"), to).expect("a copy");
    }
    // What stands above the message is the same for everybody who reads the same language.
    shot.pixels[..shot.width * (shot.height * 45 / 100)].to_vec()
}

#[test]
fn the_lock_screen_speaks_the_sessions_language() {
    let host = host!(Bookworm);
    let english = lock_screen(&host, "LANG=en_GB.UTF-8");
    assert!(lock_screen(&host, "LANG=de_DE.UTF-8") == english, "a language that usher does not speak");
    assert!(lock_screen(&host, "LANG=zh_CN.UTF-8") != english, "Chinese");
}
