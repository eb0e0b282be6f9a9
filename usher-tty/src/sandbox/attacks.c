/* A program that was taken over, inside the holder's filter: the filter is read from standard input, and each line of
 * the output names a call and the error that it ended with, 0 if it succeeded. Calls are made as an attacker makes
 * them, which safe Rust cannot. With the argument "int80" it makes one call in the convention of i386 instead. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter program[4096];
static char stack[1 << 16];

static int ends(void *unused) { (void)unused; _exit(0); }

static void report(const char *name, long result) { printf("%s %d\n", name, result < 0 ? errno : 0); }

static void report_child(const char *name, long result)
{
    if (result == 0)
        _exit(0);
    report(name, result);
    if (result > 0)
        waitpid((pid_t)result, NULL, 0);
}

static int enter(void)
{
    size_t count = fread(program, sizeof *program, sizeof program / sizeof *program, stdin);
    struct sock_fprog filter = { (unsigned short)count, program };
    if (count == 0)
        return 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

/* The ways to start a process. */
static void starts(void)
{
    uint64_t arguments[8] = { 0, 0, 0, 0, SIGCHLD };
    report_child("clone3", syscall(SYS_clone3, arguments, sizeof arguments));
    report_child("clone", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    report_child("clone_vm", clone(ends, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
    report_child("vfork", vfork());
#ifdef SYS_fork
    report_child("fork", syscall(SYS_fork));
#endif
#ifdef __x86_64__
    report_child("x32_fork", syscall(0x40000000 | SYS_fork));
    report_child("x32_vfork", syscall(0x40000000 | SYS_vfork));
    report_child("x32_clone", syscall(0x40000000 | SYS_clone, SIGCHLD, 0, 0, 0, 0));
    report("x32_execve", syscall(0x40000000 | 520, "/nowhere", NULL, NULL));
    report("x32_ptrace", syscall(0x40000000 | 521, PTRACE_TRACEME, 0, 0, 0));
#endif
}

/* The ways out, and into others. */
static void reaches(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = 9, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    report("socket", socket(AF_INET, SOCK_DGRAM, 0));
    report("socketpair", syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, (int[2]){ 0, 0 }));
    report("sendto", sendto(0, "x", 1, 0, (struct sockaddr *)&address, sizeof address));
    report("io_uring", syscall(SYS_io_uring_setup, 8, stack));
    report("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0));
    report("process_vm_readv", syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0));
    report("pidfd_open", syscall(SYS_pidfd_open, getpid(), 0));
    report("tgkill", syscall(SYS_tgkill, 1, 1, 0));
    report("tiocsti", ioctl(1, TIOCSTI, "x"));
    report("setuid", syscall(SYS_setuid, 0));
    report("prctl", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

/* The ways to new code and to files. */
static void brings(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    report("plain_mmap", page == MAP_FAILED ? -1 : 0);
    report("mprotect_exec", mprotect(page, 4096, PROT_READ | PROT_EXEC));
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    report("mmap_exec", page == MAP_FAILED ? -1 : 0);
    report("memfd_create", syscall(SYS_memfd_create, "x", 0));
    report("open_to_write", open("/dev/null", O_WRONLY));
    report("openat2", syscall(SYS_openat2, AT_FDCWD, "/dev/null", (uint64_t[3]){ O_RDWR, 0, 0 }, 24));
    report("bpf", syscall(SYS_bpf, 0, NULL, 0));
    report("execve", syscall(SYS_execve, "/nowhere", NULL, NULL));
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 4096);
    if (enter()) {
        perror("the filter cannot be entered");
        return 3;
    }
    if (argc > 1 && strcmp(argv[1], "int80") == 0) {
#ifdef __x86_64__
        /* getpid of i386, which would be writev here: what a list by number alone would allow. */
        long result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
        printf("int80 %ld\n", result);
#endif
        return 0;
    }
    starts();
    reaches();
    brings();
    return 0;
}
