//! The way of every verb that only reads: the same question to each host, rows printed as they come.

use serde::de::DeserializeOwned;

use super::hosts::Host;
use super::output::{self, Placed, Row, Rows};
use super::{Context, Failure};
use crate::outcome::Exit;
use crate::transport::client::ClientError;

/// Asks every host and prints what each has, beside the host's name where hosts were named.
///
/// # Errors
/// This host's daemon refused or could not be reached; of a host that was named that is said, and the others go on.
pub(super) async fn rows<T: Row + DeserializeOwned>(
    context: &Context,
    path: &str,
    mut choose: impl FnMut(&Host, Vec<T>) -> (Vec<T>, Exit),
    place: impl Fn(&str, T) -> Placed<T>,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Success;
    let (mut bare, mut placed) = (Rows::new(context.format), Rows::new(context.format));
    let ask = async |host: &Host| {
        context.trace(host, &format!("GET {path}"));
        host.client.get::<Vec<T>>(path).await
    };
    let tally = context
        .hosts
        .each(ask, |host, answer| {
            let Some(all) = of_host(host, answer, &mut exit)? else { return Ok(()) };
            let (chosen, ended) = choose(host, all);
            exit = exit.max(ended);
            match host.label() {
                None => bare.push(chosen)?,
                Some(label) => placed.push(chosen.into_iter().map(|row| place(label, row)).collect())?,
            }
            Ok(())
        })
        .await?;
    if context.hosts.are_named() {
        placed.end()?
    } else {
        bare.end()?
    }
    tally.say();
    Ok(tally.exit(exit))
}

/// The answer of a host. A failure of one that was named is said, and counts in the end.
pub(super) fn of_host<T>(host: &Host, answer: Result<T, ClientError>, exit: &mut Exit) -> Result<Option<T>, Failure> {
    match (answer, host.label()) {
        (Ok(answer), _) => Ok(Some(answer)),
        (Err(error), None) => Err(error.into()),
        (Err(error), Some(_)) => {
            output::print_error(&error.error);
            *exit = (*exit).max(error.exit.min(Exit::Failed));
            Ok(None)
        }
    }
}
