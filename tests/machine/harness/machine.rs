//! A virtual machine that goes on from a state that was kept.

use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;

use super::monitor::Monitor;
use super::ran::run;
use super::{BOOT, PATIENCE, Picture, Ran, wait_for, wait_until, wait_within};

/// The machine, as it was when its state was kept.
const ARGUMENTS: &str = include_str!("../../../xtask/src/machine/machine.args");
const KERNEL: &str = include_str!("../../../xtask/src/machine/kernel.args");

/// Where the machine is that `cargo xtask machine` has made; or why there is none.
pub fn ready() -> Result<PathBuf, String> {
    let place =
        std::env::var_os("USHER_MACHINE").ok_or("by hand: cargo xtask machine tries seats in virtual machines")?;
    Ok(PathBuf::from(place))
}

/// A running machine, with the package under test, olga as its operator, and alice at its first virtual terminal.
pub struct Machine {
    process: Child,
    monitor: RefCell<Monitor>,
    directory: tempfile::TempDir,
    place: PathBuf,
    port: u16,
    wires: Option<Child>,
    release: String,
}

impl Machine {
    /// Starts one where it was left, and installs the package.
    #[track_caller]
    pub fn start(place: &Path) -> Machine {
        let mut machine = Self::begin(place, ARGUMENTS, true);
        wait_until("the machine's state is there", || {
            let status = machine.ask("info status");
            status.contains("paused") && !status.contains("inmigrate")
        });
        machine.ask("cont");
        machine.connect(PATIENCE);
        machine.prepare();
        machine
    }

    /// Boots one with other hardware, which no kept state fits, and installs the package.
    #[track_caller]
    pub fn boot(place: &Path, change: impl FnOnce(&str) -> String) -> Machine {
        let mut machine = Self::begin(place, &change(ARGUMENTS), false);
        machine.connect(BOOT);
        wait_until("all of it is there", || {
            let said = machine.root("systemctl is-system-running --wait").stdout;
            ["running", "degraded"].contains(&said.trim())
        });
        machine.prepare();
        machine
    }

    fn begin(place: &Path, arguments: &str, restored: bool) -> Machine {
        let directory = tempfile::tempdir().expect("a directory");
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let socket = directory.path().join("monitor");
        let words = arguments
            .replace("DIRECTORY/console.log", &directory.path().join("console.log").to_string_lossy())
            .replace("DIRECTORY", &place.to_string_lossy())
            .replace("cache=unsafe", "cache=unsafe,snapshot=on")
            .replace("PORT", &port.to_string())
            .replace("MONITOR", &socket.to_string_lossy());
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "qemu-system-x86_64"]).args(words.split_whitespace());
        command.arg("-append").arg(KERNEL.trim());
        if restored {
            command.arg("-incoming").arg(format!("exec:cat {}", place.join("state").display()));
        }
        let log = fs::File::create(directory.path().join("log")).expect("a log");
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("qemu");
        let monitor = wait_for("the machine has a monitor", || Monitor::connect(&socket));
        Machine {
            process,
            monitor: monitor.into(),
            directory,
            place: place.to_owned(),
            port,
            wires: None,
            release: String::new(),
        }
    }

    /// The package under test, its operator, and somebody to operate on.
    #[track_caller]
    fn prepare(&mut self) {
        self.release = self.root(". /etc/os-release; echo $VERSION_CODENAME").succeeds().trim().to_owned();
        self.install("usher_");
        self.root("useradd --create-home --groups usher-operator olga").succeeds();
        wait_until("usherd knows alice's session", || self.session("alice", "console").is_some());
    }

    /// Boots it anew; somebody types this meanwhile, again and again.
    #[track_caller]
    pub fn reboot(&mut self, typed: &str) {
        let boot = "cat /proc/sys/kernel/random/boot_id";
        let before = self.root(boot).succeeds();
        drop(self.root("systemctl reboot"));
        self.type_text(typed);
        if let Some(wires) = &mut self.wires {
            wires.wait().expect("ssh ends with the machine");
        }
        let _ = fs::remove_file(self.directory.path().join("ssh"));
        wait_until("the machine is there again", || {
            self.type_text(typed);
            run(self.ssh().arg(boot), b"", PATIENCE).stdout.lines().last().is_some_and(|now| now != before.trim())
        });
        self.connect(PATIENCE);
    }

    /// One connection for all commands: to begin one takes an emulated processor long.
    #[track_caller]
    fn connect(&mut self, patience: Duration) {
        let mut ssh = self.ssh();
        ssh.args(["-M", "-N"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.wires = Some(ssh.spawn().expect("ssh"));
        wait_within(patience, "the machine lets root in", || {
            if self.wires.as_mut().is_some_and(|wires| wires.try_wait().is_ok_and(|ended| ended.is_some())) {
                let mut again = self.ssh();
                again.args(["-M", "-N"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                self.wires = Some(again.spawn().expect("ssh"));
            }
            self.directory.path().join("ssh").exists().then_some(())
        });
    }

    fn ssh(&self) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.arg("-i").arg(self.place.join("key")).args(["-p", &self.port.to_string()]);
        ssh.arg("-o").arg(format!("ControlPath={}", self.directory.path().join("ssh").display()));
        ssh.args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"]);
        ssh.args(["-o", "ConnectTimeout=20", "-q", "root@127.0.0.1"]);
        ssh
    }

    /// Installs the package of this name under test.
    #[track_caller]
    pub fn install(&self, name: &str) {
        // Figures are those of what is shipped, which somebody has put elsewhere.
        let packages = std::env::var_os("USHER_PACKAGES").map_or_else(|| target().join("debian"), PathBuf::from);
        let found = fs::read_dir(&packages).expect("packages: cargo xtask deb").flatten().map(|entry| entry.path());
        let is_it = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(name));
        let package = found.into_iter().find(is_it).expect("the package");
        let package = fs::read(package).expect("the package");
        let file = format!("/root/{}.deb", name.trim_end_matches('_'));
        let all = format!("cat >{file} && DEBIAN_FRONTEND=noninteractive dpkg --install {file}");
        run(self.ssh().arg(all), &package, 8 * PATIENCE).succeeds();
    }

    /// It runs Debian 12, whose compositors have no ext-session-lock-v1: sway has it since 1.8.
    pub fn is_debian_12(&self) -> bool {
        self.release == "bookworm"
    }

    /// An order to the machine's monitor.
    #[track_caller]
    pub fn ask(&self, order: &str) -> String {
        self.monitor.borrow_mut().ask(order)
    }

    /// Presses keys together, as in `ctrl-alt-f2`.
    pub fn key(&self, keys: &str) {
        self.monitor.borrow_mut().key(keys);
    }

    /// Types a text on the machine's keyboard.
    pub fn type_text(&self, text: &str) {
        self.monitor.borrow_mut().type_text(text);
    }

    /// What its screen shows, the first or another.
    #[track_caller]
    pub fn screen(&self, number: u32) -> Picture {
        self.screen_of("screen", number)
    }

    /// What a graphics card shows on one of its screens.
    #[track_caller]
    pub fn screen_of(&self, card: &str, number: u32) -> Picture {
        let file = self.directory.path().join("screen.png");
        self.ask(&format!("screendump {} -f png {card} {number}", file.display()));
        if let Some(kept) = std::env::var_os("USHER_PICTURES") {
            let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
            let _ = fs::copy(&file, Path::new(&kept).join(format!("{test}-{card}-{number}.png")));
        }
        decoded(&fs::read(&file).expect("a picture"))
    }

    /// The picture of a session that olga is given; none while there is none.
    #[track_caller]
    pub fn thumbnail(&self, id: u64) -> Result<Picture, String> {
        self.root("install -m 777 -d /tmp/shots").succeeds();
        let looked = self.olga(&format!("thumbnail {id} --size fullscreen -o /tmp/shots/one.png"));
        if looked.code != Some(0) {
            return Err(looked.stderr);
        }
        let text = self.root("base64 --wrap=0 /tmp/shots/one.png && rm /tmp/shots/one.png").succeeds();
        Ok(decoded(&base64::engine::general_purpose::STANDARD.decode(text.trim()).expect("base64")))
    }

    /// Runs a shell command as root, by ssh.
    #[track_caller]
    pub fn root(&self, command: &str) -> Ran {
        run(self.ssh().arg(command), b"", 3 * PATIENCE)
    }

    /// Runs `usher` as olga, the operator.
    #[track_caller]
    pub fn olga(&self, arguments: &str) -> Ran {
        self.root(&format!("setpriv --reuid olga --regid olga --init-groups usher {arguments}"))
    }

    /// A session of this user's and kind, as `usher list` has it.
    #[track_caller]
    pub fn session(&self, user: &str, kind: &str) -> Option<Value> {
        let said = self.root("usher list --output json");
        let all: Vec<Value> = serde_json::from_str(&said.stdout).unwrap_or_default();
        all.into_iter().find(|session| session["user"] == user && session["kind"] == kind)
    }

    /// The virtual terminal in front, by the kernel's word.
    #[track_caller]
    pub fn in_front(&self) -> String {
        self.root("cat /sys/class/tty/tty0/active").succeeds().trim().to_owned()
    }

    /// Puts a script where every user of the machine finds it, below /opt.
    #[track_caller]
    pub fn script(&self, name: &str, text: &str) {
        let write = format!("cat >/opt/{name} && chmod 755 /opt/{name}");
        run(self.ssh().arg(write), text.as_bytes(), 3 * PATIENCE).succeeds();
    }

    /// Something was seen: a directory of the machine's has this file.
    #[track_caller]
    pub fn has(&self, path: &str) -> bool {
        self.root(&format!("test -e {path}")).code == Some(0)
    }

    /// This test has seen that the verb does on this kind of session what it is for, and how that was observed.
    #[track_caller]
    pub fn shows(&self, kind: &str, verb: &str, observed: &str) {
        self.showed(kind, verb, "done", observed);
    }

    /// This test has seen that the verb is refused on this kind of session, and why.
    #[track_caller]
    pub fn shows_refusal(&self, kind: &str, verb: &str, why: &str) {
        self.showed(kind, verb, "refused", why);
    }

    #[track_caller]
    fn showed(&self, kind: &str, verb: &str, result: &str, how: &str) {
        let Some(file) = std::env::var_os("USHER_SHOWN") else { return };
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        let line = [kind, verb, &self.release, result, how, Location::caller().file(), &test].join("\t");
        let mut file = fs::File::options().append(true).create(true).open(file).expect("the file of what was shown");
        file.write_all(format!("{line}\n").as_bytes()).expect("the file of what was shown");
    }

    /// For a moment in which something might happen that must not.
    pub fn rest(&self) {
        std::thread::sleep(Duration::from_millis(1500));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = self.root(
                "journalctl --no-pager -n 80 -u 'usher*' -u desk -u lightdm -u sddm -u gdm; tail -n 60 /var/log/lightdm/lightdm.log; cat /run/usher/usher.sock.seat/*.taken; loginctl",
            );
            eprintln!("{}", said.stdout);
        }
        for child in self.wires.as_mut().into_iter().chain([&mut self.process]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A picture in PNG.
#[track_caller]
fn decoded(file: &[u8]) -> Picture {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().expect("a picture");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut bytes).expect("a picture");
    let data = bytes[..info.buffer_size()].chunks_exact(3).flat_map(|p| [p[2], p[1], p[0], 0]).collect();
    Picture { width: info.width as usize, height: info.height as usize, data }
}

fn target() -> PathBuf {
    let own = std::env::current_exe().expect("this program");
    own.ancestors().nth(3).expect("the target directory").to_owned()
}
