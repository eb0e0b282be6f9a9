//! The sessions that a call is for, on their way to their hosts.
//!
//! Each host has at most one request under way, and what comes for it meanwhile goes with its next one: the first object
//! acts before the last arrives, a host that hangs delays no other, and no host gets more than it can answer.

use std::collections::VecDeque;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use tokio::sync::mpsc;
use usher_core::request::{SessionRef, Targets};

use super::action::{self, HostAnswer};
use super::input;
use super::run::{Abort, CmdletRun, trace};
use crate::cli::hosts::TargetHost;
use crate::client::ClientError;
use crate::cmdlet::call::Selection;
use crate::cmdlet::input::{bind_value, unreadable};
use crate::cmdlet::record::Record;
use crate::words;

/// How many objects are read ahead of the one that is at work.
const AHEAD: usize = 256;

/// The host, if there is one, and the sessions that an object names.
type Named = (Option<String>, Vec<u32>);

/// A host's answer, when it is there.
type PendingAnswer = LocalBoxFuture<'static, (Rc<TargetHost>, Targets, Result<HostAnswer, ClientError>)>;

/// Targets that wait until their host is free.
struct QueuedTargets {
    host: Rc<TargetHost>,
    targets: Targets,
}

impl CmdletRun {
    pub(super) async fn objects(&mut self) -> Result<(), Abort> {
        match self.call.selection.clone() {
            Selection::Ids(ids) => self.together(self.call.server.clone(), targets(ids)).await,
            Selection::All(true) => self.together(self.call.server.clone(), Targets::All).await,
            Selection::All(false) => self.reporter.warning(&words::text!("cmdlet-all-is-off")).into(),
            Selection::Piped if self.is_in_turn() => self.piped_in_turn().await,
            Selection::Piped => self.piped().await,
        }
    }

    /// The same targets on every host that a name stands for.
    async fn together(&mut self, server: Option<String>, targets: Targets) -> Result<(), Abort> {
        let hosts = self.hosts_of(server)?;
        if self.is_in_turn() {
            for host in hosts {
                self.in_turn(host, targets.clone()).await?;
            }
            return Ok(());
        }
        let mut queue = Queue::default();
        hosts.into_iter().for_each(|host| queue.add(host, targets.clone()));
        while let Some((host, targets, answer)) = queue.next(self).await {
            self.report_answer(&host, &targets, answer)?;
        }
        Ok(())
    }

    /// Each object acts, and what became of it is said, before the next is read.
    async fn piped_in_turn(&mut self) -> Result<(), Abort> {
        for value in input::Values::default() {
            let Some((server, ids)) = self.bound(value)? else { continue };
            for host in self.hosts_of(server)? {
                self.in_turn(host, targets(ids.clone())).await?;
            }
        }
        Ok(())
    }

    async fn piped(&mut self) -> Result<(), Abort> {
        let (sender, mut values) = mpsc::channel(AHEAD);
        // Reading blocks. The thread ends with the input, or with the program.
        std::thread::spawn(move || input::Values::default().try_for_each(|value| sender.blocking_send(value)));
        let mut queue = Queue::default();
        let mut more = true;
        while more || !queue.is_empty() {
            tokio::select! {
                value = values.recv(), if more => match value {
                    Some(value) => {
                        let Some((server, ids)) = self.bound(value)? else { continue };
                        for host in self.hosts_of(server)? {
                            match self.has_lost(&host) {
                                true => self.not_sent(&host, &targets(ids.clone()))?,
                                false => queue.add(host, targets(ids.clone())),
                            }
                        }
                    }
                    None => more = false,
                },
                Some((host, targets, answer)) = queue.next(self), if !queue.is_empty() => {
                    self.report_answer(&host, &targets, answer)?;
                    if self.has_lost(&host) {
                        for targets in queue.forget(&host) {
                            self.not_sent(&host, &targets)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The host and the sessions that an object names; an object that names none is said and left out.
    fn bound(&mut self, value: Result<Value, String>) -> Result<Option<Named>, Abort> {
        let bound = match &value {
            Ok(value) => bind_value(self.call.cmdlet, value),
            Err(text) => Err(unreadable(text)),
        };
        match bound {
            Ok(piped) => Ok(Some((self.call.server.clone().or(piped.server), piped.ids))),
            Err(unbound) => {
                self.fail(&Record::of_input(unbound, words::language()))?;
                Ok(None)
            }
        }
    }
}

fn targets(ids: Vec<u32>) -> Targets {
    Targets::Ids(ids.into_iter().map(SessionRef::Id).collect())
}

/// The requests that are under way, and the targets that wait for a free host.
#[derive(Default)]
struct Queue {
    under_way: FuturesUnordered<PendingAnswer>,
    busy: Vec<Rc<TargetHost>>,
    waiting: VecDeque<QueuedTargets>,
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.busy.is_empty() && self.waiting.is_empty()
    }

    /// Puts targets behind those that wait for the same host.
    fn add(&mut self, host: Rc<TargetHost>, targets: Targets) {
        let before = self.waiting.iter_mut().find(|waiting| Rc::ptr_eq(&waiting.host, &host));
        match (before.map(|waiting| &mut waiting.targets), targets) {
            (Some(Targets::Ids(ids)), Targets::Ids(more)) => ids.extend(more),
            (_, targets) => self.waiting.push_back(QueuedTargets { host, targets }),
        }
    }

    /// Nothing more is sent to a host; gives what was to be.
    fn forget(&mut self, host: &Rc<TargetHost>) -> Vec<Targets> {
        let (forgotten, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|waiting| Rc::ptr_eq(&waiting.host, host));
        self.waiting = waiting;
        let forgotten: VecDeque<QueuedTargets> = forgotten;
        forgotten.into_iter().map(|waiting| waiting.targets).collect()
    }

    /// The next answer that is there; `None` when nothing is left.
    async fn next(&mut self, run: &CmdletRun) -> Option<(Rc<TargetHost>, Targets, Result<HostAnswer, ClientError>)> {
        while self.busy.len() < run.at_once() {
            let free = |waiting: &QueuedTargets| !self.busy.iter().any(|busy| Rc::ptr_eq(busy, &waiting.host));
            let Some(next) = self.waiting.iter().position(free).and_then(|at| self.waiting.remove(at)) else { break };
            run.reporter.debug(&trace(&run.call, &next.host));
            self.busy.push(Rc::clone(&next.host));
            let call = Rc::clone(&run.call);
            self.under_way.push(Box::pin(async move {
                let QueuedTargets { host, targets } = next;
                let answer = action::call_host(&host, &call, targets.clone(), call.what_if).await;
                (host, targets, answer)
            }));
        }
        let (host, targets, answer) = self.under_way.next().await?;
        self.busy.retain(|busy| !Rc::ptr_eq(busy, &host));
        Some((host, targets, answer))
    }
}
