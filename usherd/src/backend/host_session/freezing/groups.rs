//! Stopping processes and letting them go on, with the kernel's freezer for control groups
//! (`admin-guide/cgroup-v2`, "cgroup.freeze").
//!
//! Processes that are to stop move into a group of ours below their own, and that group is frozen. All others stay in place.
//! Everything here may wait for the kernel: call it from threads that may block.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use usher_core::sys::cgroup::{self, Group};
use usher_core::sys::proc;

use super::process::{Fate, ProcessFacts, Whose};

/// The name of our groups, before the uid.
const FROZEN: &str = "usher-frozen";
/// An empty group of this name marks a scope in which nothing is stopped.
const SPARED: &str = "usher-spared";
/// How often a group is looked at until it has no more processes that are to stop.
const ROUNDS: usize = 20;
/// How often everything is looked at until nothing is left.
const PASSES: usize = 10;
const PAUSE: Duration = Duration::from_millis(20);
/// How long a group may be paused as a whole while processes are moved out of it.
const INSTANT: Duration = Duration::from_millis(200);
/// More groups than any host has. A search that reaches this bound reports that it is incomplete.
const MOST_GROUPS: usize = 16_384;

/// A decision which processes to stop.
#[derive(Debug, Clone)]
pub(super) struct FreezeOrder {
    pub(super) whose: Whose,
    /// Scopes of the user's in which nothing is stopped.
    pub(super) spared: BTreeSet<String>,
    /// Where it is to reach no further: the scopes in which everything is stopped.
    pub(super) only: Option<BTreeSet<String>>,
    /// Scopes in which root's processes stop as well: they share a terminal that is covered.
    pub(super) whole: BTreeSet<String>,
}

/// The processes that were not stopped, one phrase each.
pub(super) type Unstopped = Vec<String>;

impl FreezeOrder {
    fn slice(&self) -> Group {
        slice(self.whose.uid)
    }

    fn name(&self) -> String {
        format!("{FROZEN}-{}", self.whose.uid)
    }

    fn frozen(&self, group: &Group) -> Group {
        group.child(&self.name())
    }

    /// The user's service manager, where all of it can stop.
    fn stops_manager(&self) -> Option<Group> {
        let manager = Group::of_user_manager(self.whose.uid);
        let serves = |pid: &u32| group_of(*pid).is_some_and(|group| group.is_within(&manager));
        let goes_on = self.only.is_some() || !self.spared.is_empty() || self.whose.servers.iter().any(serves);
        (manager.exists() && !goes_on).then_some(manager)
    }

    /// Whether nothing in this group is to be stopped, whoever runs there.
    fn passes_over(&self, group: &Group) -> bool {
        let slice = self.slice();
        let scope = |name: &String| group.is_within(&slice.child(name));
        let beyond = self.only.as_ref().is_some_and(|only| !only.iter().any(scope));
        // The caller may sit in a terminal that the user's service manager runs.
        let callers = !self.spared.is_empty() && group.is_within(&Group::of_user_manager(self.whose.uid));
        beyond || callers || self.spared.iter().any(scope)
    }

    fn judge(&self, group: &Group) -> BTreeMap<u32, Fate> {
        let fate = |pid: u32| self.fate(group, pid, ProcessFacts::of(pid).as_ref());
        group.processes().into_iter().map(|pid| (pid, fate(pid))).collect()
    }

    fn fate(&self, group: &Group, pid: u32, facts: Option<&ProcessFacts>) -> Fate {
        let slice = self.slice();
        match self.whole.iter().any(|scope| group.is_within(&slice.child(scope))) {
            true => self.whose.judge_whole(pid, facts),
            false => self.whose.judge_by(pid, facts, group.is_within(&slice)),
        }
    }
}

/// Stops everything that is to stop, and searches again. Gives the processes that are left.
pub(super) fn stop(order: &FreezeOrder) -> Unstopped {
    let mut left = Unstopped::new();
    for pass in 0..PASSES {
        if pass > 0 {
            std::thread::sleep(PAUSE);
        }
        left = stop_once(order);
        if left.is_empty() {
            break;
        }
    }
    left
}

fn stop_once(order: &FreezeOrder) -> Unstopped {
    let mut left = Unstopped::new();
    let manager = order.stops_manager();
    if let Some(manager) = &manager {
        let _ = manager.freeze(true);
        left.extend(moving_in(manager));
    }
    let (groups, complete) = groups(|group| {
        let others = is_manager(group) && !group.is_within(&order.slice());
        others || group.name() == order.name() || Some(group) == manager.as_ref()
    });
    for group in groups.iter().filter(|group| !order.passes_over(group)) {
        left.extend(stop_in(order, group));
    }
    if !complete {
        left.push(format!("only {MOST_GROUPS} control groups were searched for processes"));
    }
    left
}

/// The users of whom something goes on that is to stand still: one search for all of them.
pub(super) fn moving(orders: &[FreezeOrder]) -> BTreeSet<u32> {
    let manager_goes_on = |order: &FreezeOrder| match order.stops_manager() {
        Some(manager) => manager.populated() && !manager.frozen(),
        None => Group::of_user_manager(order.whose.uid).exists() && order.only.is_none(),
    };
    let mut moving: BTreeSet<u32> = orders.iter().filter(|o| manager_goes_on(o)).map(|o| o.whose.uid).collect();
    let (groups, complete) = groups(|group| is_manager(group) || (is_ours(&group.name()) && group.frozen()));
    for group in &groups {
        let facts: Vec<_> = group.processes().into_iter().map(|pid| (pid, ProcessFacts::of(pid))).collect();
        for order in orders.iter().filter(|order| !order.passes_over(group)) {
            let inside = group.is_within(&order.slice());
            let goes_on = |(pid, facts): &(u32, Option<ProcessFacts>)| {
                let fate = order.fate(group, *pid, facts.as_ref());
                fate == Fate::Stops || (inside && fate == Fate::Gone)
            };
            if facts.iter().any(goes_on) {
                moving.insert(order.whose.uid);
            }
        }
    }
    if complete { moving } else { orders.iter().map(|order| order.whose.uid).collect() }
}

/// Stops those of a group's own processes that are to stop.
fn stop_in(order: &FreezeOrder, group: &Group) -> Unstopped {
    let inside = group.is_within(&order.slice());
    let frozen = order.frozen(group);
    let mut rest: Vec<u32> = Vec::new();
    for round in 0..=ROUNDS {
        let fates = order.judge(group);
        // A chain of processes that start one another and end may be too quick to be looked at.
        let gone = fates.values().any(|fate| *fate == Fate::Gone);
        rest = fates.into_iter().filter(|(_, fate)| *fate == Fate::Stops).map(|(pid, _)| pid).collect();
        let stops = !rest.is_empty();
        if (!stops && !gone) || round == ROUNDS {
            break;
        }
        // Other people's groups are paused only where nothing else helps.
        if (inside || (stops && round > 2)) && may_pause(group) {
            let _ = group.freeze(true);
            await_frozen(group);
            take_out(order, group, &frozen);
            let _ = group.freeze(false);
        } else if stops {
            take_out(order, group, &frozen);
        }
    }
    let mut left: Unstopped = rest.into_iter().map(described).collect();
    if frozen.exists() {
        let _ = frozen.freeze(true);
        left.extend(moving_in(&frozen));
    }
    left
}

/// Moves processes into our group. The next round finds those that were not moved.
fn take_out(order: &FreezeOrder, group: &Group, frozen: &Group) {
    let fates = order.judge(group);
    let stops = fates.into_iter().filter(|(_, fate)| *fate == Fate::Stops).map(|(pid, _)| pid);
    for (count, pid) in stops.enumerate() {
        if count == 0 && frozen.make().and_then(|()| frozen.freeze(true)).is_err() {
            return;
        }
        let _ = frozen.take(pid);
    }
}

/// Whether a group may be paused for an instant: never one that this process needs.
fn may_pause(group: &Group) -> bool {
    let needed = |pid: u32| group_of(pid).is_some_and(|own| own.is_within(group));
    group.parent().is_some() && !needed(std::process::id()) && !needed(1)
}

fn await_frozen(group: &Group) -> bool {
    let until = Instant::now() + INSTANT;
    while !group.frozen() {
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    true
}

/// The processes of a frozen group that have not stopped: those in a system call that cannot be interrupted.
fn moving_in(frozen: &Group) -> Unstopped {
    if !frozen.populated() || await_frozen(frozen) {
        return Unstopped::new();
    }
    let (groups, _) = below(frozen.clone(), |_| false);
    let moving = groups.iter().flat_map(Group::processes).filter(|pid| matches!(state(*pid), Some(b'D' | b'R')));
    let described: Unstopped = moving.map(described).collect();
    if described.is_empty() { vec![format!("the processes in {}", frozen.name())] } else { described }
}

/// A process's state as `ps` shows it.
fn state(pid: u32) -> Option<u8> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let name_ends = stat.iter().rposition(|byte| *byte == b')')?;
    stat.get(name_ends + 2).copied()
}

fn described(pid: u32) -> String {
    format!("process {pid} ({})", proc::name(pid).unwrap_or_default())
}

/// Lets everything of a user's go on.
pub(super) fn thaw(uid: u32) {
    let _ = Group::of_user_manager(uid).freeze(false);
    let (own, _) = below(slice(uid), |_| false);
    // The user waits for these: they come first.
    let ours = format!("{FROZEN}-{uid}");
    let is_ours = |group: &&Group| group.name() == ours || group.name() == FROZEN;
    own.iter().filter(is_ours).for_each(free);
    let (all, _) = groups(is_manager);
    all.iter().filter(|group| group.name() == ours).for_each(free);
}

/// Lets everything go on that was stopped in a session's scope, so that it can end.
pub(super) fn thaw_scope(uid: u32, scope: &str) {
    let (groups, _) = below(Group::of_scope(uid, scope), |_| false);
    groups.iter().filter(|group| is_ours(&group.name())).for_each(free);
}

/// Its processes stay in it: the next freeze stops them where they are.
fn free(frozen: &Group) {
    let _ = frozen.freeze(false);
    let _ = frozen.remove();
}

/// The uids whose processes were stopped by a daemon before this one. Groups that it had only paused go on.
pub(super) fn stopped_uids() -> BTreeSet<u32> {
    let (groups, _) = groups(is_manager);
    let ours = groups.iter().filter(|group| is_ours(&group.name()));
    ours.filter_map(|group| {
        if let Some(parent) = group.parent().filter(|parent| !is_ours(&parent.name())) {
            let _ = parent.freeze(false);
        }
        uid_of(group)
    })
    .collect()
}

/// Whose processes a group of ours has: its name tells, or else its place.
fn uid_of(group: &Group) -> Option<u32> {
    if let Some(uid) = group.name().strip_prefix(FROZEN).and_then(|rest| rest.strip_prefix('-')) {
        return uid.parse().ok();
    }
    let above = std::iter::successors(group.parent(), Group::parent);
    above.filter_map(|group| group.name().strip_prefix("user-")?.strip_suffix(".slice")?.parse().ok()).next()
}

fn is_ours(name: &str) -> bool {
    name == FROZEN || name.strip_prefix(FROZEN).is_some_and(|rest| rest.starts_with('-'))
}

/// Users give names to groups below their service manager.
fn is_manager(group: &Group) -> bool {
    group.name().starts_with("user@")
}

/// Marks a scope as one in which nothing is stopped, for this daemon and those after it.
pub(super) fn spare(uid: u32, scope: &str) {
    let _ = Group::of_scope(uid, scope).child(SPARED).make();
}

/// Takes the mark away.
pub(super) fn spare_no_more(uid: u32, scope: &str) {
    let _ = Group::of_scope(uid, scope).child(SPARED).remove();
}

/// Whether a scope has the mark.
pub(super) fn is_spared(uid: u32, scope: &str) -> bool {
    Group::of_scope(uid, scope).child(SPARED).exists()
}

fn slice(uid: u32) -> Group {
    Group::at(&format!("/user.slice/user-{uid}.slice"))
}

fn group_of(pid: u32) -> Option<Group> {
    cgroup::of(pid).ok().flatten().map(|path| Group::at(&path))
}

/// Every group of the host without these and those below them.
fn groups(left_out: impl Fn(&Group) -> bool) -> (Vec<Group>, bool) {
    below(Group::at("/"), left_out)
}

/// A group and those below it, the nearest first, and whether these are all.
fn below(top: Group, left_out: impl Fn(&Group) -> bool) -> (Vec<Group>, bool) {
    let mut found = vec![top];
    let mut next = 0;
    while let Some(group) = found.get(next) {
        let children = group.children();
        if found.len() + children.len() > MOST_GROUPS {
            return (found, false);
        }
        found.extend(children.into_iter().filter(|child| !left_out(child)));
        next += 1;
    }
    (found, true)
}
