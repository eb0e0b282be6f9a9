//! `usher unblock`

use clap::Args;
use usher_core::outcome::{Exit, RuleAnswer};
use usher_core::request::Verb;

use super::hosts::Host;
use super::targets::RuleArguments;
use super::{Context, Failure, block};

/// Remove a standing rule
#[derive(Debug, Args)]
pub struct Unblock {
    #[command(flatten)]
    rule: RuleArguments,
}

impl Unblock {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let rule = self.rule.rule();
        let path = block::path(&rule);
        let ask = async |host: &Host| {
            context.trace(host, &format!("DELETE {path}"));
            host.client.delete(&path).await
        };
        let answered = |answer: &RuleAnswer| {
            let lost = answer.outcomes.iter().any(|outcome| outcome.session_id.is_none());
            if answer.rule.is_none() && !lost {
                eprintln!("usher: {}", crate::words::with("no-such-rule", &[("rule", &rule.to_string())]));
            }
        };
        block::each(context, Verb::Unblock, ask, answered).await
    }
}
