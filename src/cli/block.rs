//! `usher block`

use clap::Args;
use usher_core::outcome::{Exit, RuleAnswer};
use usher_core::request::{Action, BlockRequest, Message, Seconds, Targets};

use super::act::{self, Report};
use super::hosts::TargetHost;
use super::output::{self, OutputFormat, Placed};
use super::targets::RuleArguments;
use super::{CommandError, Context};

/// Set a standing rule that locks present and future sessions
///
/// A standing rule is a lock for everybody, for one user or for the members of a group. It locks every matching session that exists now, and every one that is opened while the rule stands.
/// It survives a reboot of the host. The session that you call from is left out, and so are sessions that may
/// not be locked.
///
/// `usher unlock` does not unlock a session that a rule covers: `usher unlock --exempt` takes one session out
/// of the rule, and `usher unblock` removes the rule. Setting a rule again replaces its message and its end.
#[derive(Debug, Args)]
pub struct Block {
    #[command(flatten)]
    rule: RuleArguments,
    /// The message that the users see: 1 to 1000 characters of any script
    #[arg(short, long, value_name = "TEXT")]
    message: Message,
    /// Remove the rule automatically after this time, such as 90s, 10m or 1h30m
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Seconds>,
    /// Also stop the users' other processes while the rule locks their sessions
    #[arg(long)]
    freeze: bool,
}

impl Block {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let request = BlockRequest { message: self.message, duration: self.duration, freeze: self.freeze };
        change_rule(context, &Action::Block(self.rule.rule(), request), |_| ()).await
    }
}

/// Changes the rule on every host, and prints it and its outcomes.
pub(super) async fn change_rule(
    context: &Context,
    action: &Action,
    mut answered: impl FnMut(&RuleAnswer),
) -> Result<Exit, CommandError> {
    let mut report = Report::new(context);
    let mut covered = 0;
    let mut answers = Vec::new();
    let ask = async |host: &TargetHost| {
        context.trace(host, action);
        host.client.call::<RuleAnswer>(action).await
    };
    let tally = context
        .hosts
        .each(ask, |host, answer| {
            let mut answer = match (answer, host.label()) {
                (Ok(answer), _) => answer,
                (Err(error), None) => return Err(error.into()),
                (Err(error), Some(label)) => {
                    let outcomes = act::lost(label, action.verb(), &Targets::All, &error.error);
                    RuleAnswer { rule: None, outcomes }
                }
            };
            if let Some(label) = host.label() {
                answer.outcomes.iter_mut().for_each(|outcome| label.clone_into(&mut outcome.host));
            }
            answered(&answer);
            covered += answer.outcomes.len();
            if context.format == OutputFormat::Json {
                report.count(&answer.outcomes);
                answers.push(Placed::on(host.label().unwrap_or_default(), answer));
                Ok(())
            } else {
                report.print(answer.outcomes)
            }
        })
        .await?;
    if context.format == OutputFormat::Json {
        // One object for one host, as it was asked for; an array where hosts were named.
        let out = &mut std::io::stdout().lock();
        match answers.as_slice() {
            [only] if !context.hosts.are_named() => output::print_line(out, only.row())?,
            all => output::print_line(out, &all)?,
        }
        tally.print();
        return Ok(tally.exit(report.exit()));
    }
    let exit = report.end(&tally)?;
    if context.format == OutputFormat::Table && covered == 0 {
        eprintln!("usher: {}", crate::words::text!("rule-covers-none"));
    }
    Ok(exit)
}
