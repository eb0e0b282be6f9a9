//! People who come over the network: by ssh, by a viewer of a VNC server, by a client of xrdp's. All of them
//! real programs, on the same host.

use std::path::Path;

use super::{Display, Host, PATIENCE, Picture, Screen, User, wait_for, wait_until};

/// Where the hosts keep the key that root logs in with.
const KEY: &str = "/root/.ssh/test";

/// An ssh login.
pub struct Ssh {
    host: Host,
    /// logind's ID of it.
    pub session: String,
    unit: String,
}

/// A client with a display of its own, on which people see and type.
pub struct Client {
    host: Host,
    unit: String,
    number: u32,
    cookies: String,
}

impl Host {
    /// Logs this user in by ssh, with a terminal in which this command runs.
    #[track_caller]
    pub fn ssh(&self, user: &User, command: &str) -> Ssh {
        let name = &user.name;
        self.root(&format!(
            "test -f {KEY} || {{ mkdir -p /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f {KEY}; }}; \
             install -d -o {name} -m 700 /home/{name}/.ssh; \
             install -o {name} -m 600 {KEY}.pub /home/{name}/.ssh/authorized_keys"
        ))
        .succeeds();
        let unit = format!("ssh-{name}-{}", self.next_display());
        self.root(&format!(
            "systemd-run --quiet --collect --unit={unit} ssh -tt -i {KEY} -o StrictHostKeyChecking=no \
             -o UserKnownHostsFile=/dev/null {name}@127.0.0.1 \"{command}\""
        ))
        .succeeds();
        let session = wait_for(&format!("{name} is logged in by ssh"), || {
            let listed = self.root("loginctl list-sessions --no-legend").stdout;
            let mut ids = listed.lines().filter_map(|line| {
                let fields: Vec<&str> = line.split_whitespace().collect();
                (fields.get(2) == Some(&name.as_str())).then(|| fields[0].to_owned())
            });
            ids.find(|id| self.logind_session(id, "Service") == "sshd")
        });
        Ssh { host: self.clone(), session, unit }
    }

    /// A viewer of this Xvnc display.
    #[track_caller]
    pub fn viewer(&self, screen: &Screen) -> Client {
        self.viewer_at(5900 + screen.number)
    }

    /// A viewer of the VNC server that listens here.
    #[track_caller]
    pub fn viewer_at(&self, port: u32) -> Client {
        Client::start(self, "vncviewer", &format!("xtigervncviewer 127.0.0.1::{port}"))
    }

    /// Logs this user in by xrdp, with a real client; the session's desktop is the usual one.
    #[track_caller]
    pub fn xrdp(&self, user: &User) -> (Screen, Client) {
        std::fs::write(self.path("/etc/xrdp/startwm.sh"), "#!/bin/sh\nexec /usr/local/bin/test-desk furnish\n")
            .expect("a script");
        self.root("systemctl start xrdp-sesman xrdp").succeeds();
        let client = self.xrdp_client(user);
        let number = wait_for(&format!("{} has a desktop by xrdp", user.name), || {
            let ready = self.root(&format!("ls -d /home/{}/.desk-*/ready", user.name)).stdout;
            ready.lines().next()?.split_once(".desk-")?.1.strip_suffix("/ready")?.parse().ok()
        });
        (Screen::furnished(self, user, number, None), client)
    }

    /// A client of xrdp's, with which this user logs in or resumes.
    #[track_caller]
    pub fn xrdp_client(&self, user: &User) -> Client {
        let User { name, password, .. } = user;
        let program = self.root("ls /usr/bin | grep '^xfreerdp' | tail -1").succeeds();
        // Each with what it and the xrdp of its release agree on, and colours as they are.
        let agreed = if program.trim() == "xfreerdp3" { "/sec:tls -gfx" } else { "/sec:rdp" };
        let options = format!("/cert:ignore /size:800x600 /bpp:24 {agreed} /log-level:WARN");
        let command = format!("{} /v:127.0.0.1 /u:{name} /p:{password} {options}", program.trim());
        Client::start(self, "rdp", &command)
    }
}

impl Client {
    /// Starts the program on a display of its own.
    #[track_caller]
    pub(super) fn start(host: &Host, kind: &str, command: &str) -> Client {
        let number = host.next_display();
        let unit = format!("client-{kind}-{number}");
        let cookies = format!("/root/.client-{number}");
        host.root(&format!(
            "xauth -q -f {cookies} add :{number} . $(mcookie) && systemd-run --quiet --collect --unit={unit} -E HOME=/root sh -c \
             'Xvfb :{number} -noreset -auth {cookies} -screen 0 800x600x24 & export DISPLAY=:{number} XAUTHORITY={cookies}; \
             until xprop -root >/dev/null 2>&1; do sleep 0.05; done; exec {command}'"
        ))
        .succeeds();
        Client { host: host.clone(), unit, number, cookies }
    }

    /// What the person at the client sees and types at.
    #[track_caller]
    pub fn display(&self) -> Display {
        Display::connect(&self.host, self.number, Path::new(&self.cookies))
    }

    /// What the person at the client sees now; nothing if its display is not there.
    pub fn sees(&self) -> Option<Picture> {
        Display::try_connect(&self.host, self.number, Path::new(&self.cookies))?.try_picture(None)
    }

    /// Whether the program still runs.
    pub fn runs(&self) -> bool {
        self.host.root(&format!("systemctl is-active --quiet {}", self.unit)).code == Some(0)
    }

    /// Waits until the program has ended.
    #[track_caller]
    pub fn wait_gone(&self) {
        wait_until(&format!("the client has ended within {PATIENCE:?}"), || !self.runs());
    }

    /// Goes away.
    pub fn leave(&self) {
        let _ = self.host.root(&format!("systemctl stop {}", self.unit));
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("--- {}\n{}", self.unit, self.host.journal(&self.unit));
            let file = std::env::temp_dir().join(format!("usher-last-{}-{}.png", std::process::id(), self.number));
            // There may be no display any more; a second panic would end all tests.
            let seen = std::panic::AssertUnwindSafe(|| self.display().picture().save(&file));
            if self.runs() && std::panic::catch_unwind(seen).is_ok() {
                println!("--- what it showed: {}", file.display());
            }
        }
        self.leave();
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        let _ = self.host.root(&format!("loginctl kill-session --signal=KILL {}", self.session));
        let _ = self.host.root(&format!("systemctl stop {}", self.unit));
    }
}
