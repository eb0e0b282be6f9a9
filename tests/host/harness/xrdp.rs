//! Somebody at another machine, working on a host by remote desktop: xrdp there, a real client here.

use std::path::Path;

use super::{Display, Host, Options, Screen, Suite, User, wait_for};

/// The machine of somebody with a remote desktop client. It is switched off when this value goes.
pub struct Client {
    machine: Host,
    number: u32,
    display: u32,
}

impl Host {
    /// Logs this user in by remote desktop from another machine; gives the session and that machine.
    #[track_caller]
    pub fn xrdp(&self, user: &User) -> (Screen, Client) {
        let home = format!("/home/{}", user.name);
        let script = "#!/bin/sh\necho \"${DISPLAY#:}\" >~/.display\nexec /usr/local/bin/test-desk furnish\n";
        std::fs::write(self.path(format!("{home}/.xsession")), script).expect("a session");
        let _ = self.root(&format!("chmod 755 {home}/.xsession; rm -f {home}/.display"));
        let client = Client::connect(self, user);
        let number = wait_for(&format!("{} has an xrdp session\n{}", user.name, client.log()), || {
            let text = self.content(format!("{home}/.display"));
            text.trim().trim_end_matches(".0").parse().ok()
        });
        (Screen::furnished(self, user, number, None), client)
    }
}

impl Client {
    /// Connects to a host as this user, from a machine that all clients of this program share.
    #[track_caller]
    pub fn connect(host: &Host, user: &User) -> Client {
        let machine = machine();
        let (number, display) = (machine.next_display(), machine.next_display());
        // What the certificate is called, and its checks, depend on the client's version.
        machine
            .root(&format!(
                "printf '%s\\n' '#!/bin/sh' 'touch /root/cookies-{display}; xauth -q -f /root/cookies-{display} add :{display} . $(mcookie)' \
                 'Xvfb :{display} -screen 0 1024x768x24 -auth /root/cookies-{display} -nolisten tcp -noreset &' \
                 'export DISPLAY=:{display} XAUTHORITY=/root/cookies-{display} HOME=/root' \
                 'until xsetroot -solid black; do sleep 0.02; done' \
                 'exec xfreerdp /v:{address} /u:{name} /p:{password} /size:1024x768 /cert:ignore /log-level:INFO' \
                 >/root/client-{number} && chmod 755 /root/client-{number} && \
                 systemd-run --quiet --collect --unit=client-{number} /root/client-{number}",
                address = host.address(),
                name = user.name,
                password = user.password,
            ))
            .succeeds();
        Client { machine, number, display }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        self.machine.address()
    }

    /// The client's own screen: what the person at it sees, and types on.
    #[track_caller]
    pub fn display(&self) -> Display {
        Display::connect(&self.machine, self.display, Path::new(&format!("/root/cookies-{}", self.display)))
    }

    /// Whether the client runs.
    pub fn runs(&self) -> bool {
        self.machine.root(&format!("systemctl is-active client-{} && pgrep -x xfreerdp", self.number)).code == Some(0)
    }

    /// What the client has said.
    pub fn log(&self) -> String {
        self.machine.journal(&format!("client-{}", self.number))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("--- the remote desktop client\n{}", self.log());
        }
        let _ = self.machine.root(&format!("systemctl stop client-{}", self.number));
    }
}

/// The machine that people sit at: without the packages under test.
fn machine() -> Host {
    static MACHINE: std::sync::OnceLock<Host> = std::sync::OnceLock::new();
    MACHINE.get_or_init(|| Host::boot(Options { suite: Suite::Bookworm, packages: false })).clone()
}
