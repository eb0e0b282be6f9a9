//! `cargo xtask fresh [SUITE…] [--short]`: the two commands in a pristine Debian with a Rust toolchain and nothing else.
//! `cargo xtask fresh [SUITE…] -- COMMAND`: another command line there.

use std::io::{BufRead, BufReader};
use std::process::{ExitCode, Stdio};

use crate::hosts::builder;
use crate::steps::{Report, Verdict};
use crate::{host, hosts, run};

mod times;

/// Keeps the root, and removes it.
const GUARDIAN: &str = include_str!("guardian.sh");

/// Makes the root, and runs the commands in it.
const INSIDE: &str = include_str!("root.sh");

/// Beginnings of the variables that say how this machine reaches its registries; `_PROXY` is an end.
const CARRIED: [&str; 9] = [
    "SSL_CERT_",
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_SOURCE_",
    "GIT_SSL_",
    "PIP_",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
];

/// What of apt's configuration says the same of Debian's packages.
const APT: [&str; 5] =
    ["Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries", "Acquire::AllowInsecure"];

/// The whole task.
pub fn run(arguments: &[String]) -> ExitCode {
    let mut parts = arguments.split(|word| word == "--");
    let options = parts.next().unwrap_or_default();
    let short = options.iter().any(|word| word == "--short");
    let own = parts.next().map(|words| words.join(" "));
    let (what, expected) = match &own {
        Some(command) => (command.as_str(), 1),
        None if short => ("short", 2),
        None => ("all", 3),
    };
    let named: Vec<&str> = options.iter().map(String::as_str).filter(|word| *word != "--short").collect();
    if let Some(word) = named.iter().find(|word| !hosts::SUITES.contains(*word)) {
        eprintln!("xtask: `cargo xtask fresh` does not know {word}; it knows {}", hosts::SUITES.join(", "));
        return ExitCode::from(2);
    }
    if !host::installs() {
        eprintln!("xtask: only root on Debian can make a pristine Debian");
        return ExitCode::FAILURE;
    }
    let prepared = host::prepare(&mut Report::default());
    if prepared != Verdict::Passed {
        eprintln!("xtask: {prepared}");
        return ExitCode::FAILURE;
    }
    let suites = if named.is_empty() { hosts::SUITES.to_vec() } else { named };
    let told: Vec<(&str, Result<Vec<times::Timed>, String>)> =
        suites.into_iter().map(|suite| (suite, pristine(suite, what))).collect();
    let mut failed = false;
    for (suite, outcome) in &told {
        match outcome {
            Ok(all) => {
                all.iter().for_each(|one| println!("{suite}: {one}"));
                let wrong = times::wrong(all, expected);
                wrong.iter().for_each(|why| println!("{suite}: FAILED: {why}"));
                failed |= !wrong.is_empty();
            }
            Err(why) => {
                println!("{suite}: FAILED: {why}");
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs the commands in a new root of this release.
fn pristine(suite: &str, what: &str) -> Result<Vec<times::Timed>, String> {
    let cache = run::cache().ok_or("there is no home directory")?;
    let mirror = hosts::mirror().ok_or("apt knows no mirror of Debian")?;
    let root = cache.join("fresh").join(format!("{suite}-{}", std::process::id()));
    let debs = cache.join("hosts/debs").join(suite);
    let say = |error: std::io::Error| error.to_string();
    std::fs::create_dir_all(&root).and_then(|()| std::fs::create_dir_all(&debs)).map_err(say)?;
    println!("{suite} is made pristine in {}; what is not committed is not in it", root.display());
    let mut guardian = run::program("setsid");
    guardian.args(["sh", "-c", GUARDIAN, "guardian.sh"]).arg(&root).args([suite, &mirror]).arg(debs);
    guardian.arg(run::root()).arg(builder::toolchain()?).arg(what);
    let names = carried();
    guardian.env_clear().envs(names.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    guardian
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LANG", "C.UTF-8")
        .env("CONFIG", builder::cargo_home().join("config.toml"));
    guardian.env("INSIDE", INSIDE).env("CARRIED", names.join(" ")).env("APT", apt());
    // The guardian sees this task's end by the end of this pipe, which nobody else has.
    let mut guardian = guardian.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(say)?;
    let stdin = guardian.stdin.take();
    let stdout = guardian.stdout.take().ok_or("no pipe")?;
    let told = times::follow(BufReader::new(stdout).split(b'\n').map_while(Result::ok), std::io::stdout().lock());
    let status = guardian.wait().map_err(say)?;
    drop(stdin);
    if status.success() { Ok(told) } else { Err(format!("what runs in the root ended with {status}")) }
}

/// The names of the variables that go along; no secret is among them.
fn carried() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| goes_along(name)).collect()
}

fn goes_along(name: &str) -> bool {
    let known = CARRIED.iter().any(|start| name.starts_with(start)) || name.to_ascii_uppercase().ends_with("_PROXY");
    let secret = ["TOKEN", "PASSWORD", "CREDENTIAL"].iter().any(|word| name.contains(word));
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    known && plain && !secret
}

fn apt() -> String {
    let said = run::program("apt-config").arg("dump").stdin(Stdio::null()).output();
    let said = said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default();
    let kept = said.lines().filter(|line| APT.iter().any(|start| line.starts_with(start)));
    kept.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::goes_along;

    #[test]
    fn what_leads_to_registries_goes_along_and_no_secret() {
        for name in ["https_proxy", "NO_PROXY", "SSL_CERT_FILE", "CARGO_HTTP_CAINFO", "PIP_INDEX_URL"] {
            assert!(goes_along(name), "{name}");
        }
        for name in ["HOME", "CARGO_TARGET_DIR", "CARGO_REGISTRIES_X_TOKEN", "CARGO_REGISTRY_TOKEN", "RUSTFLAGS"] {
            assert!(!goes_along(name), "{name}");
        }
    }
}
