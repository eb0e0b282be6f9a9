//! The unattended tour: each step prints a command and its result, and is checked by what a person
//! would see. It ends with success only if everything was observed.

use std::io;

use usher_core::outcome::{Exit, Outcome, OutcomeResult};
use usher_core::session::Session;

use super::stage::DemoStage;
use super::station::{DemoStation, SIZE, until};

/// An expectation that was not met.
#[derive(Debug, thiserror::Error)]
enum Unmet {
    #[error("not observed: {0}")]
    Claim(String),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the answer cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}

/// Plays the tour.
pub(super) fn play() -> Exit {
    match Tour::begin().and_then(|mut tour| tour.play()) {
        Ok(()) => {
            println!("\nEverything above was observed. Nothing is left behind.");
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
        println!("# A daemon of its own, without root, systemd or D-Bus, and three text sessions.");
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
        println!("\n# Somebody sits down at session 1, where `cat > answers.txt` runs, and types.");
        let mut station = DemoStation::sit(&self.stage, "1")?;
        station.type_keys("typed before the lock\r")?;
        claim(station.sees(|s| s.contains("typed before")), "the station shows what is typed")?;
        claim(until(|| self.answers() == "typed before the lock\n"), "the line is in the file")?;
        let before = station.shows();

        let outcomes = self.outcomes(&["lock", "1", "--message", "Eyes up, 眼睛看前面"])?;
        claim(all(&outcomes, OutcomeResult::Done), "the lock is done and observed")?;
        claim(station.sees(|s| s.contains("Eyes up, 眼睛看前面")), "the station shows the message")?;
        frame(&station.shows());
        station.type_keys("typed while locked\r")?;
        std::thread::sleep(std::time::Duration::from_millis(500));
        claim(self.answers() == "typed before the lock\n", "keys typed while locked reach nobody")?;
        println!("# What is typed now reaches nobody: answers.txt is unchanged.");

        let outcomes = self.outcomes(&["unlock", "1"])?;
        claim(all(&outcomes, OutcomeResult::Done), "the unlock is done and observed")?;
        claim(station.sees(|s| s == before), "the screen is as it was before the lock")?;
        station.type_keys("typed after the unlock\r")?;
        let both = "typed before the lock\ntyped after the unlock\n";
        claim(until(|| self.answers() == both), "what is typed after the unlock arrives, and nothing of before it")?;
        println!("# The screen is as before; answers.txt has what was typed before and after, nothing else:");
        print!("{}", self.answers());
        Ok(())
    }

    fn disconnect_and_resume(&mut self) -> Result<(), Unmet> {
        println!("\n# Session 1 is freed of its station and lives on; somebody resumes it.");
        let mut station = DemoStation::sit(&self.stage, "1")?;
        claim(station.sees(|s| s.contains("typed after")), "a second station shows the same screen")?;
        let outcomes = self.outcomes(&["disconnect", "1"])?;
        claim(all(&outcomes, OutcomeResult::Done), "the disconnect is done and observed")?;
        claim(station.is_gone(), "the station is gone")?;
        claim(self.session(1)?.state == usher_core::session::State::Disconnected, "the session is disconnected")?;
        let again = DemoStation::sit(&self.stage, "1")?;
        claim(again.sees(|s| s.contains("typed after")), "who resumes finds the screen as it was")
    }

    fn block(&mut self) -> Result<(), Unmet> {
        println!("\n# A standing rule covers every session, also those of the future.");
        let outcomes = self.outcomes(&["block", "--all", "--message", "Exam: please wait"])?;
        claim(outcomes.len() == 3 && all(&outcomes, OutcomeResult::Done), "three sessions are blocked")?;
        let id = self.stage.open("late", "exec cat")?;
        println!("$ usher open --name late -- cat\n{id}");
        claim(self.session(id.parse().unwrap_or(0))?.locked, "a session opened now is locked from its first moment")?;
        let outcomes = self.outcomes(&["unlock", &id])?;
        let refused = outcomes.first().and_then(|o| o.error.as_ref()).map(|e| e.id.as_str());
        claim(refused == Some("StillBlocked"), "unlocking it names the rule that still covers it")?;
        let outcomes = self.outcomes(&["unlock", &id, "--exempt"])?;
        claim(all(&outcomes, OutcomeResult::Done), "an exemption opens it")?;
        self.run(&["blocks"])?;
        let outcomes = self.outcomes(&["unblock", "--all"])?;
        claim(outcomes.len() == 3 && all(&outcomes, OutcomeResult::Done), "the rule is gone and the others are open")
    }

    fn survive(&mut self) -> Result<(), Unmet> {
        println!("\n# The daemon is killed while session 2 is locked. Its holder keeps the lock.");
        let outcomes = self.outcomes(&["lock", "2", "--message", "Still here"])?;
        claim(all(&outcomes, OutcomeResult::Done), "session 2 is locked")?;
        self.stage.kill_daemon()?;
        println!("$ kill -9 $(pidof usherd); usherd --user");
        self.stage.start_daemon()?;
        let session = self.session(2)?;
        claim(session.lock.is_some_and(|l| l.message.as_str() == "Still here"), "the lock is still there")?;
        self.listed(4)
    }

    fn close(&mut self) -> Result<(), Unmet> {
        println!("\n# All sessions end; the audit log remains.");
        let outcomes = self.outcomes(&["close", "--all"])?;
        claim(outcomes.len() == 4 && all(&outcomes, OutcomeResult::Done), "every session is closed and seen gone")?;
        self.listed(0)?;
        self.run(&["audit"]).map(drop)
    }

    fn answers(&self) -> String {
        std::fs::read_to_string(self.stage.directory().join("answers.txt")).unwrap_or_default()
    }

    fn listed(&self, count: usize) -> Result<(), Unmet> {
        self.run(&["list"])?;
        claim(self.sessions()?.len() == count, "the list has the sessions that there are")
    }

    fn sessions(&self) -> Result<Vec<Session>, Unmet> {
        Ok(serde_json::from_slice(&self.stage.run(&["list", "--output", "json"])?.stdout)?)
    }

    fn session(&self, id: u32) -> Result<Session, Unmet> {
        let found = self.sessions()?.into_iter().find(|session| session.session_id == id);
        found.ok_or_else(|| Unmet::Claim(format!("session {id} is in the list")))
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

fn claim(holds: bool, what: &str) -> Result<(), Unmet> {
    if holds { Ok(()) } else { Err(Unmet::Claim(what.to_owned())) }
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
