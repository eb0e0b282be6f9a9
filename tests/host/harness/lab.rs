//! The laboratory of one test program: a PID namespace with a network of its own, in which its hosts run.
//!
//! It ends with the test program, whichever way that ends: `guardian.sh` and `lab.sh` say how.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::wait_for;

/// The laboratory that all tests of this program share.
pub struct Lab {
    /// The first process of its PID namespace.
    pub init: u32,
    directory: PathBuf,
    talk: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    hosts: AtomicU8,
    _guardian: Child,
}

impl Lab {
    /// The laboratory's own address, which connections from outside of its hosts come from.
    pub const HUB: &str = "10.77.0.1";

    /// The laboratory, made when it is first needed.
    pub fn shared() -> &'static Lab {
        static LAB: OnceLock<Lab> = OnceLock::new();
        LAB.get_or_init(Lab::start)
    }

    fn start() -> Lab {
        let own = std::process::id();
        let name = format!("usher-test-{own}-{}", started(own).expect("this process's start"));
        let directory = std::env::temp_dir().join(&name);
        fs::create_dir(&directory).expect("a directory");
        // In a session of its own: a Ctrl-C at the terminal is not for it.
        let mut guardian = Command::new("setsid")
            .args(["sh", "-c", include_str!("guardian.sh"), "guardian.sh"])
            .args(
                hierarchies(&fs::read_to_string("/proc/self/mounts").expect("mounts"))
                    .iter()
                    .map(|top| top.join(&name)),
            )
            .env("LAB", include_str!("lab.sh"))
            .env("DIRECTORY", &directory)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(directory.join("lab.log")).expect("a log"))
            .spawn()
            .expect("a shell");
        let stdin = guardian.stdin.take().expect("a pipe");
        let mut stdout = BufReader::new(guardian.stdout.take().expect("a pipe"));
        expect(&mut stdout, "ready", &directory);
        let init = wait_for("the laboratory has its first process", || {
            let mut all = descendants(guardian.id()).into_iter();
            all.find(|pid| namespace(*pid, "pid") != namespace(own, "pid"))
        });
        Lab { init, directory, talk: Mutex::new((stdin, stdout)), hosts: AtomicU8::new(0), _guardian: guardian }
    }

    /// A number for the next host, which its name and its address have in them.
    pub fn next(&self) -> u8 {
        10 + self.hosts.fetch_add(1, Ordering::Relaxed)
    }

    /// Boots a host; gives the PID of its first process.
    pub fn boot(&self, name: &str, tree: &Path, address: &str, binds: &[String]) -> u32 {
        let tree = tree.canonicalize().expect("a tree");
        let uuid = fs::read_to_string("/proc/sys/kernel/random/uuid").expect("a random UUID");
        let log = self.directory.join(format!("{name}.log"));
        let (tree, uuid, shown) = (tree.display(), uuid.trim(), log.display());
        self.tell(&format!("boot {name} {tree} {address} {uuid} {shown} {}", binds.join(" ")), &format!("boot {name}"));
        wait_for(&format!("{name} has a first process\n{}", fs::read_to_string(&log).unwrap_or_default()), || {
            let machine = format!("--machine={name}\0");
            let nspawn = descendants(self.init).into_iter().find(|pid| command_line(*pid).contains(&machine))?;
            let inside = |pid: &u32| namespace(*pid, "pid") != namespace(nspawn, "pid") && command(*pid) == "systemd";
            children(nspawn).into_iter().find(inside)
        })
    }

    /// Shuts a host down.
    pub fn stop(&self, name: &str) {
        self.tell(&format!("stop {name}"), &format!("stop {name}"));
    }

    /// What the consoles of the hosts have shown.
    pub fn log(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(format!("{name}.log"))).unwrap_or_default()
    }

    /// A directory that is gone when the laboratory is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn tell(&self, command: &str, answer: &str) {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(talk.0, "{command}").expect("the laboratory listens");
        expect(&mut talk.1, answer, &self.directory);
    }
}

fn expect(from: &mut impl BufRead, answer: &str, directory: &Path) {
    let mut line = String::new();
    from.read_line(&mut line).expect("the laboratory answers");
    let log = || fs::read_to_string(directory.join("lab.log")).unwrap_or_default();
    assert_eq!(line.trim_end(), answer, "the laboratory says otherwise\n{}", log());
}

/// The tops of the cgroup hierarchies that systemd uses: version 2, and where both are there also its own of version 1.
fn hierarchies(mounts: &str) -> Vec<PathBuf> {
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let ours = |f: &Vec<&str>| f[2] == "cgroup2" || (f[2] == "cgroup" && f[3].split(',').any(|o| o == "name=systemd"));
    fields.filter(|fields| fields.len() > 3 && ours(fields)).map(|fields| PathBuf::from(fields[1])).collect()
}

/// When a process started, in the kernel's ticks.
pub fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}

/// The processes that a process has started.
pub fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// Everything below a process.
pub fn descendants(pid: u32) -> Vec<u32> {
    children(pid).into_iter().flat_map(|child| [vec![child], descendants(child)].concat()).collect()
}

/// The namespace of this kind that a process is in.
pub fn namespace(pid: u32, kind: &str) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/{kind}")).ok()
}

/// The file that stands for a process's namespace of this kind.
pub fn namespace_file(pid: u32, kind: &str) -> String {
    format!("/proc/{pid}/ns/{kind}")
}

fn command(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned()
}

fn command_line(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

#[test]
fn both_layouts_of_cgroups_are_known() {
    let hybrid =
        "cgroup /c/cpu cgroup rw,cpu 0 0\ncgroup /c/systemd cgroup rw,name=systemd 0 0\ncg /c/unified cgroup2 rw 0 0";
    assert_eq!(hierarchies(hybrid), [PathBuf::from("/c/systemd"), PathBuf::from("/c/unified")]);
    assert_eq!(hierarchies("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"), [PathBuf::from("/sys/fs/cgroup")]);
}
