//! Where a caller sits is found out by descent, whatever its programs are called and however they are started.

use serde_json::Value;

use crate::harness::{Daemon, USHER, need, processes, wait_for, wait_until};

/// Runs what `run` makes of a command that locks the session it is in, and gives the error's ID.
fn locks_itself(run: impl Fn(&str) -> String) -> Value {
    let daemon = Daemon::start();
    let socket = daemon.socket();
    // Nothing is declared: descent alone tells.
    let lock = format!("env -i {USHER} --socket {} --output json lock 1 --message x", socket.display());
    std::fs::write(daemon.path("lock.sh"), format!("{lock} > answer.new; mv answer.new answer\n")).expect("a script");
    assert_eq!(daemon.open(&run("lock.sh")), 1);
    let answer: Value = wait_for("it was answered", || serde_json::from_str(&daemon.content("answer")).ok());
    assert_eq!(daemon.session(1)["locked"], false, "{answer}");
    answer[0]["error"]["id"].clone()
}

#[test]
fn a_program_whose_name_is_no_text_does_not_lock_its_own_session() {
    let evil = "evil=\"./$(printf 'ev\\377il')\"; cp /bin/sh \"$evil\"";
    assert_eq!(locks_itself(|lock| format!("{evil}; \"$evil\" {lock}; exec cat")), "OwnSession");
    let evil = "evil=\"./$(printf 'e) Z 1 1')\"; cp /bin/sh \"$evil\"";
    assert_eq!(locks_itself(|lock| format!("{evil}; \"$evil\" {lock}; exec cat")), "OwnSession");
}

#[test]
fn a_program_with_very_many_ancestors_does_not_lock_its_own_session() {
    let deep = "echo 'if [ $1 -gt 0 ]; then sh deep.sh $(($1 - 1)); else sh lock.sh; fi; :' > deep.sh";
    assert_eq!(locks_itself(|_| format!("{deep}; sh deep.sh 400; exec cat")), "OwnSession");
}

#[test]
fn a_program_whose_first_thread_ended_does_not_lock_its_own_session() {
    if need("python3").is_none() {
        return;
    }
    let script = "import ctypes,os,subprocess,threading,time
def first_has_ended():
    with open('/proc/self/task/%d/stat' % os.getpid()) as stat: return stat.read().rsplit(')')[-1].split()[0] == 'Z'
def lock():
    while not first_has_ended(): time.sleep(0.01)
    subprocess.run(['sh', 'lock.sh'])
threading.Thread(target=lock).start()
ctypes.CDLL(None).syscall(60, 0)";
    let run = |_: &str| format!("cat > thread.py <<'END'\n{script}\nEND\npython3 thread.py; exec cat");
    assert_eq!(locks_itself(run), "OwnSession");
}

#[test]
fn what_a_dead_holder_leaves_is_ended_whatever_it_is_called() {
    let daemon = Daemon::start();
    let evil = "evil=\"./$(printf 'ev\\377il')\"; cp /bin/sleep \"$evil\"";
    let id = daemon.open(&format!("{evil}; setsid \"$evil\" 1000 & echo $! > pid; exec cat"));
    let pid: u32 = wait_for("it runs", || daemon.content("pid").trim().parse().ok());
    wait_until("it has its name", || {
        std::fs::read(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with(b"ev\xffil"))
    });
    processes::signal(daemon.holder(id), rustix::process::Signal::KILL);
    daemon.wait_gone(id);
    wait_until("nothing is left", || {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.is_empty() || stat.windows(4).any(|part| part == b") Z ")
    });
}

#[test]
fn a_traced_process_is_known_as_traced() {
    if need("python3").is_none() {
        return;
    }
    // It asks to be traced by who started it (`ptrace(2)`, PTRACE_TRACEME), and stops when it becomes another program.
    let script = "import ctypes,os; ctypes.CDLL(None).ptrace(0, 0, 0, 0); os.execvp('sleep', ['sleep', '1000'])";
    let mut traced = std::process::Command::new("python3").args(["-c", script]).spawn().expect("python3");
    wait_until("it is traced", || usher_core::sys::proc::tracer(traced.id()).expect("it is there").is_some());
    traced.kill().and_then(|()| traced.wait()).expect("it can be killed");
}
