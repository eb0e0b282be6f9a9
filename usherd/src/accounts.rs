//! The user and group databases, asked freshly and never for longer than a deadline: a directory service
//! behind them may hang, or fail at once.
//!
//! Each lookup has a thread of its own, and there are few of them: a user whose entry hangs takes
//! `PER_USER` threads and no more, so that the others' entries are still read.

use std::collections::{BTreeSet, HashMap};
use std::ffi::CString;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use nix::errno::Errno;
use nix::unistd::{Gid, Group, Uid, User};
use tokio::sync::Semaphore;
use usher_core::login_shells;
use usher_core::request::Name;

/// How long the databases may take.
const DEADLINE: Duration = Duration::from_secs(2);
/// The most lookups at once, of which each has a thread.
const MOST: usize = 32;
/// The most lookups at once of names that callers give.
const NAMES: usize = 8;
/// The most lookups at once about one user.
const PER_USER: usize = 2;
/// Below are accounts of the system's own services (`login.defs(5)`, SYS_UID_MAX).
pub const FIRST_PERSON: u32 = 1000;
/// No group has this number: it is that of `nobody` with 32 bits, less one.
const NO_GROUP: u32 = u32::MAX - 2;

static THREADS: Semaphore = Semaphore::const_new(MOST);
static NAMED: Semaphore = Semaphore::const_new(NAMES);
static USERS: LazyLock<Mutex<HashMap<u32, Weak<Semaphore>>>> = LazyLock::new(Mutex::default);

/// What is known of a user's groups. A database that does not answer does not mean that a user has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Groups {
    /// The group database has not answered yet.
    #[default]
    Unknown,
    /// The groups by name, as they were when the database last answered.
    Known(BTreeSet<String>),
}

impl Groups {
    /// Whether nothing is known of them.
    pub fn are_unknown(&self) -> bool {
        matches!(self, Groups::Unknown)
    }

    /// The groups that are known, so many at most.
    pub fn some(&self, most: usize) -> Vec<String> {
        match self {
            Groups::Unknown => Vec::new(),
            Groups::Known(groups) => groups.iter().take(most).cloned().collect(),
        }
    }

    /// Whether the user is known to be in one of these groups.
    pub fn include_any(&self, names: &[String]) -> bool {
        match self {
            Groups::Unknown => false,
            Groups::Known(groups) => names.iter().any(|name| groups.contains(name)),
        }
    }

    /// Whether the user is in this group, for all that is known.
    pub fn may_include(&self, name: &str) -> bool {
        match self {
            Groups::Unknown => true,
            Groups::Known(groups) => groups.contains(name),
        }
    }
}

/// What a database says of a name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// This is the name of whoever is asked for.
    Found(Name),
    /// There is nobody.
    Absent,
    /// The database failed, or did not answer in time.
    Unknown,
}

/// What the user database says of a uid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name; `uid N` where the database has none.
    pub name: String,
    /// The home directory.
    pub home: std::path::PathBuf,
    /// The login shell; of users who log in at consoles by `usher login`, the one that they had before.
    pub shell: std::path::PathBuf,
    /// The groups.
    pub groups: Groups,
}

/// Looks a uid's account up. Where the database does not answer in time, or has none, the number is all there is.
pub async fn account(uid: u32) -> Account {
    let nameless =
        || Account { name: format!("uid {uid}"), home: "/".into(), shell: "/bin/sh".into(), groups: Groups::Unknown };
    match tokio::time::timeout(DEADLINE, in_turn(uid, look_up)).await {
        Ok(account) => account.unwrap_or_else(nameless),
        Err(_) => {
            tracing::warn!("the user database did not answer for uid {uid} in 2 s");
            nameless()
        }
    }
}

/// Looks the groups of several uids up, each by itself. A uid that earlier lookups still wait for is not waited for again.
pub async fn groups(uids: BTreeSet<u32>) -> Vec<(u32, Groups)> {
    let each = uids.into_iter().map(|uid| async move {
        if turns_of(uid).available_permits() == 0 {
            return (uid, Groups::Unknown);
        }
        let found = tokio::time::timeout(DEADLINE, in_turn(uid, look_up)).await;
        (uid, found.ok().flatten().map_or(Groups::Unknown, |account| account.groups))
    });
    futures_util::future::join_all(each).await
}

/// The user who has this name, else the one who has it as a number.
pub async fn find_user(asked: &Name) -> Lookup {
    find(asked, |text| {
        let by_name = User::from_name(text)?;
        let by_number = || text.parse().ok().map_or(Ok(None), |uid| User::from_uid(Uid::from_raw(uid)));
        Ok(by_name.map_or_else(by_number, |user| Ok(Some(user)))?.map(|user| user.name))
    })
    .await
}

/// The group that has this name, else the one that has it as a number.
pub async fn find_group(asked: &Name) -> Lookup {
    find(asked, |text| {
        let by_name = Group::from_name(text)?;
        let by_number = || text.parse().ok().map_or(Ok(None), |gid| Group::from_gid(Gid::from_raw(gid)));
        Ok(by_name.map_or_else(by_number, |group| Ok(Some(group)))?.map(|group| group.name))
    })
    .await
}

/// Callers may give any number of names that hang: they take few threads together.
async fn find(asked: &Name, look_up: fn(&str) -> Result<Option<String>, Errno>) -> Lookup {
    let asked = asked.clone();
    let found = async {
        let own = NAMED.acquire().await.ok()?;
        let turn = THREADS.acquire().await.ok()?;
        tokio::task::spawn_blocking(move || (look_up(asked.as_str()), own, turn).0).await.ok()?.ok()
    };
    match tokio::time::timeout(DEADLINE, found).await.ok().flatten() {
        Some(Some(name)) => name.parse().map_or(Lookup::Unknown, Lookup::Found),
        Some(None) => Lookup::Absent,
        None => Lookup::Unknown,
    }
}

/// The uid of a user's name; none if there is no such user, or no answer within the deadline.
pub async fn uid_of(name: &str) -> Option<u32> {
    user(name).await.flatten().map(|user| user.uid.as_raw())
}

/// Whether there is a user of this name; none if the database did not say within the deadline.
pub async fn is_user(name: &str) -> Option<bool> {
    user(name).await.map(|user| user.is_some())
}

async fn user(name: &str) -> Option<Option<User>> {
    let name = name.to_owned();
    let found = async {
        let turn = THREADS.acquire().await.ok()?;
        tokio::task::spawn_blocking(move || (User::from_name(&name).ok(), turn).0).await.ok()?
    };
    tokio::time::timeout(DEADLINE, found).await.ok()?
}

/// Looks something of a uid up in a thread, once fewer than the most do. A lookup that nobody waits for any more keeps
/// its place until the database lets go of it.
async fn in_turn<T: Send + 'static>(uid: u32, look_up: impl Fn(u32) -> Option<T> + Send + 'static) -> Option<T> {
    let own = turns_of(uid).acquire_owned().await.ok()?;
    let turn = THREADS.acquire().await.ok()?;
    tokio::task::spawn_blocking(move || (look_up(uid), own, turn).0).await.ok()?
}

/// The turns of lookups about one user. They are there for as long as somebody has or awaits one.
fn turns_of(uid: u32) -> Arc<Semaphore> {
    let mut users = USERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(turns) = users.get(&uid).and_then(Weak::upgrade) {
        return turns;
    }
    users.retain(|_, turns| turns.strong_count() > 0);
    let turns = Arc::new(Semaphore::new(PER_USER));
    users.insert(uid, Arc::downgrade(&turns));
    turns
}

fn look_up(uid: u32) -> Option<Account> {
    let user = User::from_uid(Uid::from_raw(uid)).ok()??;
    let groups = groups_of(&user).map_or(Groups::Unknown, Groups::Known);
    let shell = login_shells::true_shell(&user.name, user.shell);
    Some(Account { name: user.name, home: user.dir, shell, groups })
}

/// The user's groups by name, if every source of the group database answers.
fn groups_of(user: &User) -> Result<BTreeSet<String>, Errno> {
    let name = CString::new(user.name.clone()).map_err(|_| Errno::EINVAL)?;
    let gids = nix::unistd::getgrouplist(&name, user.gid)?;
    // `getgrouplist(3)` leaves out the groups of a source that fails, and says nothing. Looking for a group that no
    // source has comes past all of them, and tells of the last that failed.
    Group::from_gid(Gid::from_raw(NO_GROUP))?;
    let groups = gids.into_iter().filter_map(|gid| Group::from_gid(gid).transpose());
    let names: BTreeSet<String> = groups.map(|group| group.map(|group| group.name)).collect::<Result<_, _>>()?;
    // Where not even the user's own group has a name, a source that had it does not answer.
    if names.is_empty() { Err(Errno::ENOENT) } else { Ok(names) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(test: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
    }

    #[test]
    fn groups_that_nobody_knows_are_not_none() {
        let known = |names: &[&str]| Groups::Known(names.iter().map(|name| (*name).to_owned()).collect());
        let sudo = ["sudo".to_owned()];
        assert!(Groups::Unknown.may_include("pupils") && !known(&[]).may_include("pupils"));
        assert!(known(&["pupils"]).may_include("pupils"));
        assert!(!Groups::Unknown.include_any(&sudo) && known(&["sudo", "x"]).include_any(&sudo));
        assert!(Groups::default().are_unknown());
    }

    #[test]
    fn a_uid_without_an_account_has_unknown_groups() {
        let nobody = 3_999_999_123;
        let account = run(account(nobody));
        assert_eq!((account.name, account.groups), (format!("uid {nobody}"), Groups::Unknown));
        assert_eq!(run(groups([nobody].into())), [(nobody, Groups::Unknown)]);
    }

    #[test]
    fn root_has_an_account_and_known_groups() {
        let account = run(account(0));
        assert_eq!(account.name, "root");
        assert!(!account.groups.are_unknown(), "{account:?}");
    }

    #[test]
    fn a_user_whose_entry_hangs_hides_nobody_elses() {
        let (let_go, gate) = std::sync::mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        run(async {
            let hanging: Vec<_> = (0..PER_USER)
                .map(|_| {
                    let gate = Arc::clone(&gate);
                    let hang = move |_| gate.lock().ok().and_then(|gate| gate.recv().ok());
                    tokio::spawn(in_turn(77_777, hang))
                })
                .collect();
            while turns_of(77_777).available_permits() > 0 {
                tokio::task::yield_now().await;
            }
            let looked_up = groups([0, 77_777].into()).await;
            assert_eq!(looked_up[1], (77_777, Groups::Unknown));
            assert!(!looked_up[0].1.are_unknown(), "{looked_up:?}");
            drop(let_go);
            for one in hanging {
                one.await.unwrap();
            }
        });
    }
}
