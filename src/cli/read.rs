//! The way of every verb that only reads: the same question to each host, rows printed as they come.

use serde::de::DeserializeOwned;
use usher_core::outcome::Exit;
use usher_core::request::Action;

use super::hosts::TargetHost;
use super::output::{self, Placed, Rows, TableRow};
use super::{CommandError, Context};
use crate::client::ClientError;
use crate::words::Key;

/// Asks every host and prints what each has, beside the host's name where hosts were named; `none` says that nobody has
/// anything.
///
/// # Errors
/// This host's daemon refused or could not be reached; of a host that was named that is said, and the others go on.
pub(super) async fn rows<T: TableRow + DeserializeOwned>(
    context: &Context,
    action: &Action,
    choose: impl FnMut(&TargetHost, Vec<T>) -> (Vec<T>, Exit),
    place: impl Fn(&str, T) -> Placed<T>,
    none: Key,
) -> Result<Exit, CommandError> {
    let ask = async |host: &TargetHost| {
        context.trace(host, action);
        host.client.call::<Vec<T>>(action).await
    };
    rows_of(context, ask, choose, place, none).await
}

/// The same where a host is asked in another way.
///
/// # Errors
/// As [`rows`].
pub(super) async fn rows_of<T: TableRow>(
    context: &Context,
    ask: impl AsyncFn(&TargetHost) -> Result<Vec<T>, ClientError>,
    mut choose: impl FnMut(&TargetHost, Vec<T>) -> (Vec<T>, Exit),
    place: impl Fn(&str, T) -> Placed<T>,
    none: Key,
) -> Result<Exit, CommandError> {
    let mut exit = Exit::Success;
    let mut failures = Vec::new();
    let (mut bare, mut placed) = (
        Rows::new(context.format),
        Rows::in_pieces(context.format, context.hosts.iter().filter_map(TargetHost::label)),
    );
    let tally = context
        .hosts
        .each(ask, |host, answer| {
            let all = match (answer, host.label()) {
                (Ok(all), _) => all,
                (Err(error), None) => return Err(error.into()),
                (Err(error), Some(_)) => {
                    exit = Exit::Failed;
                    failures.push(error.error);
                    return Ok(());
                }
            };
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
    if exit == Exit::Success {
        if context.hosts.are_named() { placed.say_if_none(none) } else { bare.say_if_none(none) }
    }
    failures.iter().for_each(output::print_error);
    tally.print();
    Ok(tally.exit(exit))
}
