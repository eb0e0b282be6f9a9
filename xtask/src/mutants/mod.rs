//! `cargo xtask mutants [MODULE…] [--again]`: cargo-mutants over the code that must be held tightly, module by module.
//!
//! What a module's run found is kept in `TARGET/mutants/MODULE` and counts as long as no source changes. A run that was
//! broken off goes on with the mutants that no test has noticed yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};

use crate::{hosts, reader, run, tools};

mod accepted;
mod modules;

use accepted::Accepted;
use modules::{ALL, Module};

/// The version of cargo-mutants.
const VERSION: &str = "27.1.0";

/// Seconds that the tests of a mutant have at least, so that a busy machine is not taken for a hanging test.
const TIMEOUT: &str = "120";

/// Mutants at once. Each has one crate compiled, which mostly keeps one core busy.
const AT_ONCE: &str = "2";

/// The whole task.
pub fn run(arguments: &[String]) -> ExitCode {
    let again = arguments.iter().any(|word| word == "--again");
    let named: Vec<&String> = arguments.iter().filter(|word| *word != "--again").collect();
    if let Some(word) = named.iter().find(|word| !ALL.iter().any(|module| module.name == **word)) {
        let known: Vec<&str> = ALL.iter().map(|module| module.name).collect();
        eprintln!("xtask: `cargo xtask mutants` does not know {word}; it knows {}", known.join(", "));
        return ExitCode::from(2);
    }
    let chosen = ALL.iter().filter(|module| named.is_empty() || named.iter().any(|word| *word == module.name));
    match all(chosen, again) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(unexplained) => {
            println!("{unexplained} mutants live without a reason: kill them, or say in docs/mutants.md why they may");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Runs these modules; gives how many mutants live without a reason.
fn all(modules: impl Iterator<Item = &'static Module>, again: bool) -> Result<usize, String> {
    let tool = tools::tool("cargo-mutants", VERSION)?;
    let table = fs::read_to_string(run::root().join("docs/mutants.md")).map_err(|e| format!("docs/mutants.md: {e}"))?;
    let accepted = Accepted::read(&table)?;
    let sources = format!("{:016x}", sources()?);
    let mut unexplained = 0;
    for module in modules {
        let kept = run::target().join("mutants").join(module.name);
        let done = kept.join("done");
        if again {
            let _ = fs::remove_dir_all(&kept);
        }
        if fs::read_to_string(&done).is_ok_and(|of| of == sources) {
            println!("{}: as it was found before; --again runs it anew", module.name);
        } else {
            mutated(module, &tool, &kept)?;
            fs::write(&done, &sources).map_err(|error| error.to_string())?;
        }
        unexplained += told(module, &kept.join("mutants.out"), &accepted);
    }
    Ok(unexplained)
}

/// Runs cargo-mutants for this module.
fn mutated(module: &Module, tool: &Path, kept: &PathBuf) -> Result<(), String> {
    fs::create_dir_all(kept).map_err(|error| error.to_string())?;
    let mut mutants = run::program(tool);
    mutants.args(["mutants", "--iterate", "--jobs", AT_ONCE, "--colors", "never"]);
    mutants.args(["--minimum-test-timeout", TIMEOUT, "--output"]).arg(kept).args(["--package", module.package]);
    mutants.args(module.files.iter().flat_map(|file| ["--file", file]));
    mutants.args(["--test-package", &module.tests.join(","), "--"]).args(module.which);
    // What is mutated is built in a copy.
    mutants.env_remove("CARGO_TARGET_DIR").stdin(Stdio::null());
    println!("{}: {}", module.name, run::line(&mutants));
    match mutants.status() {
        Ok(status) if came_to_its_end(status) => Ok(()),
        Ok(status) => Err(format!("{}: cargo-mutants: {status}", module.name)),
        Err(error) => Err(format!("cargo-mutants cannot be started: {error}")),
    }
}

/// All were noticed, some were not, some made tests hang: what else it exits with is no result.
fn came_to_its_end(status: ExitStatus) -> bool {
    matches!(status.code(), Some(0 | 2 | 3))
}

/// Tells what was found; gives how many live without a reason.
fn told(module: &Module, found: &Path, accepted: &Accepted) -> usize {
    let read = |name: &str| fs::read_to_string(found.join(name)).unwrap_or_default();
    let missed = read("missed.txt");
    let count = |text: &str| text.lines().count();
    let noticed = count(&read("caught.txt")) + count(&read("previously_caught.txt")) + count(&read("timeout.txt"));
    let unexplained = accepted.unexplained(&missed);
    println!(
        "{}: {noticed} noticed or not viable, {} live, {} of them without a reason",
        module.name,
        count(&missed),
        unexplained.len()
    );
    unexplained.iter().for_each(|line| println!("    {line}"));
    let is_of = |file: &str| module.files.iter().any(|glob| file.starts_with(glob.trim_end_matches("**")));
    let outdated = accepted.outdated(&missed, is_of);
    outdated.iter().for_each(|mutant| println!("    lives no more, so its row can go: {mutant}"));
    unexplained.len()
}

/// A number for all sources and tests as they are.
fn sources() -> Result<u64, String> {
    let mut files = reader::walk(&run::root());
    files.retain(|file| !file.starts_with(run::target()));
    let texts: Result<Vec<String>, _> = files.iter().map(fs::read_to_string).collect();
    let texts = texts.map_err(|error| format!("a source cannot be read: {error}"))?;
    Ok(hosts::hash(&texts.iter().map(String::as_str).collect::<Vec<_>>()))
}
