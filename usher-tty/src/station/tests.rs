use std::io::Write;

use usher_core::request::Colours;

use super::super::emulator::Emulator;
use super::*;

const SIZE: Size = Size { rows: 4, cols: 20 };

/// A station, its terminal's end of the connection, and a screen to draw.
fn station() -> (Station, UnixStream, Conn, Emulator) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let spec =
        StationSpec { id: 7, size: SIZE, colours: Colours::True, client: Some([10, 0, 0, 5].into()), read_only: false };
    let station = Station::new(theirs, &spec, 0).unwrap();
    (station, ours.try_clone().unwrap(), Conn::without_descriptors(ours).unwrap(), Emulator::new(SIZE))
}

fn drawn(conn: &mut Conn) -> Vec<(Tag, Vec<u8>)> {
    while conn.fill() {}
    std::iter::from_fn(|| conn.next_frame().map(|(tag, payload)| (tag, payload.to_vec()))).collect()
}

fn send(stream: &mut UnixStream, tag: Tag, payload: &[u8]) {
    let mut frame = Vec::new();
    put(&mut frame, tag, payload);
    stream.write_all(&frame).unwrap();
}

fn receive(station: &mut Station) -> Vec<Deed> {
    while station.conn.fill() {}
    station.receive()
}

#[test]
fn one_frame_at_a_time_is_under_way_and_its_own_number_confirms_it() {
    let (mut station, mut stream, mut conn, emulator) = station();
    assert!(station.ready());
    station.draw(emulator.frame(SIZE), 5, false);
    assert!(!station.ready());
    let frames = drawn(&mut conn);
    let (tag, end) = frames.last().unwrap();
    assert_eq!((*tag, end[8]), (Tag::DrawEnd, 0));
    send(&mut stream, Tag::Shown, &99u64.to_le_bytes());
    receive(&mut station);
    assert!(!station.ready() && station.confirmed == 0);
    send(&mut stream, Tag::Shown, &end[..8]);
    receive(&mut station);
    assert!(station.ready() && station.confirmed == 5);
}

#[test]
fn what_is_shown_already_is_sent_only_for_a_new_epoch() {
    let (mut station, mut stream, mut conn, emulator) = station();
    station.draw(emulator.frame(SIZE), 1, false);
    let end = drawn(&mut conn).pop().unwrap().1;
    send(&mut stream, Tag::Shown, &end[..8]);
    receive(&mut station);
    station.draw(emulator.frame(SIZE), 1, false);
    assert!(drawn(&mut conn).is_empty());
    station.draw(emulator.frame(SIZE), 2, true);
    let frames = drawn(&mut conn);
    assert_eq!(frames.len(), 1, "no bytes for the terminal, but a number to confirm: {frames:?}");
    assert_eq!((frames[0].0, frames[0].1[8]), (Tag::DrawEnd, FLUSH));
}

#[test]
fn a_redraw_draws_the_whole_screen_again() {
    let (mut station, mut stream, mut conn, mut emulator) = station();
    emulator.advance(b"words");
    for redraw in [false, true] {
        if redraw {
            send(&mut stream, Tag::Redraw, &[]);
            receive(&mut station);
        }
        station.draw(emulator.frame(SIZE), 1, false);
        let frames = drawn(&mut conn);
        assert!(frames[0].1.windows(5).any(|window| window == b"words"), "{frames:?}");
        send(&mut stream, Tag::Shown, &frames.last().unwrap().1[..8]);
        receive(&mut station);
    }
}

#[test]
fn keys_carry_the_epoch_that_was_confirmed_when_they_were_typed() {
    let (mut station, mut stream, mut conn, emulator) = station();
    station.draw(emulator.frame(SIZE), 3, false);
    let end = drawn(&mut conn).pop().unwrap().1;
    send(&mut stream, Tag::Input, b"early");
    send(&mut stream, Tag::Shown, &end[..8]);
    send(&mut stream, Tag::Input, b"late");
    let typed: Vec<_> = receive(&mut station)
        .into_iter()
        .filter_map(|deed| if let Deed::Typed(keys, confirmed) = deed { Some((keys, confirmed)) } else { None })
        .collect();
    assert_eq!(typed, [(b"early".to_vec(), 0), (b"late".to_vec(), 3)]);
}

#[test]
fn sizes_are_clamped_and_what_is_cut_is_ignored() {
    let (mut station, mut stream, _conn, _) = station();
    send(&mut stream, Tag::Resize, &[0, 0, 0xff, 0xff]);
    assert!(matches!(receive(&mut station)[..], [Deed::Resized]));
    assert_eq!(station.size, Size { rows: 0, cols: u16::MAX }.clamped());
    let size = station.size;
    for (tag, payload) in [(Tag::Resize, &[1, 0, 1][..]), (Tag::Scroll, &[1]), (Tag::Shown, &[1])] {
        send(&mut stream, tag, payload);
        assert!(receive(&mut station).is_empty());
    }
    assert!(station.size == size && !station.conn.is_closed());
}

#[test]
fn frames_that_a_station_does_not_send_end_it() {
    for tag in [Tag::Control, Tag::Draw, Tag::DrawEnd, Tag::Leave] {
        let (mut station, mut stream, _conn, _) = station();
        send(&mut stream, tag, b"{}");
        send(&mut stream, Tag::Input, b"after");
        assert!(receive(&mut station).is_empty() && station.conn.is_closed(), "{tag:?}");
    }
}

#[test]
fn a_station_is_told_once_to_leave_and_gets_no_frame_after_that() {
    let (mut station, _stream, mut conn, _) = station();
    let deadline = Instant::now();
    station.leave("because", deadline);
    station.leave("again", deadline + std::time::Duration::from_secs(9));
    assert_eq!(drawn(&mut conn), [(Tag::Leave, b"because".to_vec())]);
    assert!(!station.ready() && station.leaving == Some(deadline));
}

#[test]
fn a_frame_larger_than_a_piece_arrives_in_several() {
    let size = Size { rows: 200, cols: 500 };
    let (ours, theirs) = UnixStream::pair().unwrap();
    let spec = StationSpec { id: 1, size, colours: Colours::True, client: None, read_only: false };
    let mut station = Station::new(theirs, &spec, 0).unwrap();
    let mut emulator = Emulator::new(size);
    emulator.advance("x".repeat(200 * 500).as_bytes());
    let mut conn = Conn::without_descriptors(ours).unwrap();
    station.draw(emulator.frame(size), 1, false);
    let mut frames = Vec::new();
    while frames.last().is_none_or(|(tag, _)| *tag != Tag::DrawEnd) {
        frames.extend(drawn(&mut conn));
        station.conn.flush();
    }
    assert!(frames.len() > 2 && frames.iter().all(|(_, payload)| payload.len() <= DRAW_CHUNK));
}
