//! Raw input, which no grab holds: under `--freeze` a program of the user's gets none of what is typed meanwhile, at a real
//! viewer's or client's keyboard, neither then nor when it goes on.

use serde_json::Value;
use usher_core::wire::shield::RAW_INPUT;
use x11rb::protocol::xproto::{ConnectionExt as _, InputFocus, MapState};
use x11rb::wrapper::ConnectionExt as _;

use crate::harness::{Client, DESKTOP, Host, Screen, X11, covered, wait_until};
use crate::host;
use crate::who::{outcome, shield_pids};

/// A program in the session that has asked for raw input.
struct Spy {
    host: Host,
    file: String,
}

impl Spy {
    fn of(screen: &Screen) -> Spy {
        let (host, file) = (screen.host.clone(), format!("/home/{}/raw", screen.user.name));
        let program = include_str!("attacks/raw_spy.py");
        std::fs::write(host.path("/usr/local/bin/raw_spy.py"), program).expect("a script");
        screen.start("exec python3 /usr/local/bin/raw_spy.py $HOME/raw");
        let spy = Spy { host, file };
        wait_until("the spy listens", || spy.host.content(&spy.file).starts_with("ready"));
        spy
    }

    /// The keys that it has learned of.
    fn learned(&self) -> Vec<String> {
        self.host.content(&self.file).lines().skip(1).map(str::to_owned).collect()
    }

    /// What it learns of a key that is typed now.
    fn learns(&self, client: &Client, key: &str) -> Vec<String> {
        let before = self.learned().len();
        wait_until("the spy learns of a key", || {
            client.display().type_keys(key);
            self.learned().len() > before
        });
        self.learned().split_off(before)
    }
}

fn lock(host: &Host, screen: &Screen, more: &[&str]) -> Value {
    let lock = [&["lock", &screen.session, "--message", "Listen", "--output", "json"], more].concat();
    let done = outcome(&host.root_usher(&lock), 0);
    assert_eq!((done["result"].as_str(), done["observed"].as_bool()), (Some("done"), Some(true)), "{done}");
    done
}

/// Gives a viewer that no window manager looks after the keyboard of the display that it is on.
fn focus(client: &Client) {
    let display = client.display();
    let (conn, root) = (display.connection(), display.root());
    for window in conn.query_tree(root).expect("sent").reply().expect("a tree").children {
        let state = conn.get_window_attributes(window).expect("sent").reply().map(|a| a.map_state);
        let size = conn.get_geometry(window).expect("sent").reply().map(|g| g.width);
        if state.is_ok_and(|state| state == MapState::VIEWABLE) && size.is_ok_and(|width| width > 300) {
            conn.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME).expect("sent");
        }
    }
    conn.sync().expect("the display answers");
}

/// The keys that the spy learns of are those before and after the lock alone. `meanwhile` happens under it.
fn learns_nothing(host: &Host, screen: &Screen, client: &Client, meanwhile: impl Fn()) {
    wait_until("the desktop is seen there", || client.display().picture().share(DESKTOP) > 0.2);
    client.display().point(400, 300);
    let spy = Spy::of(screen);
    let before = spy.learns(client, "a");
    let done = lock(host, screen, &[]);
    assert!(done["notes"].to_string().contains(RAW_INPUT), "{done}");
    spy.learns(client, "b");
    let done = lock(host, screen, &["--freeze"]);
    assert!(!done["notes"].to_string().contains(RAW_INPUT), "{done}");
    let known = spy.learned().len();
    client.display().type_keys("secret\n");
    meanwhile();
    client.display().type_keys("secret\n");
    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("the desktop is seen there again", || client.display().picture().share(DESKTOP) > 0.2);
    spy.learns(client, "a");
    // Of the last key, and of nothing that was typed before: what an X server sends, it sends in order.
    let learned = spy.learned().split_off(known);
    assert!(learned.iter().all(|key| *key == before[0]), "{learned:?}, and {before:?} is what was typed");
}

#[test]
fn a_frozen_spy_learns_nothing_of_what_is_typed_at_a_viewer_also_where_shields_are_killed() {
    let host = host!(Bookworm);
    let screen = host.x11_of_size(&host.user("alice"), X11::Xvnc, "640x480");
    let viewer = host.viewer(&screen);
    wait_until("the desktop is seen there", || viewer.display().picture().share(DESKTOP) > 0.2);
    focus(&viewer);
    learns_nothing(&host, &screen, &viewer, || {
        let pids = shield_pids(&host, &screen);
        host.root(&format!("kill -9 {}", pids.join(" "))).succeeds();
        wait_until("another shield holds the lock", || {
            let now = shield_pids(&host, &screen);
            crate::who::locked(&host, &screen) && now.len() >= 2 && now.iter().all(|pid| !pids.contains(pid))
        });
        assert!(covered(&screen.pixels()));
    });
}

#[test]
fn a_frozen_spy_learns_nothing_of_what_is_typed_at_a_client_of_xrdp() {
    let host = host!(Bookworm);
    let (screen, client) = host.xrdp(&host.user("alice"));
    learns_nothing(&host, &screen, &client, || {});
}

#[test]
fn what_a_client_of_xrdp_shares_stands_still_under_freeze() {
    let host = host!(Bookworm);
    let (screen, _client) = host.xrdp(&host.user("alice"));
    let shares = format!("pgrep -u {} -x xrdp-chansrv", screen.user.name);
    let mut pid = String::new();
    wait_until("the program that shares is there", || {
        pid = host.root(&shares).stdout.trim().to_owned();
        !pid.is_empty()
    });
    let group = format!("/sys/fs/cgroup$(sed -n s/^0:://p /proc/{pid}/cgroup)");
    let stopped = || host.root(&format!("grep -q '^frozen 1' {group}/cgroup.events")).code == Some(0);
    let done = lock(&host, &screen, &[]);
    assert!(!stopped() && done["notes"].to_string().contains("clipboard and drives"), "{done}");
    let done = lock(&host, &screen, &["--freeze"]);
    assert!(stopped() && !done["notes"].to_string().contains("clipboard and drives"), "{done}");
    host.root_usher(&["unlock", &screen.session]).succeeds();
    wait_until("it goes on", || !stopped());
}
