//! Whether an X server's word counts. One that runs as the locked user could be anything that the user made: what can be
//! checked of it is checked, and what cannot is in SECURITY.md.

use std::io;

use crate::slow::{self, ProgramFile, Slow};
use usher_core::sys::proc;

use super::{Display, base_name};

/// Write permission of the group or of all others (`inode(7)`).
const WRITABLE: u32 = 0o022;

/// Why a server's word does not count; nothing where nothing speaks against it. This is what does not change while it runs,
/// and may take a while to read.
///
/// # Errors
/// It cannot be told.
pub async fn doubt(display: &Display) -> io::Result<Option<String>> {
    let uid = display.server_uid;
    if uid == 0 {
        return Ok(None);
    }
    let environment = Slow::Environment(display.server);
    let (file, environment) = tokio::join!(slow::program_file(uid, display.server), slow::read(uid, &environment));
    Ok(of_program(display, file?).or(of_environment(&environment?)))
}

/// Why a server's word does not count at this moment.
///
/// # Errors
/// It cannot be told.
pub fn doubt_now(display: &Display) -> io::Result<Option<String>> {
    if display.server_uid == 0 {
        return Ok(None);
    }
    if let Some(tracer) = proc::tracer(display.server.pid)? {
        let name = proc::name(tracer).unwrap_or_else(|| "?".to_owned());
        return Ok(Some(format!("process {tracer} ({name}) traces it")));
    }
    let same = proc::program(display.server.pid)?.is_some_and(|p| base_name(&p) == base_name(&display.program));
    Ok((!same).then(|| "it has become another program".to_owned()))
}

fn of_program(display: &Display, file: ProgramFile) -> Option<String> {
    // A program that loads others, such as an interpreter, may be anything whoever owns it.
    let named = display.is_known() || !display.is_wayland() && base_name(&display.program).starts_with(b"X");
    match file {
        _ if !named && display.is_wayland() => Some("its program is not known as a compositor".to_owned()),
        _ if !named => Some("its program is not known as an X server".to_owned()),
        ProgramFile { owner: 0, mode } if mode & WRITABLE == 0 => None,
        ProgramFile { .. } => Some("its program's file can be changed by others than root".to_owned()),
    }
}

/// What makes the loader put other code into a program (`ld.so(8)`).
fn of_environment(environment: &[u8]) -> Option<String> {
    let value = |entry: &[u8], name: &[u8]| Some(entry.strip_prefix(name)?.strip_prefix(b"=")?.to_vec());
    environment.split(|byte| *byte == 0).find_map(|entry| {
        for name in ["LD_PRELOAD", "LD_AUDIT"] {
            if value(entry, name.as_bytes()).is_some_and(|value| !value.is_empty()) {
                return Some(format!("it was started with {name}"));
            }
        }
        let libraries = value(entry, b"LD_LIBRARY_PATH")?;
        let of_system = |path: &[u8]| path.starts_with(b"/usr/") || path.starts_with(b"/lib");
        let all = libraries.split(|byte| *byte == b':').all(of_system);
        (!libraries.is_empty() && !all).then(|| "it was started with LD_LIBRARY_PATH".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use usher_core::sys::cgroup::Membership;
    use usher_core::sys::process::Process;
    use usher_core::wire::shield::DisplayProtocol;

    fn display(program: &str) -> Display {
        let server = Process { pid: 1, start: 1 };
        let program = PathBuf::from(program);
        let (protocol, membership) = (DisplayProtocol::X11, Membership::Other);
        Display {
            protocol,
            number: 1,
            socket: String::new(),
            server,
            server_uid: 1001,
            program,
            membership,
            place: None,
        }
    }

    #[test]
    fn a_program_counts_that_only_root_can_change() {
        let xvfb = display("/usr/bin/Xvfb");
        assert_eq!(of_program(&xvfb, ProgramFile { owner: 0, mode: 0o100_755 }), None);
        for file in [(1001, 0o100_755), (0, 0o100_775), (0, 0o100_757)] {
            assert!(of_program(&xvfb, ProgramFile { owner: file.0, mode: file.1 }).is_some(), "{file:?}");
        }
        assert!(of_program(&display("/usr/bin/python3"), ProgramFile { owner: 0, mode: 0o100_755 }).is_some());
        let wayland = |program| Display { protocol: DisplayProtocol::Wayland, ..display(program) };
        let root = ProgramFile { owner: 0, mode: 0o100_755 };
        assert_eq!(of_program(&wayland("/usr/bin/sway"), root), None);
        assert!(of_program(&wayland("/usr/bin/Xsway"), root).is_some(), "an X server is no compositor");
    }

    #[test]
    fn a_preloaded_library_is_no_good_sign() {
        let doubt = |environment: &[u8]| of_environment(environment);
        assert_eq!(doubt(b"HOME=/home/a\0LD_PRELOAD=\0XLD_PRELOAD=x\0"), None);
        assert_eq!(doubt(b"HOME=/\0LD_PRELOAD=/home/a/x.so\0").unwrap(), "it was started with LD_PRELOAD");
        assert!(doubt(b"LD_AUDIT=\xff\0").is_some() && doubt(b"LD_LIBRARY_PATH=/usr/lib/nx:/home/a\0").is_some());
        assert_eq!(doubt(b"LD_LIBRARY_PATH=/usr/lib/nx\0"), None);
    }
}
