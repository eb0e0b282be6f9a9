//! The way of every verb that only reads: the same question to each host, rows printed as they come.

use serde::de::DeserializeOwned;
use usher_core::outcome::Exit;

use super::hosts::Host;
use super::output::{self, Placed, Row, Rows};
use super::{Context, Failure};

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
    let mut failures = Vec::new();
    let (mut bare, mut placed) =
        (Rows::new(context.format), Rows::in_pieces(context.format, context.hosts.iter().filter_map(Host::label)));
    let ask = async |host: &Host| {
        context.trace(host, &format!("GET {path}"));
        host.client.get::<Vec<T>>(path).await
    };
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
    failures.iter().for_each(output::print_error);
    tally.say();
    Ok(tally.exit(exit))
}
