//! The same room, signed in on the page that one of its hosts serves. The two others were joined to it.

use crate::browser::{Chromium, chromium, laboratory};
use crate::harness::{School, Suite, ready, skip};
use crate::room::{Room, lesson};
use crate::sign_in::sign_in;

/// What a host calls olga, who signs in on the first one's page.
fn called(school: &School, host: usize) -> String {
    match host {
        0 => school.olga.name.clone(),
        _ => format!("{} at {}, by the dashboard", school.olga.name, school.hosts[0].name()),
    }
}

/// The first host serves the page, which shows the others as `h2` and `h3`.
#[track_caller]
fn serve(school: &School) {
    let page = &school.hosts[0];
    page.root("usher dashboard enable").succeeds();
    for (index, host) in school.hosts.iter().enumerate().skip(1) {
        let name = format!("dashboard@{}", page.name());
        let invite = ["invite", &name, "--role", "operator", "--address", host.address()];
        let token = host.root_usher(&invite).succeeds().trim().to_owned();
        page.root(&format!("echo {token} | usher dashboard join - --name h{}", index + 1)).succeeds();
    }
}

#[test]
fn whoever_signs_in_has_the_whole_room_by_name() {
    if let Err(reason) = ready(Suite::Bookworm).and(ready(Suite::Trixie)) {
        return skip(&reason);
    }
    let Some(programs) = chromium() else { return };
    let room = Room::open("signed-in", called);
    serve(&room.school);
    let page = Chromium::start_in(Some(laboratory()), &programs, "en");
    sign_in(&page, &room.school.hosts[0], &room.school.olga, &room.school.olga.password);
    lesson(&room, &page, [1, 2]);
}
