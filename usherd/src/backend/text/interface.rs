//! What the daemon asks of the backend of text sessions, concern by concern.

use usher_core::wire::holder::{WITH_LOOKS, WITH_TEXT, WITH_WITHDRAWALS};

use super::*;
use crate::backend::{TakenScreen, stays};

impl Covering for TextBackend {
    fn cover(&self, target: &Target, covers: Vec<Cover>) -> Observation<Covered> {
        let reply = self.ask(target, |seq| ToHolder::Cover { seq, covers });
        let what = format!("session {}: its holder did not confirm in 3 s", target.id);
        Box::pin(async move {
            match observe(reply?, DEADLINE, &what).await? {
                FromHolder::Covered { superseded: true, .. } => {
                    let note = "it was locked again before its stations showed it unlocked".to_owned();
                    Ok(Covered { unseen: true, notes: vec![note] })
                }
                FromHolder::Covered { dropped, .. } if !dropped.is_empty() => {
                    let stations = dropped.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
                    let note = format!("station {stations} did not confirm in time and was disconnected");
                    Ok(Covered { notes: vec![note], unseen: false })
                }
                _ => Ok(Covered::default()),
            }
        })
    }
}

impl Seating for TextBackend {
    fn disconnect(&self, target: &Target, by: &str) -> Observation<()> {
        let reply = self.ask(target, |seq| ToHolder::Disconnect { seq, by: by.to_owned() });
        let what = format!("session {}: its stations were not seen to leave in 3 s", target.id);
        Box::pin(async move { observe(reply?, DEADLINE, &what).await.map(drop) })
    }
}

impl Showing for TextBackend {
    fn thumbnail(&self, target: &Target, query: &ThumbnailQuery) -> Observation<TakenScreen> {
        thumbnail::thumbnail(self, target, query)
    }

    fn looked(&self, target: &Target, by: Option<&str>) {
        let held = self.link(target).ok().filter(|held| held.protocol >= WITH_LOOKS);
        let _ = held.map(|held| held.link.send(&ToHolder::Looked { by: by.map(str::to_owned) }));
    }

    fn text(&self, target: &Target) -> Observation<Vec<u8>> {
        let id = target.id;
        let reply = self.link(target).and_then(|held| match held.protocol < WITH_TEXT {
            true => Err(too_old(id)),
            false => self.ask(target, |seq| ToHolder::Text { seq }),
        });
        let what = format!("session {id}: its holder did not say in 3 s what its screen shows");
        Box::pin(async move {
            match observe(reply?, DEADLINE, &what).await? {
                FromHolder::Text { text, .. } => Ok(plain(&text).into_bytes()),
                _ => Err(Error::new(ErrorId::BackendFailed, format!("session {id}: its holder answered otherwise"))),
            }
        })
    }
}

/// Text without control characters, whatever a holder says.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

fn too_old(id: u32) -> Error {
    let message = format!("the holder of session {id} is of an older version of usher, which does not know this");
    Error::new(ErrorId::NotSupported, message).hint("sessions that are opened from now on do")
}

impl Ending for TextBackend {
    fn announce(&self, target: &Target, notice: Notice) -> Result<(), Error> {
        self.link(target)?.link.send(&ToHolder::Announce(notice))
    }

    fn withdraw(&self, target: &Target, _: Option<&str>) -> Result<(), Error> {
        let held = self.link(target)?;
        match held.protocol {
            0..WITH_WITHDRAWALS => Err(stays(target.id, "holder")),
            _ => held.link.send(&ToHolder::Withdraw),
        }
    }

    /// A holder that does not answer is killed, and its session's processes with it.
    fn close(&self, target: &Target, by: &str, grace: Duration) -> Observation<bool> {
        if let Some(units) = self.units.clone() {
            return Box::pin(self.clone().close_hosted(units, target.clone(), by.to_owned(), grace));
        }
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        let (backend, target, by) = (self.clone(), target.clone(), by.to_owned());
        let link = self.link(&target);
        let reply = self.ask(&target, |seq| ToHolder::Close { seq, grace_ms, by });
        Box::pin(async move {
            let answered = match reply {
                Ok(reply) => observe(reply, grace + DEADLINE, "no answer").await,
                Err(error) if error.id == ErrorId::SessionChanged => return Err(error),
                Err(error) => Err(error),
            };
            let marks = backend.marks(target.id, &target.key);
            // The holder is the reaper of everything below it: when it says that nothing is left, nothing is.
            if let Ok(FromHolder::Closed { killed, .. }) = answered
                && target.key.leader().is_gone()
            {
                return Ok(killed);
            }
            if let Ok(link) = link.or_else(|_| backend.link(&target))
                && link.holder.lives()
            {
                kill(link.holder);
            } else if let Some(holder) = backend.unconnected_holder(&target).await {
                kill(holder);
            }
            mop_up(&target.key, &marks).await;
            verify_gone(&target, &marks).await.map(|()| true)
        })
    }
}

impl Adopting for TextBackend {
    fn find(&self) -> BoxFuture<'_, Vec<Found>> {
        Box::pin(TextBackend::find(self))
    }

    fn find_one(&self, id: u32) -> BoxFuture<'_, Option<Found>> {
        Box::pin(TextBackend::find_one(self, id))
    }

    fn adopt(&self, found: Found) {
        TextBackend::adopt(self, found);
    }

    fn holds(&self, id: u32) -> bool {
        self.links().contains_key(&id)
    }

    fn reap<'a>(&'a self, id: u32, key: &'a SessionKey) -> BoxFuture<'a, ()> {
        Box::pin(self.mop_up(id, key))
    }
}

impl Opening for TextBackend {
    fn socket(&self, id: u32) -> PathBuf {
        TextBackend::socket(self, id)
    }

    fn environment(&self, id: u32, boot_id: &str) -> [(String, String); 2] {
        TextBackend::environment(self, id, boot_id)
    }

    fn open(&self, uid: u32, spec: OpenSpec) -> BoxFuture<'_, Result<Opened, Error>> {
        Box::pin(TextBackend::open(self, uid, spec))
    }

    fn connect(&self, id: u32, opened: Opened, covers: Vec<Cover>) -> Starting {
        TextBackend::connect(self, id, opened, covers)
    }

    fn start(&self, starting: Starting) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(TextBackend::start(self, starting))
    }

    fn can_seat(&self, target: &Target, read_only: bool) -> Result<(), Error> {
        let held = self.link(target)?;
        // An older one would take the station's keys.
        if read_only && held.protocol < WITH_TEXT { Err(too_old(target.id)) } else { Ok(()) }
    }

    fn seat(&self, target: &Target, spec: StationSpec, connection: OwnedFd) -> Result<(), Error> {
        self.can_seat(target, spec.read_only)?;
        self.link(target)?.link.send_with(&ToHolder::Station(spec), connection)
    }
}

impl TextSessions for TextBackend {
    fn caught_up(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let (known, wait) = oneshot::channel();
            self.tell(Noticed::Barrier(known));
            let _ = tokio::time::timeout(DEADLINE, wait).await;
        })
    }

    fn heard(&self, id: u32) {
        TextBackend::heard(self, id);
    }

    fn session_of_holder(&self, process: Process) -> Option<u32> {
        self.links().iter().find(|(_, link)| link.holder == process).map(|(id, _)| *id)
    }
}
