//! Whose programs have every place that a display's X server has for clients.

use std::time::Duration;

use usher_core::session::Cover;
use usher_core::wire::shield::Crowd;

use super::HostSessionBackend;
use crate::xdisplay::crowd;

/// How long may be looked for them.
const LOOK: Duration = Duration::from_secs(1);

impl HostSessionBackend {
    /// What keeps a display's shield out, with the processes that do, where the kernel tells; else as the shield has it.
    pub(super) async fn who_crowds(&self, place: (u32, u32), said: String) -> String {
        self.crowd(place).await.map_or(said, |crowd| crowd.to_string())
    }

    /// A sentence for the outcome of a lock that holds although a display's server has no room for all that its shield
    /// wants.
    pub(super) async fn crowd_notes(&self, id: u32, covers: &[Cover]) -> Vec<String> {
        let crowded: Vec<((u32, u32), Crowd)> = {
            let state = self.state();
            let screens = state.screens.iter().filter(|(_, screen)| screen.session == Some(id) && !covers.is_empty());
            screens.filter_map(|(place, screen)| Some((*place, screen.status()?.crowd.clone()?))).collect()
        };
        let mut notes = Vec::new();
        for (place, said) in crowded {
            notes.push(self.who_crowds(place, said.to_string()).await);
        }
        notes
    }

    /// The processes of the session's user that have the connections of a display's server; none where that cannot be told.
    async fn crowd(&self, place: (u32, u32)) -> Option<Crowd> {
        let (display, uid) = {
            let state = self.state();
            let screen = state.screens.get(&place)?;
            let login = screen.session.and_then(|session| state.logins.get(&session));
            (screen.display.clone(), login.map_or(screen.display.server_uid, |known| known.login.uid))
        };
        let looked = tokio::task::spawn_blocking(move || crowd::of_display(&display, uid));
        let crowd = tokio::time::timeout(LOOK, looked).await.ok()?.ok()?.ok()?;
        Some(crowd).filter(|crowd| !crowd.members.is_empty())
    }
}
