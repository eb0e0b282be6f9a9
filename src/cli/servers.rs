//! `usher servers`

use std::time::Instant;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::servers::{Book, ServerName};

use super::CommandError;
use super::hosts::{Hosts, Manner, TargetHost};
use super::output::{self, Emphasis, OutputFormat, Rows, TableRow};
use crate::words::{self, Key, key};

/// Show, test, group and forget the hosts that --server knows by name
///
/// Without a command, the table shows the hosts that you joined and the members of your groups, and how each of
/// them is reached.
///
/// Every other name that you give to --server is a destination for ssh, as ~/.ssh/config has it.
#[derive(Debug, Args)]
pub struct Servers {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Test whether hosts answer this user
    Test {
        /// Hosts and groups [default: every host that is known]
        #[arg(value_name = "HOST")]
        names: Vec<ServerName>,
    },
    /// Create or replace a group, whose name then stands for these hosts
    Group {
        /// The group's name: letters, digits, dots, dashes and underscores
        #[arg(value_name = "NAME")]
        name: ServerName,
        /// Joined hosts and destinations for ssh
        #[arg(value_name = "HOST", required = true)]
        members: Vec<ServerName>,
    },
    /// Remove a group; its hosts stay known
    Ungroup {
        /// The group
        #[arg(value_name = "NAME")]
        name: ServerName,
    },
    /// Forget a joined host, its address, and the certificate and key for it
    #[command(visible_alias = "rm")]
    Remove {
        /// The host
        #[arg(value_name = "NAME")]
        name: ServerName,
    },
}

impl Servers {
    pub(super) async fn run(self, manner: &Manner, format: OutputFormat) -> Result<Exit, CommandError> {
        let mut book = Book::load().map_err(CommandError::Usage)?;
        match self.what {
            None => {
                let mut rows = Rows::new(format);
                rows.push(known(&book))?;
                rows.end()?;
                rows.say_if_none(key!("none-servers"));
            }
            Some(What::Test { names }) => return test(&book, names, manner, format).await,
            Some(What::Group { name, members }) => group(&mut book, name, members)?,
            Some(What::Ungroup { name }) => {
                let text = words::with!("servers-no-group", &[("name", name.as_str())]);
                if !book.set_group(name, Vec::new()).map_err(CommandError::Usage)? {
                    return Err(CommandError::Usage(Error::new(ErrorId::InvalidRequest, text)));
                }
            }
            Some(What::Remove { name }) => {
                if !book.forget(&name).map_err(CommandError::Usage)? {
                    let text = words::with!("servers-no-server", &[("name", name.as_str())]);
                    return Err(CommandError::Usage(Error::new(ErrorId::InvalidRequest, text)));
                }
            }
        }
        Ok(Exit::Success)
    }
}

fn group(book: &mut Book, name: ServerName, members: Vec<ServerName>) -> Result<(), CommandError> {
    let wrong = |key: Key| {
        let text = key.text(&[("name", name.as_str())]);
        Err(CommandError::Usage(Error::new(ErrorId::InvalidRequest, text)))
    };
    if !name.is_plain() {
        return wrong(key!("servers-no-name"));
    }
    if book.server(&name).is_some() {
        return wrong(key!("servers-name-is-host"));
    }
    // A group is fixed when it is made: groups among its members are replaced by their hosts.
    let members = book.expand(&members);
    book.set_group(name, members).map(drop).map_err(CommandError::Usage)
}

/// A host that is known by name.
#[derive(Serialize)]
pub(super) struct KnownHost {
    name: String,
    via: &'static str,
    addresses: Vec<String>,
    identity: Option<String>,
    expires: Option<Timestamp>,
    groups: Vec<String>,
}

/// Joined hosts, and behind them the members of groups that are reached by ssh.
fn known(book: &Book) -> Vec<KnownHost> {
    let groups_of = |host: &ServerName| {
        let with = book.groups().filter(|(_, members)| members.contains(host));
        with.map(|(name, _)| name.to_string()).collect()
    };
    let joined = book.servers().map(|(name, server)| KnownHost {
        name: name.to_string(),
        via: "tls",
        addresses: server.addresses.clone(),
        identity: Some(server.identity.clone()),
        expires: Some(server.expires),
        groups: groups_of(name),
    });
    let names: Vec<ServerName> = book.groups().flat_map(|(_, members)| members.to_vec()).collect();
    let by_ssh = book.expand(&names).into_iter().filter(|name| book.server(name).is_none()).map(|name| KnownHost {
        groups: groups_of(&name),
        name: name.to_string(),
        via: "ssh",
        addresses: Vec::new(),
        identity: None,
        expires: None,
    });
    joined.chain(by_ssh).collect()
}

impl TableRow for KnownHost {
    fn heads() -> Vec<&'static str> {
        vec!["HOST", "VIA", "ADDRESS", "IDENTITY", "EXPIRES", "GROUPS"]
    }

    fn cells(&self) -> Vec<String> {
        let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        vec![
            self.name.clone(),
            self.via.to_owned(),
            dash(self.addresses.join(",")),
            dash(self.identity.clone().unwrap_or_default()),
            dash(self.expires.map(|time| time.strftime("%Y-%m-%d").to_string()).unwrap_or_default()),
            dash(self.groups.join(",")),
        ]
    }

    fn cuttable() -> Vec<&'static str> {
        vec!["GROUPS", "ADDRESS", "IDENTITY", "HOST"]
    }

    fn counted(&self) -> Vec<Key> {
        vec![key!("sum-servers")]
    }
}

/// The result of testing a host.
#[derive(Serialize)]
pub(super) struct HostTest {
    host: String,
    answers: bool,
    millis: f64,
    version: Option<String>,
    sessions: Option<usize>,
    error: Option<Error>,
}

async fn test(
    book: &Book,
    names: Vec<ServerName>,
    manner: &Manner,
    format: OutputFormat,
) -> Result<Exit, CommandError> {
    let every = || known(book).into_iter().filter_map(|known| known.name.parse().ok()).collect();
    let names = if names.is_empty() { every() } else { names };
    if names.is_empty() {
        let error = Error::new(ErrorId::InvalidRequest, words::text!("servers-none"));
        return Err(CommandError::Usage(error.hint(words::text!("servers-none-hint"))));
    }
    let hosts = Hosts::choose(&names, manner).map_err(CommandError::Usage)?;
    let mut rows = Rows::in_pieces(format, hosts.iter().filter_map(TargetHost::label));
    let mut failures: Vec<Error> = Vec::new();
    let ask = async |host: &TargetHost| {
        let begun = Instant::now();
        let health = host.client.health().await;
        Ok((health, begun.elapsed().as_secs_f64() * 1000.0))
    };
    let mut exit = Exit::Unreachable;
    let mut all = true;
    hosts
        .each(ask, |host, answer| {
            let (health, millis) = answer?;
            let answers = health.is_ok();
            all &= answers;
            let asked = answers || health.as_ref().is_err_and(|error| error.exit == Exit::Failed);
            exit = if asked { Exit::Failed } else { exit };
            let (health, error) = health.map_or_else(|e| (None, Some(e.error)), |health| (Some(health), None));
            failures.extend(error.clone().filter(|_| format == OutputFormat::Table));
            let (version, sessions) = health.map(|health| (health.version, health.sessions)).unzip();
            rows.push(vec![HostTest { host: host.name(), answers, millis, version, sessions, error }])?;
            Ok(())
        })
        .await?;
    rows.end()?;
    failures.iter().for_each(output::print_error);
    Ok(if all { Exit::Success } else { exit })
}

impl TableRow for HostTest {
    fn widths() -> Vec<u16> {
        vec![0, 7, 7, 7, 8]
    }

    fn heads() -> Vec<&'static str> {
        vec!["HOST", "ANSWERS", "MS", "VERSION", "SESSIONS", "DETAIL"]
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.host.clone(),
            if self.answers { "yes" } else { "no" }.to_owned(),
            format!("{:.1}", self.millis),
            self.version.clone().unwrap_or_else(|| "-".to_owned()),
            self.sessions.map_or_else(|| "-".to_owned(), |count| count.to_string()),
            self.error.as_ref().map_or_else(String::new, |error| error.id.as_str().to_owned()),
        ]
    }

    fn cuttable() -> Vec<&'static str> {
        vec!["DETAIL", "HOST"]
    }

    fn emphasis(&self, head: &str) -> Emphasis {
        match head {
            "ANSWERS" if self.answers => Emphasis::Good,
            "ANSWERS" => Emphasis::Bad,
            _ => Emphasis::Plain,
        }
    }

    fn counted(&self) -> Vec<Key> {
        [Some(key!("sum-servers")), self.answers.then_some(key!("sum-answering"))].into_iter().flatten().collect()
    }
}
