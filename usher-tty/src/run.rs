//! The holder's life: born with a connection, opened, started, one loop, and the end.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::SIGCHLD;
use usher_core::clock;
use usher_core::language::Language;
use usher_core::session::{ProgramEnd, SessionKey};
use usher_core::sys::descriptors;
use usher_core::sys::process::Process;
use usher_core::wire::Tag;
use usher_core::wire::holder::{Farewell, FromHolder, OpenSpec, ToHolder};

use super::birth::{self, Birth};
use super::daemon::{self, DaemonConn};
use super::emulator::Emulator;
use super::ending::{self, in_words, left_over, reap_watching};
use super::holder::Holder;
use super::lockscreen::Locale;
use super::parting::Parting;
use super::pty::{Leader, Pty};
use super::sandbox;

/// The number of the connection to the daemon that started the holder.
const BORN_WITH: u64 = 0;
/// How much of a program's output is shown before others get their turn.
const OUTPUT_TURN: usize = 128 << 10;
/// Less than this is an echo or a prompt: it is shown at once, and what follows it in the next turn.
const SHORT: usize = 1 << 10;

/// Holds one session until it ends.
pub(super) fn hold(Birth { connection: mut born_with, listener }: Birth) -> io::Result<()> {
    // A terminal's Ctrl-C or a dying daemon's process group is none of the session's business.
    let _ = rustix::process::setsid();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let mut decoder = usher_core::wire::Decoder::default();
    let Some(ToHolder::Open(spec)) = next_message(&mut born_with, &mut decoder)? else { return Ok(()) };
    descriptors::set_limit(spec.open_files);
    let mut daemon = DaemonConn::new(born_with, BORN_WITH)?;
    daemon.conn = daemon.conn.resuming(decoder);
    match open(&spec, listener, &mut daemon) {
        Ok((mut holder, leader, listener, terminal)) => {
            daemon.send(&holder.hello());
            holder.daemons.push(daemon);
            let (started, program_end, next_daemon) = (false, None, BORN_WITH + 1);
            let result =
                Loop { holder, leader, listener, _terminal: terminal, started, program_end, next_daemon }.run(&spec);
            let _ = std::fs::remove_file(&spec.socket);
            result
        }
        Err(error) => {
            daemon.send(&FromHolder::Failed { message: error.to_string() });
            Ok(())
        }
    }
}

/// Reads one message from a connection that still blocks; `None` if it ends first.
fn next_message(stream: &mut UnixStream, decoder: &mut usher_core::wire::Decoder) -> io::Result<Option<ToHolder>> {
    let mut buffer = [0; 8192];
    loop {
        if let Some((tag, payload)) = decoder.next_frame().map_err(io::Error::other)? {
            return match tag {
                Tag::Control => serde_json::from_slice(payload).map(Some).map_err(io::Error::other),
                _ => Err(io::Error::other("the first frame is no control frame")),
            };
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(None),
            count => decoder.push(&buffer[..count]),
        }
    }
}

/// Makes the terminal, the leader and the socket of a session; its program does not run yet.
fn open(
    spec: &OpenSpec,
    listener: Option<UnixListener>,
    daemon: &mut DaemonConn,
) -> io::Result<(Holder, Leader, UnixListener, OwnedFd)> {
    let size = spec.size.clamped();
    let (pty, slave) = Pty::open(size)?;
    let kept = slave.try_clone()?;
    let (leader, key) = match spec.hosted {
        true => birth::login(spec, pty.number()?, daemon)?,
        false => own_leader(spec, slave)?,
    };
    let listener = listener.map_or_else(|| listen(&spec.socket), Ok)?;
    listener.set_nonblocking(true)?;
    let value = |name: &str| spec.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let locale = Locale { language: Language::of_variables(value), zone: TimeZone::system() };
    let mut holder = Holder::new(spec.session_id, key, pty, size, locale);
    if let Some(lines) = spec.scrollback.and_then(|lines| usize::try_from(lines).ok()) {
        holder.emulator = Emulator::with_scrollback(size, lines);
    }
    Ok((holder, leader, listener, kept))
}

fn own_leader(spec: &OpenSpec, slave: OwnedFd) -> io::Result<(Leader, SessionKey)> {
    let leader = Leader::start(slave)?;
    let first = Process::of(leader.pid)?.ok_or_else(|| io::Error::other("the session's first process is gone"))?;
    let (boot_id, native_id) = (spec.boot_id.clone(), spec.native_id.clone());
    let key = SessionKey { boot_id, native_id, leader_pid: leader.pid, leader_start: first.start };
    Ok((leader, key))
}

fn listen(socket: &Path) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(socket)
        .map_err(|e| io::Error::new(e.kind(), format!("cannot listen on {}: {e}", socket.display())))?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Where something waits to be read, or may be written again.
struct Ready {
    children: bool,
    /// The program has written.
    output: bool,
    /// A daemon's connection, or a new one.
    daemons: bool,
    /// Each in its turn.
    stations: Vec<bool>,
}

struct Loop {
    holder: Holder,
    leader: Leader,
    listener: UnixListener,
    /// Keeps the terminal open: a program that closes it would make the other end ready for ever.
    _terminal: OwnedFd,
    started: bool,
    /// How the program ended, where it is another's child.
    program_end: Option<ProgramEnd>,
    next_daemon: u64,
}

impl Loop {
    fn run(mut self, spec: &OpenSpec) -> io::Result<()> {
        let (children, wake) = UnixStream::pair()?;
        children.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(SIGCHLD, wake)?;
        let mut buffer = vec![0; 16 << 10];
        // A child may have ended before its end was told.
        let mut unseen = true;
        // Messages that arrived together with the first one are in the decoder already.
        self.obey_daemons(spec);
        loop {
            if !self.started && !self.holder.daemons.iter().any(|daemon| daemon.id == BORN_WITH) {
                // The daemon died before the session was on the books: there is no session.
                self.leader.kill();
                return Ok(());
            }
            let ready = self.wait(&children)?;
            let mut woken = [0; 64];
            while ready.children && matches!((&children).read(&mut woken), Ok(count) if count > 0) {}
            // A lock that is over ends before any key of after it is looked at.
            self.holder.expire(clock::now());
            if ready.daemons {
                self.accept(spec.owner);
                self.obey_daemons(spec);
            }
            for index in 0..self.holder.stations.len() {
                // One that has come just now was not waited for.
                if ready.stations.get(index).is_none_or(|ready| *ready) {
                    self.holder.receive_from_station(index);
                    self.holder.stations[index].conn.flush();
                }
            }
            self.holder.pty.flush();
            if ready.output {
                self.read_output(&mut buffer, SHORT)?;
            }
            let ended = ready.children || std::mem::take(&mut unseen);
            if let Some(ended) = self.session_end(ended, &mut buffer)? {
                return self.finish(ended, spec);
            }
            self.holder.settle();
        }
    }

    /// Waits until there is something to do, and tells where.
    fn wait(&self, children: &UnixStream) -> io::Result<Ready> {
        let holder = &self.holder;
        let wants = |unsent: usize| if unsent > 0 { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let pty = if holder.pty.has_pending() { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let mut fds = vec![
            PollFd::new(children, PollFlags::IN),
            PollFd::new(&self.listener, PollFlags::IN),
            PollFd::from_borrowed_fd(holder.pty.fd(), pty),
        ];
        fds.extend(holder.daemons.iter().map(|c| PollFd::from_borrowed_fd(c.conn.fd(), wants(c.conn.unsent()))));
        fds.extend(holder.stations.iter().map(|s| PollFd::from_borrowed_fd(s.conn.fd(), wants(s.conn.unsent()))));
        let timeout = holder.next_deadline().and_then(|d| Timespec::try_from(d).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        let stations = 3 + holder.daemons.len();
        Ok(Ready {
            children: ready[0],
            output: ready[2],
            daemons: ready[1] || ready[3..stations].contains(&true),
            stations: ready[stations..].to_vec(),
        })
    }

    /// Takes new connections from those who may control the session.
    fn accept(&mut self, owner: u32) {
        while let Some(mut daemon) = DaemonConn::accept(&self.listener, owner, self.next_daemon) {
            self.next_daemon += 1;
            daemon.send(&self.holder.hello());
            daemon::add(&mut self.holder.daemons, daemon);
        }
    }

    fn obey_daemons(&mut self, spec: &OpenSpec) {
        for index in 0..self.holder.daemons.len() {
            let id = self.holder.daemons[index].id;
            for message in self.holder.daemons[index].receive() {
                match message {
                    ToHolder::Start => self.start(id, spec),
                    ToHolder::ProgramEnded { end } => self.program_end = Some(end),
                    other => self.holder.obey(id, other),
                }
            }
            self.holder.daemons[index].conn.flush();
        }
        self.holder.daemons.retain(|c| !c.conn.is_closed());
    }

    /// Runs the session's program: from here on there is a session.
    fn start(&mut self, daemon: u64, spec: &OpenSpec) {
        if self.started {
            return;
        }
        match self.leader.run(spec) {
            Ok(()) => {
                self.started = true;
                self.holder.reply(daemon, &FromHolder::Started);
                sandbox::enter(Some(&*spec.socket).filter(|_| !spec.hosted));
            }
            Err(message) => {
                self.holder.reply(daemon, &FromHolder::Failed { message });
                // Without daemons, the loop ends.
                self.holder.daemons.iter_mut().for_each(|daemon| daemon.conn.close());
            }
        }
    }

    /// Shows the program's output, up to a turn's worth, or until so little came that most likely no more is there.
    fn read_output(&mut self, buffer: &mut [u8], little: usize) -> io::Result<()> {
        let mut shown = 0;
        while shown < OUTPUT_TURN {
            match self.holder.pty.read(buffer)? {
                None | Some(0) => break,
                Some(count) => {
                    self.holder.show(&buffer[..count]);
                    shown += count;
                    if count < little {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// How the session ended, if it did: in words, and for programs. A child can only have ended where that was told.
    fn session_end(&mut self, told: bool, buffer: &mut [u8]) -> io::Result<Option<(String, Option<Farewell>)>> {
        if let Some(((daemon, seq), ending)) = &mut self.holder.ending {
            let (daemon, seq) = (*daemon, *seq);
            let gone = ending.is_over();
            let killed = ending.killed;
            if gone {
                self.holder.reply(daemon, &FromHolder::Closed { seq, killed });
                return Ok(Some(("closed".to_owned(), None)));
            }
            return Ok(None);
        }
        let ended = match self.leader.is_child() {
            true if told => reap_watching(self.leader.pid),
            true => None,
            // A program that ended before its start was known ends once it is.
            false => self.program_end.filter(|_| self.started),
        };
        match ended {
            Some(how) if self.started => {
                // Its last words may still be on the way.
                self.read_output(buffer, 0)?;
                let language = self.holder.locale.language;
                let farewell = self.holder.farewell(how);
                self.holder.stations.iter_mut().for_each(|station| station.bid(&farewell));
                self.holder.dismiss(&left_over(how, language));
                // The daemon's log is in English.
                Ok(Some((in_words(how, Language::English), Some(farewell))))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Says goodbye to everyone, bounded in time.
    fn finish(mut self, (how, farewell): (String, Option<Farewell>), spec: &OpenSpec) -> io::Result<()> {
        let is_news = farewell.is_some() && spec.records_ends;
        let ended = FromHolder::Ended { how, farewell };
        self.holder.daemons.iter_mut().for_each(|daemon| daemon.send(&ended));
        let deadline = Instant::now() + Duration::from_millis(300);
        loop {
            let holder = &mut self.holder;
            holder.stations.iter_mut().for_each(|s| s.conn.flush());
            holder.daemons.iter_mut().for_each(|c| c.conn.flush());
            let unsent = holder
                .stations
                .iter()
                .filter(|s| !s.conn.is_closed())
                .map(|s| s.conn.unsent())
                .chain(holder.daemons.iter().filter(|c| !c.conn.is_closed()).map(|c| c.conn.unsent()))
                .sum::<usize>();
            if unsent == 0 || Instant::now() >= deadline {
                break;
            }
            std::thread::sleep(ending::LOOK);
        }
        if is_news {
            let Loop { holder, listener, .. } = self;
            Parting::of(holder, listener, ended).until_heard(spec.owner);
        }
        Ok(())
    }
}
