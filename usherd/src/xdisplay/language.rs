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
    let mut processes = Group::of_scope(uid, scope).processes();
    processes.sort_unstable();
    let own = processes.into_iter().filter(|pid| proc::uid(*pid) == Some(uid));
    let own = own.filter_map(|pid| Process::of(pid).ok().flatten());
    for process in server.into_iter().chain(own.take(PROCESSES)) {
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

/// The entries as the kernel gives them, each ended by a zero (`proc_pid_environ(5)`).
fn of_environment(environment: &[u8]) -> Option<Language> {
    let value = |name: &str| {
        let mut entries = environment.split(|byte| *byte == 0);
        let value = entries.find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
        (!value.is_empty()).then(|| String::from_utf8_lossy(value).into_owned())
    };
    let says = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().any(|name| value(name).is_some());
    says.then(|| Language::of_variables(value))
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
