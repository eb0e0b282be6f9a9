//! `usher block`

use clap::Args;
use hyper::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use usher_core::outcome::{Exit, RuleAnswer};
use usher_core::request::{BlockRequest, Message, RuleName, Seconds, Targets, Verb};

use super::act::{self, Report};
use super::hosts::Host;
use super::output::{self, Format, Placed};
use super::targets::RuleArguments;
use super::{Context, Failure};
use crate::client::ClientError;

/// Set a standing rule: every matching session, present or future, is locked
#[derive(Debug, Args)]
pub struct Block {
    #[command(flatten)]
    rule: RuleArguments,
    /// What the users read: 1 to 1000 characters of any script
    #[arg(long, value_name = "TEXT")]
    message: Message,
    /// Remove the rule by itself after this time, such as 90s, 10m or 1h30m
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Seconds>,
    /// Also stop the users' other processes while the rule locks their sessions
    #[arg(long)]
    freeze: bool,
}

impl Block {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let path = path(&self.rule.rule());
        let request = BlockRequest { message: self.message, duration: self.duration, freeze: self.freeze };
        let ask = async |host: &Host| {
            context.trace(host, &format!("PUT {path}"));
            host.client.send_json(Method::PUT, &path, &request).await
        };
        each(context, Verb::Block, ask, |_| ()).await
    }
}

/// The rule's place in the API.
pub(super) fn path(rule: &RuleName) -> String {
    format!("/v1/blocks/{}", utf8_percent_encode(&rule.to_string(), NON_ALPHANUMERIC))
}

/// Changes the rule on every host, and prints it and its outcomes.
pub(super) async fn each(
    context: &Context,
    verb: Verb,
    ask: impl AsyncFn(&Host) -> Result<RuleAnswer, ClientError>,
    mut answered: impl FnMut(&RuleAnswer),
) -> Result<Exit, Failure> {
    let mut report = Report::new(context);
    let mut covered = 0;
    let mut answers = Vec::new();
    let tally = context
        .hosts
        .each(ask, |host, answer| {
            let mut answer = match (answer, host.label()) {
                (Ok(answer), _) => answer,
                (Err(error), None) => return Err(error.into()),
                (Err(error), Some(label)) => {
                    let outcomes = act::lost(label, verb, &Targets::All, &error.error);
                    RuleAnswer { rule: None, outcomes }
                }
            };
            if let Some(label) = host.label() {
                answer.outcomes.iter_mut().for_each(|outcome| label.clone_into(&mut outcome.host));
            }
            answered(&answer);
            covered += answer.outcomes.len();
            if context.format == Format::Json {
                report.count(&answer.outcomes);
                answers.push(Placed::on(host.label().unwrap_or_default(), answer));
                Ok(())
            } else {
                report.print(answer.outcomes)
            }
        })
        .await?;
    if context.format == Format::Json {
        // One object for one host, as it was asked for; an array where hosts were named.
        let out = &mut std::io::stdout().lock();
        match answers.as_slice() {
            [only] if !context.hosts.are_named() => output::print_line(out, only.row())?,
            all => output::print_line(out, &all)?,
        }
        tally.say();
        return Ok(tally.exit(report.exit()));
    }
    let exit = report.end(&tally)?;
    if context.format == Format::Table && covered == 0 {
        eprintln!("usher: {}", crate::words::text("rule-covers-none"));
    }
    Ok(exit)
}
