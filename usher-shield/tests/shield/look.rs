//! The lock screen as it looks: pictures for who wants to see it.

use std::fmt::Write as _;

use crate::can_run;
use crate::server::{Desktop, Server, picture};
use crate::usherd::Usherd;

/// Writes the screen as a portable pixmap to `$USHER_LOOK`/NAME.ppm, if that is set.
pub fn keep(name: &str, size: (usize, usize), pixels: &[u8]) {
    let Some(directory) = std::env::var_os("USHER_LOOK") else { return };
    let mut heading = String::new();
    writeln!(heading, "P6 {} {} 255", size.0, size.1).expect("memory");
    let mut bytes = heading.into_bytes();
    bytes.extend(pixels.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]));
    std::fs::write(std::path::Path::new(&directory).join(format!("{name}.ppm")), bytes).expect("a picture");
}

#[test]
fn the_message_is_on_the_screen_at_any_size() {
    if !can_run("look::the_message_is_on_the_screen_at_any_size", &["Xvfb"]) {
        return;
    }
    let message = "Please save your work: the exam begins now. 请保存您的工作，考试现在开始。 يرجى حفظ عملك الآن 🙂";
    for (width, height) in [(1280, 720), (320, 200), (3840, 2160)] {
        let server = Server::xvfb(&format!("{width}x{height}"));
        let desktop = Desktop::new(&server);
        let mut usherd = Usherd::start(&server);
        let mut cover = crate::usherd::cover(message);
        cover.until = cover.since.checked_add(jiff::SignedDuration::from_mins(90)).ok();
        let seq = usherd.order(vec![cover]);
        let answer = usherd.answer(seq);
        let bright = |pixels: &[u8]| {
            let bright = pixels.chunks_exact(4).filter(|pixel| pixel[..3].iter().all(|part| *part > 0xc0));
            bright.count() > width * height / 1000
        };
        // A slow host draws later than it answers, and says so.
        crate::usherd::wait_until(&format!("{answer:?} is on the screen"), || bright(&picture(&desktop.conn)));
        keep(&format!("{width}x{height}"), (width, height), &picture(&desktop.conn));
    }
}
