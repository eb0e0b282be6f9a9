//! `--confirm`: asks for each target, on the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use usher_core::outcome::{Error, ErrorId, Outcome, OutcomeResult};
use usher_core::request::SessionRef;

use super::CommandError;
use super::output::printable;
use crate::words;

/// The result of asking.
pub(super) struct Approval {
    /// The sessions to act on.
    pub(super) approved: Vec<SessionRef>,
    /// The outcomes that are known already: declined, skipped or failed.
    pub(super) outcomes: Vec<Outcome>,
}

/// Refuses to go on where nobody can be asked.
pub(super) fn require_terminal() -> Result<(), CommandError> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    let error = Error::new(ErrorId::InvalidRequest, words::text!("confirm-no-terminal"));
    Err(CommandError::Usage(error.hint(words::text!("confirm-no-terminal-hint"))))
}

/// Asks, and remembers what was answered for all.
#[derive(Default)]
pub(super) struct Confirmation {
    for_all: Option<bool>,
}

impl Confirmation {
    /// Asks for each planned target: yes, all, no or none.
    pub(super) fn confirm_all(&mut self, planned: Vec<Outcome>) -> Result<Approval, CommandError> {
        let mut approval = Approval { approved: Vec::new(), outcomes: Vec::new() };
        for outcome in planned {
            let Some(id) = outcome.session_id.filter(|_| outcome.result == OutcomeResult::Planned) else {
                approval.outcomes.push(outcome);
                continue;
            };
            if self.approves(&outcome)? {
                approval.approved.push(SessionRef::Id(id));
            } else {
                let notes = vec!["declined".to_owned()];
                approval.outcomes.push(Outcome { result: OutcomeResult::Skipped, notes, ..outcome });
            }
        }
        Ok(approval)
    }

    fn approves(&mut self, outcome: &Outcome) -> Result<bool, CommandError> {
        if let Some(answer) = self.for_all {
            return Ok(answer);
        }
        Ok(match question(outcome)? {
            ConfirmAnswer::Yes => true,
            ConfirmAnswer::No => false,
            ConfirmAnswer::All => *self.for_all.insert(true),
            ConfirmAnswer::None => *self.for_all.insert(false),
        })
    }
}

enum ConfirmAnswer {
    Yes,
    All,
    No,
    None,
}

fn question(outcome: &Outcome) -> Result<ConfirmAnswer, CommandError> {
    let user = printable(outcome.user.as_deref().unwrap_or("?"));
    let id = outcome.session_id.unwrap_or_default().to_string();
    let action = words::text_in(words::language(), &format!("action-{}", outcome.action), &[]);
    let question = [("action", action.as_str()), ("id", &id), ("user", &user), ("host", &outcome.host)];
    let question = words::with!("confirm-question", &question);
    loop {
        eprint!("{question} ");
        io::stderr().flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            // The end of input declines everything that was not answered.
            eprintln!();
            return Ok(ConfirmAnswer::None);
        }
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(ConfirmAnswer::Yes),
            "a" | "all" => return Ok(ConfirmAnswer::All),
            "n" | "no" => return Ok(ConfirmAnswer::No),
            "o" | "none" => return Ok(ConfirmAnswer::None),
            _ => eprintln!("{}", words::text!("confirm-help")),
        }
    }
}
