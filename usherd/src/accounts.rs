//! The user and group databases, asked freshly and never for longer than a deadline: they may hang
//! on a directory service.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;
use std::time::Duration;

use nix::unistd::{Group, Uid, User};

/// How long the databases may take.
const DEADLINE: Duration = Duration::from_secs(2);

/// What the user database says of a uid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name; `uid N` where the database has none.
    pub name: String,
    /// The home directory.
    pub home: std::path::PathBuf,
    /// The login shell.
    pub shell: std::path::PathBuf,
    /// The groups by name.
    pub groups: BTreeSet<String>,
}

/// Asks for a uid's account. After the deadline, or where there is none, the answer has the number alone.
pub async fn account(uid: u32) -> Account {
    let nameless =
        Account { name: format!("uid {uid}"), home: "/".into(), shell: "/bin/sh".into(), groups: BTreeSet::new() };
    let asked = tokio::task::spawn_blocking(move || look_up(uid));
    match tokio::time::timeout(DEADLINE, asked).await {
        Ok(Ok(Some(account))) => account,
        Ok(_) => nameless,
        Err(_) => {
            tracing::warn!("the user database did not answer for uid {uid} in 2 s");
            nameless
        }
    }
}

/// Asks for the groups of several uids. Those whose answer did not come within the deadline, and with
/// them everybody else's, are left out.
pub async fn groups(uids: BTreeSet<u32>) -> BTreeMap<u32, BTreeSet<String>> {
    let look = move || uids.into_iter().map(|uid| (uid, look_up(uid).map(|a| a.groups).unwrap_or_default())).collect();
    match tokio::time::timeout(DEADLINE, tokio::task::spawn_blocking(look)).await {
        Ok(Ok(groups)) => groups,
        Ok(Err(_)) | Err(_) => {
            tracing::warn!("the group database did not answer in 2 s: roles and groups stay as they were known");
            BTreeMap::new()
        }
    }
}

/// The uid of a user's name; none if there is no such user, or no answer within the deadline.
pub async fn uid_of(name: &str) -> Option<u32> {
    let name = name.to_owned();
    let asked =
        tokio::task::spawn_blocking(move || User::from_name(&name).ok().flatten().map(|user| user.uid.as_raw()));
    tokio::time::timeout(DEADLINE, asked).await.ok()?.ok()?
}

/// Whether there is a user of this name; none if the database did not say within the deadline.
pub async fn is_user(name: &str) -> Option<bool> {
    let name = name.to_owned();
    let known = tokio::task::spawn_blocking(move || User::from_name(&name).ok().map(|user| user.is_some()));
    tokio::time::timeout(DEADLINE, known).await.ok()?.ok()?
}

fn look_up(uid: u32) -> Option<Account> {
    let user = User::from_uid(Uid::from_raw(uid)).ok()??;
    let name = CString::new(user.name.clone()).ok()?;
    let groups = nix::unistd::getgrouplist(&name, user.gid).unwrap_or_default();
    let groups = groups.into_iter().filter_map(|gid| Some(Group::from_gid(gid).ok()??.name)).collect();
    Some(Account { name: user.name, home: user.dir, shell: user.shell, groups })
}
