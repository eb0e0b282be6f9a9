//! `usher unblock`

use clap::Args;
use usher_core::outcome::{Exit, RuleAnswer};
use usher_core::request::Action;

use super::targets::RuleArguments;
use super::{CommandError, Context, block};

/// Remove a standing rule
///
/// A standing rule, which `usher block` set, locks every session that it covers. Sessions that only this rule kept locked are unlocked. A session with a lock of its own, or one that another
/// rule covers, stays locked.
///
/// The rule's exemptions end with it. `usher blocks` shows the rules that stand.
#[derive(Debug, Args)]
pub struct Unblock {
    #[command(flatten)]
    rule: RuleArguments,
}

impl Unblock {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let rule = self.rule.rule();
        let action = Action::Unblock(rule.clone());
        let answered = |answer: &RuleAnswer| {
            let lost = answer.outcomes.iter().any(|outcome| outcome.session_id.is_none());
            if answer.rule.is_none() && !lost {
                eprintln!("usher: {}", crate::words::with!("no-such-rule", &[("rule", &rule.to_string())]));
            }
        };
        block::change_rule(context, &action, answered).await
    }
}
