//! The API as its own description has it: schemathesis asks a `usherd --user` what the OpenAPI document allows and what
//! it forbids, and compares the answers.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::steps::{Report, Verdict, passes};
use crate::{programs, run, tools};

/// The version of schemathesis.
const VERSION: &str = "4.32.5";

/// Cases for each request.
const CASES: &str = "25";

/// Seconds for all of it; it needs a tenth of that.
const SECONDS: &str = "300";

/// What is not asked: a stream without an end, a connection that becomes a station's, and programs that would be started.
const LEFT_OUT: [&str; 3] = ["/v1/events", "/v1/sessions/{id}/attach", "/v1/sessions/open"];

/// What is not compared: JSON Schema counts 331.0 as a whole number and cannot say all that makes a message readable,
/// so not everything that the document allows is taken.
const NOT_COMPARED: &str = "positive_data_acceptance";

/// The step of `cargo verify`.
pub fn conforms(report: &mut Report) -> Verdict {
    let tool = match tools::python("schemathesis", VERSION) {
        Ok(tool) => tool,
        Err(why) => {
            report.lacks.push(format!("schemathesis: {why}"));
            return Verdict::Skipped(why);
        }
    };
    match passes(&mut run::cargo(programs::TESTED)) {
        Verdict::Passed => {}
        verdict => return verdict,
    }
    match Daemon::start() {
        Ok(daemon) => daemon.asked(&tool),
        Err(why) => Verdict::Failed(why),
    }
}

/// Ends a daemon, and removes its directory, when this task ends, however it does.
const GUARDIAN: &str = r#"
directory=$1
shift
exec 3<&0 </dev/null
"$@" 3<&- &
daemon=$!
(
    cat <&3 >/dev/null
    kill -KILL "$daemon"
) >/dev/null &
watch=$!
exec 3<&-
wait "$daemon" 2>/dev/null
kill "$watch" 2>/dev/null
rm -rf "$directory"
"#;

/// A daemon in a directory of its own. Both end with this value, and with this task.
struct Daemon {
    directory: PathBuf,
    guardian: Child,
}

/// Has a program guarded, in a session of its own: what a terminal sends to this task does not reach the guardian, which sees
/// this task's end by the end of its standard input.
fn guarded(directory: &Path, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut guardian = run::program("setsid");
    guardian.args(["sh", "-c", GUARDIAN, "guardian.sh"]).arg(directory).arg(program);
    guardian.stdin(Stdio::piped()).stdout(Stdio::piped());
    guardian
}

impl Daemon {
    fn start() -> Result<Self, String> {
        // Short: Unix sockets have room for 107 bytes.
        let directory = PathBuf::from(format!("/tmp/usher-api-{}", std::process::id()));
        let failed = |e: io::Error| format!("a daemon cannot be started: {e}");
        fs::create_dir(&directory).map_err(failed)?;
        let mut usherd = guarded(&directory, run::target().join("debug/usherd"));
        usherd.args(["--user", "--socket"]).arg(directory.join("s")).arg("--state-dir").arg(directory.join("state"));
        let started = usherd.env("USHER_LOG", "error").spawn();
        let mut daemon = Daemon { directory, guardian: started.map_err(failed)? };
        let mut ready = String::new();
        if let Some(stdout) = daemon.guardian.stdout.take() {
            BufReader::new(stdout).read_line(&mut ready).map_err(failed)?;
        }
        if ready.starts_with("ready: ") { Ok(daemon) } else { Err(format!("usherd said {ready:?}")) }
    }

    /// schemathesis speaks TCP: a relay on loopback leads to the socket while it runs.
    fn asked(&self, tool: &Path) -> Verdict {
        let port = match relay(self.directory.join("s")) {
            Ok(port) => port,
            Err(error) => return Verdict::Failed(format!("no relay on loopback: {error}")),
        };
        let mut command = run::program(Path::new("timeout"));
        // In the terminal's foreground: what interrupts this task interrupts that too.
        command.arg("--foreground").arg(SECONDS).arg(tool).args(["run", "--no-color", "--phases", "coverage,fuzzing"]);
        command.args(["--max-examples", CASES, "--request-timeout", "20", "--seed", "1"]);
        command.args(["--generation-database", "none", "--exclude-checks", NOT_COMPARED]);
        for path in LEFT_OUT {
            command.args(["--exclude-path", path]);
        }
        command.arg("--url").arg(format!("http://127.0.0.1:{port}"));
        // What it keeps of failures does not go into the checkout.
        let document = run::root().join("docs/openapi.json");
        passes(command.arg(document).current_dir(&self.directory).env("NO_PROXY", "127.0.0.1"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Nothing was opened, so there is nothing to close first.
        drop(self.guardian.stdin.take());
        let _ = self.guardian.wait();
    }
}

/// Listens on loopback, on a port that it gives, and leads each connection to the socket.
fn relay(socket: PathBuf) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let socket = socket.clone();
            // A connection that breaks is schemathesis's to notice.
            std::thread::spawn(move || drop(lead(&client, &socket)));
        }
    });
    Ok(port)
}

fn lead(client: &TcpStream, socket: &Path) -> io::Result<()> {
    client.set_nodelay(true)?;
    let daemon = UnixStream::connect(socket)?;
    let (mut up_from, mut up_to) = (client.try_clone()?, daemon.try_clone()?);
    let up = std::thread::spawn(move || {
        let _ = io::copy(&mut up_from, &mut up_to);
        let _ = up_to.shutdown(Shutdown::Write);
    });
    let _ = io::copy(&mut &daemon, &mut &*client);
    let _ = client.shutdown(Shutdown::Both);
    let _ = up.join();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_task_started_ends_with_it() {
        let directory = std::env::temp_dir().join(format!("xtask-api-{}", std::process::id()));
        fs::create_dir(&directory).expect("a directory");
        let mut guardian = guarded(&directory, "sh").args(["-c", "echo $$; exec sleep 1000"]).spawn().expect("sh");
        let mut pid = String::new();
        BufReader::new(guardian.stdout.take().expect("a pipe")).read_line(&mut pid).expect("its number");
        let process = Path::new("/proc").join(pid.trim());
        assert!(process.exists() && directory.exists());
        // As the kernel does where the task is killed.
        drop(guardian.stdin.take());
        guardian.wait().expect("it ends");
        assert!(!process.exists() && !directory.exists());
    }
}
