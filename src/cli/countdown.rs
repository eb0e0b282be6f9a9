//! `usher close --notice` while it waits: when the countdown ends, and what Ctrl-C says.

use std::pin::pin;

use signal_hook::consts::SIGINT;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;
use usher_core::paths;
use usher_core::request::{Action, CloseRequest, Seconds, Targets};

use super::hosts::TargetHost;
use super::output::printable;
use super::{CommandError, Context};
use crate::client::connect::Endpoint;
use crate::words;

/// When the countdown ends that an action asks for, if it asks for one.
pub(super) fn end_of(action: &Action) -> Option<Instant> {
    match action {
        Action::Close(CloseRequest { notice: Some(notice), dry_run: false, .. }) => {
            Instant::now().checked_add(Seconds::as_duration(*notice))
        }
        _ => None,
    }
}

/// What is left until then, in whole seconds, as a clock shows it; nothing once it is over.
pub(super) fn left(end: Instant) -> Option<String> {
    let left = end.saturating_duration_since(Instant::now());
    let left = jiff::SignedDuration::try_from(left).ok().filter(jiff::SignedDuration::is_positive);
    left.map(usher_core::clock::countdown)
}

/// Does the work; at Ctrl-C it says what goes on without this program, and ends as any program does then.
///
/// # Errors
/// Those of the work.
pub(super) async fn interruptible<T>(
    work: impl Future<Output = Result<T, CommandError>>,
    say: impl FnOnce(),
) -> Result<T, CommandError> {
    let Ok(mut interrupts) = signal(SignalKind::interrupt()) else { return work.await };
    let finished = {
        let mut work = pin!(work);
        tokio::select! {
            done = &mut work => Some(done),
            _ = interrupts.recv() => None,
        }
    };
    finished.unwrap_or_else(|| {
        say();
        let _ = signal_hook::low_level::emulate_default_handler(SIGINT);
        std::process::exit(128 + SIGINT)
    })
}

/// Says on standard error how to call off what usherd goes on with.
pub(super) fn goes_on<'a>(context: &Context, action: impl Fn(&TargetHost) -> Option<&'a Action>) {
    let all = Targets::All;
    let mut commands: Vec<(Vec<&str>, Option<String>, &Targets)> = Vec::new();
    for host in context.hosts.iter().filter(|host| host.client.has_asked()) {
        let Some(targets) = action(host).map(|action| action.targets().unwrap_or(&all)) else { continue };
        let (label, socket) = (host.label(), socket_of(host));
        match commands.iter_mut().find(|(_, at, same)| *at == socket && *same == targets) {
            Some((labels, ..)) => labels.extend(label),
            None => commands.push((label.into_iter().collect(), socket, targets)),
        }
    }
    for (labels, socket, targets) in commands {
        let command = command(&labels.join(","), socket.as_deref(), targets);
        eprintln!("usher: {}", printable(&words::with!("close-goes-on", &[("command", &command)])));
    }
}

/// The socket that has to be named to reach this host's daemon once more.
fn socket_of(host: &TargetHost) -> Option<String> {
    match host.client.endpoint() {
        Endpoint::Local(socket) if host.label().is_none() && *socket != paths::default_socket() => {
            Some(socket.display().to_string())
        }
        Endpoint::Local(_) | Endpoint::Remote(..) | Endpoint::Joined(..) => None,
    }
}

fn command(servers: &str, socket: Option<&str>, targets: &Targets) -> String {
    let mut words = vec!["usher".to_owned()];
    words.extend(socket.into_iter().flat_map(|socket| ["--socket".to_owned(), quoted(socket)]));
    if !servers.is_empty() {
        words.extend(["--server".to_owned(), servers.to_owned()]);
    }
    words.extend(["close", "--cancel"].map(str::to_owned));
    match targets {
        Targets::Ids(ids) => words.extend(ids.iter().map(|id| quoted(&id.to_string()))),
        Targets::Users(users) => {
            words.extend(users.iter().flat_map(|user| ["--user".to_owned(), quoted(user.as_str())]));
        }
        Targets::All => words.push("--all".to_owned()),
    }
    words.join(" ")
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-@:+".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_calls_it_off_can_be_pasted_into_a_shell() {
        let ids = Targets::Ids(vec!["3".parse().unwrap(), "c2".parse().unwrap()]);
        assert_eq!(command("", None, &ids), "usher close --cancel 3 c2");
        assert_eq!(command("lab1,lab2", None, &Targets::All), "usher --server lab1,lab2 close --cancel --all");
        let users = Targets::Users(vec!["o'neil".parse().unwrap()]);
        let expected = r"usher --socket '/tmp/a b' close --cancel --user 'o'\''neil'";
        assert_eq!(command("", Some("/tmp/a b"), &users), expected);
    }
}
