//! People who come by X2Go: a real nxagent on the host, a real nxproxy on the client's display, between them ssh.

use super::{Client, Host, Screen, User, wait_for};

impl Host {
    /// Logs this user in by X2Go; the session's desktop is the usual one.
    #[track_caller]
    pub fn x2go(&self, user: &User) -> (Screen, Client) {
        self.lets_in_by_key(user);
        // Its agent listens by name.
        self.root("grep --quiet --word-regexp localhost /etc/hosts || echo 127.0.0.1 localhost >>/etc/hosts")
            .succeeds();
        std::fs::write(self.path("/usr/local/bin/test-x2go"), include_str!("x2go.sh")).expect("a script");
        let client = self.x2go_client(&user.name);
        let number = wait_for(&format!("{} has a desktop by X2Go", user.name), || {
            let ready = self.root(&format!("ls -d /home/{}/.desk-*/ready", user.name)).stdout;
            ready.lines().next()?.split_once(".desk-")?.1.strip_suffix("/ready")?.parse().ok()
        });
        (Screen::furnished(self, user, number, None), client)
    }

    /// This user, who was there before, resumes the session that they left.
    #[track_caller]
    pub fn resumes_by_x2go(&self, user: &User) -> Client {
        self.x2go_client(&format!("{} resumed", user.name))
    }

    fn x2go_client(&self, arguments: &str) -> Client {
        Client::start(self, "x2go", &format!("sh /usr/local/bin/test-x2go {arguments}"))
    }
}
