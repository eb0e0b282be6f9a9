//! `cargo xtask rooms`: no room uses a higher floor, and no rooms use each other.

use std::fs;

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
            let wrong = wrong.iter().filter(|line| !line.starts_with(' '));
            Verdict::Failed(format!("{} things break the order of the floors", wrong.count()))
        }
        Err(why) => Verdict::Failed(why),
    }
}

fn wrong() -> Result<Vec<String>, String> {
    let file = run::root().join("floors.txt");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let packages = reader::packages()?;
    Ok(floors::Floors::read(&text)?.wrong(&resolve::rooms(&packages), &resolve::uses(&packages)))
}
