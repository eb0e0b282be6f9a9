//! `usher status`

use std::io::{self, Write};

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::Action;
use usher_core::servers::Book;
use usher_core::status::{Degradation, HostStatus};

use super::hosts::TargetHost;
use super::output::{self, OutputFormat, Placed, Rows, TableRow, printable};
use super::{CommandError, Context};
use crate::words::{self, Key, key};

/// Show the daemon: its version, its mode, its socket, and what does not work as it should
///
/// Everybody may ask. Administrators also see the database and the gateway.
///
/// Each thing that does not work is shown with what to do about it. Such a thing does not make the command fail;
/// `--output json` has the list in `degraded`.
#[derive(Debug, Args)]
pub struct DaemonStatus {}

impl DaemonStatus {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let mut exit = Exit::Success;
        let mut answers: Vec<Placed<HostStatus>> = Vec::new();
        let mut failures = Vec::new();
        let ask = async |host: &TargetHost| {
            context.trace(host, &Action::Status);
            host.client.call::<HostStatus>(&Action::Status).await
        };
        let tally = context
            .hosts
            .each(ask, |host, answer| {
                match (answer, host.label()) {
                    (Ok(status), label) => answers.push(Placed::status(label, status)),
                    (Err(error), None) => return Err(error.into()),
                    (Err(error), Some(_)) => {
                        exit = Exit::Failed;
                        failures.push(error.error);
                    }
                }
                Ok(())
            })
            .await?;
        print(answers, context)?;
        failures.iter().for_each(output::print_error);
        tally.print();
        Ok(tally.exit(exit))
    }
}

/// Prints one object for one host, as it was asked for, and an array where hosts were named.
fn print(answers: Vec<Placed<HostStatus>>, context: &Context) -> io::Result<()> {
    match (context.format, answers.as_slice()) {
        (OutputFormat::Table, all) => {
            let mut out = io::stdout().lock();
            for (index, status) in all.iter().enumerate() {
                let gap = if index > 0 { "\n" } else { "" };
                write!(out, "{gap}{}", page(status.row()))?;
            }
            out.flush()
        }
        (OutputFormat::Json, [only]) if !context.hosts.are_named() => {
            output::print_line(&mut io::stdout().lock(), only.row())
        }
        (format, _) => {
            let mut rows = Rows::new(format);
            rows.push(answers)?;
            rows.end()
        }
    }
}

/// The status as people read it.
fn page(status: &HostStatus) -> String {
    let count = |count: usize| count.to_string();
    let sessions =
        words::with!("status-sessions-of", &[("count", &count(status.sessions)), ("locked", &count(status.locked))]);
    let store = status.store.as_ref().map(|store| {
        let values = [("schema", store.schema.to_string()), ("size", size(store.bytes))];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        format!("{}{}", store.directory, words::with!("status-store-of", &values))
    });
    let joined: Vec<String> =
        Book::load().map(|book| book.servers().map(|(name, _)| name.to_string()).collect()).unwrap_or_default();
    let lines: [(Key, Option<String>); 9] = [
        (key!("status-mode"), Some(mode(&status.mode))),
        (key!("status-since"), Some(output::moment(status.since))),
        (key!("status-socket"), Some(status.socket.clone())),
        (key!("status-role"), Some(role(&status.role))),
        (key!("status-sessions"), Some(sessions)),
        (key!("status-rules"), status.rules.map(count)),
        (key!("status-store"), store),
        (key!("status-identities"), status.identities.map(|count| identities(count, status.gateway.as_deref()))),
        (key!("status-joined"), (!joined.is_empty()).then(|| joined.join(", "))),
    ];
    let mut page =
        printable(&words::with!("status-title", &[("version", &status.version), ("host", &status.host)])) + "\n";
    let lines: Vec<(String, String)> =
        lines.into_iter().filter_map(|(key, value)| Some((key.text(&[]), printable(&value?)))).collect();
    page += &output::aligned(&lines);
    if status.degraded.is_empty() {
        return page;
    }
    page += &format!("\n{}\n", words::text!("status-degraded"));
    status.degraded.iter().fold(page, |page, trouble| page + &told(trouble))
}

/// A trouble and what to do about it, in the caller's language.
fn told(trouble: &Degradation) -> String {
    let message = words::translated(words::language(), &trouble.message);
    let hint = words::with!("hint-label", &[("hint", &words::translated(words::language(), &trouble.hint))]);
    format!("  {}: {}\n    {}\n", printable(&trouble.id), printable(&message), printable(&hint))
}

fn mode(mode: &str) -> String {
    match mode {
        "system" => words::text!("status-mode-system"),
        "user" => words::text!("status-mode-user"),
        other => other.to_owned(),
    }
}

fn role(role: &str) -> String {
    match role {
        "administrator" => words::text!("status-role-administrator"),
        "operator" => words::text!("status-role-operator"),
        "user" => words::text!("status-role-user"),
        other => other.to_owned(),
    }
}

fn identities(count: usize, gateway: Option<&str>) -> String {
    let count = count.to_string();
    match gateway {
        Some(listen) => words::with!("status-gateway-at", &[("count", &count), ("listen", listen)]),
        None => words::with!("status-gateway-off", &[("count", &count)]),
    }
}

/// A size as people read one.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

impl TableRow for HostStatus {
    fn heads() -> Vec<&'static str> {
        vec!["VERSION", "SESSIONS"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.version.clone(), self.sessions.to_string()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!([size(7), size(4096), size(3_250_000)], ["7 B", "4 KiB", "3.1 MiB"]);
    }
}
