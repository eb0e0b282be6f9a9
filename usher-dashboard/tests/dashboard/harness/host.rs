//! A host: `usherd --user` in a directory of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use super::{Dashboard, Service, clean, program, ran};

/// A host and what its operator has at home.
pub struct Lab {
    directory: tempfile::TempDir,
    usherd: Option<Service>,
}

impl Lab {
    #[track_caller]
    pub fn start() -> Self {
        Lab::with_settings("")
    }

    /// A host with these settings.
    #[track_caller]
    pub fn with_settings(settings: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("ud").tempdir_in("/tmp").expect("a directory");
        let mut lab = Lab { directory, usherd: None };
        fs::write(lab.file("usherd.toml"), settings).expect("settings");
        lab.start_usherd();
        lab
    }

    #[track_caller]
    pub fn start_usherd(&mut self) {
        let mut command = clean(&program("usherd"), self.path());
        command.arg("--user").arg("--socket").arg(self.socket()).arg("--state-dir").arg(self.file("state"));
        command.arg("--config").arg(self.file("usherd.toml"));
        command.stdin(Stdio::null());
        let (service, ready) = Service::start(command, &self.file("usherd.log"));
        assert!(ready.starts_with("ready: "), "{ready}");
        self.usherd = Some(service);
    }

    pub fn stop_usherd(&mut self) {
        self.usherd = None;
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.file("s")
    }

    /// The command line on the host, whose answer is JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut command = clean(&program("usher"), self.path());
        let said = ran(command.arg("--socket").arg(self.socket()).args(["--output", "json"]).args(arguments));
        assert_eq!(said.code, Some(0), "{said:?}");
        serde_json::from_str(&said.stdout).expect("JSON")
    }

    /// Opens a session that runs this script; without a name it shows the title that the script sets.
    #[track_caller]
    pub fn open(&self, name: &str, script: &str) -> u32 {
        let mut command = clean(&program("usher"), self.path());
        command.arg("--socket").arg(self.socket()).arg("open");
        if !name.is_empty() {
            command.args(["--name", name]);
        }
        command.args(["--", "/bin/sh", "-c", script]);
        let said = ran(&mut command);
        said.stdout.trim().parse().unwrap_or_else(|_| panic!("{said:?}"))
    }

    /// One session, as `list` shows it.
    #[track_caller]
    pub fn session(&self, id: u32) -> Value {
        self.json(&["list", &id.to_string()])[0].clone()
    }

    /// A dashboard of this host alone.
    #[track_caller]
    pub fn dashboard(&self) -> Dashboard {
        let socket = self.socket();
        Dashboard::start(self.path(), &["--socket", socket.to_str().expect("text")], &[])
    }

    /// A script in the place of ssh, which does this with the host's name in `$1`.
    pub fn ssh(&self, cases: &str) -> PathBuf {
        let file = self.file("ssh");
        let script = format!("#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\ncase $1 in\n{cases}\nesac\n");
        fs::write(&file, script).expect("a script");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a script");
        file
    }

    /// What leads to this host in such a script.
    pub fn leads_here(&self, name: &str) -> String {
        let (usher, socket) = (program("usher"), self.socket());
        format!("{name}) exec '{}' --socket '{}' dial-stdio ;;\n", usher.display(), socket.display())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.usherd.is_some() {
            let mut close = clean(&program("usher"), self.path());
            let _ = ran(close.arg("--socket").arg(self.socket()).args(["close", "--all"]));
        }
        if std::thread::panicking() {
            for log in ["usherd.log", "dashboard.log"] {
                println!("--- {log}\n{}", fs::read_to_string(self.file(log)).unwrap_or_default());
            }
        }
    }
}
