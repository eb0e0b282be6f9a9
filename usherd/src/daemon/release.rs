//! `usherd --release-all`: frees every holder and shield without a daemon and without the database. A daemon
//! hears of it from the holders.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use usher_core::paths::{SYSTEM, SYSTEM_STATE, holders_of, shields_of};
use usher_core::wire::holder::{FromHolder, ToHolder};
use usher_core::wire::shield::FromShield;
use usher_core::wire::{Decoder, Tag, control};

use crate::backend::host_session::{release_record, thaw_everybody};
use crate::host::login_rules::refuse_no_logins;

/// Frees every holder and shield of the daemon with this socket; fails if one did not confirm.
pub(super) fn release_all(socket: &Path) -> ExitCode {
    let mut sockets = Vec::new();
    for directory in [holders_of(socket), shields_of(socket)] {
        match std::fs::read_dir(&directory) {
            Ok(entries) => sockets.extend(entries.flatten().map(|entry| entry.path())),
            // A daemon of one mode has only one of the two.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                eprintln!("usherd: {} cannot be read: {error}", directory.display());
                return ExitCode::FAILURE;
            }
        }
    }
    // Without this a daemon does not believe what shields will say.
    if let Err(error) = std::fs::write(release_record(&shields_of(socket)), "") {
        tracing::warn!("that this was done cannot be recorded, and a daemon may cover displays again: {error}");
    }
    if let Err(error) = refuse_no_logins(socket, (socket == Path::new(SYSTEM)).then_some(Path::new(SYSTEM_STATE))) {
        tracing::warn!("new logins may still be refused: {error}");
    }
    // Nobody else would let the processes of locked users go on.
    thaw_everybody();
    let mut failed = false;
    let mut freed = 0;
    for path in sockets {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match release(&path) {
            Ok(()) => {
                freed += 1;
                tracing::warn!("session {name} was freed by --release-all");
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                tracing::info!("session {name}: its holder is dead");
            }
            Err(error) => {
                failed = true;
                tracing::error!("session {name} could not be freed: {error}");
            }
        }
    }
    println!("{freed} sessions freed");
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Holders and shields speak alike where it is only to be freed.
fn release(path: &Path) -> std::io::Result<()> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(Duration::from_secs(3)))?;
    stream.set_write_timeout(Some(Duration::from_secs(3)))?;
    let by = format!("uid {}", rustix::process::getuid().as_raw());
    stream.write_all(&control(&ToHolder::Release { seq: 1, by }))?;
    let mut decoder = Decoder::default();
    let mut buffer = [0; 4096];
    loop {
        while let Some((tag, json)) = decoder.next_frame().map_err(std::io::Error::other)? {
            if tag == Tag::Control && confirms(json) {
                return Ok(());
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::Error::other("its holder hung up")),
            count => decoder.push(&buffer[..count]),
        }
    }
}

fn confirms(json: &[u8]) -> bool {
    let holder = matches!(serde_json::from_slice(json), Ok(FromHolder::Covered { seq: 1, .. }));
    holder || matches!(serde_json::from_slice(json), Ok(FromShield::Covered { seq: 1, .. }))
}
