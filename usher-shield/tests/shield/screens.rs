//! A display of several screens.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use crate::can_run;
use crate::server::{Desktop, SIGNAL, Server};
use crate::usherd::{Usherd, wait_until};

fn pixels(conn: &RustConnection, root: Window) -> Vec<u8> {
    let size = conn.get_geometry(root).expect("sent").reply().expect("a size");
    let image = conn.get_image(ImageFormat::Z_PIXMAP, root, 0, 0, size.width, size.height, !0).expect("sent");
    image.reply().expect("a picture").data
}

fn shows_desktop(conn: &RustConnection, root: Window) -> bool {
    pixels(conn, root).chunks_exact(4).any(|pixel| pixel[..3] == SIGNAL.to_le_bytes()[..3])
}

#[test]
fn every_screen_is_covered() {
    if !can_run("screens::every_screen_is_covered", &["Xvfb"]) {
        return;
    }
    let screens = ["-screen", "0", "320x240x24", "-screen", "1", "400x200x24", "-screen", "2", "64x64x24", "-noreset"];
    let server = Server::start("Xvfb", &screens);
    let desktop = Desktop::new(&server);
    let roots: Vec<Window> = desktop.conn.setup().roots.iter().map(|screen| screen.root).collect();
    assert_eq!(roots.len(), 3);
    for root in &roots {
        let look = ChangeWindowAttributesAux::new().background_pixel(SIGNAL);
        desktop.conn.change_window_attributes(*root, &look).expect("sent");
        desktop.conn.clear_area(false, *root, 0, 0, 0, 0).expect("sent");
    }
    let shown = || roots.iter().filter(|root| shows_desktop(&desktop.conn, **root)).count();
    assert_eq!(shown(), 3);
    let before: Vec<Vec<u8>> = roots.iter().map(|root| pixels(&desktop.conn, *root)).collect();
    let mut usherd = Usherd::start(&server);
    usherd.lock("You stay here");
    assert_eq!(shown(), 0);
    // Whatever is done to the windows of another screen.
    let tree = desktop.conn.query_tree(roots[1]).expect("sent").reply().expect("a tree").children;
    for window in tree {
        desktop.conn.destroy_window(window).expect("sent");
    }
    desktop.sync();
    usherd.lock("You still stay here");
    assert_eq!(shown(), 0);
    desktop.conn.warp_pointer(x11rb::NONE, roots[1], 0, 0, 0, 0, 50, 50).expect("sent");
    desktop.type_and_click();
    assert_eq!(desktop.got(), 0);
    usherd.unlock();
    wait_until("every desktop is back", || {
        roots.iter().zip(&before).all(|(root, before)| pixels(&desktop.conn, *root) == *before)
    });
}
