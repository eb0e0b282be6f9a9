//! `cargo xtask rooms`: no room uses a higher floor, and no rooms use each other.

use std::fs;
use std::process::ExitCode;

use crate::steps::{Report, Verdict};
use crate::{reader, run};

mod floors;
mod resolve;

/// The step of `cargo verify`.
pub fn in_order(_: &mut Report) -> Verdict {
    match wrong() {
        Ok(wrong) if wrong.is_empty() => Verdict::Passed,
        Ok(wrong) => {
            wrong.iter().for_each(|line| println!("    {line}"));
            Verdict::Failed(format!("{} places break the order of the floors", wrong.len()))
        }
        Err(why) => Verdict::Failed(why),
    }
}

/// The whole task.
pub fn run() -> ExitCode {
    let verdict = in_order(&mut Report::default());
    println!("rooms: {verdict}");
    if verdict == Verdict::Passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn wrong() -> Result<Vec<String>, String> {
    let file = run::root().join("floors.txt");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let packages = reader::packages()?;
    Ok(floors::Floors::read(&text)?.wrong(&resolve::rooms(&packages), &resolve::uses(&packages)))
}
