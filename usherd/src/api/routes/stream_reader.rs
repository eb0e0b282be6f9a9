//! Somebody who reads an answer that has no end, or a long one: looked at again for as long as it is read.

use std::time::Duration;

use tokio::time::Instant;
use usher_core::clock;

use crate::actor::{Role, WebPerson, Who};
use crate::host::Host;

/// How long a role that was looked up counts.
const AGAIN: Duration = Duration::from_secs(5);

/// A reader, and the least role that it takes to go on reading.
pub(super) struct StreamReader {
    who: Who,
    needs: Role,
    looked_at: Instant,
}

impl StreamReader {
    /// Somebody who was admitted just now.
    pub(super) fn new(who: Who, needs: Role) -> Self {
        StreamReader { who, needs, looked_at: Instant::now() }
    }

    /// When the reader is to be looked at again, whether or not there is anything to read.
    pub(super) fn due(&self) -> Instant {
        self.looked_at + AGAIN
    }

    /// Whether the reader may go on. A user's groups are looked up now and then, an identity is looked at each time.
    pub(super) async fn may_go_on(&mut self, host: &Host) -> bool {
        match &self.who {
            Who::Web { secret, .. } if host.web.is_signed_in(secret, clock::now()).is_none() => false,
            Who::User(_) | Who::Web { person: WebPerson::User(_), .. } if self.due() > Instant::now() => true,
            Who::User(uid) | Who::Web { person: WebPerson::User(uid), .. } => {
                let role = if self.needs == Role::User { Role::User } else { host.look_up_caller(*uid).await.1 };
                self.looked_at = Instant::now();
                role >= self.needs
            }
            Who::Identity { name, key } | Who::Web { person: WebPerson::Identity { name, key }, .. } => {
                self.looked_at = Instant::now();
                let admitted = host.registry().identities.admit(name, key);
                admitted.is_ok_and(|role| Role::from(role) >= self.needs)
            }
            Who::Gateway => false,
        }
    }
}
