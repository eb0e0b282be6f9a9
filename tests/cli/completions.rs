//! Completion, as a person at a shell has it: real shells in terminals, keys typed, and what they show.

use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::harness::{Daemon, Station, USHER, clean_command, need, run};

/// Where the completions are that packages install.
fn completions() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/completions").display().to_string()
}

/// A shell that is ready for keys, with `usher` in its path; none if it is not installed.
fn shell(daemon: &Daemon, program: &str, arguments: &[&str], setup: &str) -> Option<Station> {
    need(program)?;
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let shell = Station::run_program(daemon, program, &arguments, 40, 120);
    let programs = Path::new(USHER).parent().expect("a directory").display();
    let way = format!("export PATH={programs}:\"$PATH\" USHER_SOCKET={}", daemon.socket().display());
    shell.type_keys(format!("{way}; {setup}; echo re''ady\n").as_bytes());
    shell.wait_for("ready");
    Some(shell)
}

fn bash(daemon: &Daemon) -> Option<Station> {
    let setup = "PS1='$ '; eval \"$(usher completion bash)\"";
    shell(daemon, "bash", &["--norc", "--noprofile", "-i"], setup)
}

/// As the package installs it: a file that zsh finds by its name.
fn zsh(daemon: &Daemon) -> Option<Station> {
    let setup = format!("PS1='$ '; fpath=({} $fpath); autoload -Uz compinit && compinit -D -u", completions());
    shell(daemon, "zsh", &["-f", "-i"], &setup)
}

fn fish(daemon: &Daemon) -> Option<Station> {
    let setup = "function fish_prompt; echo '$ '; end; usher completion fish | source";
    shell(daemon, "fish", &["--no-config", "-i"], setup)
}

/// Types this, and a tabulator behind it; waits until the line is this.
#[track_caller]
fn completes(shell: &Station, typed: &str, line: &str) {
    // Ctrl-U: whatever stood on the line is gone.
    shell.type_keys(format!("\x15\x0c{typed}\t").as_bytes());
    shell
        .wait(&format!("{typed:?} becomes {line:?}"), |shot| shot.text().lines().any(|l| l.trim_end().ends_with(line)));
}

/// Types this and two tabulators; waits until all of these are offered.
#[track_caller]
fn offers(shell: &Station, typed: &str, offered: &[&str]) {
    shell.type_keys(format!("\x15\x0c{typed}\t\t").as_bytes());
    shell.wait(&format!("{typed:?} offers {offered:?}"), |shot| {
        let text = shot.text();
        offered.iter().all(|word| text.split_whitespace().any(|shown| shown.trim_matches(['(', ')']) == *word))
    });
}

fn completes_cmdlets(shell: &Station) {
    completes(shell, "usher Lock-WmsSession -Mess", "usher Lock-WmsSession -Message");
    completes(shell, "usher --verbose Lock-WmsSession -Mess", "usher --verbose Lock-WmsSession -Message");
    completes(shell, "Lock-WmsSession -Mess", "Lock-WmsSession -Message");
    completes(shell, "usher Get-WmsSession -Thumbnail Full", "usher Get-WmsSession -Thumbnail FullScreen");
    completes(shell, "usher Disc", "usher Disconnect-WmsSession");
    completes(shell, "usher lock-wmssession -mess", "usher lock-wmssession -Message");
    completes(shell, "lock-wmssession -mess", "lock-wmssession -Message");
    // The plain verbs too.
    completes(shell, "usher install-c", "usher install-cmdlets");
    completes(shell, "usher blocks --verb", "usher blocks --verbose");
    completes(shell, "usher list --output jsonl --sta", "usher list --output jsonl --state");
    completes(shell, "usher list --state disc", "usher list --state disconnected");
    completes(shell, "usher list --output=tab", "usher list --output=table");
}

/// A daemon with sessions, and a home that knows hosts.
fn furnished() -> Daemon {
    let daemon = Daemon::start();
    for name in ["maths", "history"] {
        daemon.usher(&["open", "--name", name, "--", "cat"]).exits(0);
    }
    daemon.open("exec cat");
    daemon.usher(&["lock", "history", "-m", "Please wait"]).exits(0);
    let mut group = clean_command(USHER, daemon.directory());
    run(group.args(["servers", "group", "classroom", "olga@lab1", "lab2"]), b"").exits(0);
    daemon
}

fn completes_data(shell: &Station, daemon: &Daemon) {
    completes(shell, "usher lock math", "usher lock maths");
    completes(shell, "usher close his", "usher close history");
    offers(shell, "usher lock ", &["1", "2", "3", "maths", "history"]);
    // Only what is locked can be unlocked, and what was typed is not offered again.
    completes(shell, "usher unlock h", "usher unlock history");
    offers(shell, "usher thumbnail ", &["1", "2", "3", "maths", "history"]);
    completes(shell, "usher close maths his", "usher close maths history");
    let user = daemon.session(1)["user"].as_str().expect("a user").to_owned();
    let most = &user[..user.len() - 1];
    completes(shell, &format!("usher list --user {most}"), &format!("usher list --user {user}"));
    completes(shell, &format!("usher block --user={most}"), &format!("usher block --user={user}"));
    completes(shell, &format!("usher login console {most}"), &format!("usher login console {user}"));
    completes(shell, "usher list --server class", "usher list --server classroom");
    completes(shell, "usher list --server lab2,olga@", "usher list --server lab2,olga@lab1");
    completes(shell, "usher servers ungroup c", "usher servers ungroup classroom");
    completes(shell, "usher help thu", "usher help thumbnail");
    completes(shell, "usher help Lock-W", "usher help Lock-WmsSession");
    completes(shell, "usher help servers un", "usher help servers ungroup");
    completes(shell, "usher help --lang en servers rem", "usher help --lang en servers remove");
    offers(shell, "usher help servers ", &["group", "ungroup", "remove", "test"]);
    offers(shell, "Close-WmsSession -SessionId ", &["1", "2", "3"]);
    // Files are the shell's business, and so is another program's line.
    std::fs::write(daemon.path("picture-of-a-screen.png"), "").expect("a file");
    completes(shell, "usher thumbnail 1 --file picture-of", "usher thumbnail 1 --file picture-of-a-screen.png");
    completes(shell, "usher open --name x -- cat picture-of", "usher open --name x -- cat picture-of-a-screen.png");
    // Rules by whom they are for.
    daemon.usher(&["block", "--group", "root", "-m", "Exam"]).exits(0);
    completes(shell, "usher unblock --group ro", "usher unblock --group root");
    daemon.usher(&["unblock", "--group", "root"]).exits(0);
}

#[test]
fn bash_completes_cmdlets_as_links_and_as_verbs() {
    let daemon = Daemon::not_started();
    let Some(shell) = bash(&daemon) else { return };
    completes_cmdlets(&shell);
    offers(&shell, "usher Unlock-WmsSession -", &["-SessionId", "-All", "-Server", "-Verbose"]);
}

#[test]
fn zsh_completes_cmdlets_as_links_and_as_verbs() {
    let daemon = Daemon::not_started();
    let Some(shell) = zsh(&daemon) else { return };
    completes_cmdlets(&shell);
}

#[test]
fn fish_completes_cmdlets_as_links_and_as_verbs() {
    let daemon = Daemon::not_started();
    let Some(shell) = fish(&daemon) else { return };
    completes_cmdlets(&shell);
}

#[test]
fn bash_completes_what_there_is() {
    let daemon = furnished();
    let Some(shell) = bash(&daemon) else { return };
    completes_data(&shell, &daemon);
    // A list explains what it lists.
    offers(&shell, "usher show ", &["maths", "history", "text", "disconnected"]);
}

#[test]
fn zsh_completes_what_there_is() {
    let daemon = furnished();
    let Some(shell) = zsh(&daemon) else { return };
    completes_data(&shell, &daemon);
}

#[test]
fn fish_completes_what_there_is() {
    let daemon = furnished();
    let Some(shell) = fish(&daemon) else { return };
    completes_data(&shell, &daemon);
}

/// What the package installs is found by the command's name.
#[test]
fn bash_finds_the_completion_of_a_link_by_its_name() {
    let loader = Path::new("/usr/share/bash-completion/bash_completion");
    if !loader.is_file() {
        return crate::harness::skip("there is no bash-completion here");
    }
    let daemon = Daemon::not_started();
    let directory = daemon.path("share/bash-completion/completions");
    std::fs::create_dir_all(&directory).expect("a directory");
    for name in ["usher", "Lock-WmsSession", "lock-wmssession"] {
        std::fs::copy(Path::new(&completions()).join("usher.bash"), directory.join(name)).expect("a copy");
    }
    let setup = format!("PS1='$ '; XDG_DATA_DIRS={}/share; source {}", daemon.directory().display(), loader.display());
    let Some(shell) = shell(&daemon, "bash", &["--norc", "--noprofile", "-i"], &setup) else { return };
    completes_cmdlets(&shell);
}

#[test]
fn zsh_takes_the_script_of_usher_completion() {
    let daemon = furnished();
    let setup = "PS1='$ '; autoload -Uz compinit && compinit -D -u; source <(usher completion zsh)";
    let Some(shell) = shell(&daemon, "zsh", &["-f", "-i"], setup) else { return };
    completes(&shell, "usher lock math", "usher lock maths");
    completes(&shell, "Lock-WmsSession -Mess", "Lock-WmsSession -Message");
}

#[test]
fn a_daemon_that_hangs_keeps_no_shell_waiting() {
    let daemon = Daemon::not_started();
    let _silent = UnixListener::bind(daemon.socket()).expect("a socket");
    let said = daemon.usher(&["completion", "bash"]).exits(0);
    assert!(said.stdout.contains("complete -o nosort -F _usher usher Get-WmsSession"), "{}", said.stdout);
    let mut asks = clean_command(USHER, daemon.directory());
    asks.env("USHER_SOCKET", daemon.socket()).args(["__complete", "bash", "2", "--", "usher", "lock", ""]);
    let ran = run(&mut asks, b"").exits(0);
    assert!(!ran.stdout.lines().any(|line| line.starts_with(|c: char| c.is_ascii_digit())), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
}

#[test]
fn names_that_a_shell_would_obey_are_quoted() {
    let daemon = Daemon::start();
    daemon.usher(&["open", "--name", "two words", "--", "cat"]).exits(0);
    let Some(shell) = bash(&daemon) else { return };
    completes(&shell, "usher lock two", "usher lock two\\ words");
}
