//! An announcement is seen and is in nobody's way.

use jiff::{SignedDuration, Timestamp};
use usher_core::wire::holder::Notice;
use usher_core::wire::shield::ToShield;
use x11rb::protocol::xproto::ConnectionExt as _;

use crate::can_run;
use crate::server::{Desktop, Server, picture, shows_desktop};
use crate::usherd::{Usherd, wait_until};

const SIZE: (usize, usize) = (320, 240);

fn announce(usherd: &mut Usherd, seconds: i64) {
    let at = Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).expect("a time");
    let message = Some("Please save your work".parse().expect("a message"));
    usherd.say(&ToShield::Announce(Notice { at, by: "root".to_owned(), message }));
}

/// The middle of the screen's upper edge.
fn top(desktop: &Desktop) -> Vec<u8> {
    let pixels = picture(&desktop.conn);
    (0..4).flat_map(|row| pixels[(row * SIZE.0 + SIZE.0 / 2 - 8) * 4..][..64].to_vec()).collect()
}

#[test]
fn an_announcement_is_seen_below_the_lock_and_takes_no_input() {
    if !can_run("notice::an_announcement_is_seen_below_the_lock_and_takes_no_input", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb(&format!("{}x{}", SIZE.0, SIZE.1));
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    let (before, bare) = (picture(&desktop.conn), top(&desktop));
    announce(&mut usherd, 3600);
    wait_until("the announcement is seen", || top(&desktop) != bare);
    let banner = top(&desktop);
    crate::look::keep("announcement", SIZE, &picture(&desktop.conn));
    assert!(shows_desktop(&desktop.conn));
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
    // On the announcement, with the user's window below.
    desktop.conn.warp_pointer(x11rb::NONE, desktop.root, 0, 0, 0, 0, 150, 12).expect("sent");
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);

    usherd.lock("You stay here");
    usherd.await_status(|status| status.covered && status.input_held);
    assert!(!shows_desktop(&desktop.conn) && top(&desktop) != banner);
    desktop.type_and_click();
    assert_eq!(desktop.got(), 0);
    usherd.unlock();
    wait_until("the announcement is seen again", || top(&desktop) == banner);

    // It stays for a minute after the time it tells of.
    announce(&mut usherd, -58);
    wait_until("the announcement is gone", || picture(&desktop.conn) == before);
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
}
