//! The hosts that a command is for, asked side by side.

use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::servers::ServerName;

use super::CommandError;
use super::output::printable;
use crate::client::{ClientError, target};
use crate::words;

mod progress;

pub(super) use crate::client::target::TargetHost;
use progress::ProgressLine;

/// How many hosts are asked at the same time, if nobody says.
pub(super) const AT_ONCE: u16 = 64;
/// The most that may be asked for.
pub(super) const MOST_AT_ONCE: u16 = 1024;

/// Reads how many hosts are to be asked at the same time.
///
/// # Errors
/// It is no number, or not in the range; the sentence says what is.
pub(super) fn at_once(text: &str) -> Result<u16, String> {
    let count = text.parse().ok().filter(|count| (1..=MOST_AT_ONCE).contains(count));
    count.ok_or_else(|| words::with!("usage-at-once", &[("most", &MOST_AT_ONCE.to_string())]))
}

/// The hosts that a command is for.
pub(super) struct Hosts {
    hosts: Vec<TargetHost>,
    at_once: usize,
}

/// How to ask.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    /// The socket of this host's daemon, if it is not the default one.
    pub(super) socket: Option<PathBuf>,
    /// How long an answer may take, if not the usual time.
    pub(super) patience: Option<Duration>,
    /// How many hosts are asked at the same time.
    pub(super) at_once: usize,
}

impl Hosts {
    /// This host if there are no names; else the hosts that the names stand for.
    ///
    /// # Errors
    /// The book of known hosts cannot be read.
    pub(super) fn choose(names: &[ServerName], manner: &Manner) -> Result<Self, Error> {
        let hosts = target::choose(names, manner.socket.clone(), manner.patience, names.len() == 1)?;
        Ok(Hosts { hosts, at_once: manner.at_once.max(1) })
    }

    /// The hosts themselves.
    pub(super) fn into_vec(self) -> Vec<TargetHost> {
        self.hosts
    }

    /// Every one of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &TargetHost> {
        self.hosts.iter()
    }

    /// The caller named the hosts.
    pub(super) fn are_named(&self) -> bool {
        self.hosts.iter().any(|host| host.label().is_some())
    }

    /// The one host of a verb that is for one.
    ///
    /// # Errors
    /// Several were named.
    pub(super) fn only(&self, verb: &str) -> Result<&TargetHost, CommandError> {
        match self.hosts.as_slice() {
            [host] => Ok(host),
            _ => Err(CommandError::Usage(Error::new(
                ErrorId::InvalidRequest,
                words::with!("hosts-only-one", &[("verb", verb)]),
            ))),
        }
    }

    /// Asks all of them, so many at a time, and tells of each when it has answered.
    ///
    /// # Errors
    /// The error of `arrived`; the hosts that have not answered are abandoned then.
    pub(super) async fn each<T>(
        &self,
        ask: impl AsyncFn(&TargetHost) -> Result<T, ClientError>,
        arrived: impl FnMut(&TargetHost, Result<T, ClientError>) -> Result<(), CommandError>,
    ) -> Result<Tally, CommandError> {
        self.each_until(None, ask, arrived).await
    }

    /// The same for an action that waits until `ends` first, which is shown.
    ///
    /// # Errors
    /// As [`each`](Self::each).
    pub(super) async fn each_until<T>(
        &self,
        ends: Option<Instant>,
        ask: impl AsyncFn(&TargetHost) -> Result<T, ClientError>,
        mut arrived: impl FnMut(&TargetHost, Result<T, ClientError>) -> Result<(), CommandError>,
    ) -> Result<Tally, CommandError> {
        let mut tally = Tally::default();
        let mut progress = ProgressLine::new(self.hosts.iter().map(TargetHost::name).collect(), ends);
        let ask = &ask;
        let answers = stream::iter(&self.hosts).map(|host| async move { (host, ask(host).await) });
        let mut answers = pin!(answers.buffer_unordered(self.at_once));
        loop {
            let answer = tokio::select! {
                answer = answers.next() => answer,
                () = progress.tick() => continue,
            };
            let Some((host, answer)) = answer else { break };
            tally.count(host, &answer);
            progress.answered(&host.name());
            arrived(host, answer)?;
        }
        Ok(tally)
    }
}

/// How many hosts were asked, and which of them gave no answer.
#[derive(Debug, Default)]
pub(super) struct Tally {
    asked: usize,
    /// Nothing was sent to them.
    unreached: Vec<String>,
    /// They were asked and gave no answer.
    silent: Vec<String>,
}

impl Tally {
    /// Takes note of what a host answered.
    pub(super) fn count<T>(&mut self, host: &TargetHost, answer: &Result<T, ClientError>) {
        self.asked += 1;
        match answer {
            Err(error) if error.error.id == ErrorId::OutcomeUnknown => self.silent.push(host.name()),
            Err(error) if error.exit == Exit::Unreachable => self.unreached.push(host.name()),
            _ => {}
        }
    }

    /// Says on standard error which hosts gave no answer, where there were several, and what is unknown of them.
    pub(super) fn print(&self) {
        let lost = self.unreached.len() + self.silent.len();
        if self.asked < 2 || lost == 0 {
            return;
        }
        let counts = [("answered", (self.asked - lost).to_string()), ("asked", self.asked.to_string())];
        let counts = counts.each_ref().map(|(name, value)| (*name, value.as_str()));
        eprintln!("usher: {}", words::with!("hosts-answered", &counts));
        for (key, hosts) in
            [(words::key!("hosts-unreached"), &self.unreached), (words::key!("hosts-silent"), &self.silent)]
        {
            if !hosts.is_empty() {
                eprintln!("  {}", printable(&key.text(&[("hosts", &hosts.join(","))])));
            }
        }
    }

    /// Both rounds of a command that asks the same hosts twice.
    pub(super) fn and(mut self, second: Tally) -> Tally {
        self.unreached.extend(second.unreached);
        self.silent.extend(second.silent);
        self
    }

    /// How the command ends: as its work did, unless hosts gave no answer. Where something was sent, something may have been done.
    pub(super) fn exit(&self, work: Exit) -> Exit {
        match (self.unreached.len(), self.silent.len()) {
            (0, 0) => work,
            (unreached, 0) if unreached == self.asked => Exit::Unreachable,
            _ => Exit::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_ends_as_unreachable_only_if_nobody_was_asked_anything() {
        let tally = |unreached: usize, silent: usize| Tally {
            asked: 3,
            unreached: vec!["a".into(); unreached],
            silent: vec!["b".into(); silent],
        };
        assert_eq!(tally(0, 0).exit(Exit::Success), Exit::Success);
        assert_eq!(tally(0, 0).exit(Exit::Failed), Exit::Failed);
        assert_eq!(tally(1, 1).exit(Exit::Success), Exit::Failed);
        assert_eq!(tally(1, 2).exit(Exit::Success), Exit::Failed);
        assert_eq!(tally(0, 3).exit(Exit::Success), Exit::Failed);
        assert_eq!(tally(3, 0).exit(Exit::Success), Exit::Unreachable);
    }
}
