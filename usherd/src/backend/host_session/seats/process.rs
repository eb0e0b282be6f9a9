//! The warden's process: a transient unit of root's, started before a seat is locked and found again by the next daemon.

use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId};
use usher_core::wire::seat::{FromSeat, SeatDuty, SeatHello, SeatStatus, ToSeat};
use zbus::Variant;

use super::super::HostSessionBackend;
use super::super::word::was_released;
use crate::backend::Covered;
use crate::backend::link::{Connection, Incoming, LinkEvent, PeerLink};
use crate::logind::unit::Property;

/// How long a warden may take until it is there.
const INTRODUCTION: Duration = Duration::from_secs(3);
/// Wardens of one seat are started no quicker than this.
const PAUSE: Duration = Duration::from_secs(1);
/// The most memory of a warden and its painter: pictures of every screen, and what draws them.
const MEMORY: u64 = 768 << 20;

/// What a warden may do (`capabilities(7)`): be master of graphics cards, switch virtual terminals, take the cards from those who
/// have them, and start its painter as another user.
const RIGHTS: [u8; 8] = [CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, KILL, SETGID, SETUID, SYS_PTRACE, SYS_ADMIN];
const CHOWN: u8 = 0;
const DAC_OVERRIDE: u8 = 1;
const DAC_READ_SEARCH: u8 = 2;
const KILL: u8 = 5;
const SETGID: u8 = 6;
const SETUID: u8 = 7;
const SYS_PTRACE: u8 = 19;
const SYS_ADMIN: u8 = 21;
const SYS_TTY_CONFIG: u8 = 26;

impl Incoming for FromSeat {
    const SENDER: &'static str = "warden";
    const REMEDY: &'static str = "usherd goes on trying; `usherd --release-all` frees the seat";

    fn answers(&self) -> Option<u64> {
        match self {
            FromSeat::Covered { seq, .. } | FromSeat::Failed { seq, .. } => Some(*seq),
            FromSeat::Hello(_) | FromSeat::Status(_) => None,
        }
    }
}

impl HostSessionBackend {
    /// The warden of a seat, if one lives: the one that is connected, or one that an earlier daemon started.
    pub(super) async fn warden_found(&self, seat: &str) -> Option<PeerLink<FromSeat>> {
        if let Some(link) = self.state().seats.get(seat).and_then(|at| at.link.clone()) {
            return Some(link);
        }
        let stream =
            tokio::time::timeout(INTRODUCTION, UnixStream::connect(self.seat_socket(seat))).await.ok()?.ok()?;
        let (connection, hello) = introduced(Connection::new(stream)).await.ok()?;
        (hello.seat == seat).then(|| self.tend_warden(seat, connection, hello))
    }

    /// The warden of a seat, found or started.
    pub(super) async fn warden(&self, duty: &SeatDuty) -> Result<PeerLink<FromSeat>, Error> {
        if let Some(link) = self.warden_found(&duty.seat).await {
            return Ok(link);
        }
        let last = self.state().seats.get(&duty.seat).and_then(|at| at.started);
        if let Some(last) = last {
            tokio::time::sleep_until(last + PAUSE).await;
        }
        if let Some(at) = self.state().seats.get_mut(&duty.seat) {
            at.started = Some(Instant::now());
        }
        let (connection, hello) = self.start_warden(duty).await?;
        Ok(self.tend_warden(&duty.seat, connection, hello))
    }

    async fn start_warden(&self, duty: &SeatDuty) -> Result<(Connection, SeatHello), Error> {
        let failed = |e: std::io::Error| Error::new(ErrorId::BackendFailed, format!("the warden's socket: {e}"));
        let path = self.seat_socket(&duty.seat);
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(failed)?;
        // The painter of a dead one keeps the pictures, in the other's unit: each has a name of its own.
        let name = format!("usher-seat-{}-{}-{}.service", duty.seat, std::process::id(), self.next_seq());
        self.0.bus.start_unit(&name, listener.as_fd(), unit(&duty.seat)).await?;
        drop(listener);
        let mut connection = Connection::new(UnixStream::connect(&path).await.map_err(failed)?);
        connection.send(&ToSeat::Arm(Box::new(duty.clone()))).await.map_err(failed)?;
        introduced(connection).await
    }

    fn seat_socket(&self, seat: &str) -> PathBuf {
        super::socket(&self.seats_directory(), seat)
    }

    /// Keeps a warden's connection, and takes in what it reports.
    fn tend_warden(&self, seat: &str, connection: Connection, hello: SeatHello) -> PeerLink<FromSeat> {
        let (backend, name, number) = (self.clone(), seat.to_owned(), self.next_seq());
        let link = PeerLink::start(connection, move |news| backend.hear_warden(&name, number, news));
        let status = self.checked_seat(hello.status);
        let before = super::record_of_terminal(&self.seat_record(seat));
        let mut state = self.state();
        let at = state.seats.entry(seat.to_owned()).or_default();
        (at.link, at.connection) = (Some(link.clone()), number);
        at.before = before.or(at.before);
        at.status = status;
        at.is_current = hello.version == env!("CARGO_PKG_VERSION");
        link
    }

    fn hear_warden(&self, seat: &str, number: u64, news: LinkEvent<FromSeat>) {
        let is_lost = matches!(news, LinkEvent::Lost);
        {
            let mut state = self.state();
            let Some(at) = state.seats.get_mut(seat).filter(|at| at.connection == number) else { return };
            match news {
                LinkEvent::Message(FromSeat::Status(status)) => at.status = self.checked_seat(status),
                LinkEvent::Message(FromSeat::Hello(_) | FromSeat::Covered { .. } | FromSeat::Failed { .. }) => return,
                LinkEvent::Lost => (at.link, at.status) = (None, SeatStatus::default()),
            }
        }
        if is_lost {
            self.ready_another(seat);
        }
        let sessions = self.state().sessions_at(seat);
        sessions.into_iter().for_each(|id| self.report(id));
    }

    /// A release is believed only where root left word of it.
    fn checked_seat(&self, mut status: SeatStatus) -> SeatStatus {
        status.released = status.released.filter(|(by, at)| was_released(&self.0.directory, by, *at));
        status
    }

    /// Gives a seat back that no warden holds.
    pub(super) async fn give_back_without(&self, seat: &str) -> Result<Covered, Error> {
        let record = self.seat_record(seat);
        let _ = std::fs::remove_file(self.seat_socket(seat));
        if !record.exists() {
            return Ok(Covered::default());
        }
        let mut properties = unit(seat);
        let command = command(Some(["release".to_owned(), record.to_string_lossy().into_owned()]));
        properties.retain(|(name, _)| !matches!(*name, "ExecStart" | "Type" | "ExitType"));
        properties.extend([("ExecStart", command), ("Type", Variant::from("oneshot".to_owned()))]);
        let name = format!("usher-seat-{seat}-release-{}.service", self.next_seq());
        self.0.bus.start_transient(&name, properties).await?;
        let until = Instant::now() + INTRODUCTION;
        while record.exists() {
            if Instant::now() >= until {
                return Err(Error::new(ErrorId::Timeout, format!("{seat} was not given back in time")));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(Covered::default())
    }
}

async fn introduced(mut connection: Connection) -> Result<(Connection, SeatHello), Error> {
    let failed = || Error::new(ErrorId::BackendFailed, "the warden of its seat does not introduce itself");
    match tokio::time::timeout(INTRODUCTION, connection.receive::<FromSeat>()).await {
        Ok(Some(FromSeat::Hello(hello))) => Ok((connection, *hello)),
        _ => Err(failed()),
    }
}

pub(super) fn command(words: Option<[String; 2]>) -> Variant<'static> {
    let program = usher_core::sys::program::beside_this_program("usher-seat").to_string_lossy().into_owned();
    let words: Vec<String> = std::iter::once(program.clone()).chain(words.into_iter().flatten()).collect();
    Variant::from(vec![(program, words, false)])
}

/// The properties of a warden's unit (`systemd.exec(5)`, `systemd.service(5)`): root's, with what it needs and no more.
pub(super) fn unit(seat: &str) -> Vec<Property<'static>> {
    let text = |value: &str| Variant::from(value.to_owned());
    let list = |values: &[&str]| Variant::from(values.iter().map(|v| (*v).to_owned()).collect::<Vec<String>>());
    let only = |values: &[&str]| Variant::from((true, values.iter().map(|v| (*v).to_owned()).collect::<Vec<String>>()));
    let rights = RIGHTS.iter().chain([&SYS_TTY_CONFIG]).fold(0u64, |all, right| all | 1 << right);
    vec![
        ("Description", text(&format!("usher's warden of {seat}"))),
        ("ExecStart", command(None)),
        super::super::shield_unit::environment(),
        ("Type", text("exec")),
        ("CollectMode", text("inactive-or-failed")),
        // The painter goes on showing its pictures until the next warden has them.
        ("ExitType", text("cgroup")),
        ("OOMScoreAdjust", Variant::from(super::super::shield_unit::SPARED_BY_OOM)),
        ("MemoryMax", Variant::from(MEMORY)),
        ("TasksMax", Variant::from(32u64)),
        ("UMask", Variant::from(0o077u32)),
        ("CapabilityBoundingSet", Variant::from(rights)),
        ("NoNewPrivileges", Variant::from(true)),
        ("ProtectHome", text("yes")),
        ("ProtectKernelModules", Variant::from(true)),
        ("ProtectControlGroups", Variant::from(true)),
        ("ProtectClock", Variant::from(true)),
        ("RestrictNamespaces", Variant::from(0u64)),
        ("RestrictRealtime", Variant::from(true)),
        ("LockPersonality", Variant::from(true)),
        ("RestrictAddressFamilies", only(&["AF_UNIX"])),
        ("SystemCallArchitectures", list(&["native"])),
    ]
}
