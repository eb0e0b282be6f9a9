//! The cmdlets as people and scripts type them: one file per cmdlet, and one for what all of them share.

use std::process::Stdio;

use crate::harness::{Daemon, PATIENCE, Ran, Said, Station, run, wait_bounded};

mod ask;
mod close;
mod disconnect;
mod get;
mod help;
mod install;
mod language;
mod lock;
mod pipeline;
mod streams;
mod unlock;

/// Runs a cmdlet with nothing on standard input, as cron does: `line` is split at blanks, `_` stands for one.
#[track_caller]
fn cmdlet(daemon: &Daemon, line: &str) -> Ran {
    let words: Vec<String> = line.split_whitespace().map(|word| word.replace('_', " ")).collect();
    shell(daemon, &format!("exec usher {} < /dev/null", quoted(&words)))
}

fn quoted(words: &[String]) -> String {
    let quote = |word: &String| format!("'{}'", word.replace('\'', "'\\''"));
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// Runs a line in a shell in which `usher` and the cmdlets' links are in `$PATH`.
#[track_caller]
fn shell(daemon: &Daemon, line: &str) -> Ran {
    let mut command = crate::harness::clean_command("/bin/sh", daemon.directory());
    let path = format!("{}:{}", links(daemon), std::env::var("PATH").unwrap_or_default());
    command.args(["-c", line]).env("PATH", path).env("USHER_SOCKET", daemon.socket());
    run(&mut command, b"")
}

/// Opens so many sessions.
#[track_caller]
fn open(daemon: &Daemon, count: usize) {
    (0..count).for_each(|_| {
        daemon.open("exec cat");
    });
}

/// A directory with `usher` and the links that `install-cmdlets` makes.
#[track_caller]
fn links(daemon: &Daemon) -> String {
    let directory = daemon.path("bin");
    if !directory.exists() {
        std::fs::create_dir(&directory).expect("a directory");
        std::os::unix::fs::symlink(crate::harness::USHER, directory.join("usher")).expect("a link");
        daemon.usher(&["install-cmdlets", directory.to_str().expect("text")]).exits(0);
    }
    directory.to_str().expect("text").to_owned()
}

/// A terminal in which a shell line runs with the cmdlets in `$PATH`.
fn terminal(daemon: &Daemon, line: &str) -> Station {
    let path = format!("{}:{}", links(daemon), std::env::var("PATH").unwrap_or_default());
    let line = format!("PATH='{path}' USHER_SOCKET='{}'; export PATH USHER_SOCKET; {line}", daemon.socket().display());
    Station::run_program(daemon, "/bin/sh", &["-c".to_owned(), line], 40, 160)
}

/// Checks that an error record has this target and kind, and this identifier.
#[track_caller]
fn has_record(said: &Said, category: &str, id: &str) {
    let category = format!("    + CategoryInfo          : {category}");
    let id = format!("    + FullyQualifiedErrorId : {id}");
    let (mut categories, mut ids) = (said.stderr.lines(), said.stderr.lines());
    assert!(categories.any(|line| line == category), "{category}\n{}", said.stderr);
    assert!(ids.any(|line| line == id), "{id}\n{}", said.stderr);
}

/// A cmdlet whose standard input stays open until it is dropped.
struct Open(std::process::Child);

impl Open {
    #[track_caller]
    fn run(daemon: &Daemon, arguments: &[&str]) -> Self {
        let mut command = daemon.usher_command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Open(command.spawn().expect("it can be executed"))
    }

    fn send(&mut self, bytes: &[u8]) {
        use std::io::Write;
        let pipe = self.0.stdin.as_mut().expect("a pipe");
        pipe.write_all(bytes).and_then(|()| pipe.flush()).expect("it reads");
    }

    #[track_caller]
    fn end(mut self) -> i32 {
        drop(self.0.stdin.take());
        wait_bounded(&mut self.0, PATIENCE).and_then(|status| status.code()).expect("it ends")
    }
}
