//! What usherd is told. Nobody waits for it: a login is refused as quickly without it.

use std::os::unix::net::UnixDatagram;
use std::path::Path;

use usher_core::logins::RefusedLogin;
use usher_core::paths::{SYSTEM, refused_logins_of};

/// Tells the system's daemon of a refusal, so that the audit log has it. Where it does not listen, or has no room, the
/// host's log has it alone.
pub fn tell_usherd(refused: &RefusedLogin) {
    let Ok(said) = serde_json::to_vec(refused) else { return };
    let Ok(socket) = UnixDatagram::unbound() else { return };
    if socket.set_nonblocking(true).is_ok() {
        let _ = socket.send_to(&said, refused_logins_of(Path::new(SYSTEM)));
    }
}
