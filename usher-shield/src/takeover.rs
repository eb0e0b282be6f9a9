//! When one of the two processes ends, the other goes on, and starts a new second one.
//!
//! A process that is killed leaves its windows on the screen (`SetCloseDownMode` RetainPermanent), and its
//! grabs end. The twin's windows are below them all the time; it takes the grabs at once, paints,
//! and frees what is left of the dead only when its own cover is above.

use std::io;
use std::time::Instant;

use usher_core::wire::shield::FromShield;

use crate::mate::{Mate, State, ToTwin};
use crate::shield::Shield;

/// As a twin: takes what the leader tells.
pub fn learn(shield: &mut Shield, message: ToTwin) {
    match message {
        ToTwin::Arm(_) => {}
        ToTwin::End => shield.retire = true,
        ToTwin::Hold => {
            let held = shield.stage.hold().and_then(|()| shield.stage.keeper.hold_devices());
            shield.took(held);
        }
        ToTwin::State(state) => adopt(shield, *state),
    }
}

fn adopt(shield: &mut Shield, state: State) {
    shield.followed = state.serial;
    shield.notice = state.notice;
    shield.released = state.released;
    shield.user.title = state.title;
    shield.user.last_input = state.last_input;
    shield.stage.before = state.before;
    shield.stage.keys.original = state.keys;
    (shield.stage.frozen, shield.stage.kept) = (state.frozen, state.kept);
    let moved = shield.stage.friends != state.windows;
    shield.stage.friends = state.windows;
    let covers = !state.covers.is_empty();
    if covers != shield.stage.shown || covers && moved {
        shield.set_covers(state.covers, None);
    } else {
        shield.covers = state.covers;
    }
}

/// A killed process closes its connections a little before it is seen to be gone. Windows of its that it had told nobody of
/// are found only after that: so this often it is looked for them.
const SEARCHES: u8 = 5;

/// As a twin whose leader is gone: the leader now.
pub fn succeed(shield: &mut Shield) -> io::Result<()> {
    shield.leader = true;
    shield.mate = None;
    let left = std::mem::take(&mut shield.stage.friends);
    if !shield.covers.is_empty() {
        // Before anything else: the keys are free.
        let held = shield.stage.hold();
        shield.took(held);
        if !shield.stage.keeper.grabs.both() {
            shield.retry_at = Some(Instant::now());
        }
    }
    shield.stage.leftovers.extend(left);
    let remembered = shield.stage.remember();
    shield.took(remembered);
    shield.searches = SEARCHES;
    shield.user.restart(&shield.stage.x);
    start_twin(shield);
    if shield.covers.is_empty() {
        shield.stage.allow_time();
        let cleaned = shield.stage.kill_leftovers();
        shield.took(cleaned);
    } else {
        shield.settle();
        shield.incident("a process of the shield was killed; the other took over", None);
    }
    Ok(())
}

/// As the leader whose twin is gone: starts a new one.
pub fn replace_twin(shield: &mut Shield) -> io::Result<()> {
    shield.mate.take().into_iter().for_each(Mate::let_go);
    let left = std::mem::take(&mut shield.stage.friends);
    shield.stage.allow_time();
    shield.stage.leftovers.extend(left);
    shield.searches = SEARCHES;
    if shield.stage.shown {
        shield.settle();
        shield.incident("a process of the shield was killed; the other started a new one", None);
    }
    if !shield.stage.shown || shield.stage.covered {
        let cleaned = shield.stage.kill_leftovers();
        shield.took(cleaned);
    }
    start_twin(shield);
    Ok(())
}

/// Starts a twin; a shield without one is better than none.
pub fn start_twin(shield: &mut Shield) {
    shield.forget_twin();
    shield.mate = Mate::start(&shield.listener, &shield.arming).ok();
    shield.tell_twin();
    if shield.mate.is_none() {
        shield.say(&FromShield::Incident {
            what: "the shield could not start its second process".to_owned(),
            uncovered_micros: None,
        });
    }
}
