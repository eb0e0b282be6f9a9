//! Finds the parameter that a name means.

use super::BindError;
use crate::cmdlet::{Cmdlet, Parameter, ParameterGroup};

/// Finds the parameter by its name or the beginning of its name. Returns `None` if no name begins so.
///
/// A whole name or alias wins. If several names begin so, the cmdlet's own parameter wins, provided that it is the only
/// one (`MergedCommandParameterMetadata.cs`, `GetMatchingParameter`).
pub(super) fn find(cmdlet: &Cmdlet, name: &str) -> Result<Option<&'static Parameter>, BindError> {
    let whole = |parameter: &&'static Parameter| parameter.names().any(|known| known.eq_ignore_ascii_case(name));
    if let Some(parameter) = cmdlet.parameters().find(whole) {
        return Ok(Some(parameter));
    }
    // The message lists names before aliases, as PowerShell does.
    let by_name = cmdlet.parameters().filter(|parameter| begins(parameter.name, name));
    let by_alias = cmdlet.parameters().filter(|parameter| parameter.aliases.iter().any(|alias| begins(alias, name)));
    let mut matches: Vec<&'static Parameter> = Vec::new();
    for parameter in by_name.chain(by_alias) {
        if !matches.contains(&parameter) {
            matches.push(parameter);
        }
    }
    let mut own = matches.iter().filter(|parameter| parameter.group == ParameterGroup::Declared);
    match (matches.as_slice(), own.next(), own.next()) {
        ([], ..) => Ok(None),
        ([only], ..) | (_, Some(only), None) => Ok(Some(only)),
        (several, ..) => Err(BindError::ambiguous(name, several)),
    }
}

fn begins(known: &str, name: &str) -> bool {
    known.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
}
