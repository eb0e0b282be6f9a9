//! The first boot of a machine, whose end is kept: tests go on from there.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::run;

/// The machine: the tests start the same one, and go on from its state.
pub const RECIPE: &str = include_str!("machine.args");
/// How long it may take to boot, on a busy host.
const BOOT: Duration = Duration::from_secs(600);

/// A machine that runs, which ends with this value.
struct BootedMachine(Child);

impl Drop for BootedMachine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Boots the machine of this directory and keeps its state there.
pub fn bake(directory: &Path) -> Result<(), String> {
    let port = free_port().map_err(|error| error.to_string())?;
    let monitor = directory.join("monitor");
    let place = directory.to_string_lossy();
    let words = RECIPE.replace("DIRECTORY", &place).replace("PORT", &port.to_string());
    let words = words.replace("MONITOR", &monitor.to_string_lossy());
    let mut command = run::program("qemu-system-x86_64");
    command.args(words.split_whitespace()).arg("-append").arg(include_str!("kernel.args").trim());
    let log = fs::File::create(directory.join("boot.log")).map_err(|error| error.to_string())?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let mut machine = BootedMachine(command.spawn().map_err(|error| format!("qemu-system-x86_64: {error}"))?);
    await_ready(directory, port, &mut machine.0)?;
    let state = format!("migrate \"exec:cat > {}\"", directory.join("state").display());
    let said = ["stop", "migrate_set_parameter max-bandwidth 10G", &state].map(|order| ask(&monitor, order));
    let _ = fs::remove_file(&monitor);
    said.into_iter().find_map(Result::err).map_or(Ok(()), |error| Err(format!("the machine's monitor: {error}")))
}

/// Waits until root gets in and alice is logged in at the screen. What was written is on the disk then: a machine with other
/// hardware boots from there.
fn await_ready(directory: &Path, port: u16, machine: &mut Child) -> Result<(), String> {
    let until = Instant::now() + BOOT;
    while Instant::now() < until {
        if let Ok(Some(status)) = machine.try_wait() {
            return Err(format!("the machine ended: {status}; {} says more", directory.join("boot.log").display()));
        }
        let mut ssh = Command::new("ssh");
        ssh.arg("-i").arg(directory.join("key")).args(["-p", &port.to_string()]);
        ssh.args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=10"]);
        ssh.args(["-o", "BatchMode=yes", "root@127.0.0.1"]);
        ssh.arg("systemctl is-system-running --wait >/dev/null; loginctl list-sessions | grep -q tty1 && sync");
        ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if ssh.status().is_ok_and(|status| status.success()) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    Err(format!("the machine did not boot in {} s", BOOT.as_secs()))
}

fn free_port() -> std::io::Result<u16> {
    std::net::TcpListener::bind("127.0.0.1:0")?.local_addr().map(|address| address.port())
}

/// One order of the machine's monitor, to its end.
fn ask(monitor: &Path, order: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(monitor)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    prompt(&mut stream)?;
    stream.write_all(format!("{order}\n").as_bytes())?;
    prompt(&mut stream)
}

fn prompt(stream: &mut UnixStream) -> std::io::Result<String> {
    let mut said = Vec::new();
    let mut byte = [0];
    while !said.ends_with(b"(qemu) ") {
        if stream.read(&mut byte)? == 0 {
            break;
        }
        said.extend(byte);
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}
