//! A room of three hosts with twelve sessions, by mouse and by keyboard alone.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::browser::{Chromium, Service, chromium, of_host};
use crate::hands::Hands;
use crate::harness::{
    Host, PATIENCE, School, Screen, Suite, X11, copy_program, covered, ready, skip, wait_telling, wait_until,
};

/// Sessions of each host.
const EACH: usize = 4;

/// Three hosts, and those who sit there.
pub struct Room {
    pub school: School,
    /// Those with displays, host by host.
    screens: Vec<Vec<Screen>>,
    /// What each host calls whoever has the page.
    people: Vec<String>,
    /// What its pictures are called.
    name: &'static str,
}

impl Room {
    /// A room whose hosts call whoever has the page so.
    #[track_caller]
    pub fn open(name: &'static str, called: impl Fn(&School, usize) -> String) -> Self {
        let school = School::open(&[Suite::Bookworm, Suite::Trixie, Suite::Bookworm]);
        let screens = std::thread::scope(|scope| {
            let seated: Vec<_> = school.hosts.iter().map(|host| scope.spawn(|| seat(host))).collect();
            seated.into_iter().map(|seated| seated.join().expect("sessions")).collect()
        });
        let people = (0..school.hosts.len()).map(|host| called(&school, host)).collect();
        Room { school, screens, people, name }
    }

    /// The page as olga starts it at her desk.
    #[track_caller]
    fn dashboard(&self) -> (Service, String) {
        let program = "/usr/bin/usher-dashboard";
        copy_program(&self.school.hosts[0].path(program), &self.school.desk.path(program));
        self.school.join_all();
        let mut command = self.school.started(&["dashboard", "--server", "h1,h2,h3", "--timeout", "5s"]);
        command.stdin(Stdio::piped());
        let log = crate::harness::Lab::shared().directory().join("dashboard.log");
        let (service, told) = Service::start(command, &log);
        assert!(told.contains("opens it once"), "{told}");
        let link = service.line().expect("a link");
        (service, link)
    }

    /// What a host itself says of its sessions.
    #[track_caller]
    fn listed(&self, host: usize) -> Vec<Value> {
        self.school.hosts[host].root_usher(&["list", "--output", "json"]).array()
    }

    /// Whether every session of these hosts is truly locked, or none.
    fn is(&self, locked: bool, hosts: std::ops::Range<usize>) -> bool {
        let listed = hosts.clone().flat_map(|host| self.listed(host)).all(|session| session["locked"] == locked);
        listed && self.screens[hosts].iter().flatten().all(|screen| covered(&screen.pixels()) == locked)
    }

    /// Waits until that is so; if it never is, tells what the hosts and the page say instead.
    #[track_caller]
    fn becomes(&self, page: &Chromium, locked: bool, hosts: std::ops::Range<usize>) {
        let told = || {
            let listed: Vec<_> = hosts.clone().map(|host| self.listed(host)).collect();
            let rules = self.school.hosts.iter().map(|host| host.root_usher(&["blocks", "--output", "json"]).stdout);
            let shown = page.script("return document.body.innerText.slice(0, 4000)");
            format!("locked is not {locked}: {listed:#?}\n{:?}\n{shown}", rules.collect::<Vec<_>>())
        };
        wait_telling(PATIENCE, told, || self.is(locked, hosts.clone()).then_some(()));
    }

    /// Locks name whoever has the page, and say what was typed there, on these hosts.
    #[track_caller]
    fn says_who_and_what(&self, hosts: std::ops::Range<usize>, message: &str) {
        for host in hosts {
            for session in self.listed(host) {
                assert_eq!(session["lock"]["by"], self.people[host], "{session}");
                assert_eq!(session["lock"]["message"], message, "{session}");
            }
        }
    }

    /// So does each host's audit log, for what reached it.
    #[track_caller]
    fn is_on_record(&self) {
        for (index, host) in self.school.hosts.iter().enumerate() {
            let records = host.root_usher(&["audit", "--output", "json"]).array();
            // Whoever was cut off heard of no lock, and so had nothing to unlock.
            let done = |action: &str| {
                let by_her = |record: &&Value| record["action"] == action && record["actor"] == self.people[index];
                let outcomes = records.iter().filter(by_her).filter_map(|record| record["outcomes"].as_array());
                let cut_off = |outcome: &Value| index == 2 && outcome["result"] == "unchanged";
                outcomes.flatten().any(|outcome| outcome["result"] == "done" || cut_off(outcome))
            };
            let reached =
                if index == 2 { &["unlock", "block", "unblock"][..] } else { &["lock", "unlock", "block", "unblock"] };
            for action in reached {
                assert!(done(action), "{action} on {}: {records:?}", host.name());
            }
        }
    }
}

/// Three with displays, and one with a terminal.
#[track_caller]
fn seat(host: &Host) -> Vec<Screen> {
    let screens = [("alice", X11::Xvfb), ("bob", X11::Xvnc), ("carol", X11::Xvfb)]
        .map(|(name, server)| host.x11(&host.user(name), server));
    host.usher(&host.user("dora"), &["open", "--name", "essay", "--", "sh", "-c", "exec cat"]).succeeds();
    screens.into()
}

/// How many tiles there are like this.
fn tiles(page: &Chromium, selector: &str, count: usize) {
    page.until(&format!("document.querySelectorAll('.tile{selector}').length === {count}"));
}

/// The room is locked while a host is cut off, and the page says so of no session that it did not see locked.
fn lock_while_a_host_is_cut_off(room: &Room, page: &Chromium, hands: Hands) {
    room.school.hosts[2].plugged(false);
    hands.select_all(page);
    // Not what was said before: what is typed takes its place.
    let message = if hands == Hands::Mouse { "Eyes up" } else { "Books shut" };
    hands.order_with(page, "lock", message);
    room.becomes(page, true, 0..2);
    room.says_who_and_what(0..2, message);
    tiles(page, ".locked:not(.lost)", 2 * EACH);
    tiles(page, "[data-outcome=failed]", EACH);
    page.until("document.querySelectorAll('#failures li').length > 0");
    tiles(page, ".lost", EACH);
    let last_words = "[...document.querySelectorAll('.tile.lost .idle')].every((text) => text.textContent.length > 5)";
    page.until(last_words);
    let green = "return document.querySelectorAll('.tile.lost[data-outcome=done]').length";
    assert_eq!(page.script(green), 0, "nobody saw those locked");
    page.shot(&pictures().join(format!("{}-cut-off-{hands:?}.png", room.name)));
    hands.see_failures(page);
    room.school.hosts[2].plugged(true);
    tiles(page, ".lost", 0);
    let truly = (0..3).flat_map(|host| room.listed(host)).filter(|session| session["locked"] == true).count();
    tiles(page, ".locked", truly);
    hands.select_all(page);
    hands.order(page, "unlock");
    room.becomes(page, false, 0..3);
    tiles(page, ".locked", 0);
}

/// The block is for whoever comes, too.
fn block_over_a_new_login(room: &Room, page: &Chromium, hands: Hands) {
    let there = 3 * EACH;
    hands.order_with(page, "block", "Exam");
    room.becomes(page, true, 0..3);
    room.says_who_and_what(0..3, "Exam");
    page.until("document.querySelector('#block').getAttribute('aria-checked') === 'true'");
    page.until("document.querySelector('#blocked').textContent.includes('olga')");
    let host = &room.school.hosts[1];
    let late = host.x11(&host.user("late"), X11::Xvfb);
    tiles(page, ".locked", there + 1);
    wait_until("who came late is locked too", || covered(&late.pixels()));
    page.shot(&pictures().join(format!("{}-blocked-{hands:?}.png", room.name)));
    // What is not heard at the moment is not told.
    tiles(page, ".lost", 0);
    hands.unblock(page);
    room.becomes(page, false, 0..3);
    wait_until("who came late is free too", || !covered(&late.pixels()));
    tiles(page, ".locked", 0);
    drop(late);
    tiles(page, "", there);
}

/// One is told, and closed when the time is over.
fn close_with_notice(room: &Room, page: &Chromium, hands: Hands, (user, at): (&str, usize)) {
    let before = page.script("return document.querySelectorAll('.tile').length").as_u64().expect("a number");
    hands.filter(page, &format!("{user} h{}", at + 1));
    tiles(page, ":not([hidden])", 1);
    hands.select_all(page);
    hands.order_with(page, "close", "The lesson is over");
    page.until("document.querySelector('.tile:not([hidden]) .lock').textContent.includes('closes at')");
    let noticed = |session: &Value| session["user"] == user && session["closing_at"].is_string();
    wait_until("the host counts down", || room.listed(at).iter().any(noticed));
    // The shortest notice that the page offers is longer than a test's patience.
    let deadline = Instant::now() + Duration::from_secs(120);
    while room.listed(at).iter().any(|session| session["user"] == user) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_secs(1));
    }
    hands.filter(page, "");
    tiles(page, "", usize::try_from(before).expect("a number") - 1);
    assert!(!room.listed(at).iter().any(|session| session["user"] == user));
}

/// Where pictures of the page go, to be looked at.
pub fn pictures() -> std::path::PathBuf {
    let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/dashboard");
    std::fs::create_dir_all(&place).expect("a directory");
    place
}

/// Everything that is done in the room, by mouse and by keyboard alone, on a page that shows nothing yet. Two are closed at these
/// hosts at the end: who is gone is gone for both.
pub fn lesson(room: &Room, page: &Chromium, closed_at: [usize; 2]) {
    tiles(page, "", 3 * EACH);
    page.until("[...document.querySelectorAll('.tile')].every((tile) => (tile.scrollIntoView(), tile.querySelector('img').naturalWidth > 0))");
    for hands in [Hands::Mouse, Hands::Keyboard] {
        lock_while_a_host_is_cut_off(room, page, hands);
        block_over_a_new_login(room, page, hands);
    }
    // A browser complains of each picture that a host does not send: while it is cut off, and of who is gone.
    let complaints_without = |pictures: &str| {
        let all = page.complaints().into_iter();
        assert_eq!(all.filter(|one| !one.contains(pictures)).collect::<Vec<_>>(), Vec::<String>::new(), "nothing else");
    };
    complaints_without("/pictures/2/");
    close_with_notice(room, page, Hands::Mouse, ("alice", closed_at[0]));
    close_with_notice(room, page, Hands::Keyboard, ("carol", closed_at[1]));
    room.is_on_record();
    complaints_without("/pictures/");
}

#[test]
fn twelve_sessions_of_three_hosts_obey_by_mouse_and_by_keyboard() {
    if let Err(reason) = ready(Suite::Bookworm).and(ready(Suite::Trixie)) {
        return skip(&reason);
    }
    let Some(programs) = chromium() else { return };
    let room = Room::open("room", |school, _| format!("olga@{} via TLS", school.desk.name()));
    let (_dashboard, link) = room.dashboard();
    let page = Chromium::start_in(Some(of_host(&room.school.desk)), &programs, "en");
    page.open(&link);
    lesson(&room, &page, [0, 0]);
}
