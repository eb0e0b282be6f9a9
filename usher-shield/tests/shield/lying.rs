//! X servers that lie. A user may run any program as one.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use usher_core::wire::shield::FromShield;
use x11rb::protocol::xproto::{
    BackingStore, Depth, EventMask, Format, ImageOrder, Screen, Setup, VisualClass, Visualtype,
};
use x11rb::x11_utils::Serialize as _;

use crate::can_run;
use crate::usherd::{PATIENCE, Usherd};

/// What a server does once it has greeted.
#[derive(Clone, Copy)]
enum Lie {
    /// Every answer begins as one of a gibibyte, and does not go on.
    Long,
    /// Events without end.
    Flood,
    /// Silence.
    Silent,
}

fn greeting(screens: bool) -> Vec<u8> {
    let visual = Visualtype {
        visual_id: 33,
        class: VisualClass::TRUE_COLOR,
        bits_per_rgb_value: 8,
        colormap_entries: 256,
        red_mask: 0x00ff_0000,
        green_mask: 0xff00,
        blue_mask: 0xff,
    };
    let screen = Screen {
        root: 43,
        default_colormap: 32,
        white_pixel: 0x00ff_ffff,
        black_pixel: 0,
        current_input_masks: EventMask::NO_EVENT,
        width_in_pixels: 320,
        height_in_pixels: 240,
        width_in_millimeters: 80,
        height_in_millimeters: 60,
        min_installed_maps: 1,
        max_installed_maps: 1,
        root_visual: 33,
        backing_stores: BackingStore::NOT_USEFUL,
        save_unders: false,
        root_depth: 24,
        allowed_depths: vec![Depth { depth: 24, visuals: vec![visual] }],
    };
    let setup = Setup {
        status: 1,
        protocol_major_version: 11,
        protocol_minor_version: 0,
        length: 0,
        release_number: 1,
        resource_id_base: 0x0020_0000,
        resource_id_mask: 0x001f_ffff,
        motion_buffer_size: 0,
        maximum_request_length: 65535,
        image_byte_order: ImageOrder::LSB_FIRST,
        bitmap_format_bit_order: ImageOrder::LSB_FIRST,
        bitmap_format_scanline_unit: 32,
        bitmap_format_scanline_pad: 32,
        min_keycode: 8,
        max_keycode: 255,
        vendor: b"none".to_vec(),
        pixmap_formats: vec![Format { depth: 24, bits_per_pixel: 32, scanline_pad: 32 }],
        roots: screens.then_some(screen).into_iter().collect(),
    };
    let mut bytes = setup.serialize();
    let words = u16::try_from((bytes.len() - 8) / 4).expect("short");
    bytes[6..8].copy_from_slice(&words.to_ne_bytes());
    bytes
}

/// Serves at this path for as long as the test's process lives.
fn serve(path: &Path, screens: bool, lie: Lie) {
    let listener = UnixListener::bind(path).expect("a socket");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("anybody's");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || talk(stream, screens, lie));
        }
    });
}

fn talk(mut stream: UnixStream, screens: bool, lie: Lie) -> Option<()> {
    let mut hello = [0; 12];
    stream.read_exact(&mut hello).ok()?;
    let length = |at: usize| usize::from(u16::from_ne_bytes([hello[at], hello[at + 1]])).next_multiple_of(4);
    stream.read_exact(&mut vec![0; length(6) + length(8)]).ok()?;
    stream.write_all(&greeting(screens)).ok()?;
    let mut sequence = 0u16;
    loop {
        match lie {
            Lie::Flood => stream.write_all(&[18; 32 << 10]).ok()?,
            Lie::Long | Lie::Silent => {
                let mut head = [0; 4];
                stream.read_exact(&mut head).ok()?;
                let words = usize::from(u16::from_ne_bytes([head[2], head[3]]));
                stream.read_exact(&mut vec![0; 4 * words.saturating_sub(1)]).ok()?;
                sequence = sequence.wrapping_add(1);
                if matches!(lie, Lie::Long) {
                    let mut answer = [0; 32];
                    answer[0] = 1;
                    answer[2..4].copy_from_slice(&sequence.to_ne_bytes());
                    answer[4..8].copy_from_slice(&(1u32 << 28).to_ne_bytes());
                    stream.write_all(&answer).ok()?;
                }
            }
        }
    }
}

/// The most memory that a process had so far, in KiB.
fn most(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How the shield fails, and the most memory that it had before.
fn fails(screens: bool, lie: Lie) -> (String, u64) {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("anybody's");
    let socket: PathBuf = directory.path().join("server");
    serve(&socket, screens, lie);
    let arming = crate::usherd::arming_for(std::process::id(), 99, socket.to_str().expect("text").to_owned());
    let mut usherd = Usherd::begin_with(arming, directory.path());
    let (pid, end, mut size) = (usherd.pid(), Instant::now() + PATIENCE, 0);
    while Instant::now() < end {
        size = size.max(most(pid).unwrap_or(0));
        let failed = usherd.hear_within(Duration::from_millis(20), |message| match message {
            FromShield::Failed { message, trying: false, .. } => Some(message),
            _ => None,
        });
        if let Some(message) = failed {
            return (message, size);
        }
    }
    panic!("the shield goes on with a server that lies; it had {size} KiB");
}

const ENOUGH: u64 = 128 << 10;

#[test]
fn an_answer_of_a_gibibyte_is_not_awaited() {
    if can_run("lying::an_answer_of_a_gibibyte_is_not_awaited", &[]) {
        let (why, size) = fails(true, Lie::Long);
        println!("{size} KiB: {why}");
        assert!(size < ENOUGH, "{size} KiB");
    }
}

#[test]
fn who_never_stops_talking_is_given_up() {
    if can_run("lying::who_never_stops_talking_is_given_up", &[]) {
        let (why, size) = fails(true, Lie::Flood);
        println!("{size} KiB: {why}");
        assert!(size < ENOUGH, "{size} KiB");
    }
}

#[test]
fn who_never_answers_is_given_up() {
    if can_run("lying::who_never_answers_is_given_up", &[]) {
        fails(true, Lie::Silent);
    }
}

#[test]
fn a_server_without_a_screen_is_no_panic() {
    if can_run("lying::a_server_without_a_screen_is_no_panic", &[]) {
        let (why, _) = fails(false, Lie::Silent);
        assert!(why.contains("no screen"), "{why}");
    }
}
