//! What the processes of a shield give up, because they read what a user's X server and programs say: who takes one over gets
//! no other process's memory, signals nobody, and starts nothing but what a shield starts.
//!
//! A shield has a uid of its own, but both of its processes share it, and an older version's shields share theirs: the kernel
//! alone would let one end the others. Whatever is not on the list does not exist here (ENOSYS), on x86-64 also under the
//! numbers of its 32-bit variant. The list holds for all that is started from here. Where the kernel has no seccomp or no Landlock, the shield goes on without: the unit's own filter remains.

use std::collections::BTreeMap;

use landlock::{ABI, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope};
use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// What every process needs.
const ALLOWED: &[c_long] = &[
    // Bytes, in and out.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_recvmsg,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_ppoll,
    // Connections.
    libc::SYS_connect,
    libc::SYS_accept4,
    libc::SYS_shutdown,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    // Descriptors and files.
    libc::SYS_fcntl,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
    libc::SYS_openat,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_fstatfs,
    libc::SYS_statfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_memfd_create,
    libc::SYS_ftruncate,
    libc::SYS_getcwd,
    libc::SYS_chdir,
    libc::SYS_umask,
    // Memory.
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Time, threads, signals that it gets.
    libc::SYS_futex,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_set_tid_address,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    // Itself.
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getrandom,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_prctl,
    libc::SYS_seccomp,
    libc::SYS_prlimit64,
    libc::SYS_setsid,
    libc::SYS_getpriority,
    libc::SYS_setpriority,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// The same under older names.
#[cfg(target_arch = "x86_64")]
const OLDER: &[c_long] = &[
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_poll,
    libc::SYS_dup2,
    libc::SYS_pipe,
    libc::SYS_accept,
    libc::SYS_time,
    libc::SYS_getrlimit,
    libc::SYS_setrlimit,
    libc::SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[c_long] = &[];

/// To start another process of the shield, and to hear of its end.
const STARTING: &[c_long] = &[libc::SYS_execve, libc::SYS_wait4, libc::SYS_waitid];
#[cfg(target_arch = "x86_64")]
const FORKING: &[c_long] = &[libc::SYS_vfork];
#[cfg(not(target_arch = "x86_64"))]
const FORKING: &[c_long] = &[];

/// The part of a device's call that says of what kind of device it is, and the graphics cards' (`ioctl(2)`).
const KIND: u64 = 0xff00;
const CARDS: u32 = 0x6400;

/// Every kind of namespace (`clone(2)`).
const NAMESPACES: u64 = 0x7e02_0000;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;
type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// A process that holds a display: it starts others. To be called once; who is started is confined with it.
pub fn holder() {
    confine(&[]);
}

/// A process that draws on graphics cards that it was handed.
pub fn painter() {
    confine(&[CARDS]);
}

fn confine(kinds: &[u32]) {
    // Each is worth having without the other. The journal of the shield's unit tells which one is missing.
    match confine_files() {
        Ok(RulesetStatus::NotEnforced) => {
            eprintln!("usher-shield: this kernel has no Landlock: files are not confined")
        }
        Ok(RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced) => {}
        Err(error) => eprintln!("usher-shield: files are not confined: {error}"),
    }
    if let Err(error) = confine_calls(&[ALLOWED, OLDER, STARTING, FORKING].concat(), true, kinds) {
        eprintln!("usher-shield: system calls are not confined: {error}");
    }
}

/// A process that draws, or takes a picture.
pub fn worker() {
    let _ = confine_calls(&[ALLOWED, OLDER].concat(), false, &[]);
}

/// Nothing is written but to what is open, and no process elsewhere is signalled, where Landlock knows of that (Linux 6.12).
fn confine_files() -> Done<RulesetStatus> {
    let write = AccessFs::from_write(ABI::V5);
    let ruleset = Ruleset::default().handle_access(write)?.scope(Scope::Signal)?.create()?;
    let ruleset = ruleset.add_rule(PathBeneath::new(PathFd::new("/dev/null")?, AccessFs::WriteFile))?;
    Ok(ruleset.restrict_self()?.ruleset)
}

fn confine_calls(allowed: &[c_long], starts: bool, kinds: &[u32]) -> Done {
    let mut rules: Rules = allowed.iter().map(|call| (*call, Vec::new())).collect();
    let is = |argument, value| SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value);
    let unix = u64::try_from(libc::AF_UNIX)?;
    for call in [libc::SYS_socket, libc::SYS_socketpair] {
        rules.insert(call, vec![SeccompRule::new(vec![is(0, unix)?])?]);
    }
    let asked = [libc::FIONBIO, libc::FIONREAD, libc::FIOCLEX, libc::TCGETS];
    let asked = asked.into_iter().map(|request| SeccompRule::new(vec![is(1, request)?]));
    let kinds = kinds.iter().map(|kind| {
        let one = SeccompCmpOp::MaskedEq(KIND);
        SeccompRule::new(vec![SeccompCondition::new(1, SeccompCmpArgLen::Dword, one, u64::from(*kind))?])
    });
    rules.insert(libc::SYS_ioctl, asked.chain(kinds).collect::<Result<_, seccompiler::BackendError>>()?);
    if starts {
        let none = SeccompCmpOp::MaskedEq(NAMESPACES);
        let plain = SeccompCondition::new(0, SeccompCmpArgLen::Dword, none, 0)?;
        rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![plain])?]);
    }
    let refuse = SeccompAction::Errno(u32::try_from(libc::ENOSYS)?);
    let filter = SeccompFilter::new(rules, refuse, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;
    use rustix::process::{Pid, PidfdFlags, Signal, getppid, kill_process, pidfd_open, pidfd_send_signal};

    use super::*;

    #[test]
    fn a_confined_process_signals_nobody_and_starts_what_it_must() {
        let parent = getppid().unwrap_or(Pid::INIT);
        let known = pidfd_open(parent, PidfdFlags::empty()).unwrap();
        // Only the thread that enters is confined.
        let tried = std::thread::spawn(move || {
            holder();
            let signalled = [kill_process(parent, Signal::CONT), pidfd_send_signal(&known, Signal::CONT)];
            let traced = pidfd_open(parent, PidfdFlags::empty()).map(drop);
            let network = std::net::UdpSocket::bind("127.0.0.1:0").is_ok();
            let unshared = std::process::Command::new("unshare").args(["-U", "true"]).status();
            let started = std::process::Command::new("true").status().is_ok_and(|status| status.success());
            let pair = std::os::unix::net::UnixStream::pair().is_ok();
            (signalled, traced, network, unshared.is_ok_and(|s| s.success()), started && pair)
        });
        let (signalled, traced, network, unshared, useful) = tried.join().unwrap();
        assert_eq!(signalled, [Err(Errno::NOSYS); 2]);
        assert_eq!(traced, Err(Errno::NOSYS));
        assert!(!network && !unshared);
        assert!(useful, "what a shield needs still works");
    }

    #[test]
    fn a_confined_process_writes_no_file_where_the_kernel_has_landlock() {
        let apart = |confine: fn()| {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("there");
            std::fs::write(&path, "before").unwrap();
            std::thread::spawn(move || {
                confine();
                let made = std::fs::write(directory.path().join("new"), "").is_ok();
                let opened = std::fs::OpenOptions::new().write(true).open(&path).is_ok();
                let null = std::fs::OpenOptions::new().write(true).open("/dev/null").is_ok();
                [made, opened, null]
            })
        };
        assert_eq!(apart(|| {}).join().unwrap(), [true; 3], "nothing else keeps it from that");
        let enforced = std::thread::spawn(|| confine_files().is_ok_and(|how| how != RulesetStatus::NotEnforced));
        let may_write = !enforced.join().unwrap();
        assert_eq!(apart(holder).join().unwrap(), [may_write, may_write, true]);
    }

    #[test]
    fn one_that_draws_starts_nothing() {
        let started = std::thread::spawn(|| {
            worker();
            std::process::Command::new("true").status().is_ok()
        });
        assert!(!started.join().unwrap());
    }
}
