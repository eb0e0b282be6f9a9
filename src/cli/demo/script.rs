//! The unattended tour: each step prints a command and its result, and is checked by what a person
//! would see. It ends with success only if everything was observed.

use std::io;

use usher_core::outcome::{Exit, Outcome, OutcomeResult};
use usher_core::session::Session;

use super::stage::DemoStage;
use super::station::{DemoStation, SIZE, until};
use crate::words::{self, Key, key};

/// An expectation that was not met.
#[derive(Debug, thiserror::Error)]
enum Unmet {
    #[error("{}", not_observed(.0))]
    Claim(String),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{}", unreadable(.0))]
    Json(#[from] serde_json::Error),
}

fn not_observed(claim: &str) -> String {
    words::with!("demo-unmet", &[("claim", claim)])
}

fn unreadable(why: &serde_json::Error) -> String {
    words::with!("demo-unread", &[("why", &why.to_string())])
}

/// Plays the tour.
pub(super) fn play() -> Exit {
    match Tour::begin().and_then(|mut tour| tour.play()) {
        Ok(()) => {
            println!("\n{}", words::text!("script-end"));
            Exit::Success
        }
        Err(unmet) => {
            eprintln!("\nusher demo: {unmet}");
            Exit::Failed
        }
    }
}

struct Tour {
    stage: DemoStage,
}

impl Tour {
    fn begin() -> Result<Tour, Unmet> {
        println!("# {}", words::text!("script-begin"));
        let stage = DemoStage::set()?;
        stage.open_three("exec cat > answers.txt")?;
        Ok(Tour { stage })
    }

    fn play(&mut self) -> Result<(), Unmet> {
        self.listed(3)?;
        self.lock_and_unlock()?;
        self.disconnect_and_resume()?;
        self.block()?;
        self.survive()?;
        self.close()
    }

    fn lock_and_unlock(&mut self) -> Result<(), Unmet> {
        println!("\n# {}", words::text!("script-type"));
        let mut station = DemoStation::sit(&self.stage, "1")?;
        station.type_keys("typed before the lock\r")?;
        claim(station.sees(|s| s.contains("typed before")), key!("claim-shown"))?;
        claim(until(|| self.answers() == "typed before the lock\n"), key!("claim-in-file"))?;
        let before = station.shows();

        let outcomes = self.outcomes(&["lock", "1", "--message", "Eyes up, 眼睛看前面"])?;
        claim(all(&outcomes, OutcomeResult::Done), key!("claim-lock"))?;
        claim(station.sees(|s| s.contains("Eyes up, 眼睛看前面")), key!("claim-message"))?;
        frame(&station.shows());
        station.type_keys("typed while locked\r")?;
        std::thread::sleep(std::time::Duration::from_millis(500));
        claim(self.answers() == "typed before the lock\n", key!("claim-withheld"))?;
        println!("# {}", words::text!("script-withheld"));

        let outcomes = self.outcomes(&["unlock", "1"])?;
        claim(all(&outcomes, OutcomeResult::Done), key!("claim-unlock"))?;
        claim(station.sees(|s| s == before), key!("claim-as-before"))?;
        station.type_keys("typed after the unlock\r")?;
        let both = "typed before the lock\ntyped after the unlock\n";
        claim(until(|| self.answers() == both), key!("claim-after"))?;
        println!("# {}", words::text!("script-restored"));
        print!("{}", self.answers());
        Ok(())
    }

    fn disconnect_and_resume(&mut self) -> Result<(), Unmet> {
        println!("\n# {}", words::text!("script-disconnect"));
        let mut station = DemoStation::sit(&self.stage, "1")?;
        claim(station.sees(|s| s.contains("typed after")), key!("claim-second"))?;
        let outcomes = self.outcomes(&["disconnect", "1"])?;
        claim(all(&outcomes, OutcomeResult::Done), key!("claim-disconnect"))?;
        claim(station.is_gone(), key!("claim-station-gone"))?;
        claim(self.session(1)?.state == usher_core::session::State::Disconnected, key!("claim-disconnected"))?;
        let again = DemoStation::sit(&self.stage, "1")?;
        claim(again.sees(|s| s.contains("typed after")), key!("claim-resumed"))
    }

    fn block(&mut self) -> Result<(), Unmet> {
        println!("\n# {}", words::text!("script-block"));
        let outcomes = self.outcomes(&["block", "--all", "--message", "Exam: please wait"])?;
        claim(outcomes.len() == 3 && all(&outcomes, OutcomeResult::Done), key!("claim-three-blocked"))?;
        let id = self.stage.open("late", "exec cat")?;
        println!("$ usher open --name late -- cat\n{id}");
        claim(self.session(id.parse().unwrap_or(0))?.locked, key!("claim-late-locked"))?;
        let outcomes = self.outcomes(&["unlock", &id])?;
        let refused = outcomes.first().and_then(|o| o.error.as_ref()).map(|e| e.id.as_str());
        claim(refused == Some("StillBlocked"), key!("claim-still-blocked"))?;
        let outcomes = self.outcomes(&["unlock", &id, "--exempt"])?;
        claim(all(&outcomes, OutcomeResult::Done), key!("claim-exempt"))?;
        self.run(&["blocks"])?;
        let outcomes = self.outcomes(&["unblock", "--all"])?;
        claim(outcomes.len() == 3 && all(&outcomes, OutcomeResult::Done), key!("claim-unblocked"))
    }

    fn survive(&mut self) -> Result<(), Unmet> {
        println!("\n# {}", words::text!("script-survive"));
        let outcomes = self.outcomes(&["lock", "2", "--message", "Still here"])?;
        claim(all(&outcomes, OutcomeResult::Done), key!("claim-two-locked"))?;
        self.stage.kill_daemon()?;
        println!("$ kill -9 $(pidof usherd); usherd --user");
        self.stage.start_daemon()?;
        let session = self.session(2)?;
        claim(session.lock.is_some_and(|l| l.message.as_str() == "Still here"), key!("claim-lock-stays"))?;
        self.listed(4)
    }

    fn close(&mut self) -> Result<(), Unmet> {
        println!("\n# {}", words::text!("script-close"));
        let outcomes = self.outcomes(&["close", "--all"])?;
        claim(outcomes.len() == 4 && all(&outcomes, OutcomeResult::Done), key!("claim-all-closed"))?;
        self.listed(0)?;
        self.run(&["audit"]).map(drop)
    }

    fn answers(&self) -> String {
        std::fs::read_to_string(self.stage.directory().join("answers.txt")).unwrap_or_default()
    }

    fn listed(&self, count: usize) -> Result<(), Unmet> {
        self.run(&["list"])?;
        claim(self.sessions()?.len() == count, key!("claim-listed"))
    }

    fn sessions(&self) -> Result<Vec<Session>, Unmet> {
        Ok(serde_json::from_slice(&self.stage.run(&["list", "--output", "json"])?.stdout)?)
    }

    fn session(&self, id: u32) -> Result<Session, Unmet> {
        let found = self.sessions()?.into_iter().find(|session| session.session_id == id);
        found.ok_or_else(|| Unmet::Claim(words::with!("claim-in-list", &[("id", &id.to_string())])))
    }

    /// Runs a command as the reader would, and prints both.
    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Unmet> {
        println!("$ usher {}", quoted(arguments));
        let output = self.stage.run(arguments)?;
        print!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    }

    fn outcomes(&self, arguments: &[&str]) -> Result<Vec<Outcome>, Unmet> {
        let with_json: Vec<&str> = arguments.iter().copied().chain(["--output", "jsonl"]).collect();
        let text = self.run(&with_json)?;
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Ok(lines.map(serde_json::from_slice).collect::<Result<_, _>>()?)
    }
}

fn all(outcomes: &[Outcome], result: OutcomeResult) -> bool {
    !outcomes.is_empty() && outcomes.iter().all(|outcome| outcome.result == result && outcome.observed)
}

fn claim(holds: bool, what: Key) -> Result<(), Unmet> {
    if holds { Ok(()) } else { Err(Unmet::Claim(what.text(&[]))) }
}

fn quoted(arguments: &[&str]) -> String {
    let word = |word: &&str| if word.contains(' ') { format!("{word:?}") } else { (*word).to_owned() };
    arguments.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Prints a terminal's screen with a frame round it.
fn frame(screen: &str) {
    use unicode_width::UnicodeWidthStr;
    let width = usize::from(SIZE.cols) + 2;
    println!("  ┌{}┐", "─".repeat(width));
    for line in screen.lines() {
        println!("  │ {line}{}│", " ".repeat((width - 1).saturating_sub(line.width())));
    }
    println!("  └{}┘", "─".repeat(width));
}
