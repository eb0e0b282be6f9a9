//! Questions on the terminal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use super::reporter;
use crate::cmdlet::bind::Prompt;
use crate::cmdlet::{Cmdlet, Parameter};
use crate::words::{self, Key, key};

/// A person's terminal. Questions go to standard error, so that they are seen beside a pipe of objects; answers come
/// from standard input, or from the controlling terminal where standard input is a pipe.
pub(super) struct PromptTerminal {
    answers: Box<dyn BufRead>,
}

impl PromptTerminal {
    /// The terminal, if a person can be asked.
    pub(super) fn open() -> Option<Self> {
        if !io::stderr().is_terminal() {
            return None;
        }
        if io::stdin().is_terminal() {
            return Some(PromptTerminal { answers: Box::new(io::stdin().lock()) });
        }
        let answers = File::open("/dev/tty").ok()?;
        Some(PromptTerminal { answers: Box::new(BufReader::new(answers)) })
    }

    /// A line; `None` at the end of input.
    fn line(&mut self, question: &str) -> Option<String> {
        let mut err = io::stderr();
        let _ = write!(err, "{question}").and_then(|()| err.flush());
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(1..) => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
            Ok(0) | Err(_) => {
                reporter::write_line(&mut err, "");
                None
            }
        }
    }

    /// Asks until one of the choices is given. An empty line is the first choice, the end of input the last but
    /// those that lead back to the question.
    pub(super) fn choose(&mut self, title: &str, question: &[String], choices: &[Choice]) -> Option<PromptAnswer> {
        let mut err = io::stderr();
        reporter::write_line(&mut err, &format!("\n{title}"));
        question.iter().for_each(|line| reporter::write_line(&mut err, line));
        let offered: Vec<String> =
            choices.iter().map(|choice| format!("[{}] {}", choice.letter, choice.label.text(&[]))).collect();
        let help = words::text!("ask-help");
        let default = choices.first().map_or(String::new(), |choice| choice.letter.to_string());
        let offered =
            format!("{}  [?] {help} {}: ", offered.join("  "), words::with!("ask-default", &[("letter", &default)]));
        loop {
            let said = self.line(&offered)?;
            let said = said.trim();
            if said == "?" {
                choices
                    .iter()
                    .for_each(|c| reporter::write_line(&mut err, &format!("{} - {}", c.letter, c.help.text(&[]))));
                continue;
            }
            match choices.iter().find(|choice| choice.is(said)).map(|choice| choice.answer) {
                Some(PromptAnswer::Suspend) => suspend(),
                Some(answer) => return Some(answer),
                None => {}
            }
        }
    }
}

/// What can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PromptAnswer {
    Yes,
    YesToAll,
    No,
    NoToAll,
    Suspend,
}

/// One answer that is offered.
pub(super) struct Choice {
    letter: char,
    label: Key,
    help: Key,
    answer: PromptAnswer,
}

impl Choice {
    /// The letter or the word, in whatever casing; nothing for the default.
    fn is(&self, said: &str) -> bool {
        let letter = said.chars().count() == 1 && said.chars().all(|c| c.eq_ignore_ascii_case(&self.letter));
        let default = said.is_empty() && matches!(self.answer, PromptAnswer::Yes);
        letter || default || said.to_lowercase() == self.label.text(&[]).to_lowercase()
    }
}

const fn choice(letter: char, label: Key, help: Key, answer: PromptAnswer) -> Choice {
    Choice { letter, label, help, answer }
}

/// What `-Confirm` offers.
pub(super) const CONFIRM: [Choice; 5] = [
    choice('Y', key!("ask-yes"), key!("ask-yes-help"), PromptAnswer::Yes),
    choice('A', key!("ask-yes-to-all"), key!("ask-yes-to-all-help"), PromptAnswer::YesToAll),
    choice('N', key!("ask-no"), key!("ask-no-help"), PromptAnswer::No),
    choice('L', key!("ask-no-to-all"), key!("ask-no-to-all-help"), PromptAnswer::NoToAll),
    choice('S', key!("ask-suspend"), key!("ask-suspend-help"), PromptAnswer::Suspend),
];

/// What an action preference of `Inquire` offers.
pub(super) const INQUIRE: [Choice; 4] = [
    choice('Y', key!("ask-yes"), key!("ask-go-on-help"), PromptAnswer::Yes),
    choice('A', key!("ask-yes-to-all"), key!("ask-go-on-to-all-help"), PromptAnswer::YesToAll),
    choice('H', key!("ask-halt"), key!("ask-halt-help"), PromptAnswer::NoToAll),
    choice('S', key!("ask-suspend"), key!("ask-suspend-help"), PromptAnswer::Suspend),
];

/// Stops the whole job, as Ctrl-Z does, until the shell brings it back. A job that no shell looks after is not
/// stopped by the kernel (`setpgid(2)`, orphaned process groups), and the question comes again.
fn suspend() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

/// Asks for what a call must have.
#[derive(Default)]
pub(super) struct Mandatory {
    begun: bool,
}

impl Prompt for Mandatory {
    fn prompt_for(&mut self, cmdlet: &Cmdlet, parameter: &Parameter) -> Option<String> {
        let mut terminal = PromptTerminal::open()?;
        if !std::mem::replace(&mut self.begun, true) {
            let mut err = io::stderr();
            reporter::write_line(&mut err, &words::with!("prompt-head", &[("name", cmdlet.name)]));
            reporter::write_line(&mut err, &words::text!("prompt-supply"));
        }
        terminal.line(&format!("{}: ", parameter.name))
    }
}
