//! The language of who sits at a display, for its lock screen. What a user's processes have in their environment is
//! anything at all: it is read up to a bound, and what leaves here is one of the languages that usher speaks.

use crate::slow::{self, Slow};
use usher_core::language::Language;
use usher_core::sys::cgroup::Group;
use usher_core::sys::proc;
use usher_core::sys::process::Process;

use super::Display;

/// The most processes that are looked at.
const PROCESSES: usize = 16;

/// The language that the display's server was started with, else that of the session's first process that says one,
/// else the host's own. Only processes of the session's user are asked: a display manager's speak for nobody.
pub async fn of(display: &Display, uid: u32, scope: &str) -> Language {
    let server = (display.server_uid == uid).then_some(display.server);
    for process in server.into_iter().chain(own_processes(uid, scope)) {
        match slow::read(uid, &Slow::Environment(process)).await {
            Ok(environment) => {
                if let Some(language) = of_environment(&environment) {
                    return language;
                }
            }
            // Somebody sees to it that it takes long: the host's own will do.
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => break,
            Err(_) => {}
        }
    }
    Language::of_locale()
}

/// What the processes of a session say of whoever reads its terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionWords {
    /// The language that they were started with.
    pub language: Language,
    /// Their terminal takes text alone (`TERM=dumb`).
    pub plain: bool,
}

/// What the first process says that names its terminal or a language; else what the host's own words are.
pub async fn words_of_session(uid: u32, scope: &str) -> SessionWords {
    let unsaid = || SessionWords { language: Language::of_locale(), plain: false };
    said_by_session(uid, scope).await.unwrap_or_else(unsaid)
}

/// What the first process says that names its terminal or a language, if one does.
pub async fn said_by_session(uid: u32, scope: &str) -> Option<SessionWords> {
    for process in own_processes(uid, scope) {
        match slow::read(uid, &Slow::Environment(process)).await {
            Ok(environment) => {
                let (language, terminal) = (of_environment(&environment), variable(&environment, "TERM"));
                if language.is_some() || terminal.is_some() {
                    let plain = terminal.is_some_and(|name| matches!(name.as_str(), "dumb" | "unknown"));
                    return Some(SessionWords { language: language.unwrap_or_else(Language::of_locale), plain });
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => break,
            Err(_) => {}
        }
    }
    None
}

/// The first processes of a session's user in its scope.
fn own_processes(uid: u32, scope: &str) -> impl Iterator<Item = Process> {
    let group = Group::of_scope(uid, scope);
    let mut processes: Vec<u32> = group.children().iter().chain([&group]).flat_map(Group::processes).collect();
    processes.sort_unstable();
    let own = processes.into_iter().filter(move |pid| proc::uid(*pid) == Some(uid));
    own.filter_map(|pid| Process::of(pid).ok().flatten()).take(PROCESSES)
}

/// The entries as the kernel gives them, each ended by a zero (`proc_pid_environ(5)`).
fn of_environment(environment: &[u8]) -> Option<Language> {
    let value = |name: &str| variable(environment, name);
    let says = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().any(|name| value(name).is_some());
    says.then(|| Language::of_variables(value))
}

fn variable(environment: &[u8], name: &str) -> Option<String> {
    let mut entries = environment.split(|byte| *byte == 0);
    let value = entries.find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    (!value.is_empty()).then(|| String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_says_a_language_or_nothing() {
        assert_eq!(of_environment(b"HOME=/home/a\0LANG=zh_CN.UTF-8\0"), Some(Language::Chinese));
        assert_eq!(of_environment(b"LANG=zh_CN.UTF-8\0LC_ALL=en_GB.UTF-8\0"), Some(Language::English));
        assert_eq!(of_environment(b"LANG=de_DE.UTF-8\0"), Some(Language::English), "one that usher does not speak");
        assert_eq!(of_environment(b"LANG=\0XLANG=zh_CN\0LANGUAGE=zh\0"), None);
        assert_eq!(of_environment(b"\xff\xfe=\0LANG\0LANG=\xff\0"), Some(Language::English));
    }
}
