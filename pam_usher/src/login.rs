//! One login: what is asked of it, and what is answered.

use std::cell::OnceCell;
use std::ffi::CString;
use std::time::Duration;

use nix::unistd::{Gid, Group, User, getgrouplist};
use usher_core::clock;
use usher_core::logins::{Judgement, LoginRules, RefusedLogin};

use crate::news;
use crate::rules::{self, KnownRules};

/// The service of consoles (`login(1)`).
const CONSOLE: &str = "login";
/// How long a refusal stands at a console. Then a getty clears it away; and where it logs somebody in by itself, systemd would give
/// it up for good once it had been refused five times in ten seconds (`StartLimitBurst=`, `systemd.unit(5)`).
const READING: Duration = Duration::from_secs(3);

/// What PAM knows of a login, and what can be said to it.
pub trait LoginCall {
    /// The name that the user logs in by.
    fn user(&self) -> Option<String>;
    /// The PAM service, such as `sshd`.
    fn service(&self) -> Option<String>;
    /// Where the user comes from, as the login program says.
    fn remote_host(&self) -> Option<String>;
    /// Says something to the user.
    fn tell(&mut self, text: &str);
    /// Writes to the host's log.
    fn log(&mut self, text: &str);
}

/// What usher says of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginAnswer {
    /// Others decide.
    NoObjection,
    /// A block covers it.
    Refused,
}

/// Judges a login by the rules of the system's usherd.
pub fn account(login: &mut impl LoginCall) -> LoginAnswer {
    let known = match rules::known() {
        Ok(known) => known,
        Err(fault) => {
            login.log(&format!("{fault}; the login goes on"));
            return LoginAnswer::NoObjection;
        }
    };
    match known {
        KnownRules::Nothing => LoginAnswer::NoObjection,
        KnownRules::Rules(rules) => judged(login, &rules, LoginRules::judge),
        KnownRules::SettingsAlone(settings) => judged(login, &settings, LoginRules::judge_without_rules),
    }
}

type Judge = fn(&LoginRules, &usher_core::logins::NewLogin<'_>, jiff::Timestamp) -> Judgement;

fn judged(login: &mut impl LoginCall, rules: &LoginRules, judge: Judge) -> LoginAnswer {
    let (Some(user), Some(service)) = (login.user(), login.service()) else { return LoginAnswer::NoObjection };
    // Most services are not about logins: nothing is looked up for them.
    if !rules.concern(&service) {
        return LoginAnswer::NoObjection;
    }
    let Ok(Some(account)) = User::from_name(&user) else {
        login.log(&format!("the user {user:?} cannot be looked up; the login goes on"));
        return LoginAnswer::NoObjection;
    };
    let groups = OnceCell::new();
    let member = |group: &str| is_member(group, groups.get_or_init(|| groups_of(&account)).as_deref()?);
    let new =
        usher_core::logins::NewLogin { service: &service, user: &user, uid: account.uid.as_raw(), member: &member };
    match judge(rules, &new, clock::now()) {
        Judgement::Admitted => LoginAnswer::NoObjection,
        Judgement::Unsure(why) => {
            login.log(&format!("{user:?} would be refused, but {why}; the login goes on"));
            LoginAnswer::NoObjection
        }
        Judgement::Refused { rule, sentence } => {
            login.log(&format!("{user:?} is refused at {service:?} by {rule}"));
            login.tell(&sentence);
            let is_console = service == CONSOLE;
            news::tell_usherd(&RefusedLogin {
                uid: account.uid.as_raw(),
                user,
                service,
                from: login.remote_host().filter(|from| !from.is_empty()),
                rule,
            });
            if is_console {
                std::thread::sleep(READING);
            }
            LoginAnswer::Refused
        }
    }
}

/// The numbers of a user's groups; none if nobody can say.
fn groups_of(account: &User) -> Option<Vec<Gid>> {
    let name = CString::new(account.name.as_str()).ok()?;
    getgrouplist(&name, account.gid).ok()
}

/// Whether the group is one of these; none if nobody can say which number it has.
fn is_member(group: &str, groups: &[Gid]) -> Option<bool> {
    // A group that the host does not have has no members.
    Group::from_name(group).ok().map(|group| group.is_some_and(|group| groups.contains(&group.gid)))
}
