//! The way of every verb that acts on sessions: the same request to each host, outcomes printed as they come.

use std::collections::HashMap;

use usher_core::outcome::{Exit, Outcome, OutcomeResult};
use usher_core::request::{Action, Targets};

use super::confirm::{self, Approval};
use super::countdown;
use super::hosts::{Tally, TargetHost};
use super::output::{self, Rows};
use super::{CommandError, Context};
use crate::client::ClientError;
pub(super) use crate::client::lost::lost;
use crate::words::key;

/// Sends an action to a host.
///
/// # Errors
/// The host was not reached, refused the whole action, or did not answer.
pub(super) async fn send(host: &TargetHost, action: &Action) -> Result<Vec<Outcome>, ClientError> {
    let mut outcomes: Vec<Outcome> = host.client.call(action).await?;
    if let Some(label) = host.label() {
        outcomes.iter_mut().for_each(|outcome| label.clone_into(&mut outcome.host));
    }
    Ok(outcomes)
}

/// The outcomes of several hosts on their way to the reader.
pub(super) struct Report<'c> {
    context: &'c Context,
    rows: Rows<Outcome>,
    /// The failed outcomes, which are explained below the table.
    failures: Vec<Outcome>,
    exit: Exit,
}

impl<'c> Report<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        let rows = match context.hosts.iter().count() {
            1 => Rows::new(context.format),
            _ => Rows::in_pieces(context.format, context.hosts.iter().filter_map(TargetHost::label)),
        };
        Report { context, rows, failures: Vec::new(), exit: Exit::Success }
    }

    /// Prints outcomes.
    pub(super) fn print(&mut self, outcomes: Vec<Outcome>) -> Result<(), CommandError> {
        self.exit = self.exit.max(Exit::of(&outcomes));
        let failed =
            |o: &&Outcome| o.result == OutcomeResult::Failed && self.context.format == output::OutputFormat::Table;
        self.failures.extend(outcomes.iter().filter(failed).cloned());
        // A reader that has seen enough does not turn a failure into a success.
        ignore_closed(self.rows.push(outcomes))
    }

    /// Counts outcomes that are printed in another way.
    pub(super) fn count(&mut self, outcomes: &[Outcome]) {
        self.exit = self.exit.max(Exit::of(outcomes));
    }

    /// How the outcomes so far let the command end.
    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    /// Prints the rest, below a table each failure with its hint on standard error, and returns the exit code.
    pub(super) fn end(mut self, tally: &Tally) -> Result<Exit, CommandError> {
        ignore_closed(self.rows.end())?;
        for failure in &self.failures {
            if let Some(error) = &failure.error {
                output::print_error_about(error, failure.session_id.map(|id| id.to_string()).as_deref());
            }
        }
        tally.print();
        Ok(tally.exit(self.exit))
    }
}

fn ignore_closed(printed: std::io::Result<()>) -> Result<(), CommandError> {
    match printed {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Sends the action to every host, prints what becomes of it, and gives the exit code.
///
/// # Errors
/// This host's daemon refused the whole action or could not be reached; a host that was named becomes an outcome.
pub(super) async fn act(context: &Context, action: Action) -> Result<Exit, CommandError> {
    let mut report = Report::new(context);
    let tally = send_to_each(context, |_| Some(&action), |_, outcomes| report.print(outcomes)).await?;
    if report.exit() == Exit::Success {
        report.rows.say_if_none(key!("none-sessions"));
    }
    report.end(&tally)
}

/// Asks about each session that would be acted on, and sends the action for those that were agreed to.
///
/// # Errors
/// As [`act`]; or nobody can be asked.
pub(super) async fn confirmed(
    context: &Context,
    action: impl Fn(Targets, bool) -> Action,
    targets: Targets,
) -> Result<Exit, CommandError> {
    confirm::require_terminal()?;
    let plan = action(targets, true);
    let mut planned = Vec::new();
    let keep = |host: &TargetHost, outcomes| {
        planned.push((host.name(), outcomes));
        Ok(())
    };
    let first = send_to_each(context, |_| Some(&plan), keep).await?;
    let mut report = Report::new(context);
    let mut confirmation = confirm::Confirmation::default();
    let mut actions = HashMap::new();
    let mut known = Vec::new();
    for (host, outcomes) in planned {
        let Approval { approved, outcomes } = confirmation.confirm_all(outcomes)?;
        known.extend(outcomes);
        if !approved.is_empty() {
            actions.insert(host, action(Targets::Ids(approved), false));
        }
    }
    report.print(known)?;
    let second = send_to_each(context, |host| actions.get(&host.name()), |_, outcomes| report.print(outcomes)).await?;
    report.end(&first.and(second))
}

/// Sends each host the action that there is for it.
async fn send_to_each<'a>(
    context: &Context,
    action: impl Fn(&TargetHost) -> Option<&'a Action>,
    mut arrived: impl FnMut(&TargetHost, Vec<Outcome>) -> Result<(), CommandError>,
) -> Result<Tally, CommandError> {
    let ask = async |host: &TargetHost| match action(host) {
        Some(action) => {
            context.trace(host, action);
            send(host, action).await
        }
        None => Ok(Vec::new()),
    };
    let take = |host: &TargetHost, answer: Result<Vec<Outcome>, ClientError>| match (answer, host.label(), action(host))
    {
        (Ok(outcomes), ..) => arrived(host, outcomes),
        (Err(error), Some(label), Some(action)) => {
            let all = Targets::All;
            arrived(host, lost(label, action.verb(), action.targets().unwrap_or(&all), &error.error))
        }
        (Err(error), ..) => Err(error.into()),
    };
    let ends = context.hosts.iter().filter_map(&action).find_map(countdown::end_of);
    let answered = context.hosts.each_until(ends, ask, take);
    match ends {
        Some(_) => countdown::interruptible(answered, || countdown::goes_on(context, &action)).await,
        None => answered.await,
    }
}
