//! Questions on the terminal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use super::say;
use crate::cmdlet::bind::Prompt;
use crate::cmdlet::{Cmdlet, Parameter};
use crate::words;

/// A person's terminal. Questions go to standard error, so that they are seen beside a pipe of objects; answers come
/// from standard input, or from the controlling terminal where standard input is a pipe.
pub(super) struct Terminal {
    answers: Box<dyn BufRead>,
}

impl Terminal {
    /// The terminal, if a person can be asked.
    pub(super) fn open() -> Option<Self> {
        if !io::stderr().is_terminal() {
            return None;
        }
        if io::stdin().is_terminal() {
            return Some(Terminal { answers: Box::new(io::stdin().lock()) });
        }
        let answers = File::open("/dev/tty").ok()?;
        Some(Terminal { answers: Box::new(BufReader::new(answers)) })
    }

    /// A line; `None` at the end of input.
    fn line(&mut self, question: &str) -> Option<String> {
        let mut err = io::stderr();
        let _ = write!(err, "{question}").and_then(|()| err.flush());
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(1..) => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
            Ok(0) | Err(_) => {
                say::line(&mut err, "");
                None
            }
        }
    }

    /// Asks until one of the choices is given. An empty line is the first choice, the end of input the last but
    /// those that lead back to the question.
    pub(super) fn choose(&mut self, title: &str, question: &[String], choices: &[Choice]) -> Option<Answer> {
        let mut err = io::stderr();
        say::line(&mut err, &format!("\n{title}"));
        question.iter().for_each(|line| say::line(&mut err, line));
        let offered: Vec<String> =
            choices.iter().map(|choice| format!("[{}] {}", choice.letter, words::text(choice.label))).collect();
        let help = words::text("ask-help");
        let default = choices.first().map_or(String::new(), |choice| choice.letter.to_string());
        let offered =
            format!("{}  [?] {help} {}: ", offered.join("  "), words::with("ask-default", &[("letter", &default)]));
        loop {
            let said = self.line(&offered)?;
            let said = said.trim();
            if said == "?" {
                choices.iter().for_each(|c| say::line(&mut err, &format!("{} - {}", c.letter, words::text(c.help))));
                continue;
            }
            match choices.iter().find(|choice| choice.is(said)).map(|choice| choice.answer) {
                Some(Answer::Suspend) => suspend(),
                Some(answer) => return Some(answer),
                None => {}
            }
        }
    }
}

/// What can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    YesToAll,
    No,
    NoToAll,
    Suspend,
}

/// One answer that is offered.
pub(super) struct Choice {
    letter: char,
    label: &'static str,
    help: &'static str,
    answer: Answer,
}

impl Choice {
    /// The letter or the word, in whatever casing; nothing for the default.
    fn is(&self, said: &str) -> bool {
        let letter = said.chars().count() == 1 && said.chars().all(|c| c.eq_ignore_ascii_case(&self.letter));
        let default = said.is_empty() && matches!(self.answer, Answer::Yes);
        letter || default || said.to_lowercase() == words::text(self.label).to_lowercase()
    }
}

const fn choice(letter: char, label: &'static str, help: &'static str, answer: Answer) -> Choice {
    Choice { letter, label, help, answer }
}

/// What `-Confirm` offers.
pub(super) const CONFIRM: [Choice; 5] = [
    choice('Y', "ask-yes", "ask-yes-help", Answer::Yes),
    choice('A', "ask-yes-to-all", "ask-yes-to-all-help", Answer::YesToAll),
    choice('N', "ask-no", "ask-no-help", Answer::No),
    choice('L', "ask-no-to-all", "ask-no-to-all-help", Answer::NoToAll),
    choice('S', "ask-suspend", "ask-suspend-help", Answer::Suspend),
];

/// What an action preference of `Inquire` offers.
pub(super) const INQUIRE: [Choice; 4] = [
    choice('Y', "ask-yes", "ask-go-on-help", Answer::Yes),
    choice('A', "ask-yes-to-all", "ask-go-on-to-all-help", Answer::YesToAll),
    choice('H', "ask-halt", "ask-halt-help", Answer::NoToAll),
    choice('S', "ask-suspend", "ask-suspend-help", Answer::Suspend),
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
    fn ask(&mut self, cmdlet: &Cmdlet, parameter: &Parameter) -> Option<String> {
        let mut terminal = Terminal::open()?;
        if !std::mem::replace(&mut self.begun, true) {
            let mut err = io::stderr();
            say::line(&mut err, &words::with("prompt-head", &[("name", cmdlet.name)]));
            say::line(&mut err, &words::text("prompt-supply"));
        }
        terminal.line(&format!("{}: ", parameter.name))
    }
}
