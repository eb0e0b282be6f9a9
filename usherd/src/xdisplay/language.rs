//! The language of who sits at a display, for its lock screen. What a user's processes have in their environment is
//! anything at all: it is read up to a bound, and what leaves here is one of the languages that usher speaks.

use std::fs::File;
use std::io::Read;

use usher_core::language::Language;
use usher_core::sys::cgroup::Group;
use usher_core::sys::proc;

use super::Display;

/// The most bytes of an environment that are looked at.
const MOST: u64 = 64 << 10;
/// The most processes that are looked at.
const PROCESSES: usize = 64;

/// The language that the display's server was started with, else that of the session's first process that says one,
/// else the host's own. Only processes of the session's user are asked: a display manager's speak for nobody.
pub fn of(display: &Display, uid: u32, scope: &str) -> Language {
    let server = (display.server_uid == uid).then_some(display.server_pid);
    let mut processes = Group::of_scope(uid, scope).processes();
    processes.sort_unstable();
    let own = processes.into_iter().filter(|pid| proc::uid(*pid) == Some(uid));
    server.into_iter().chain(own.take(PROCESSES)).find_map(of_process).unwrap_or_else(Language::of_locale)
}

/// What a process was started with; none where that says nothing of a language.
fn of_process(pid: u32) -> Option<Language> {
    let mut environment = Vec::new();
    File::open(format!("/proc/{pid}/environ")).ok()?.take(MOST).read_to_end(&mut environment).ok()?;
    of_environment(&environment)
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

    #[test]
    fn a_process_is_asked_what_it_was_started_with() {
        let mut child =
            std::process::Command::new("sleep").arg("60").env_clear().env("LC_MESSAGES", "zh_CN").spawn().unwrap();
        // Until it is another program, the child has our environment.
        let name = || proc::name(child.id());
        while name().as_deref() != Some("sleep") {
            std::thread::yield_now();
        }
        let said = of_process(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(said, Some(Language::Chinese));
    }
}
