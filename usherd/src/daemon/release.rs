//! `usherd --release-all`: frees every holder, shield and guard without a daemon and without the database. A daemon
//! hears of it from the holders.

use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use usher_core::paths::{SYSTEM, SYSTEM_STATE, guards_of, holders_of, seats_of, shields_of};
use usher_core::wire::holder::{FromHolder, ToHolder};
use usher_core::wire::shield::FromShield;
use usher_core::wire::{Decoder, Tag, control};

use crate::backend::host_session::{give_everything_back, give_seats_back, release_record, thaw_everybody};
use crate::host::login_rules::refuse_no_logins;

/// Frees every holder, shield and guard of the daemon with this socket; fails if one did not confirm.
pub(super) fn release_all(socket: &Path) -> ExitCode {
    let listening = (sockets(&guards_of(socket)), sockets(&holders_of(socket)), sockets(&shields_of(socket)));
    let (Ok(guards), Ok(holders), Ok(shields)) = listening else { return ExitCode::FAILURE };
    let Ok(seats) = sockets(&seats_of(socket)) else { return ExitCode::FAILURE };
    // Without this a daemon does not believe what shields and guards will say.
    if let Err(error) = std::fs::write(release_record(&shields_of(socket)), "") {
        tracing::warn!("that this was done cannot be recorded, and a daemon may cover displays again: {error}");
    }
    if let Err(error) = refuse_no_logins(socket, (socket == Path::new(SYSTEM)).then_some(Path::new(SYSTEM_STATE))) {
        tracing::warn!("new logins may still be refused: {error}");
    }
    let (mut freed, mut failed) = (0, false);
    // Screens come back before their programs go on, terminals before that.
    free(guards, &mut freed, &mut failed);
    give_everything_back(&guards_of(socket));
    // Nobody else would let the processes of locked users go on.
    thaw_everybody();
    free(seats, &mut freed, &mut failed);
    for seat in give_seats_back(&seats_of(socket)) {
        failed = true;
        tracing::error!("{seat} could not be given back");
    }
    free(holders.into_iter().chain(shields).collect(), &mut freed, &mut failed);
    println!("{freed} sessions freed");
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The sockets in a directory; none in one that is not there, as a daemon of one mode has only some of them.
fn sockets(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            eprintln!("usherd: {} cannot be read: {error}", directory.display());
            return Err(error);
        }
    };
    let is_socket = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_socket());
    Ok(entries.flatten().filter(is_socket).map(|entry| entry.path()).collect())
}

fn free(sockets: Vec<PathBuf>, freed: &mut u32, failed: &mut bool) {
    for path in sockets {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match release(&path) {
            Ok(()) => {
                *freed += 1;
                tracing::warn!("session {name} was freed by --release-all");
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                tracing::info!("session {name}: its holder is dead");
            }
            Err(error) => {
                *failed = true;
                tracing::error!("session {name} could not be freed: {error}");
            }
        }
    }
}

/// Holders, shields and guards speak alike where it is only to be freed.
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
