//! The station protocol, spoken by hand: what a slow or a hostile station could send at the worst moment.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crate::harness::{Daemon, Station, http, processes, wait_until};

/// A station that confirms pictures only when the test says so.
struct ByHand {
    stream: UnixStream,
    bytes: Vec<u8>,
}

impl ByHand {
    fn attach(daemon: &Daemon, id: u32) -> Self {
        let mut stream = http::connect(&daemon.socket());
        let body = r#"{"size":{"rows":24,"cols":80}}"#;
        let head = format!("POST /v1/sessions/{id}/attach HTTP/1.1\r\nHost: usherd\r\nConnection: upgrade\r\n");
        let head = format!("{head}Upgrade: usher-station\r\nContent-Type: application/json\r\n");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).expect("a request");
        let (mut bytes, mut buffer) = (Vec::new(), [0; 1]);
        while !processes::contains(&bytes, b"\r\n\r\n") {
            assert_eq!(stream.read(&mut buffer).expect("an answer"), 1);
            bytes.extend_from_slice(&buffer);
        }
        assert!(bytes.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&bytes));
        ByHand { stream, bytes: Vec::new() }
    }

    /// The next frame: its tag and its payload.
    fn frame(&mut self) -> (u8, Vec<u8>) {
        loop {
            if let Some((head, rest)) = self.bytes.split_at_checked(5) {
                let length = u32::from_le_bytes(head[1..5].try_into().expect("four bytes")) as usize;
                if rest.len() >= length {
                    let frame = (head[0], rest[..length].to_vec());
                    self.bytes.drain(..5 + length);
                    return frame;
                }
            }
            let mut buffer = [0; 4096];
            let count = self.stream.read(&mut buffer).expect("a frame before the patience ends");
            assert!(count > 0, "the holder hung up");
            self.bytes.extend_from_slice(&buffer[..count]);
        }
    }

    /// Awaits the end of a picture that has this text, and gives its number. Others are confirmed.
    fn picture_with(&mut self, text: &str) -> Vec<u8> {
        let mut drawn = Vec::new();
        loop {
            match self.frame() {
                (b'd', part) => drawn.extend(part),
                (b'D', end) if processes::contains(&drawn, text.as_bytes()) => return end[..8].to_vec(),
                (b'D', end) => {
                    drawn.clear();
                    self.send(&[frame(b's', &end[..8])]);
                }
                _ => {}
            }
        }
    }

    /// Confirms a picture; false if the holder has hung up.
    fn confirms(&mut self, number: &[u8]) -> bool {
        self.stream.write_all(&frame(b's', number)).is_ok()
    }

    /// Awaits a picture with this text and confirms it; false if the holder hangs up first.
    fn sees(&mut self, text: &str) -> bool {
        let awaited = std::panic::AssertUnwindSafe(|| self.picture_with(text));
        let number = std::panic::catch_unwind(awaited);
        number.is_ok_and(|number| self.confirms(&number))
    }

    /// Sends frames in one piece.
    fn send(&mut self, frames: &[Vec<u8>]) {
        self.stream.write_all(&frames.concat()).expect("the holder listens");
    }
}

fn frame(tag: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short");
    [&[tag][..], &length.to_le_bytes(), payload].concat()
}

#[test]
fn keys_sent_before_the_unlock_was_shown_do_not_count_even_if_both_arrive_together() {
    let daemon = Daemon::start();
    let id = daemon.open("echo private-things; exec cat > typed");
    let mut station = ByHand::attach(&daemon, id);
    let number = station.picture_with("private-things");
    station.send(&[frame(b's', &number)]);
    std::thread::scope(|scope| {
        let locking = scope.spawn(|| daemon.lock(id, "stop"));
        let number = station.picture_with("stop");
        station.send(&[frame(b's', &number)]);
        locking.join().expect("a lock");
        let unlocking = scope.spawn(|| daemon.unlock(id));
        let number = station.picture_with("private-things");
        station.send(&[frame(b'i', b"late\n"), frame(b's', &number), frame(b'i', b"after\n")]);
        unlocking.join().expect("an unlock");
    });
    daemon.wait_content("typed", "after\n");
}

#[test]
fn a_station_that_never_confirms_a_lock_is_dropped_and_its_keys_with_it() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    let mut stubborn = ByHand::attach(&daemon, id);
    let outcome = daemon.lock(id, "stop");
    assert!(!outcome["notes"].as_array().expect("notes").is_empty(), "{outcome}");
    let _ = stubborn.stream.write_all(&frame(b'i', b"late\n"));
    daemon.unlock(id);
    let station = Station::attach(&daemon, id, 24, 80);
    station.type_keys(b"after\r");
    daemon.wait_content("typed", "after\n");
}

#[test]
fn confirming_pictures_that_were_never_drawn_unlocks_nothing() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    daemon.lock(id, "stop");
    let mut station = ByHand::attach(&daemon, id);
    for number in [0, 1, 2, 3, u64::MAX] {
        station.send(&[frame(b's', &u64::to_le_bytes(number)), frame(b'i', b"late\n")]);
    }
    drop(station);
    daemon.unlock(id);
    let station = Station::attach(&daemon, id, 24, 80);
    station.type_keys(b"after\r");
    daemon.wait_content("typed", "after\n");
}

#[test]
fn garbage_from_a_station_ends_that_station_alone() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    let nonsense: [&[u8]; 8] = [
        b"i\xff\xff\xff\xff",
        b"?\0\0\0\0",
        b"c\x02\0\0\0{}",
        b"r\x01\0\0\0x",
        b"r\x04\0\0\0\0\0\0\0",
        b"r\x04\0\0\0\xff\xff\xff\xff",
        b"s\x03\0\0\0abc",
        b"d\0\0\0\0",
    ];
    for bytes in nonsense {
        let mut hostile = ByHand::attach(&daemon, id);
        let _ = hostile.stream.write_all(bytes);
        let _ = hostile.stream.write_all(bytes);
    }
    station.type_keys(b"alive\r");
    daemon.wait_content("typed", "alive\n");
}

#[test]
fn a_station_that_was_told_to_leave_does_not_count_as_one_that_shows_the_lock() {
    let daemon = Daemon::start();
    let id = daemon.open("echo private-things; exec cat > typed");
    let mut lingering = ByHand::attach(&daemon, id);
    let number = lingering.picture_with("private-things");
    lingering.send(&[frame(b's', &number)]);
    std::thread::scope(|scope| {
        scope.spawn(|| daemon.usher(&["disconnect", &id.to_string()]).exits(0));
        while lingering.frame().0 != b'x' {}
        daemon.lock(id, "stop");
        // When the lock is told to hold, the connection that still showed the screen is gone.
        let mut rest = [0; 4096];
        lingering.stream.set_nonblocking(true).expect("a socket");
        let end = lingering.stream.read(&mut rest);
        assert!(matches!(end, Ok(0)) || end.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset));
    });
}

#[test]
fn a_lock_is_seen_or_its_station_dropped_before_it_is_taken_away_again() {
    let daemon = Daemon::start();
    let id = daemon.open("echo private-things; exec cat > typed");
    let mut slow = ByHand::attach(&daemon, id);
    let number = slow.picture_with("private-things");
    std::thread::scope(|scope| {
        let locking = scope.spawn(|| daemon.lock(id, "stop"));
        daemon.wait_session(id, "locked", |s| s["locked"] == true);
        let unlocking = scope.spawn(|| daemon.unlock(id));
        wait_until("the unlock is on record, and waits", || daemon.audit("unlock").len() == 1);
        // Only now does the station confirm what it showed before: the lock must still come.
        let seen = slow.confirms(&number) && slow.sees("stop") && slow.sees("private-things");
        let locked = locking.join().expect("a lock");
        assert_eq!(locked["observed"], true);
        let notes = locked["notes"].as_array().map_or(0, Vec::len);
        // On a busy machine the station may be too late: then it was dropped, and that is said.
        assert!(if seen { notes == 0 } else { notes == 1 }, "{seen} {locked}");
        unlocking.join().expect("an unlock");
    });
}
