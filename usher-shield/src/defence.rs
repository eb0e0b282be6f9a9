//! What the shield does when somebody does something to its windows.
//!
//! Any client of the display may do anything to anybody's windows; X knows no owner. What was done is undone at
//! once, told, and where nothing covered meanwhile, with the time from the event's arrival until
//! the server confirmed the cover again.

use std::time::Instant;

use crate::events::Disturbance;
use crate::shield::{REBUILT, Shield};

/// Puts right what happened.
pub fn answer(shield: &mut Shield, what: Disturbance, arrived: Instant) {
    if what.title {
        shield.user.title_changed();
    }
    if what.keys {
        mind_keys(shield);
    }
    if what.resized {
        mind_size(shield);
    }
    if what.restacked && !shield.stage.shown {
        let raised = shield.stage.banner.raise(&shield.stage.x);
        shield.took(raised);
    }
    if shield.stage.shown && !shield.covers.is_empty() {
        mind_covers(shield, what, arrived);
    }
}

fn mind_covers(shield: &mut Shield, what: Disturbance, arrived: Instant) {
    shield.stage.allow_time();
    if what.inside {
        match shield.stage.sweep() {
            Ok(true) => shield.incident("a window was put into the cover, and destroyed", Some(arrived.elapsed())),
            Ok(false) => {}
            Err(trouble) => shield.took(Err(trouble)),
        }
    }
    if what.lost {
        let rebuilt = shield.stage.rebuild();
        shield.took(rebuilt);
        shield.stage.rebuilt = false;
    }
    if what.tampered || what.drawn || what.lost {
        let mended = shield.stage.mend();
        shield.took(mended);
    }
    if what.is_attack() || what.restacked || what.friend_lost {
        shield.settle();
    }
    if shield.leader && what.is_attack() {
        tell(shield, what, arrived);
    }
}

fn tell(shield: &mut Shield, what: Disturbance, arrived: Instant) {
    // Another of our windows was below the one that was taken away.
    let second = shield.mate.as_ref().is_some_and(|mate| mate.report.shown);
    let time = Some(arrived.elapsed());
    // A twin that begins to cover maps windows in the overlay that it has not told of yet.
    let begins = shield.mate.as_ref().is_some_and(|mate| !mate.report.shown);
    if what.obscured && !begins {
        shield.incident("a window was put above the cover, and is below it again", time);
    }
    if what.lost {
        shield.incident(REBUILT, time.filter(|_| !second));
    }
    if what.tampered {
        shield.incident("a window of the cover was changed, and changed back", time.filter(|_| !second));
    }
    if what.drawn {
        shield.incident("somebody drew over the cover, and it was painted anew", time);
    }
}

/// The keyboard may have got keys that break grabs or end the server.
fn mind_keys(shield: &mut Shield) {
    shield.stage.allow_time();
    let read = shield.stage.keys.read(&shield.stage.x);
    shield.took(read);
    if shield.leader && shield.stage.shown {
        match shield.stage.keys.tame(&shield.stage.keeper.x) {
            Ok(true) => {
                shield.incident("the keyboard got keys that act on the server, and they were taken away", None);
                // What they could do, they may have done.
                shield.settle();
            }
            Ok(false) => {}
            Err(trouble) => shield.took(Err(trouble)),
        }
    }
}

fn mind_size(shield: &mut Shield) {
    match shield.stage.measure() {
        Ok(true) if shield.stage.shown => shield.settle(),
        Ok(_) => {}
        Err(trouble) => shield.took(Err(trouble)),
    }
}
