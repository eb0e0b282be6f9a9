//! Reading what a user can make slow: a process's environment may lie in a file of the user's own file system (`fuse(4)`),
//! a cookie file on a server that is gone. Who reads that may wait for ever, and not even SIGKILL ends the wait.
//!
//! So nothing of it is read by usherd itself, but by a short-lived process of the same program, within a deadline. One that
//! is stuck keeps one of the few places of that user, and nobody else's.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use tokio::io::{AsyncReadExt, Interest};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdout, Command};

use usher_core::sys::descriptors;
use usher_core::sys::process::Process;

/// How long a user's file may take.
const DEADLINE: Duration = Duration::from_secs(1);
/// How often a place is looked for.
const PAUSE: Duration = Duration::from_millis(5);
/// How many readers may be stuck over one user's files.
const PLACES: u32 = 4;
/// No answer is longer; what is beyond of an environment is not looked at.
pub const MOST: u64 = 64 << 10;
/// The first argument of the process that reads.
const MODE: &str = "--read-what-may-be-slow";

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slow {
    /// What a process was started with in its environment, as far as it has not changed it: entries ended by zeros.
    Environment(Process),
    /// The arguments of a process, ended by zeros.
    Arguments(Process),
    /// The file of a process's program: its owner and its mode.
    Program(Process),
    /// A regular file that this user owns, not through a link, and not larger than [`MOST`].
    Owned(u32, PathBuf),
    /// A connection to the socket that this user owns, not through a link: it comes as a descriptor.
    Socket(u32, PathBuf),
}

/// Who may change a program's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramFile {
    /// Its owner.
    pub owner: u32,
    /// Its mode (`inode(7)`).
    pub mode: u32,
}

/// Reads something of this user's.
///
/// # Errors
/// It cannot be read, or not in time, or so many others of this user's are stuck already.
pub async fn read(uid: u32, what: &Slow) -> io::Result<Vec<u8>> {
    read_by(Path::new("/proc/self/exe"), uid, what).await
}

/// Who may change the file of a process's program.
///
/// # Errors
/// As of [`read`].
pub async fn program_file(uid: u32, process: Process) -> io::Result<ProgramFile> {
    let said = read(uid, &Slow::Program(process)).await?;
    let word = |at: usize| Some(u32::from_ne_bytes(*said.get(at..)?.first_chunk()?));
    let file = word(0).zip(word(4)).map(|(owner, mode)| ProgramFile { owner, mode });
    file.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// A connection to a socket of this user's.
///
/// # Errors
/// As of [`read`].
pub async fn connect(uid: u32, path: &Path) -> io::Result<OwnedFd> {
    let place = wait_for_place(uid).await?;
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let what = Slow::Socket(uid, path.to_owned());
    let mut reader = spawn(Path::new("/proc/self/exe"), &what, OwnedFd::from(theirs).into())?;
    let answered = tokio::time::timeout(DEADLINE, connected(&mut reader, ours)).await;
    let_go(reader, place);
    answered.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn connected(reader: &mut Child, ours: std::os::unix::net::UnixStream) -> io::Result<OwnedFd> {
    let ours = UnixStream::from_std(ours)?;
    loop {
        ours.readable().await?;
        match ours.try_io(Interest::READABLE, || descriptors::receive(ours.as_fd())) {
            Ok(Some(connection)) => return Ok(connection),
            Ok(None) => break,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Err(reader.wait().await?.code().map_or(io::ErrorKind::UnexpectedEof.into(), io::Error::from_raw_os_error))
}

async fn read_by(program: &Path, uid: u32, what: &Slow) -> io::Result<Vec<u8>> {
    let place = wait_for_place(uid).await?;
    let mut reader = spawn(program, what, Stdio::piped())?;
    let output = reader.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let answered = tokio::time::timeout(DEADLINE, answer(&mut reader, output)).await;
    let_go(reader, place);
    answered.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn wait_for_place(uid: u32) -> io::Result<Place> {
    Place::wait(uid).await.ok_or_else(|| io::Error::other(format!("files of uid {uid} do not answer")))
}

fn spawn(program: &Path, what: &Slow, output: Stdio) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.arg0("usherd").arg(MODE).args(what.to_arguments()).env_clear().current_dir("/");
    command.stdin(Stdio::null()).stdout(output).stderr(Stdio::null()).spawn()
}

/// Ends a reader, also where it answered: it has its place until it is gone.
fn let_go(mut reader: Child, place: Place) {
    let _ = reader.start_kill();
    tokio::spawn(async move {
        let _ = reader.wait().await;
        drop(place);
    });
}

async fn answer(reader: &mut Child, output: ChildStdout) -> io::Result<Vec<u8>> {
    let mut said = Vec::new();
    output.take(MOST).read_to_end(&mut said).await?;
    match reader.wait().await?.code() {
        Some(0) => Ok(said),
        Some(errno) => Err(io::Error::from_raw_os_error(errno)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// How many readers each user keeps.
static TAKEN: Mutex<Option<HashMap<u32, u32>>> = Mutex::new(None);

struct Place(u32);

impl Place {
    /// A place, as soon as there is one: who looks at several things of a user's side by side may have them all for a moment.
    async fn wait(uid: u32) -> Option<Place> {
        let until = Instant::now() + DEADLINE;
        loop {
            match Place::take(uid) {
                None if Instant::now() < until => tokio::time::sleep(PAUSE).await,
                taken => return taken,
            }
        }
    }

    fn take(uid: u32) -> Option<Place> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get_or_insert_default().entry(uid).or_default();
        (*count < PLACES).then(|| {
            *count += 1;
            Place(uid)
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = taken.get_or_insert_default();
        if let Some(count) = taken.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.0);
            }
        }
    }
}

impl Slow {
    fn to_arguments(&self) -> Vec<std::ffi::OsString> {
        let of = |kind: &str, process: &Process| {
            [kind.to_owned(), process.pid.to_string(), process.start.to_string()].map(Into::into).to_vec()
        };
        match self {
            Slow::Environment(process) => of("environ", process),
            Slow::Arguments(process) => of("cmdline", process),
            Slow::Program(process) => of("exe", process),
            Slow::Owned(uid, path) => vec!["owned".into(), uid.to_string().into(), path.as_os_str().to_owned()],
            Slow::Socket(uid, path) => vec!["socket".into(), uid.to_string().into(), path.as_os_str().to_owned()],
        }
    }

    fn from_arguments(arguments: &[Vec<u8>]) -> Option<Slow> {
        let [kind, first, second] = arguments else { return None };
        let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse::<u64>().ok();
        let first = number(first)?.try_into().ok()?;
        let process = || Some(Process { pid: first, start: number(second)? });
        match kind.as_slice() {
            b"environ" => process().map(Slow::Environment),
            b"cmdline" => process().map(Slow::Arguments),
            b"exe" => process().map(Slow::Program),
            b"owned" => Some(Slow::Owned(first, std::ffi::OsString::from_vec(second.clone()).into())),
            b"socket" => Some(Slow::Socket(first, std::ffi::OsString::from_vec(second.clone()).into())),
            _ => None,
        }
    }
}

/// The whole life of a process that is there to read; none if this process is something else.
pub fn serve() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1).map(OsStringExt::into_vec);
    arguments.next().filter(|mode| mode == MODE.as_bytes())?;
    let what = Slow::from_arguments(&arguments.collect::<Vec<_>>());
    let done = what.ok_or(io::Error::from(Errno::INVAL)).and_then(|what| carry_out(&what));
    let done = done.and_then(|bytes| io::stdout().write_all(&bytes));
    // The error's number is the exit code.
    Some(done.map_or_else(
        |e| e.raw_os_error().and_then(|n| u8::try_from(n).ok()).unwrap_or(5).into(),
        |()| ExitCode::SUCCESS,
    ))
}

fn carry_out(what: &Slow) -> io::Result<Vec<u8>> {
    match what {
        Slow::Environment(process) => of_process(*process, |place| bytes(File::open(place.join("environ"))?)),
        Slow::Arguments(process) => of_process(*process, |place| bytes(File::open(place.join("cmdline"))?)),
        Slow::Program(process) => of_process(*process, |place| {
            let meta = std::fs::metadata(place.join("exe"))?;
            Ok([meta.uid().to_ne_bytes(), meta.mode().to_ne_bytes()].concat())
        }),
        Slow::Owned(uid, path) => owned(path, *uid),
        Slow::Socket(uid, path) => socket(path, *uid),
    }
}

/// Connects, and sends the connection on standard output. A socket whose queue is full does not answer now.
fn socket(path: &Path, uid: u32) -> io::Result<Vec<u8>> {
    let meta = std::fs::symlink_metadata(path)?;
    // As root this process could connect to anybody's, such as the service manager's.
    if !meta.file_type().is_socket() || meta.uid() != uid {
        return Err(Errno::INVAL.into());
    }
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let connection = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::connect(&connection, &SocketAddrUnix::new(path)?)?;
    descriptors::send_with(io::stdout(), b"c", connection.as_fd())?;
    Ok(Vec::new())
}

/// Reads below a process's directory, and makes sure that it was this process's.
fn of_process(process: Process, read: impl FnOnce(&Path) -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    let read = read(&Path::new("/proc").join(process.pid.to_string()))?;
    if process.lives() { Ok(read) } else { Err(Errno::SRCH.into()) }
}

/// A regular file of that user's, without waiting for who should write to a pipe.
fn owned(path: &Path, uid: u32) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path.as_os_str().as_bytes(), flags, Mode::empty())?);
    let meta = file.metadata()?;
    // A user's server could name any file as its own: only the user's own files are read for it.
    if !meta.is_file() || meta.uid() != uid || meta.len() > MOST {
        return Err(Errno::INVAL.into());
    }
    bytes(file)
}

fn bytes(file: File) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    file.take(MOST).read_to_end(&mut contents)?;
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_survives_the_way_to_the_reader() {
        let process = Process { pid: 7, start: u64::MAX };
        let path = PathBuf::from(std::ffi::OsString::from_vec(b"/home/\xff/a b".to_vec()));
        for what in [
            Slow::Environment(process),
            Slow::Arguments(process),
            Slow::Program(process),
            Slow::Owned(1001, path.clone()),
            Slow::Socket(1001, path),
        ] {
            let arguments: Vec<_> = what.to_arguments().into_iter().map(OsStringExt::into_vec).collect();
            assert_eq!(Slow::from_arguments(&arguments), Some(what));
        }
        assert_eq!(Slow::from_arguments(&[b"environ".to_vec(), b"-1".to_vec(), b"1".to_vec()]), None);
    }

    #[test]
    fn only_the_users_own_plain_files_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let me = rustix::process::geteuid().as_raw();
        let own = directory.path().join("own");
        std::fs::write(&own, b"cookie").unwrap();
        assert_eq!(owned(&own, me).unwrap(), b"cookie");
        assert!(owned(&own, me + 1).is_err(), "somebody else's");

        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&own, &link).unwrap();
        assert!(owned(&link, me).is_err(), "a link");

        let fifo = directory.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success() && owned(&fifo, me).is_err(), "a pipe that nobody writes to");

        std::fs::write(&own, vec![0; usize::try_from(MOST).unwrap() + 1]).unwrap();
        assert!(owned(&own, me).is_err(), "a large one");
    }

    #[test]
    fn only_the_users_own_sockets_are_connected_to() {
        let directory = tempfile::tempdir().unwrap();
        let me = rustix::process::geteuid().as_raw();
        let (own, link) = (directory.path().join("own"), directory.path().join("link"));
        let _listener = std::os::unix::net::UnixListener::bind(&own).unwrap();
        std::os::unix::fs::symlink(&own, &link).unwrap();
        for refused in [socket(&own, me + 1), socket(&link, me), socket(directory.path(), me)] {
            assert_eq!(refused.unwrap_err().raw_os_error(), Some(Errno::INVAL.raw_os_error()));
        }
    }

    #[test]
    fn a_process_is_read_while_it_is_that_process() {
        let me = Process::of(std::process::id()).unwrap().unwrap();
        let arguments = carry_out(&Slow::Arguments(me)).unwrap();
        assert!(arguments.starts_with(std::env::args_os().next().unwrap().as_bytes()));
        assert_eq!(carry_out(&Slow::Program(me)).unwrap().len(), 8);
        assert!(carry_out(&Slow::Arguments(Process { start: me.start + 1, ..me })).is_err());
    }

    /// A program that never answers, whatever it is asked.
    #[tokio::test]
    async fn stuck_readers_keep_their_own_users_places_and_nobody_elses() {
        let directory = tempfile::tempdir().unwrap();
        let stuck = directory.path().join("stuck");
        std::fs::write(&stuck, "#!/bin/sh\nexec sleep 1000\n").unwrap();
        std::fs::set_permissions(&stuck, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let what = Slow::Owned(0, "/".into());
        let places: Vec<_> = (0..PLACES).filter_map(|_| Place::take(4711)).collect();
        assert_eq!(places.len(), PLACES as usize);
        assert!(read_by(&stuck, 4711, &what).await.unwrap_err().to_string().contains("4711"));
        let late = read_by(&stuck, 4712, &what).await.unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        // One that is free soon is waited for.
        let (waited, ()) = tokio::join!(Place::wait(4711), async { drop(places) });
        assert!(waited.is_some() && Place::take(4711).is_some());
    }
}
