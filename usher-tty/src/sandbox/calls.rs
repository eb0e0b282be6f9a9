//! The system calls that a holder makes once its session runs. Every other call fails with EPERM.
//!
//! A list of the allowed calls needs no knowledge of later kernels' calls, nor of a call's other spellings:
//! `clone3` and `vfork` beside `clone`, and the x32 numbers beside those of x86-64 (`seccomp(2)`, `__X32_SYSCALL_BIT`).
//! A call in another architecture's convention, such as `int 0x80`, ends the holder.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Op, SeccompCondition, SeccompFilter,
    SeccompRule,
};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Calls that are allowed with any arguments.
const ALLOWED: &[libc::c_long] = &[
    // Reading and writing open files.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_getdents64,
    // Connections of the daemon's and of stations.
    libc::SYS_accept4,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_getsockopt,
    libc::SYS_shutdown,
    libc::SYS_ppoll,
    // The session's processes: signalled, and seen gone.
    libc::SYS_kill,
    libc::SYS_wait4,
    libc::SYS_waitid,
    // Its own socket, at the end.
    libc::SYS_unlinkat,
    // Memory.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // The language's runtime.
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_geteuid,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Older spellings, which later architectures do not have.
#[cfg(target_arch = "x86_64")]
const OLDER: &[libc::c_long] = &[libc::SYS_poll, libc::SYS_unlink, libc::SYS_stat];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[libc::c_long] = &[];

/// The filter of the process `own`.
pub(super) fn filter(own: u32) -> Result<BpfProgram, Box<dyn std::error::Error>> {
    let mut rules: Rules = ALLOWED.iter().chain(OLDER).map(|call| (*call, Vec::new())).collect();
    rules.extend(with_conditions(own)?);
    let refuse = SeccompAction::Errno(u32::try_from(libc::EPERM)?);
    let filter = SeccompFilter::new(rules, refuse, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?;
    Ok(filter.try_into()?)
}

/// Calls that are allowed for one purpose.
fn with_conditions(own: u32) -> Result<Rules, seccompiler::BackendError> {
    let exec = u64::from(libc::PROT_EXEC.unsigned_abs());
    let writing = (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC).unsigned_abs();
    Ok(Rules::from([
        // No new code.
        (libc::SYS_mmap, vec![without(2, exec)?]),
        (libc::SYS_mprotect, vec![without(2, exec)?]),
        // Files are read.
        (libc::SYS_openat, vec![without(2, u64::from(writing))?]),
        // The terminal's size, and connections that do not block. TIOCSTI, which types, is not among them.
        (libc::SYS_ioctl, vec![equal(1, libc::TIOCSWINSZ)?, equal(1, libc::FIONBIO)?]),
        (libc::SYS_fcntl, vec![equal(1, flag(libc::F_GETFD))?, equal(1, flag(libc::F_GETFL))?]),
        // To whom a connection leads, not to an address.
        (libc::SYS_sendto, vec![null(4)?]),
        // How a program aborts.
        (libc::SYS_tgkill, vec![equal(0, u64::from(own))?]),
    ]))
}

fn flag(value: i32) -> u64 {
    u64::from(value.unsigned_abs())
}

/// The argument is this 32-bit value.
fn equal(argument: u8, value: u64) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, Length::Dword, Op::Eq, value)?])
}

/// The argument has none of these bits.
fn without(argument: u8, bits: u64) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, Length::Dword, Op::MaskedEq(bits), 0)?])
}

/// The argument is a null pointer.
fn null(argument: u8) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, Length::Qword, Op::Eq, 0)?])
}
