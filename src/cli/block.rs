//! `usher block`

use clap::Args;
use hyper::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::targets::RuleArguments;
use super::{Context, Failure, output};
use crate::outcome::{Exit, RuleAnswer};
use crate::request::{BlockRequest, Message, RuleName, Seconds};

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
        context.trace(&format!("PUT {path}"));
        let request = BlockRequest { message: self.message, duration: self.duration, freeze: self.freeze };
        let answer: RuleAnswer = context.client.send_json(Method::PUT, &path, &request).await?;
        print(&answer, context)
    }
}

/// The rule's place in the API.
pub(super) fn path(rule: &RuleName) -> String {
    format!("/v1/blocks/{}", utf8_percent_encode(&rule.to_string(), NON_ALPHANUMERIC))
}

/// Prints the rule and its outcomes.
pub(super) fn print(answer: &RuleAnswer, context: &Context) -> Result<Exit, Failure> {
    let printed = || match context.format {
        output::Format::Json => output::print_line(&mut std::io::stdout().lock(), answer),
        output::Format::Table | output::Format::List | output::Format::Jsonl => {
            output::print(&answer.outcomes, context.format)
        }
    };
    let exit = output::answer(&answer.outcomes, printed, context.format)?;
    if context.format == output::Format::Table && answer.outcomes.is_empty() {
        eprintln!("usher: {}", crate::words::text("rule-covers-none"));
    }
    Ok(exit)
}
