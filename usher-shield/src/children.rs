//! Processes that were started and are of no more use. They end by themselves: a process of the shield may signal nobody
//! (`confine`). What is left to do is to take their exit status, so that they are no zombies.

use std::cell::RefCell;
use std::process::Child;

thread_local! {
    static ENDING: RefCell<Vec<Child>> = const { RefCell::new(Vec::new()) };
}

/// Nobody waits for this one any more.
pub fn let_go(child: Child) {
    ENDING.with_borrow_mut(|ending| ending.push(child));
    reap();
}

/// Takes the exit status of those that ended.
pub fn reap() {
    ENDING.with_borrow_mut(|ending| ending.retain_mut(|child| matches!(child.try_wait(), Ok(None))));
}
