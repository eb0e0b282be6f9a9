//! Completion, as a person at a shell has it: real shells in terminals, keys typed, and what they show.

use std::path::Path;

use crate::harness::{Daemon, Station, need};

/// Where the completions are that packages install.
fn completions() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/completions").display().to_string()
}

/// A shell that is ready for keys; none if it is not installed.
fn shell(daemon: &Daemon, program: &str, arguments: &[&str], setup: &str) -> Option<Station> {
    need(program)?;
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let shell = Station::run_program(daemon, program, &arguments, 40, 120);
    shell.type_keys(format!("{setup}; echo re''ady\n").as_bytes());
    shell.wait_for("ready");
    Some(shell)
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
        offered.iter().all(|word| text.split_whitespace().any(|shown| shown == *word))
    });
}

fn completes_cmdlets(shell: &Station) {
    completes(shell, "usher Lock-WmsSession -Mess", "usher Lock-WmsSession -Message");
    completes(shell, "usher --verbose Lock-WmsSession -Mess", "usher --verbose Lock-WmsSession -Message");
    completes(shell, "Lock-WmsSession -Mess", "Lock-WmsSession -Message");
    completes(shell, "usher Get-WmsSession -Thumbnail Full", "usher Get-WmsSession -Thumbnail FullScreen");
    completes(shell, "usher Disc", "usher Disconnect-WmsSession");
    // The plain verbs are completed as before.
    completes(shell, "usher install-c", "usher install-cmdlets");
    completes(shell, "usher blocks --verb", "usher blocks --verbose");
}

#[test]
fn bash_completes_cmdlets_as_links_and_as_verbs() {
    let daemon = Daemon::not_started();
    let at = completions();
    let setup = format!("PS1='$ '; source {at}/usher.bash; source {at}/wms-cmdlets.bash");
    let Some(shell) = shell(&daemon, "bash", &["--norc", "--noprofile", "-i"], &setup) else { return };
    completes_cmdlets(&shell);
    completes(&shell, "usher lock-wmssession -mess", "usher lock-wmssession -Message");
    completes(&shell, "lock-wmssession -mess", "lock-wmssession -Message");
    offers(&shell, "usher Unlock-WmsSession -", &["-SessionId", "-All", "-Server", "-Verbose"]);
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
    for (from, to) in [("usher.bash", "usher"), ("wms-cmdlets.bash", "Lock-WmsSession")] {
        std::fs::copy(Path::new(&completions()).join(from), directory.join(to)).expect("a copy");
    }
    let setup = format!("PS1='$ '; XDG_DATA_DIRS={}/share; source {}", daemon.directory().display(), loader.display());
    let Some(shell) = shell(&daemon, "bash", &["--norc", "--noprofile", "-i"], &setup) else { return };
    completes_cmdlets(&shell);
}

#[test]
fn zsh_completes_cmdlets_as_links_and_as_verbs() {
    let daemon = Daemon::not_started();
    let setup = format!("PS1='$ '; fpath=({} $fpath); autoload -Uz compinit && compinit -D -u", completions());
    let Some(shell) = shell(&daemon, "zsh", &["-f", "-i"], &setup) else { return };
    completes_cmdlets(&shell);
    completes(&shell, "usher lock-wmssession -Mess", "usher lock-wmssession -Message");
    completes(&shell, "lock-wmssession -Mess", "lock-wmssession -Message");
}

#[test]
fn fish_completes_cmdlets_as_links_and_as_verbs() {
    let daemon = Daemon::not_started();
    let at = completions();
    let setup = format!("function fish_prompt; echo '$ '; end; source {at}/usher.fish; source {at}/wms-cmdlets.fish");
    let Some(shell) = shell(&daemon, "fish", &["--no-config", "-i"], &setup) else { return };
    completes_cmdlets(&shell);
    completes(&shell, "lock-wmssession -Mess", "lock-wmssession -Message");
}
