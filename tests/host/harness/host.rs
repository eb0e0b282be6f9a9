//! A host: a container with Debian's systemd, a network address, users, and the packages under test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::ran::run;
use super::{Lab, PATIENCE, Ran, Suite, ready, skip, wait_until};

/// How a host is to be booted.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Which release of Debian.
    pub suite: Suite,
    /// Whether the packages under test are installed.
    pub packages: bool,
}

/// A running host. It is shut down when the last that has it is done with it.
#[derive(Clone)]
pub struct Host(Arc<Running>);

struct Running {
    suite: Suite,
    name: String,
    address: String,
    leader: u32,
    displays: AtomicU32,
    users: Mutex<u32>,
}

/// Somebody with an account on a host.
#[derive(Debug, Clone)]
pub struct User {
    /// The name of the account.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// Its password.
    pub password: String,
}

impl Host {
    /// The host of this release that all tests of this program share, with the packages; or why there is none.
    pub fn shared(suite: Suite) -> Result<Host, String> {
        static HOSTS: [OnceLock<Option<Host>>; 2] = [const { OnceLock::new() }; 2];
        ready(suite)?;
        // One that cannot be booted is not tried again by every test.
        let boot = || std::panic::catch_unwind(|| Host::boot(Options { suite, packages: true })).ok();
        Ok(HOSTS[suite as usize]
            .get_or_init(boot)
            .clone()
            .expect("the host boots: the first test that needs it says why"))
    }

    /// A host of its own for a test that changes, kills or takes away what others need, with the packages; none where the
    /// test skips itself.
    #[track_caller]
    pub fn own(suite: Suite) -> Option<Host> {
        match ready(suite) {
            Ok(()) => Some(Host::boot(Options { suite, packages: true })),
            Err(reason) => {
                skip(&reason);
                None
            }
        }
    }

    /// Boots a host of its own for one test. Whether that can be done here, [`ready`] says.
    #[track_caller]
    pub fn boot(options: Options) -> Host {
        let lab = Lab::shared();
        let number = lab.next();
        let (name, address) = (format!("{}{number}", options.suite.name()), format!("10.77.0.{number}"));
        let packages = super::ready::packages().expect("packages");
        let debs = packages.first().and_then(|deb| deb.parent()).expect("their directory");
        let binds = [format!("--bind-ro={}:/opt/packages", debs.display())];
        let installed = options.packages.then(|| options.suite.installed_tree()).flatten();
        let tree = installed.clone().unwrap_or_else(|| options.suite.tree());
        let leader = lab.boot(&name, &tree, &address, &binds);
        let running = Running { suite: options.suite, name, address, leader, displays: 100.into(), users: 0.into() };
        let host = Host(Arc::new(running));
        host.wait_booted();
        fs::write(host.path("/usr/local/bin/test-desk"), include_str!("desk.sh")).expect("a script");
        host.root("chmod 755 /usr/local/bin/test-desk").succeeds();
        if options.packages && installed.is_none() {
            host.install();
        }
        host
    }

    fn wait_booted(&self) {
        // Before the bus is there, the question is answered with an error.
        wait_until(&format!("{} has booted\n{}", self.name(), Lab::shared().log(self.name())), || {
            let said = self.root("systemctl is-system-running --wait 2>&1");
            ["running", "degraded"].contains(&said.stdout.trim())
        });
    }

    /// Installs the packages under test.
    #[track_caller]
    pub fn install(&self) {
        // The host is gone before its disk could lose anything.
        let install = "DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io --install /opt/packages/usher_*.deb";
        self.root(install).succeeds();
    }

    /// Installs PAM's module beside them, which most hosts do without: a block keeps new logins out with it.
    #[track_caller]
    pub fn install_pam(&self) {
        self.root("DEBIAN_FRONTEND=noninteractive dpkg --install /opt/packages/libpam-usher_*.deb").succeeds();
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The release of Debian it runs.
    pub fn suite(&self) -> Suite {
        self.0.suite
    }

    /// Its address in the laboratory's network.
    pub fn address(&self) -> &str {
        &self.0.address
    }

    /// Its first process, as this program sees it.
    pub fn leader(&self) -> u32 {
        self.0.leader
    }

    /// A file of the host's, as this program sees it.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let inside = path.as_ref().strip_prefix("/").expect("an absolute path");
        PathBuf::from(format!("/proc/{}/root", self.leader())).join(inside)
    }

    /// What a file of the host's has in it; nothing if it is not there.
    pub fn content(&self, path: impl AsRef<Path>) -> String {
        fs::read(self.path(path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Puts a script where every user of the host finds it; gives its path there.
    pub fn script(&self, name: &str, text: &str) -> String {
        let path = format!("/usr/local/bin/{name}");
        fs::write(self.path(&path), text).expect("a script");
        path
    }

    /// A number for a new display on this host.
    pub fn next_display(&self) -> u32 {
        self.0.displays.fetch_add(1, Ordering::Relaxed)
    }

    /// A standard user. Who has the name already keeps it: the new one gets a number behind.
    #[track_caller]
    pub fn user(&self, name: &str) -> User {
        self.user_in(name, &[])
    }

    /// A user in these groups.
    #[track_caller]
    pub fn user_in(&self, name: &str, groups: &[&str]) -> User {
        // One after the other: the files of accounts have locks that nobody waits for long.
        let mut count = self.0.users.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        let taken = self.root(&format!("getent passwd {name}")).code == Some(0);
        let name = if taken { format!("{name}{}", *count) } else { name.to_owned() };
        let password = format!("{name}-knows");
        self.root(&format!(
            "useradd --create-home --shell /bin/bash --groups '{}' {name} && echo '{name}:{password}' | chpasswd",
            groups.join(",")
        ))
        .succeeds();
        let uid = self.root(&format!("id -u {name}")).succeeds().trim().parse().expect("a number");
        User { name, uid, password }
    }

    /// Runs a shell command as root, in no session.
    #[track_caller]
    pub fn root(&self, command: &str) -> Ran {
        run(self.inside(&["-n", "-p", "-i", "-u", "-C"]).args(["sh", "-c", command]), b"", 3 * PATIENCE)
    }

    /// Runs a shell command as this user, in no session.
    #[track_caller]
    pub fn run(&self, user: &User, command: &str) -> Ran {
        run(self.command_as(&user.name).args(["sh", "-c", command]), b"", 3 * PATIENCE)
    }

    /// Runs `usher` as this user, in no session.
    #[track_caller]
    pub fn usher(&self, user: &User, arguments: &[&str]) -> Ran {
        run(self.command_as(&user.name).arg("usher").args(arguments), b"", 3 * PATIENCE)
    }

    /// Runs `usher` as root, in no session.
    #[track_caller]
    pub fn root_usher(&self, arguments: &[&str]) -> Ran {
        run(self.inside(&["-n", "-p", "-i", "-u", "-C"]).arg("usher").args(arguments), b"", 3 * PATIENCE)
    }

    /// The beginning of a command that runs in the host as this user, in no session.
    pub fn command_as(&self, user: &str) -> Command {
        let mut command = self.inside(&["-n", "-p", "-i", "-u", "-C"]);
        command.args(["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--reset-env"]);
        command
    }

    /// The beginning of a command with the host's files, and these of its namespaces.
    pub(super) fn inside(&self, namespaces: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("-t").arg(self.leader().to_string()).args(["-m", "-r", "-w"]).args(namespaces);
        command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("LANG", "C.UTF-8").env("HOME", "/root").current_dir("/");
        command
    }

    /// Every session that logind has, as `loginctl` tells its properties.
    #[track_caller]
    pub fn logind_session(&self, id: &str, property: &str) -> String {
        let said = self.root(&format!("loginctl show-session {id} --property={property} --value"));
        said.stdout.trim().to_owned()
    }

    /// The journal of a unit.
    pub fn journal(&self, unit: &str) -> String {
        self.root(&format!("journalctl --no-pager --output=short-precise --unit={unit}")).stdout
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        Lab::shared().stop(&self.name);
    }
}
