//! `usher unblock`

use clap::Args;

use super::targets::RuleArguments;
use super::{Context, Failure, block};
use crate::outcome::{Exit, RuleAnswer};

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
        context.trace(&format!("DELETE {path}"));
        let answer: RuleAnswer = context.client.delete(&path).await?;
        if answer.rule.is_none() {
            eprintln!("usher: {}", crate::words::with("no-such-rule", &[("rule", &rule.to_string())]));
        }
        block::print(&answer, context)
    }
}
