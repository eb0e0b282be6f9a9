//! What a holder gives up once its session runs, because it reads bytes from a program that may be
//! hostile: it can no longer start programs, open sockets, look at other processes' memory, or touch
//! files other than its own socket. The session itself was started before and gives up nothing.
//!
//! Where the kernel has no Landlock or no seccomp, the holder goes on without: it never has more
//! rights than the session's user in `--user` mode.

use std::collections::BTreeMap;
use std::path::Path;

use landlock::{ABI, Access, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// What a terminal needs none of. They fail with EPERM.
const REFUSED: [libc::c_long; 34] = [
    // Starting and taking over processes.
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    // New ways out.
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_io_uring_setup,
    libc::SYS_memfd_create,
    // Other views of the system.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_chroot,
    libc::SYS_pivot_root,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    // Other identities.
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
    // Kernel surface that a terminal has no use for.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
];

/// Enters the sandbox, as far as the kernel has one.
pub(super) fn enter(socket: &Path) {
    // Each is worth having without the other.
    let _ = confine_files(socket);
    let _ = confine_calls();
}

/// Reading `/proc`, and removing the own socket: no other file can be opened or changed.
fn confine_files(socket: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let abi = ABI::V5;
    let read: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    let directory = socket.parent().unwrap_or(Path::new("/"));
    Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .create()?
        .add_rule(PathBeneath::new(PathFd::new("/proc")?, read))?
        .add_rule(PathBeneath::new(PathFd::new(directory)?, AccessFs::RemoveFile))?
        .restrict_self()?;
    Ok(())
}

fn confine_calls() -> Result<(), Box<dyn std::error::Error>> {
    let rules: BTreeMap<i64, Vec<seccompiler::SeccompRule>> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    let refuse = SeccompAction::Errno(u32::try_from(libc::EPERM)?);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, std::env::consts::ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_sandbox_no_program_starts_and_no_file_opens() {
        // Only the thread that enters is confined.
        let in_sandbox = std::thread::spawn(|| {
            enter(Path::new("/nowhere/socket"));
            let exec = rustix::io::Errno::from_io_error(&std::os::unix::process::CommandExt::exec(
                &mut std::process::Command::new("/bin/true"),
            ));
            let socket =
                std::os::unix::net::UnixStream::pair().is_ok() && std::net::UdpSocket::bind("127.0.0.1:0").is_ok();
            let proc = std::fs::read_to_string("/proc/self/stat").is_ok();
            (exec, socket, proc)
        });
        let (exec, socket, proc) = in_sandbox.join().unwrap();
        assert_eq!(exec, Some(rustix::io::Errno::PERM));
        assert!(!socket);
        assert!(proc, "what a holder needs still works");
    }
}
